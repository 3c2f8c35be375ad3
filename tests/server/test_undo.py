"""Undo: what goes back with an entry, and what keeps it from going back (DESIGN 3.1, 3.2)."""

from pathlib import Path

import pytest

from pullcord_server.desk.action import card, loop, order
from pullcord_server.desk.action.undo import undo
from pullcord_server.desk.refusal import Refused
from pullcord_server.domain.card import Event
from server.test_audit_stuck import opened
from server.test_rule_hold import scan, state
from support.desk import Server, at, tag, tags
from support.post import Post

PLANT = f"""
site = "s1"
[[process]]
id = "assembly-1"
pacemaker = true
[[process]]
id = "m3"
[[item]]
id = "hose"
[[item]]
id = "strut"
[[loop]]
id = "WD"
kind = "withdrawal"
item = "hose"
source = "m3"
consumer = "assembly-1"
quantity = 20
cards = 4
lead_time = "40m"
scans = ["withdrawal", "dispatch", "arrival"]
[[loop]]
id = "PR"
kind = "production"
item = "hose"
source = "m3"
quantity = 20
cards = 4
lead_time = "1h"
scans = ["dispatch", "start", "finish"]
[[loop]]
id = "ST"
kind = "signal"
item = "strut"
source = "m3"
quantity = 10
cards = 4
lead_time = "1h"
scans = ["withdrawal", "start", "finish"]
lot = 3
[[loop]]
id = "OS"
kind = "withdrawal"
item = "strut"
source = "m3"
consumer = "assembly-1"
quantity = 10
cards = 3
lead_time = "40m"
scans = ["withdrawal"]
[[station]]
id = "cell"
process = "m3"
[[station]]
id = "post"
process = "assembly-1"
{tags(WD=4, PR=4, ST=4, OS=3)}
"""


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return opened(tmp_path, PLANT)


def at_of(ms: int) -> int:
    """Milliseconds after the start of the lot."""
    return ms - at("06:20")


def take_back(server: Server, name: str, when: str, entry: str | None = None) -> None:
    server.set(when)
    server.act(lambda turn: undo(turn, name, "lead", "by mistake", entry))


def states(server: Server, *names: str) -> list[str]:
    return [state(server, name) for name in names]


def orders(server: Server, name: str) -> list[str]:
    rows = server.rows("replenishment_order", "opened_at")
    return [row["state"] for row in rows if row["loop"] == name]


def exchanged(server: Server) -> None:
    scan(server, "post", "withdrawal", tag("WD", 1), "06:00")
    scan(server, "cell", "dispatch", tag("WD", 1), "06:10")
    scan(server, "cell", "dispatch", tag("PR", 1), "06:11")


def test_an_exchange_stands_once_its_other_half_is_made(server: Server) -> None:
    """And goes back as a pair when that start was taken back."""
    exchanged(server)
    scan(server, "cell", "start", tag("PR", 1), "06:20")
    with pytest.raises(Refused, match="PR-001 was started") as refused:
        take_back(server, "WD-001", "06:21")
    assert refused.value.type == "order-started"
    assert states(server, "WD-001", "PR-001") == ["in_transit", "in_process"]
    take_back(server, "PR-001", "06:22")
    take_back(server, "WD-001", "06:23")
    assert states(server, "WD-001", "PR-001") == ["released", "full"]


def test_an_exchange_stands_once_its_box_has_come(server: Server) -> None:
    exchanged(server)
    scan(server, "post", "arrival", tag("WD", 1), "06:30")
    with pytest.raises(Refused, match="WD-001 has moved on") as refused:
        take_back(server, "PR-001", "06:31")
    assert refused.value.type == "order-changed"


def lot(server: Server) -> tuple[str, ...]:
    for number in (1, 2, 3):
        scan(server, "cell", "withdrawal", tag("ST", number), f"06:0{number}")
    return ("ST-001", "ST-002", "ST-003")


@pytest.mark.parametrize("name", ["ST-001", "ST-002"])
def test_the_start_of_a_lot_goes_back_for_the_whole_lot(server: Server, name: str) -> None:
    """Whichever of its cards was scanned, whichever is named."""
    cards = lot(server)
    scan(server, "cell", "start", tag("ST", 2), "06:20")
    server.set("06:20:01")
    assert states(server, *cards) == ["in_process"] * 3
    take_back(server, name, "06:21")
    assert states(server, *cards) == ["released"] * 3
    assert orders(server, "ST") == ["released"]


def test_the_start_of_a_lot_stands_once_a_box_of_it_is_finished(server: Server) -> None:
    cards = lot(server)
    scan(server, "cell", "start", tag("ST", 2), "06:20")
    scan(server, "cell", "finish", tag("ST", 1), "06:30")
    with pytest.raises(Refused, match="ST-001 of the same order has moved on"):
        take_back(server, "ST-002", "06:31")
    assert states(server, *cards) == ["full", "in_process", "in_process"]


def test_a_finish_that_started_its_lot_goes_back_with_the_start(server: Server) -> None:
    cards = lot(server)
    scan(server, "cell", "finish", tag("ST", 1), "06:30")
    assert states(server, *cards) == ["full", "in_process", "in_process"]
    with pytest.raises(Refused, match="ST-001 of the same order has moved on"):
        take_back(server, "ST-002", "06:31")
    take_back(server, "ST-001", "06:32")
    assert states(server, *cards) == ["released"] * 3


def test_boxes_of_a_lot_that_were_finished_offline_miss_no_start(server: Server) -> None:
    """Its one start came with them, and counts from when it was scanned."""
    cards = lot(server)
    cell = Post(server, "cell")
    cell.online = False
    cell.scan("start", tag("ST", 1), "06:20")
    cell.scan("finish", tag("ST", 1), "06:40")
    cell.scan("finish", tag("ST", 2), "06:50")
    server.set("07:30")
    cell.come_back()
    assert states(server, *cards) == ["full", "full", "in_process"]
    assert server.findings() == []
    shares = server.rows("portion", "card")
    assert [at_of(s["started_at"]) for s in shares if s["card"] in cards] == [0, 1, 1]


def test_an_order_closed_by_hand_is_open_again(server: Server) -> None:
    scan(server, "post", "withdrawal", tag("WD", 1), "06:00")
    (row,) = server.rows("replenishment_order")
    server.set("06:10")
    server.act(lambda turn: order.close(turn, [row["id"]], "lead", "carried over"))
    assert states(server, "WD-001") == ["full"]
    take_back(server, "WD-001", "06:11")
    assert (states(server, "WD-001"), orders(server, "WD")) == (["released"], ["released"])


def test_a_block_goes_back_before_the_drop_that_it_ended(server: Server) -> None:
    scan(server, "post", "withdrawal", tag("WD", 1), "06:00")
    server.set("06:10")
    server.act(lambda turn: card.change(turn, "WD-001", "lead", "torn", blocked=True))
    take_back(server, "WD-001", "06:11")
    assert server.one("card", id="WD-001")["blocked"] is None
    assert (states(server, "WD-001"), orders(server, "WD")) == (["released"], ["released"])


def test_a_scan_that_opened_and_started_an_order_takes_it_back(server: Server) -> None:
    """Nothing of it was begun, so it is withdrawn and nothing is found."""
    scan(server, "cell", "dispatch", tag("WD", 2), "06:00")
    assert orders(server, "WD") == ["in_transit"]
    take_back(server, "WD-002", "06:05")
    assert (states(server, "WD-002"), orders(server, "WD")) == (["full"], ["withdrawn"])
    assert server.findings() == []


def test_a_card_that_was_taken_out_and_goes_round_again_leaves_the_next_one_to_go(
    server: Server,
) -> None:
    server.set("06:00")
    server.act(lambda turn: loop.change(turn, "WD", "planner", "advice", cards=3))
    assert scan(server, "post", "withdrawal", tag("WD", 1), "06:10") == "take_out"
    take_back(server, "WD-001", "06:11")
    assert server.one("card", id="WD-001")["life"] == "circulating"
    assert scan(server, "post", "withdrawal", tag("WD", 2), "06:20") == "take_out"
    assert scan(server, "post", "withdrawal", tag("WD", 3), "06:30") == "accepted"


def test_a_card_that_was_taken_out_comes_back_as_the_one_that_the_loop_lacks(
    server: Server,
) -> None:
    server.set("06:00")
    server.act(lambda turn: loop.change(turn, "WD", "planner", "advice", cards=3))
    scan(server, "post", "withdrawal", tag("WD", 1), "06:10")
    server.set("06:11")
    server.act(lambda turn: loop.change(turn, "WD", "planner", "more again", cards=4))
    take_back(server, "WD-001", "06:12")
    assert scan(server, "post", "withdrawal", tag("WD", 2), "06:20") == "accepted"


@pytest.mark.parametrize("event", [Event.DISPATCH, Event.WITHDRAWAL])
def test_a_step_that_an_order_does_not_have_is_refused_by_hand(
    server: Server, event: Event
) -> None:
    """What is made is not dispatched: that would open an order without a card."""
    scan(server, "cell", "start", tag("PR", 2), "06:00")
    (row,) = server.rows("replenishment_order")
    server.set("06:10")
    with pytest.raises(Refused, match="it cannot") as refused:
        server.act(lambda turn: order.move(turn, row["id"], event, "op-2"))
    assert refused.value.type == "not-in-state"
    assert orders(server, "PR") == ["in_process"]


def test_a_worker_who_takes_back_such_a_drop_leaves_the_next_one_to_go(server: Server) -> None:
    server.set("06:00")
    server.act(lambda turn: loop.change(turn, "WD", "planner", "advice", cards=3))
    post = Post(server, "post")
    drop = post.scan("withdrawal", tag("WD", 1), "06:10")
    server.set("06:10:30")
    post.undo(drop, "06:10:30")
    assert server.one("card", id="WD-001")["life"] == "circulating"
    server.set("06:20")
    post.scan("withdrawal", tag("WD", 2), "06:20")
    assert server.one("card", id="WD-002")["life"] == "surplus"


def test_a_card_whose_box_came_unseen_is_taken_out_and_its_order_ends(server: Server) -> None:
    """In a loop of one scan no card is ever seen full again; a second read of the same drop is none."""
    scan(server, "post", "withdrawal", tag("OS", 1), "06:00")
    server.set("06:05")
    server.act(lambda turn: loop.change(turn, "OS", "planner", "advice", cards=2))
    assert scan(server, "post", "withdrawal", tag("OS", 1), "06:10") == "duplicate"
    assert scan(server, "post", "withdrawal", tag("OS", 1), "06:50") == "take_out"
    row = server.one("card", id="OS-001")
    assert (row["life"], row["state"], row["order"]) == ("surplus", "empty", None)
    (order_row,) = [r for r in server.rows("replenishment_order") if r["loop"] == "OS"]
    assert (order_row["state"], order_row["closed_by"]) == ("closed", "inferred")
    assert server.findings() == []
    assert scan(server, "post", "withdrawal", tag("OS", 2), "07:00") == "accepted"


def test_a_card_that_came_unseen_where_its_arrival_is_scanned_leaves_that_finding(
    server: Server,
) -> None:
    scan(server, "post", "withdrawal", tag("WD", 1), "06:00")
    scan(server, "cell", "dispatch", tag("WD", 1), "06:10")
    server.set("06:15")
    server.act(lambda turn: loop.change(turn, "WD", "planner", "advice", cards=3))
    assert scan(server, "post", "withdrawal", tag("WD", 1), "06:50") == "take_out"
    assert server.findings() == ["arrival_missed"]
    assert (states(server, "WD-001"), orders(server, "WD")) == (["empty"], ["closed"])
