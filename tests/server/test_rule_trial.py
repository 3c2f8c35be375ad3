"""Fewer cards, more sensitivity: where a trial may begin, what is watched, how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from pullcord_server.desk.action import call, card, floor, loop, order
from pullcord_server.desk.refusal import Refused
from pullcord_server.domain.call import CallAction
from server.test_audit_stuck import PLANT, opened
from support.desk import Server, tag, tags
from support.post import Post

MORE = PLANT.replace("cards = 3", "cards = 5").replace(tags(BH=3, GK=3), tags(BH=5, GK=5))


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return opened(tmp_path, MORE)


def begin(server: Server, name: str = "BH", remove: int = 1, reason: str | None = "why") -> None:
    server.act(lambda turn: loop.begin_trial(turn, name, "lead", reason, remove))


def end(server: Server, number: int = 1, *, keep: bool = False) -> None:
    server.act(lambda turn: loop.end_trial(turn, "BH", number, "lead", "two stock-outs", keep))


def refused(server: Server, name: str = "BH") -> str:
    with pytest.raises(Refused) as found:
        begin(server, name)
    assert found.value.type == "loop-in-trouble"
    return found.value.detail


def trials(server: Server) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(server.one("loop_state", id="BH")["body"])["trials"]
    return found


def test_a_quiet_loop_may_be_tried(server: Server) -> None:
    begin(server)
    assert server.one("loop_state", id="BH")["to_take_out"] == 1
    assert trials(server)[0]["ended_at"] is None


@pytest.mark.parametrize("state", ["raised", "acknowledged", "resolved"])
def test_no_trial_while_a_call_of_the_loop_is_open(server: Server, state: str) -> None:
    calls = server.desk.calls
    made = server.act(lambda turn: call.raise_call(turn, calls, "post", "material", "op", "BH"))
    if state != "raised":
        action = CallAction.ACKNOWLEDGE if state == "acknowledged" else CallAction.RESOLVE
        server.act(lambda turn: call.move_call(turn, calls, made.id, action, "lead", "late truck"))
    assert made.id in refused(server)
    begin_other = server.act(lambda turn: loop.begin_trial(turn, "GK", "lead", "why", 1))
    assert begin_other.id == "GK"
    server.act(
        lambda turn: call.move_call(turn, calls, made.id, CallAction.CLOSE, "lead", "box came")
    )
    begin(server)


def test_no_trial_while_the_lamps_of_the_loop_call(server: Server) -> None:
    post = Post(server, "post")
    for number in range(1, 6):
        post.scan("withdrawal", tag("BH", number), "06:00")
    server.set("06:05")
    assert "open call" in refused(server)


def test_no_trial_while_an_order_is_late(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    server.set("06:49:30")
    assert server.act(lambda turn: order.find_order(turn, "post-1.1")).due_at is not None
    server.set("06:49:31")
    assert "post-1.1" in refused(server)


def test_an_order_is_not_late_within_a_tenth_of_its_lead_time(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    server.set("06:49")
    begin(server)


def test_an_order_is_late_by_working_time(tmp_path: Path) -> None:
    hours = 'site = "s1"\n[calendar]\nshifts = [["06:00", "14:00"]]'
    server = opened(tmp_path, MORE.replace('site = "s1"', hours).replace("60/h", "6/h"))
    server.set("13:20")
    Post(server, "post").scan("withdrawal", tag("BH", 1), "13:15")
    server.set("D+1 06:00")
    assert server.one("replenishment_order")["due_at"] < server.now - 3_600_000
    begin(server)


def test_a_loop_whose_boxes_nobody_scans_in_is_never_late(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("GK", 1), "06:00")
    server.set("09:00")
    begin(server, "GK")


def test_no_trial_while_a_card_is_lost(server: Server) -> None:
    server.act(lambda turn: card.change(turn, "BH-001", "lead", "not found", life="lost"))
    assert "lost" in refused(server)


def test_no_trial_while_a_step_was_missed_and_nobody_resolved_it(server: Server) -> None:
    server.set("06:10")
    entry = Post(server, "dock").scan("arrival", tag("BH", 1), "06:10")
    assert "withdrawal_missed" in refused(server)
    found = f"{entry}.withdrawal_missed"
    server.act(lambda turn: floor.resolve(turn, found, "lead", "scanned twice"))
    begin(server)


def test_another_loops_trouble_is_its_own(server: Server) -> None:
    server.act(lambda turn: card.change(turn, "GK-001", "lead", "not found", life="lost"))
    begin(server)


def test_findings_that_are_no_trouble_do_not_forbid_a_trial(server: Server) -> None:
    Post(server, "post").scan("withdrawal", "STRANGE", "06:00")
    Post(server, "dock").scan("dispatch", tag("BH", 1), "06:00")
    assert server.findings()
    begin(server)


def test_one_trial_at_a_time_with_a_reason_and_a_card_left(server: Server) -> None:
    for remove, reason, type_ in (
        (1, None, "reason-required"),
        (0, "why", "remove"),
        (5, "why", "cards"),
    ):
        with pytest.raises(Refused) as found:
            begin(server, remove=remove, reason=reason)
        assert found.value.type == type_
    begin(server)
    with pytest.raises(Refused) as again:
        begin(server)
    assert again.value.type == "trial-open"


def test_a_trial_watches_what_breaks_and_keeps_it(server: Server) -> None:
    server.set("06:10")
    dock, post = Post(server, "dock"), Post(server, "post")
    begin(server)
    server.set("06:20")
    dock.scan("arrival", tag("BH", 2), "06:20")
    server.set("06:22")
    for number in range(1, 6):
        post.scan("withdrawal", tag("BH", number), "06:22")
    server.set("07:00")
    end(server)
    trial = trials(server)[0]
    assert trial["broke"] == {"withdrawal_missed": 1, "calls": 1}
    assert (trial["result"], trial["n"]) == ("two stock-outs", 1)
    server.set("09:00")
    assert trials(server)[0]["broke"] == trial["broke"]


def test_a_trial_that_ends_puts_its_card_back_or_keeps_it_out(server: Server) -> None:
    begin(server)
    server.set("06:01")
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:01")
    assert server.one("card", id="BH-001")["life"] == "surplus"
    server.set("06:30")
    end(server)
    assert server.one("loop_state", id="BH")["cards"] == 5
    begin(server)
    end(server, 2, keep=True)
    assert server.one("loop_state", id="BH")["cards"] == 4
    assert [t["n"] for t in trials(server)] == [1, 2]
    with pytest.raises(Refused) as found:
        end(server)
    assert found.value.type == "not-in-state"
