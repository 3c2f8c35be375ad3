"""A station tests itself because its server asked, on a real broker; its test card never makes an order."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.broker import Broker
from support.server_process import ServerProcess
from support.station_process import StationProcess
from support.until import until

PLANT = """
site = "s1"
[[process]]
id = "assembly-1"
[[process]]
id = "machining-3"
[[item]]
id = "hose"
name = "Brake hose"
[[loop]]
id = "BH"
kind = "withdrawal"
item = "hose"
source = "machining-3"
consumer = "assembly-1"
quantity = 20
cards = 3
lead_time = "45m"
scans = ["withdrawal", "arrival"]
[[station]]
id = "a1"
process = "assembly-1"
lights = ["stack"]
[[tag]]
code = "BH-1"
card = "BH-001"
"""
WIRES = """
[selftest]
cards = ["TEST-1"]
"""
V1 = "/api/v1"


@pytest.fixture
def server(tmp_path: Path, broker: Broker) -> Iterator[ServerProcess]:
    """A server with the plant."""
    made = ServerProcess(tmp_path / "server", broker=broker.url)
    made.apply(PLANT)
    made.start()
    yield made
    made.close()


@pytest.fixture
def station(tmp_path: Path, broker: Broker) -> Iterator[StationProcess]:
    """A station with a scanner, not yet started."""
    made = StationProcess(
        tmp_path / "a1", station="a1", broker=broker.url, driver="line", extra=WIRES
    )
    yield made
    made.close()


def ask(server: ServerProcess, status: int = 200, **more: Any) -> dict[str, Any]:
    """Ask for a self-test."""
    answer: dict[str, Any] = server.call(
        "POST", f"{V1}/stations/a1/selftest", {"by": "kim", **more}, status
    )
    return answer


def listed(server: ServerProcess) -> list[dict[str, Any]]:
    """The self-tests that the server has."""
    rows: list[dict[str, Any]] = server.call("GET", f"{V1}/stations/a1/selftests")["items"]
    return rows


def test_a_test_card_makes_no_order_and_the_server_asks_while_cards_go_on(
    server: ServerProcess, station: StationProcess
) -> None:
    assert ask(server, 409)["type"] == "station-silent"
    station.start()
    until(lambda: server.call("GET", f"{V1}/stations/a1")["online"], "online", 30)

    until(lambda: station.present("TEST-1"), "a reader")
    until(lambda: server.collection("journal"), "the card's entry", 30)
    (entry,) = server.collection("journal")
    report = {"reader": "post", "card": "TEST-1", "outcome": "pass"}
    assert (entry["type"], entry["body"]) == ("selftest", {"report": report})
    assert (entry["card"], entry["code"], entry["verdict"]) == (None, None, None)
    assert server.collection("orders") + server.collection("findings") + listed(server) == []

    guided = ask(server, guided=True)
    until(lambda: 'step="lamp stack.red"' in station.process.said(), "its first step", 30)
    refused = ask(server)
    until(lambda: listed(server), "the refusal", 30)
    assert [(row["outcome"], row["asked"]) for row in listed(server)] == [
        ("refused", refused["decision"])
    ]
    assert station.present("BH-1")
    until(lambda: server.collection("orders"), "an order meanwhile", 30)
    station.process.stop()
    station.start()
    until(lambda: server.call("GET", f"{V1}/stations/a1")["online"], "online again", 30)
    asked = ask(server)
    until(lambda: len(listed(server)) == 3, "the reports", 60)
    _, broken, row = listed(server)
    assert (broken["outcome"], broken["asked"]) == ("broken off", guided["decision"])
    assert (row["outcome"], row["asked"], row["by"]) == ("skipped", asked["decision"], "kim")
    assert row["steps"][0]["name"] == "lamp stack.red"
    shown = server.call("GET", f"{V1}/stations/a1")["selftest"]
    assert (shown["id"], shown["outcome"], shown["serial"]) == (row["id"], "skipped", row["serial"])
    assert [held.entry["report"]["outcome"] for held in reports(station)] == [
        "refused", "broken off", "skipped",
    ]  # fmt: skip


def reports(station: StationProcess) -> list[Any]:
    """Whole reports in the station's journal."""
    return [
        held
        for held in station.held()
        if held.entry["type"] == "selftest" and "steps" in json.dumps(held.entry)
    ]
