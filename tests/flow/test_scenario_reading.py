"""The scenario file is understood wholly, or refused; the driven stations keep the wire's rules."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from flow.scenario import DAY, parse_at, read_scenarios, with_tags
from pullcord_wire.codec import decode, encode
from pullcord_wire.instant import parse_instant
from pullcord_wire.message import (
    Ack,
    CodeBody,
    EntryType,
    LampsMessage,
    Page,
    Pattern,
    Verdict,
    VerdictMessage,
)
from pullcord_wire.topic import Kind, subscription, topic
from support.broker import Broker
from support.plant_driver import PlantDriver

FILE = Path(__file__).parent / "data" / "scenarios.json"


def test_every_scenario_of_the_file_is_read_with_its_plant() -> None:
    scenarios = read_scenarios(FILE)
    assert len(scenarios) == 12
    assert all(scenario.steps and "[[loop]]" in scenario.plant for scenario in scenarios)
    for scenario in scenarios:
        times = [step.at for step in scenario.steps]
        assert times == sorted(times), scenario.id


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("06:10", "2026-11-23T06:10:00Z"),
        ("06:10:30", "2026-11-23T06:10:30Z"),
        ("D+1 06:35", "2026-11-24T06:35:00Z"),
        ("D+12 23:59:59", "2026-12-05T23:59:59Z"),
    ],
)
def test_times_are_of_day_one_or_of_a_later_day(text: str, instant: str) -> None:
    assert parse_at(text) == parse_instant(instant)


@pytest.mark.parametrize("text", ["6:10", "D+1", "06:10Z", "D-1 06:00", ""])
def test_what_is_no_time_of_a_scenario_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no time of a scenario"):
        parse_at(text)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"at": "06:00"}, "must do one of"),
        ({"at": "06:00", "tick": True, "scan": []}, "must do one of"),
        ({"at": "06:00", "tick": True, "wait": 3}, "not understood: wait"),
        ({"at": "06:00", "tick": True, "expect": {"lamp": {}}}, "not understood: lamp"),
    ],
)
def test_a_word_that_the_runner_does_not_know_is_refused(
    step: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    file = tmp_path / "scenarios.json"
    row = {"id": "x", "title": "x", "plant": "A", "steps": [step]}
    file.write_text(json.dumps({"plants": {"A": ""}, "scenarios": [row]}))
    with pytest.raises(ValueError, match=reason):
        read_scenarios(file)


def test_tags_follow_the_cards_in_the_order_of_the_file() -> None:
    plant = '[[loop]]\nid = "B"\ncards = 2\n[[loop]]\nid = "A"\ncards = 1\n'
    text, codes = with_tags(plant)
    assert codes == {"B-001": "0000000001", "B-002": "0000000002", "A-001": "0000000003"}
    assert text.endswith('[[tag]]\ncode = "0000000003"\ncard = "A-001"\n')


class Echo:
    """Stands for a server: commits `most` entries a page at most, and says so."""

    def __init__(self, port: int, most: int) -> None:
        self.pages: list[Page] = []
        self._upto: dict[str, int] = {}
        self._most = most
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="echo")
        self._client.on_message = self._answer
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(subscription("s1", Kind.JOURNAL), 1)
        self._client.loop_start()

    def _answer(self, client: Client, _data: object, message: MQTTMessage) -> None:
        page = decode(Page, bytes(message.payload))
        self.pages.append(page)
        upto = self._upto.get(page.journal, 0)
        for entry in page.entries[: self._most]:
            if entry.seq == upto + 1:
                upto = entry.seq
                verdict = VerdictMessage(page.journal, entry.seq, Verdict.ACCEPTED, None, "")
                client.publish(topic("s1", page.station, Kind.VERDICT), encode(verdict), 1)
        self._upto[page.journal] = upto
        ack = Ack(page.journal, upto, page.ask, "server", DAY)
        client.publish(topic("s1", page.station, Kind.ACK), encode(ack), 1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def echo(broker: Broker) -> Iterator[Echo]:
    echo = Echo(broker.port, most=2)
    yield echo
    echo.close()


def test_a_driven_station_repeats_from_what_was_acknowledged(broker: Broker, echo: Echo) -> None:
    driver = PlantDriver(broker.port, "s1")
    post = driver.station("post", DAY)
    for number in range(5):
        post.record(EntryType.WITHDRAWAL, CodeBody("reader", f"C{number}"), DAY + number * 1000)
    driver.send(post)
    assert post.mark == 5
    assert [[entry.seq for entry in page.entries] for page in echo.pages] == [
        [1, 2, 3, 4, 5],
        [3, 4, 5],
        [5],
    ]
    assert [page.acked for page in echo.pages] == [0, 2, 4]
    assert driver.verdict(post, 5).verdict is Verdict.ACCEPTED
    before = len(echo.pages)
    driver.redeliver(post)
    assert echo.pages[before:] == echo.pages[:before]
    driver.close()


def test_what_was_published_before_is_seen_after_settling(broker: Broker, echo: Echo) -> None:
    driver = PlantDriver(broker.port, "s1")
    other = Client(CallbackAPIVersion.VERSION2, client_id="other")
    other.connect("127.0.0.1", broker.port)
    other.loop_start()
    for revision in range(50):
        lamps = LampsMessage(revision, "server", {"stack": {"red": Pattern.ON}})
        said = other.publish(topic("s1", "post", Kind.LAMPS), encode(lamps), 1, retain=True)
    said.wait_for_publish(10)
    driver.settle()
    assert driver.lamps["post"].revision == 49
    driver.close()
    other.disconnect()
    other.loop_stop()
