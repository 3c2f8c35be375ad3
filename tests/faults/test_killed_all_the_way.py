"""Cards dropped while everything dies: what beeped is exactly one order, however often and whenever."""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from faults.crew import Worker
from faults.reckoning import check_beeps, check_effects, check_entries, wait_until_all_is_there
from faults.storm import Storm
from support.broker import Broker
from support.server_process import ServerProcess
from support.station_process import StationProcess

STATIONS = {"post-1": "rdm6300", "post-2": "rdm6300", "post-3": "line"}
KINDS = ("broker", "server", "station", "broker, then station")
CARDS = 900
"""Of a loop at most; a card's name has three digits."""


@dataclass(slots=True)
class Plant:
    """Everything of a plant as real processes."""

    broker: Broker
    server: "Server"
    stations: list[StationProcess]
    cards: dict[str, str]


class Server:
    """The server as the storm sees it: started without waiting."""

    name = ""

    def __init__(self, process: ServerProcess) -> None:
        self.process = process

    def kill(self) -> None:
        self.process.kill()

    def start(self) -> None:
        self.process.process.start()


def plant_text(reads: int) -> tuple[str, dict[str, str]]:
    """A plant with a card for every read, and the card of each code."""
    loops, tags, cards = [], [], {}
    for number, first in enumerate(range(0, reads, CARDS)):
        count = min(CARDS, reads - first)
        loops.append(
            f"""
[[item]]
id = "item-{number}"
name = "Item {number}"
[[loop]]
id = "L{number}"
kind = "withdrawal"
item = "item-{number}"
source = "machining-3"
consumer = "assembly-1"
quantity = 20
cards = {count}
lead_time = "8h"
scans = ["withdrawal", "arrival"]
"""
        )
        for card in range(1, count + 1):
            code = f"{first + card:010X}"
            cards[code] = f"L{number}-{card:03}"
            tags.append(f'[[tag]]\ncode = "{code}"\ncard = "{cards[code]}"\n')
    places = "".join(
        f'[[station]]\nid = "{name}"\nprocess = "assembly-1"\nlights = ["stack"]\n'
        for name in STATIONS
    )
    head = (
        'site = "s1"\ntimezone = "UTC"\n'
        '[[process]]\nid = "assembly-1"\npacemaker = true\n[[process]]\nid = "machining-3"\n'
    )
    return "\n".join([head, *loops, places, *tags]), cards


@pytest.fixture
def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Plant]:
    reads: int = request.param
    broker = Broker(tmp_path / "broker")
    broker.start()
    process = ServerProcess(tmp_path / "server", broker=broker.url)
    text, cards = plant_text(reads)
    process.apply(text)
    process.start()
    stations = [
        StationProcess(tmp_path / name, station=name, broker=broker.url, driver=driver)
        for name, driver in STATIONS.items()
    ]
    for station in stations:
        station.start()
    yield Plant(broker, Server(process), stations, cards)
    for station in stations:
        station.close()
    process.close()
    broker.kill()


def weather(plant: Plant, seed: int, deeds: int, pace_s: float) -> Storm:
    """Drop every card, in a storm; then let all come back and check it all."""
    codes = list(plant.cards)
    share = len(codes) // len(plant.stations)
    workers = [
        Worker(station, codes[number * share : (number + 1) * share], pace_s)
        for number, station in enumerate(plant.stations)
    ]
    storm = Storm(
        random.Random(seed),
        plant.broker,
        plant.server,
        plant.stations,
        lambda: sum(len(worker.beeped) for worker in workers),
        deeds,
        calm=len(codes) // (2 * deeds),
    )
    for worker in workers:
        worker.start()
    try:
        storm.blow(lambda: not all(worker.done for worker in workers))
    finally:
        for worker in workers:
            worker.stop()
    assert [worker.crash for worker in workers] == [None] * len(workers)
    wait_until_all_is_there(plant.server.process, plant.stations)
    check_beeps(workers, plant.cards)
    check_entries(plant.server.process, plant.stations)
    check_effects(plant.server.process, plant.stations, plant.cards)
    return storm


def seed() -> int:
    """A new one each run, or the one asked for: PULLCORD_SEED=7."""
    return int(os.environ.get("PULLCORD_SEED") or random.SystemRandom().randrange(10**6))


@pytest.mark.parametrize("plant", [1500], indirect=True)
@pytest.mark.timeout(240)
def test_a_morning_of_kills_loses_and_doubles_nothing(plant: Plant) -> None:
    number = seed()
    print(f"PULLCORD_SEED={number}")
    storm = weather(plant, number, deeds=10, pace_s=0.03)
    print(dict(storm.kills))
    assert min(storm.kills[kind] for kind in KINDS) >= 2


@pytest.mark.soak
@pytest.mark.parametrize("plant", [20_000], indirect=True)
@pytest.mark.timeout(3600)
def test_20_000_reads_killed_all_the_way_lose_and_double_nothing(plant: Plant) -> None:
    number = seed()
    print(f"PULLCORD_SEED={number}")
    storm = weather(plant, number, deeds=60, pace_s=0.0)
    print(dict(storm.kills))
    assert sum(storm.kills[kind] for kind in KINDS) >= 60
    assert storm.kills["broker, then station"] >= 10
