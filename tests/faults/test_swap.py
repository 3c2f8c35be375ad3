"""Pis and SD cards are swapped, restored and cloned: nothing lost, nothing doubled, two of one name found."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.clock_house import CODES, LONG_S, House, open_house
from faults.crew import Worker
from pullcord_edge.core.replication import TWO_STATIONS
from support.broker import free_port
from support.station_process import StationProcess
from support.until import until

NAME = "post-1"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    opened = open_house(tmp_path_factory.mktemp("swaps"), 60)
    yield opened
    opened.close()


@pytest.fixture
def pis(house: House, tmp_path: Path) -> Iterator["Pis"]:
    made = Pis(house, tmp_path)
    yield made
    made.close()


class Pis:
    """Machines that all say they are the same station. A card is the folder its journal lies in."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self._folder = folder
        self._running: list[StationProcess] = []
        self.dropped: list[str] = []

    def card(self, name: str) -> Path:
        """A new card."""
        made = self._folder / name
        made.mkdir()
        return made

    def start(self, card: Path, broker: str | None = None) -> StationProcess:
        """A new machine with this card in it."""
        pi = StationProcess(
            self._folder / f"pi-{len(self._running)}",
            station=NAME,
            broker=broker or self.house.broker.url,
            driver="line",
            journal=card / "journal.db",
        )
        self._running.append(pi)
        pi.start()
        return pi

    def drop(self, pi: StationProcess, count: int) -> list[str]:
        """New cards, each until it beeped."""
        codes = self.house.cards(count)
        worker = Worker(pi, codes, 0.0)
        worker.start()
        until(lambda: worker.done, "every card beeps", LONG_S)
        assert worker.crash is None
        self.dropped += codes
        return codes

    def check(self, codes: list[str] | None = None) -> None:
        """The server has each drop that beeped (or these), and one order for it."""
        cards = {CODES[code] for code in codes or self.dropped}

        def ordered() -> list[str]:
            orders = self.house.server.collection("orders")
            return sorted(card for order in orders for card in order["cards"] if card in cards)

        until(lambda: set(ordered()) == cards, "an order for each drop", LONG_S, every_s=0.1)
        assert ordered() == sorted(cards)

    def forks(self) -> int:
        """How many findings say that a card went back or was cloned, and name this station."""
        found = [
            row
            for row in self.house.server.collection("findings")
            if row["type"] == "journal_forked"
        ]
        assert {row["station"] for row in found} <= {NAME}
        return len(found)

    def faults(self) -> list[str]:
        """What the station says is wrong, as the server's board has it."""
        rows = self.house.server.collection("stations")
        return [fault for row in rows if row["id"] == NAME for fault in row["faults"]]

    def close(self) -> None:
        """End everything."""
        for pi in self._running:
            pi.close()


def image(card: Path, copy: Path) -> Path:
    """A copy of a card while its machine is off."""
    shutil.copytree(card, copy, ignore=shutil.ignore_patterns("*.control"))
    return copy


def test_a_new_pi_with_the_old_name_goes_on_and_the_old_card_brings_what_it_kept(pis: Pis) -> None:
    forks, card = pis.forks(), pis.card("old")
    first = pis.start(card)
    pis.drop(first, 2)
    pis.check()
    first.kill()
    offline = pis.start(card, f"mqtt://127.0.0.1:{free_port()}")
    pis.drop(offline, 2)  # nobody hears of them: then this Pi dies
    offline.kill()
    new = pis.start(pis.card("new"))
    pis.check(pis.drop(new, 2))
    new.kill()
    pis.drop(pis.start(card), 1)  # the old card, in a third machine
    pis.check()
    assert pis.forks() == forks
    assert TWO_STATIONS not in pis.faults()


def test_an_old_image_that_is_restored_loses_nothing_and_is_found(pis: Pis) -> None:
    forks, card = pis.forks(), pis.card("card")
    pi = pis.start(card)
    pis.drop(pi, 2)
    pi.kill()
    old = image(card, pis.card("shelf") / "image")
    pi = pis.start(card)
    pis.drop(pi, 2)
    pis.check()
    pi.kill()
    restored = pis.start(old)
    pis.drop(restored, 2)
    pis.check()
    until(lambda: pis.forks() == forks + 1, "the finding", LONG_S, every_s=0.1)


def test_a_cloned_card_in_use_twice_doubles_nothing_and_both_are_named(pis: Pis) -> None:
    forks, card = pis.forks(), pis.card("card")
    pi = pis.start(card)
    pis.drop(pi, 2)
    pis.check()
    pi.kill()
    clone = image(card, pis.card("shelf") / "clone")
    one, two = pis.start(card), pis.start(clone)
    pis.drop(one, 2)
    pis.drop(two, 2)
    pis.drop(one, 1)
    pis.check()
    until(lambda: pis.forks() == forks + 1, "the finding", LONG_S, every_s=0.1)
    until(lambda: TWO_STATIONS in pis.faults(), "the fault on the board", LONG_S, every_s=0.1)
