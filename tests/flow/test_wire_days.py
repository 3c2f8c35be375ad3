"""Days of raw pages: what a station may send, and what the API says of it."""

import itertools
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from support.broker import Broker
from support.server_process import ServerProcess

ANSWER_S = 10.0
PLANT = """
site = "s1"
timezone = "UTC"
[[process]]
id = "assembly-1"
pacemaker = true
[[process]]
id = "machining-3"
[[item]]
id = "hose"
[[item]]
id = "arm"
[[loop]]
id = "HS"
kind = "withdrawal"
item = "hose"
source = "machining-3"
consumer = "assembly-1"
quantity = 20
cards = 4
lead_time = "40m"
scans = ["withdrawal", "arrival"]
[[loop]]
id = "AR"
kind = "production"
item = "arm"
source = "machining-3"
quantity = 10
cards = 3
lead_time = "60m"
scans = ["withdrawal", "start", "finish"]
[[station]]
id = "post"
process = "assembly-1"
lights = ["stack"]
[[station]]
id = "dock"
process = "assembly-1"
[[station]]
id = "m3"
process = "machining-3"
[[station]]
id = "m3-rack"
process = "machining-3"
"""


def instant(text: str) -> str:
    """`HH:MM[:SS]` of day 1 as the wire has it."""
    return f"2026-11-23T{text if len(text) > 5 else text + ':00'}.000Z"


def tag(card: str) -> str:
    """A printed code needs a check character; here every card has a tag."""
    return f"TAG{card.replace('-', '')}"


def entry(seq: int, kind: str, at: str, card: str = "HS-001", **values: Any) -> dict[str, Any]:
    """An entry of a card that was read; `values` replace or add keys, None takes one out."""
    row = {
        "seq": seq,
        "type": kind,
        "reader": "r",
        "code": tag(card),
        "at": instant(at),
        "up": 100.0 + seq,
        "clock": "synced",
    }
    return {key: value for key, value in {**row, **values}.items() if value is not None}


class House:
    """A driven server and a client that publishes whatever a test says."""

    def __init__(self, server: ServerProcess, port: int) -> None:
        self.server = server
        self._asks = itertools.count(1)
        self._acks: dict[str, dict[str, Any]] = {}
        self._verdicts: list[tuple[str, int, str]] = []
        self._news = threading.Condition()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._take
        granted = threading.Event()
        self._client.on_subscribe = lambda *_: granted.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe([("pullcord/v1/s1/+/ack", 1), ("pullcord/v1/s1/+/verdict", 1)])
        assert granted.wait(ANSWER_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def clock(self, text: str) -> None:
        """Driven time moves; what was published before has been sent."""
        self.server.set_clock(instant(text))

    def page(self, by: str, journal: str, *entries: Any, **head: Any) -> dict[str, Any]:
        """The answer to a page of these entries."""
        ask = f"{journal}.{next(self._asks)}"
        first = next((e["seq"] for e in entries if isinstance(e, dict)), 1)
        page = {
            "journal": journal,
            "follows": None,
            "held": 1,
            "acked": first - 1,
            "ask": ask,
            "station": by,
            "boot": "b1",
            "entries": list(entries),
        } | head
        self.publish(by, json.dumps(page).encode())
        with self._news:
            told = self._news.wait_for(lambda: ask in self._acks, ANSWER_S)
        assert told, f"no answer to {page}"
        return self._acks.pop(ask)

    def publish(self, station: str, payload: bytes) -> None:
        """Bytes on the station's journal topic."""
        self._client.publish(f"pullcord/v1/s1/{station}/journal", payload, 1)

    def shown(self, journal: str) -> list[tuple[int, str]]:
        """The verdict messages of a journal so far: number, verdict."""
        return [(seq, verdict) for name, seq, verdict in self._verdicts if name == journal]

    def get(self, path: str, status: int = 200) -> Any:
        return self.server.call("GET", f"/api/v1/{path}", status=status)

    def rows(self, name: str, **filters: str) -> list[dict[str, Any]]:
        return self.server.collection(name, **filters)

    def findings(self) -> list[str]:
        """Types of the findings that stand, oldest first."""
        return [row["type"] for row in self.rows("findings", state="open")]

    def do(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        return self.server.call(
            method, f"/api/v1/{path}", {"by": "lead-7", "reason": "so", **body}, status
        )

    def _take(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        said = json.loads(message.payload)
        with self._news:
            if message.topic.endswith("/ack"):
                self._acks[said["re"]] = said
            else:
                self._verdicts.append((said["journal"], said["seq"], said["verdict"]))
            self._news.notify_all()


@pytest.fixture
def house(plant_broker: Broker, tmp_path: Path) -> Iterator[House]:
    server = ServerProcess(tmp_path, broker=plant_broker.url, driven=True)
    cards = [f"HS-{n:03}" for n in range(1, 5)] + [f"AR-{n:03}" for n in range(1, 4)]
    tags = "".join(f'[[tag]]\ncode = "{tag(c)}"\ncard = "{c}"\n' for c in cards)
    made = House(server, plant_broker.port)
    try:
        server.apply(PLANT + tags)
        server.start(ready=False)
        made.clock("06:00")
        yield made
    finally:
        made.close()
        server.close()


def test_pages_again_gaps_and_what_a_station_has_no_more(house: House) -> None:
    one, two = entry(1, "withdrawal", "06:00"), entry(2, "withdrawal", "06:01", "HS-002")
    house.clock("06:02")
    for _ in range(2):
        ack = house.page("post", "J1", one, two)
        assert (ack["journal"], ack["upto"]) == ("J1", 2)
    five = entry(5, "withdrawal", "06:02", "HS-003")
    assert house.page("post", "J1", five)["upto"] == 2
    assert house.page("post", "J1", five, held=5, acked=1)["upto"] == 2
    assert house.findings() == []
    for _ in range(2):
        assert house.page("post", "J1", five, held=5, acked=2)["upto"] == 5
        assert house.findings() == ["lost_range"]
    assert house.page("post", "J1", held=6, acked=5)["upto"] == 5
    assert [row["cards"] for row in house.rows("orders")] == [["HS-001"], ["HS-002"], ["HS-003"]]
    seqs = [row["seq"] for row in house.rows("journal")]
    assert seqs == [1, 2, 5]


def test_a_journal_waits_for_the_one_it_follows_and_two_behind_one_are_a_fork(house: House) -> None:
    first = entry(1, "withdrawal", "06:00")
    then = entry(1, "arrival", "06:30")
    house.clock("06:30")
    behind = {"journal": "J1", "upto": 1}
    ack = house.page("post", "J2", then, follows=behind)
    assert (ack["journal"], ack["upto"]) == ("J1", 0)
    assert house.rows("orders") == []
    assert house.page("post", "J1", first)["upto"] == 1
    ack = house.page("post", "J2", then, follows=behind)
    assert (ack["journal"], ack["upto"]) == ("J2", 1)
    assert house.findings() == []
    for _ in range(2):
        house.page("post", "J3", entry(1, "withdrawal", "06:30", "HS-002"), follows=behind)
        assert house.findings() == ["journal_forked"]
    assert [row["state"] for row in house.rows("orders")] == ["closed", "released"]


SPOILT: tuple[dict[str, Any], ...] = (
    {"at": None},
    {"code": None},
    {"up": "soon"},
    {"clock": "sundial"},
    {"type": "dance"},
    {"at": "yesterday"},
    {"code": 7},
)
"""What makes an entry unreadable; None: the key is missing."""


def test_an_entry_that_cannot_be_read_is_set_aside_alone(house: House) -> None:
    for number, spoilt in enumerate(SPOILT, 1):
        bad = {**entry(1, "withdrawal", "06:00", "HS-002"), **spoilt}
        bad = {key: value for key, value in bad.items() if value is not None}
        good = entry(2, "withdrawal", "06:00", colour="blue")
        for _ in range(2):
            assert house.page("post", f"Q{number}", bad, good)["upto"] == 2
            assert house.findings() == ["quarantined"] * number, spoilt
    assert [row["cards"] for row in house.rows("orders")] == [["HS-001"]]
    verdicts = [row["verdict"] for row in house.rows("journal", card="HS-001")]
    assert sorted(verdicts) == ["accepted", *["duplicate"] * 6]


def test_a_frame_that_cannot_be_read_is_not_answered_and_its_last_entry_comes_raw(
    house: House,
) -> None:
    house.publish("post", b'{"journal": "J1", "entries": [')
    house.publish("post", b"\xff\xfe")
    headless = {"journal": "J1", "entries": [], "ask": "J1.900"}
    house.publish("post", json.dumps(headless).encode())
    raw = {"seq": 1, "type": "raw", "body": "7b226a", "at": instant("06:00"), "up": 1.0}
    assert house.page("post", "J1", {**raw, "clock": "synced"})["upto"] == 1
    assert "quarantined" in house.findings()
    assert house.page("post", "J1", entry(2, "withdrawal", "06:00"))["upto"] == 2
    assert [row["cards"] for row in house.rows("orders")] == [["HS-001"]]


def test_clocks_that_become_right_and_one_that_is_ahead(house: House) -> None:
    house.clock("07:00")
    early = entry(1, "withdrawal", "00:10", up=600.0, clock="unset")
    house.page("post", "J1", early)
    right = {"seq": 2, "type": "clock", "at": instant("07:00"), "up": 1800.0, "clock": "synced"}
    house.page("post", "J1", right)
    (order,) = house.rows("orders")
    assert (order["opened_at"], order["due_at"]) == (instant("06:40"), instant("07:20"))
    assert house.findings() == []
    house.page("dock", "D1", entry(1, "arrival", "07:01"))
    assert house.findings() == []
    assert house.get("cards/HS-001")["since"] == instant("07:01")
    house.page("dock", "D1", entry(2, "withdrawal", "09:00", "HS-002"))
    assert house.findings() == ["clock"]
    (order,) = house.rows("orders", card="HS-002")
    assert order["opened_at"] == instant("07:01")


def test_a_worker_takes_back_his_own_last_drop_within_a_minute(house: House) -> None:
    house.page("post", "J1", entry(1, "withdrawal", "06:00"))
    house.clock("06:01")

    def undo(seq: int, of: str, at: str) -> dict[str, Any]:
        return {"seq": seq, "type": "undo", "of": of, "at": at, "up": 1.0, "clock": "synced"}

    house.page("post", "J1", undo(2, "J1.1", instant("06:00:59")))
    card = house.get("cards/HS-001")
    assert (card["state"], card["order"]) == ("full", None)
    house.clock("06:02")
    house.page("post", "J1", entry(3, "withdrawal", "06:02", "HS-002"))
    house.clock("06:04")
    house.page("post", "J1", undo(4, "J1.3", instant("06:03:01")))
    assert house.get("cards/HS-002")["state"] == "released"
    house.page("post", "J1", entry(5, "withdrawal", "06:04", "HS-003"))
    house.page("dock", "D1", undo(1, "J1.5", instant("06:04")))
    assert house.get("cards/HS-003")["state"] == "released"
    assert house.findings() == []
    assert [row["state"] for row in house.rows("orders", state="open")] == ["released"] * 2


def test_what_was_read_offline_is_asked_for_and_ended_by_one_press(house: House) -> None:
    house.page("post", "J1")
    house.clock("08:00")
    drops = [entry(n, "withdrawal", f"06:1{n}", f"HS-00{n}") for n in (1, 2)]
    house.page("post", "J1", *drops)
    house.clock("08:00:05")
    assert house.shown("J1") == []
    (task,) = house.rows("tasks", state="open")
    assert (task["type"], sorted(task["orders"])) == ("still_needed", ["J1.1", "J1.2"])
    house.do("POST", "orders/close", orders=["J1.1", "J1.2"])
    assert house.rows("tasks", state="open") == []
    assert [row["closed_by"] for row in house.rows("orders")] == ["hand", "hand"]


def test_a_late_drop_renames_an_order_and_a_late_cycle_leaves_one_without_ground(
    house: House,
) -> None:
    house.clock("06:20")
    house.page("dock", "D1", entry(1, "withdrawal", "06:20"))
    house.page("m3", "M1", entry(1, "start", "06:20", "AR-001"))
    assert house.get("orders/D1.1")["replaces"] is None
    house.clock("06:30")
    house.page("post", "J1", entry(1, "withdrawal", "06:10"))
    order = house.get("orders/D1.1")
    assert (order["id"], order["replaces"], order["state"]) == ("J1.1", "D1.1", "released")
    assert (order["opened_at"], order["due_at"]) == (instant("06:10"), instant("06:50"))
    assert house.get("orders/J1.1") == order
    assert house.get("cards/HS-001")["order"] == "J1.1"
    assert len(house.rows("orders", loop="HS")) == 1
    made = [entry(1, "start", "06:18", "AR-001"), entry(2, "finish", "06:19", "AR-001")]
    house.page("m3-rack", "R1", *made)
    assert house.get("cards/AR-001")["state"] == "full"
    assert "order_unfounded" in house.findings()
    ended = house.get("orders/M1.1")
    assert (ended["state"], ended["id"]) == ("closed", "M1.1")
    house.do("POST", "orders/D1.1/arrival")
    assert house.get("orders/J1.1")["state"] == "closed"


def test_a_station_that_the_plant_does_not_know_is_kept_and_shown(house: House) -> None:
    assert house.page("ghost", "G1", entry(1, "arrival", "06:00"))["upto"] == 1
    assert house.findings() == ["misplaced"]
    station = house.get("stations/ghost")
    assert station["id"] == "ghost"
    assert {"id", "online", "backlog", "heard", "version", "faults"} <= station.keys()
    (row,) = house.rows("journal", station="ghost")
    said = {key: row[key] for key in ("journal", "seq", "station", "type", "card", "verdict")}
    assert said == {
        "journal": "G1",
        "seq": 1,
        "station": "ghost",
        "type": "arrival",
        "card": "HS-001",
        "verdict": "misplaced",
    }
    assert row["at"] == instant("06:00")
    # a page may come by another station's topic: the place is the entry's own
    assert house.page("post", "G2", entry(1, "arrival", "06:00"), station="ghost")["upto"] == 1
    assert house.findings() == ["misplaced", "misplaced"]


def test_a_finding_is_resolved_once_and_pages_of_a_collection_follow(house: House) -> None:
    for n in (1, 2, 3):
        house.page("post", "J1", entry(n, "withdrawal", "06:00", code=f"FFFF{n}"))
    first = house.get("findings?limit=2&state=open")
    assert len(first["items"]) == 2
    rest = house.get(f"findings?limit=2&state=open&next={first['next']}")
    assert (len(rest["items"]), rest["next"]) == (1, None)
    row = first["items"][0]
    for key, wanted in (("type", "unknown"), ("station", "post"), ("card", None), ("loop", None)):
        assert row[key] == wanted
    assert (row["at"], row["resolved_at"], row["reason"]) == (instant("06:00"), None, None)
    house.clock("06:10")
    done = house.do("POST", f"findings/{row['id']}/resolve", reason="a visitor's badge")
    assert (done["resolved_at"], done["reason"]) == (instant("06:10"), "a visitor's badge")
    assert done["decision"]
    house.do("POST", f"findings/{row['id']}/resolve", 409)
    assert len(house.rows("findings", state="open")) == 2
    assert len(house.rows("findings")) == 3
    assert house.rows("findings", since=instant("06:01")) == []


def test_an_undo_names_a_decision(house: House) -> None:
    house.page("post", "J1", entry(1, "withdrawal", "06:00"))
    house.clock("06:05")
    close = house.do("POST", "orders/close", orders=["J1.1"])
    house.clock("06:06")
    block = house.do("PATCH", "cards/HS-001", blocked=True)
    hold = house.do("PATCH", "cards/HS-001", hold=True)
    house.do("POST", "cards/HS-001/undo", 409, entry="J1.1")
    house.do("POST", "cards/HS-001/undo", entry=block["decision"])
    house.do("POST", "cards/HS-001/undo", entry=hold["decision"])
    card = house.get("cards/HS-001")
    assert (card["state"], card["blocked"], card["hold"]) == ("full", False, False)
    house.do("POST", "cards/HS-001/undo", entry=close["decision"])
    assert house.get("orders/J1.1")["state"] == "released"
    house.do("POST", "cards/HS-001/undo", 409, entry=close["decision"])
    house.do("POST", "cards/HS-002/undo", 409, entry="J1.1")
    house.do("POST", "cards/HS-001/undo", entry="J1.1")
    assert house.get("orders/J1.1")["state"] == "withdrawn"
    (row,) = house.rows("journal")
    assert (row["card"], row["verdict"]) == ("HS-001", "accepted")
