"""Self-tests of stations at the server: asked for, kept, shown; a test card never makes an order."""

from pathlib import Path
from typing import Any

import pytest

from pullcord_server.desk.action import selftest
from pullcord_server.desk.inbox import StatusIn
from pullcord_server.desk.refusal import Refused
from pullcord_server.domain.selftest import read_report
from pullcord_server.storage.selftest import LISTED, listed_selftests
from pullcord_wire.codec import decode
from pullcord_wire.message import (
    JSON,
    ClockState,
    Command,
    EntryType,
    SelftestBody,
    Status,
)
from server.test_audit_stuck import PLANT, opened
from support.desk import Server
from support.house import Client, Site
from support.post import Post

V1 = "/api/v1/stations/post"


@pytest.fixture
def server(tmp_path: Path) -> Server:
    made = opened(tmp_path, PLANT)
    made.set("06:00")
    return made


def status(online: bool = True) -> StatusIn:
    """The station's own word."""
    said = Status(online=online, journal="post-1", version="1", clock=ClockState.SYNCED)
    return StatusIn("post", said, False)


def report(outcome: str = "pass", serial: str = "00A1", **more: JSON) -> JSON:
    """What a station tells of a self-test."""
    steps: list[JSON] = [
        {"name": "lamp stack.red", "result": outcome, "seen": "seen at in-1"},
        {"name": "sound", "result": "pass", "seen": "seen at in-2"},
    ]
    whole: JSON = {
        "station": "post", "serial": serial, "mode": "unattended", "by": "kim",
        "started_at": 1, "ended_at": 2, "outcome": outcome, "steps": steps, **more,
    }  # fmt: skip
    return whole


def client(server: Server, tmp_path: Path) -> Client:
    """Of a house over the same database."""
    site = Site(tmp_path, url=str(server.engine.url), plant=server.desk.floor.plant)
    return site.client(driven=True)


def sent(post: Post, told: JSON, when: str | None = None) -> str:
    """The station's entry."""
    return post.see(EntryType.SELFTEST, SelftestBody(told), when)


def test_a_station_is_asked_over_the_wire_once_that_is_decided(server: Server) -> None:
    server.land(status())
    done = server.act(lambda turn: selftest.ask(turn, "post", "kim", guided=True, driven=False))
    ((station, payload),) = server.link.of("command")
    asked: JSON = {"guided": True, "by": "kim"}
    assert (station, decode(Command, payload)) == (
        "post",
        Command(done.decision, "selftest", asked),
    )
    assert server.one("decision", id=done.decision)["action"] == "selftest"


@pytest.mark.parametrize(
    ("station", "type_"), [("nobody", "not-found"), ("dock", "station-silent")]
)
def test_a_station_that_would_not_hear_it_is_not_asked(
    server: Server, station: str, type_: str
) -> None:
    with pytest.raises(Refused) as caught:
        server.act(lambda turn: selftest.ask(turn, station, "kim", guided=False, driven=True))
    assert caught.value.type == type_
    assert server.link.of("command") == []


def test_a_station_that_fell_silent_or_said_goodbye_is_not_asked(server: Server) -> None:
    server.land(status())
    server.set("06:01")
    for said in (None, status(online=False)):
        if said is not None:
            server.land(said)
        with pytest.raises(Refused, match="has said nothing for 5 s"):
            server.act(lambda turn: selftest.ask(turn, "post", "kim", guided=False, driven=False))


def test_reports_are_kept_and_shown_whole_by_serial_number_and_in_short(
    server: Server, tmp_path: Path
) -> None:
    server.set("06:03")
    post = Post(server, "post")
    first = sent(post, report(), "06:01")
    second = sent(post, report("fail", serial="00B2", command="D1"), "06:02")
    refused = sent(post, report("refused", reason="a self-test is under way"), "06:03")
    sent(post, {"reader": "post", "card": "T1", "outcome": "pass"}, "06:03")
    house = client(server, tmp_path)
    shown = house.every(f"{V1}/selftests")
    assert [(each["id"], each["outcome"]) for each in shown] == [
        (first, "pass"), (second, "fail"), (refused, "refused"),
    ]  # fmt: skip
    assert shown[2]["reason"] == "a self-test is under way"
    assert shown[1] == {
        "id": second,
        "station": "post",
        "at": "2026-11-23T06:02:00.000Z",
        "serial": "00B2",
        "mode": "unattended",
        "by": "kim",
        "outcome": "fail",
        "reason": None,
        "asked": "D1",
        "steps": [
            {"name": "lamp stack.red", "result": "fail", "seen": "seen at in-1"},
            {"name": "sound", "result": "pass", "seen": "seen at in-2"},
        ],
    }
    assert [each["id"] for each in house.every(f"{V1}/selftests", serial="00A1")] == [
        first, refused,
    ]  # fmt: skip
    assert house.every(f"{V1}/selftests", serial="%") == []
    late = house.every(f"{V1}/selftests", since="2026-11-23T06:02:00Z", limit=1)
    assert [each["id"] for each in late] == [second, refused]
    assert house.get(V1).json()["selftest"] == {
        "id": second,
        "at": "2026-11-23T06:02:00.000Z",
        "serial": "00B2",
        "outcome": "fail",
        "failed": ["lamp stack.red"],
    }
    assert house.get("/api/v1/stations/dock").json()["selftest"] is None
    assert house.every("/api/v1/stations/dock/selftests") == []
    assert house.get("/api/v1/stations/nobody/selftests").status_code == 404


def test_a_test_card_makes_no_order_no_verdict_and_no_finding(server: Server) -> None:
    server.land(status())
    post = Post(server, "post")
    sent(post, {"reader": "post", "card": "BH#1", "outcome": "pass"})
    sent(post, report())
    assert server.rows("replenishment_order") == []
    assert server.findings() == []
    assert server.verdicts() == []
    assert {each["state"] for each in server.rows("card")} == {"full"}
    assert post.drained


def test_the_newest_are_listed_once_each(server: Server) -> None:
    post = Post(server, "post", online=False)
    for _ in range(LISTED + 3):
        sent(post, report())
    post.come_back()
    with server.engine.connect() as connection:
        listed = listed_selftests(connection, ["post", "dock"])
    assert listed["dock"] == []
    assert listed["post"] == [("post-1", seq) for seq in range(4, LISTED + 4)]


@pytest.mark.parametrize(
    "told",
    [None, 7, [], {}, {"steps": 3}, {"reader": "post", "card": "T1", "outcome": "pass"}],
)
def test_what_is_no_report_of_steps_is_no_self_test(told: JSON) -> None:
    assert read_report(told) is None


def test_a_report_that_lacks_words_is_read_as_far_as_it_goes() -> None:
    read = read_report({"steps": [{"name": 3, "result": "fail"}, "x"], "serial": None})
    assert read is not None
    assert (read.serial, read.outcome, read.failed) == ("", "", ("",))


def test_asking_over_http_answers_with_the_station_and_the_decision(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.decide()
    house = site.client()
    body: dict[str, Any] = {"by": "kim", "guided": True}
    refused = house.ask("POST", "/api/v1/stations/assy1-post/selftest", json=body)
    assert (refused.status_code, refused.json()["type"]) == (409, "station-silent")
