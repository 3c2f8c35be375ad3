"""Sensors of bins, cards of bins, tags in racks: one withdrawal and one delivery, whoever says it first."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pullcord_server.desk.action import card, loop, order
from pullcord_server.desk.refusal import Refused
from pullcord_server.desk.replay import replay
from pullcord_server.domain.card import Event
from pullcord_wire.message import CodeBody, EntryType
from server.test_audit_stuck import opened
from support.desk import Server, at, new_database, tag, tags
from support.likeness import differences, whole
from support.post import Post


def plant(bins: str, more: str = "") -> str:
    return f"""
site = "s1"
[[process]]
id = "assembly-1"
pacemaker = true
[[process]]
id = "machining-3"
[[item]]
id = "hose"
[[loop]]
id = "BH"
kind = "withdrawal"
item = "hose"
source = "machining-3"
consumer = "assembly-1"
quantity = 20
cards = 4
lead_time = "40m"
scans = ["withdrawal", "arrival"]
{more}
[[station]]
id = "cell"
process = "assembly-1"
lights = ["stack"]
[[station]]
id = "dock"
process = "assembly-1"
{bins}
{tags(BH=4)}
"""


CARD_BIN = '[[bin]]\nstation = "cell"\nsensor = "bin-7"\nloop = "BH"\ncard = "BH-001"'
LOOP_BIN = '[[bin]]\nstation = "cell"\nsensor = "bin-7"\nloop = "BH"'
TWO_BINS = LOOP_BIN + "\n" + LOOP_BIN.replace("bin-7", "bin-8")
RACK = '[[bin]]\nstation = "cell"\nsensor = "rack"\nloop = "BH"'

Open = Callable[[str], Server]


@pytest.fixture
def open_(tmp_path: Path) -> Open:
    return lambda text: opened(tmp_path, text)


def orders(server: Server, **where: str) -> list[str]:
    """The cards of the loop's orders, by time, and where each order is."""
    rows = server.rows("replenishment_order", "opened_at", **where)
    return [f"{r['cards'][2:-2]} {r['state']}" for r in rows if r["state"] != "withdrawn"]


def full(server: Server) -> list[str]:
    return [r["id"] for r in server.rows("card", "id", state="full")]


# -- a sensor that knows its card


def test_an_empty_bin_is_the_withdrawal_of_its_card(open_: Open) -> None:
    server = open_(plant(CARD_BIN))
    Post(server, "cell").level("bin-7", True, "06:00")
    assert orders(server) == ["BH-001 released"]
    assert server.findings() == []


@pytest.mark.parametrize("minutes", [1, 30, 300])
def test_the_card_of_an_empty_bin_only_confirms_until_the_bin_is_full_again(
    open_: Open, minutes: int
) -> None:
    server = open_(plant(CARD_BIN))
    cell = Post(server, "cell")
    cell.level("bin-7", True, "06:00")
    server.set(at("06:00") + minutes * 60_000)
    entry = cell.scan("withdrawal", tag("BH", 1))
    assert server.fact(entry)["verdict"] == "duplicate"
    assert server.fact(entry)["findings"] == ""
    assert orders(server) == ["BH-001 released"]


def test_an_empty_bin_only_confirms_the_card_that_was_dropped_before(open_: Open) -> None:
    server = open_(plant(CARD_BIN))
    cell = Post(server, "cell")
    cell.scan("withdrawal", tag("BH", 1), "06:00")
    server.set("06:30")
    cell.level("bin-7", True, "06:30")
    assert orders(server) == ["BH-001 released"]
    assert server.findings() == []


def test_a_full_bin_is_the_arrival_and_the_scan_at_the_dock_confirms_it(open_: Open) -> None:
    server = open_(plant(CARD_BIN))
    cell, dock = Post(server, "cell"), Post(server, "dock")
    cell.level("bin-7", True, "06:00")
    server.set("06:30")
    cell.level("bin-7", False, "06:30")
    assert orders(server) == ["BH-001 closed"]
    server.set("06:40")
    entry = dock.scan("arrival", tag("BH", 1), "06:40")
    assert server.fact(entry)["verdict"] == "duplicate"
    assert server.findings() == []


def test_a_scan_at_the_dock_is_the_arrival_and_the_full_bin_confirms_it(open_: Open) -> None:
    server = open_(plant(CARD_BIN))
    cell, dock = Post(server, "cell"), Post(server, "dock")
    cell.level("bin-7", True, "06:00")
    server.set("06:30")
    dock.scan("arrival", tag("BH", 1), "06:30")
    server.set("06:40")
    cell.level("bin-7", False, "06:40")
    server.set("07:40")
    cell.level("bin-7", True, "07:40")
    assert orders(server) == ["BH-001 closed", "BH-001 released"]
    assert server.findings() == []


def test_after_a_full_bin_the_card_begins_a_new_cycle(open_: Open) -> None:
    server = open_(plant(CARD_BIN))
    cell = Post(server, "cell")
    for hour in ("06", "08"):
        server.set(f"{hour}:00")
        cell.level("bin-7", True, f"{hour}:00")
        server.set(f"{hour}:30")
        cell.level("bin-7", False, f"{hour}:30")
    server.set("10:00")
    entry = cell.scan("withdrawal", tag("BH", 1), "10:00")
    assert server.fact(entry)["verdict"] == "accepted"
    assert orders(server) == ["BH-001 closed", "BH-001 closed", "BH-001 released"]


def test_a_station_that_starts_says_again_what_it_sees_and_that_is_nothing_new(
    open_: Open,
) -> None:
    server = open_(plant(CARD_BIN))
    cell, dock = Post(server, "cell"), Post(server, "dock")
    cell.level("bin-7", True, "06:00")
    server.set("06:30")
    dock.scan("arrival", tag("BH", 1), "06:30")
    cell.begin()
    cell.level("bin-7", True, "06:31")  # the box is not in the bin yet
    assert orders(server) == ["BH-001 closed"]
    server.set("06:40")
    cell.level("bin-7", False, "06:40")
    server.set("07:30")
    cell.scan("withdrawal", tag("BH", 1), "07:30")  # its first piece is taken
    cell.begin()
    cell.level("bin-7", False, "07:31")  # and the bin still has some
    assert orders(server) == ["BH-001 closed", "BH-001 released"]


def test_a_bin_that_fills_while_its_card_waits_in_the_post_disagrees(open_: Open) -> None:
    server = open_(plant(CARD_BIN, 'release = "count"\nrelease_count = 3'))
    cell = Post(server, "cell")
    cell.level("bin-7", True, "06:00")
    server.set("06:10")
    cell.level("bin-7", False, "06:10")
    assert server.findings() == ["bin_card_disagree"]
    assert server.one("card", id="BH-001")["state"] == "empty"


def test_where_no_card_is_dropped_a_task_names_the_box_to_take_out(open_: Open) -> None:
    server = open_(plant(CARD_BIN))
    server.act(lambda turn: loop.change(turn, "BH", "planner", "advice", cards=3))
    server.set("06:01")
    Post(server, "cell").level("bin-7", True, "06:01")
    assert server.one("card", id="BH-001")["life"] == "surplus"
    task = server.one("task")
    assert (task["type"], task["card"], task["station"]) == ("take_box_out", "BH-001", "cell")
    assert orders(server) == []
    assert '"white": "slow"' in server.one("station_lamps", station="cell")["lamps"]


def test_goods_on_hold_in_a_bin_call_when_they_are_used(open_: Open) -> None:
    server = open_(plant(CARD_BIN))
    server.act(lambda turn: card.change(turn, "BH-001", "lead", "scratches", hold=True))
    server.set("06:01")
    Post(server, "cell").level("bin-7", True, "06:01")
    assert server.findings() == ["held_goods_used"]
    assert orders(server) == []


# -- a sensor that stands for its loop


def test_an_empty_bin_of_a_loop_takes_the_card_that_is_full_for_longest(open_: Open) -> None:
    server = open_(plant(LOOP_BIN))
    cell, dock = Post(server, "cell"), Post(server, "dock")
    cell.scan("withdrawal", tag("BH", 1), "06:00")
    server.set("06:30")
    dock.scan("arrival", tag("BH", 1), "06:30")
    server.set("07:30")
    cell.level("bin-7", True, "07:30")
    assert orders(server) == ["BH-001 closed", "BH-002 released"]
    assert server.one("bin_signal")["card"] == "BH-002"


def test_an_empty_place_takes_the_box_of_a_card_of_one_turn_last_and_orders_nothing_for_it(
    open_: Open,
) -> None:
    server = open_(plant(TWO_BINS))
    wish = partial(card.issue, by="lead", reason="more", loop="BH", expires_at=at("20:00"))
    once = [server.act(wish).id for _ in range(2)]
    for name in once:
        made = server.one("card", id=name)["order"]
        server.act(partial(order.move, order_id=made, event=Event.ARRIVAL, by="handler-3"))
    take = partial(loop.empty, loop_id="BH", by="op-2", reason="label fell off")
    standing = ["BH-001", "BH-002", "BH-003", "BH-004"]
    assert [server.act(take).id for _ in range(5)] == [*standing, once[0]]
    server.set("06:40")
    Post(server, "cell").level("bin-7", True, "06:40")
    assert [server.one("card", id=name)["life"] for name in once] == ["retired", "retired"]
    assert len(orders(server, state="released")) == 4
    with pytest.raises(Refused, match="no full card of BH is left"):
        server.act(take)


def test_a_full_bin_of_a_loop_fills_the_card_that_is_due_first(open_: Open) -> None:
    server = open_(plant(LOOP_BIN))
    cell = Post(server, "cell")
    cell.level("bin-7", True, "06:00")
    server.set("06:30")
    cell.scan("withdrawal", tag("BH", 2), "06:30")
    server.set("07:00")
    cell.level("bin-7", False, "07:00")
    states = {r["id"]: r["state"] for r in server.rows("card")}
    assert states["BH-001"] == "full"


def test_the_card_of_that_box_takes_the_place_of_the_one_that_was_taken_for_it(
    open_: Open,
) -> None:
    server = open_(plant(LOOP_BIN))
    cell = Post(server, "cell")
    cell.level("bin-7", True, "06:00")
    assert orders(server) == ["BH-001 released"]
    server.set("06:05")
    entry = cell.scan("withdrawal", tag("BH", 3), "06:05")
    assert server.fact(entry)["verdict"] == "accepted"
    assert orders(server) == ["BH-003 released"]
    assert full(server) == ["BH-001", "BH-002", "BH-004"]


def test_the_card_that_was_taken_only_confirms(open_: Open) -> None:
    server = open_(plant(LOOP_BIN))
    cell = Post(server, "cell")
    cell.level("bin-7", True, "06:00")
    server.set("07:00")
    entry = cell.scan("withdrawal", tag("BH", 1), "07:00")
    assert server.fact(entry)["verdict"] == "duplicate"
    assert orders(server) == ["BH-001 released"]
    assert server.findings() == []


def test_a_second_drop_after_the_bin_was_confirmed_is_another_box(open_: Open) -> None:
    server = open_(plant(LOOP_BIN))
    cell = Post(server, "cell")
    cell.level("bin-7", True, "06:00")
    server.set("06:05")
    cell.scan("withdrawal", tag("BH", 1), "06:05")
    server.set("06:06")
    cell.scan("withdrawal", tag("BH", 2), "06:06")
    assert orders(server) == ["BH-001 released", "BH-002 released"]


def test_a_drop_just_before_the_bin_is_empty_is_the_same_box(open_: Open) -> None:
    server = open_(plant(LOOP_BIN))
    cell = Post(server, "cell")
    cell.scan("withdrawal", tag("BH", 3), "06:00")
    server.set("06:10")
    cell.level("bin-7", True, "06:10")
    assert orders(server) == ["BH-003 released"]
    assert server.one("bin_signal")["met"] == "cell-1.1"


def test_a_drop_long_before_the_bin_is_empty_is_another_box(open_: Open) -> None:
    """Half the lead time is the least cycle of a box that is dropped at its last piece."""
    server = open_(plant(LOOP_BIN))
    cell = Post(server, "cell")
    cell.scan("withdrawal", tag("BH", 3), "06:00")
    server.set("06:21")
    cell.level("bin-7", True, "06:21")
    assert orders(server) == ["BH-003 released", "BH-001 released"]


def test_a_bin_that_is_heard_late_is_of_the_card_that_was_dropped_soon_after(open_: Open) -> None:
    server = open_(plant(LOOP_BIN))
    cell, dock = Post(server, "cell"), Post(server, "dock")
    server.set("06:05")
    dock.scan("withdrawal", tag("BH", 3), "06:02")
    cell.level("bin-7", True, "06:00")
    assert orders(server) == ["BH-003 released"]
    server.set("06:45")
    dock.scan("arrival", tag("BH", 3), "06:41")
    cell.level("bin-7", False, "06:40")
    assert orders(server) == ["BH-003 closed"]
    assert server.findings() == []


def test_a_bin_that_is_heard_late_is_not_of_a_card_that_was_dropped_long_after(
    open_: Open,
) -> None:
    server = open_(plant(LOOP_BIN))
    cell, dock = Post(server, "cell"), Post(server, "dock")
    server.set("06:30")
    dock.scan("withdrawal", tag("BH", 3), "06:21")
    cell.level("bin-7", True, "06:00")
    assert orders(server) == ["BH-001 released", "BH-003 released"]


def test_a_card_dropped_at_the_first_piece_is_of_the_box_that_is_empty_later(
    open_: Open,
) -> None:
    server = open_(plant(LOOP_BIN, 'drop_at = "first-piece"'))
    cell = Post(server, "cell")
    cell.scan("withdrawal", tag("BH", 3), "06:00")
    server.set("07:30")
    cell.level("bin-7", True, "07:30")
    assert orders(server) == ["BH-003 released"]


def test_a_drop_confirms_one_bin_of_two(open_: Open) -> None:
    server = open_(plant(TWO_BINS))
    cell = Post(server, "cell")
    cell.scan("withdrawal", tag("BH", 3), "06:00")
    server.set("06:05")
    cell.level("bin-7", True, "06:05")
    cell.level("bin-8", True, "06:06")
    assert orders(server) == ["BH-003 released", "BH-001 released"]


def test_of_two_empty_bins_a_card_confirms_the_one_that_was_taken_for_it(open_: Open) -> None:
    server = open_(plant(TWO_BINS))
    cell = Post(server, "cell")
    cell.level("bin-7", True, "06:00")
    server.set("06:07")
    cell.level("bin-8", True, "06:05")
    entry = cell.scan("withdrawal", tag("BH", 2), "06:07")
    assert server.fact(entry)["verdict"] == "duplicate"
    assert orders(server) == ["BH-001 released", "BH-002 released"]
    assert server.findings() == []


def test_an_arrival_at_the_dock_is_the_box_that_fills_the_bin(open_: Open) -> None:
    server = open_(plant(LOOP_BIN))
    cell, dock = Post(server, "cell"), Post(server, "dock")
    cell.level("bin-7", True, "06:00")
    server.set("06:10")
    cell.scan("withdrawal", tag("BH", 1), "06:10")
    cell.scan("withdrawal", tag("BH", 2), "06:10")
    server.set("06:40")
    dock.scan("arrival", tag("BH", 2), "06:40")
    server.set("06:45")
    cell.level("bin-7", False, "06:45")
    assert orders(server) == ["BH-001 released", "BH-002 closed"]


def test_a_box_that_was_settled_by_hand_is_the_one_that_the_bin_sees(open_: Open) -> None:
    """Said to be empty, brought, or served: what the sensor says then is nothing new."""
    server = open_(plant(LOOP_BIN))
    cell = Post(server, "cell")
    cell.level("bin-7", False, "06:00")
    for number, end in ((1, "arrival"), (2, "close")):
        hour = f"{6 + number:02}"
        server.set(f"{hour}:00")
        server.act(partial(loop.empty, loop_id="BH", by="op-2", reason="label fell off"))
        cell.level("bin-7", True, f"{hour}:01")
        assert orders(server)[-1] == f"BH-00{number} released"
        assert len(orders(server)) == number
        server.set(f"{hour}:40")
        (id_,) = [r["id"] for r in server.rows("replenishment_order", state="released")]
        if end == "close":
            server.act(partial(order.close, orders=[id_], by="lead-7", reason="carried over"))
        else:
            server.act(partial(order.move, order_id=id_, event=Event.ARRIVAL, by="lead-7"))
        server.set(f"{hour}:41")
        cell.level("bin-7", False, f"{hour}:41")
        assert orders(server)[-1] == f"BH-00{number} closed"
    assert server.findings() == []


def test_the_scan_of_the_box_that_came_corrects_the_card_that_the_bin_filled(
    open_: Open,
) -> None:
    server = open_(plant(LOOP_BIN))
    cell, dock = Post(server, "cell"), Post(server, "dock")
    cell.level("bin-7", True, "06:00")
    server.set("06:30")
    cell.scan("withdrawal", tag("BH", 1), "06:30")
    cell.scan("withdrawal", tag("BH", 2), "06:30")
    server.set("06:40")
    cell.level("bin-7", False, "06:40")
    assert orders(server) == ["BH-001 closed", "BH-002 released"]
    server.set("06:45")
    dock.scan("arrival", tag("BH", 2), "06:45")
    assert orders(server) == ["BH-001 released", "BH-002 closed"]
    assert server.findings() == []


def test_a_box_that_nobody_ordered_is_the_one_that_the_bin_asked_for(open_: Open) -> None:
    """The sensor took another card; the card of the box that came says that it was its own."""
    server = open_(plant(LOOP_BIN))
    cell, dock = Post(server, "cell"), Post(server, "dock")
    cell.level("bin-7", True, "06:00")
    assert orders(server) == ["BH-001 released"]
    server.set("06:41")
    dock.scan("arrival", tag("BH", 3), "06:40")
    cell.level("bin-7", False, "06:41")
    assert orders(server) == ["BH-001 closed"]
    assert full(server) == ["BH-001", "BH-002", "BH-003", "BH-004"]


def test_the_scan_of_the_card_that_the_bin_filled_confirms_it(open_: Open) -> None:
    server = open_(plant(LOOP_BIN))
    cell, dock = Post(server, "cell"), Post(server, "dock")
    cell.level("bin-7", True, "06:00")
    server.set("06:40")
    cell.level("bin-7", False, "06:40")
    server.set("06:45")
    entry = dock.scan("arrival", tag("BH", 1), "06:45")
    assert server.fact(entry)["verdict"] == "duplicate"
    assert server.findings() == []


def test_a_bin_that_nobody_ordered_for_disagrees_when_it_is_full(open_: Open) -> None:
    server = open_(plant(LOOP_BIN))
    cell = Post(server, "cell")
    cell.level("bin-7", True, "06:00")
    server.act(lambda turn: card.change(turn, "BH-001", "lead", "scratches", hold=True))
    server.set("06:10")
    cell.level("bin-7", False, "06:10")
    assert server.findings() == ["bin_card_disagree"]
    assert orders(server) == ["BH-001 released"]


def test_a_bin_without_any_full_card_disagrees_when_it_empties(open_: Open) -> None:
    server = open_(plant(LOOP_BIN))
    cell = Post(server, "cell")
    cell.level("bin-7", False, "06:00")
    for number in (1, 2, 3, 4):
        cell.scan("withdrawal", tag("BH", number), "06:00")
    server.set("07:00")
    cell.level("bin-7", True, "07:00")
    assert server.findings() == ["bin_card_disagree"]
    assert len(orders(server)) == 4


def test_what_a_sensor_says_first_after_a_start_is_nothing_new(open_: Open) -> None:
    server = open_(plant(LOOP_BIN))
    cell = Post(server, "cell")
    cell.level("bin-7", False, "06:00")
    assert full(server) == ["BH-001", "BH-002", "BH-003", "BH-004"]
    cell.level("bin-7", True, "06:00:10")
    cell.begin()
    cell.level("bin-7", True, "06:00:20")
    assert orders(server) == ["BH-001 released"]
    assert server.findings() == []


def test_fewer_cards_of_a_loop_with_bins_names_the_box(open_: Open) -> None:
    server = open_(plant(LOOP_BIN))
    server.act(lambda turn: loop.change(turn, "BH", "planner", "advice", cards=3))
    Post(server, "cell").level("bin-7", True, "06:00")
    task = server.one("task")
    assert (task["type"], task["card"], task["reason"]) == ("take_box_out", "BH-001", "bin-7")
    assert server.one("card", id="BH-001")["life"] == "surplus"
    assert server.one("loop_state", id="BH")["to_take_out"] == 0
    assert orders(server) == []


def test_what_sensors_decided_is_decided_once_however_often_it_comes(
    open_: Open, tmp_path: Path
) -> None:
    server = open_(plant(LOOP_BIN))
    cell, dock = Post(server, "cell"), Post(server, "dock")
    cell.level("bin-7", True, "06:00")
    server.set("06:05")
    cell.scan("withdrawal", tag("BH", 3), "06:05")
    server.set("06:40")
    cell.level("bin-7", False, "06:40")
    server.set("06:45")
    dock.scan("arrival", tag("BH", 3), "06:45")
    server.set("07:30")
    cell.level("bin-7", True, "07:30")
    born = at("07:40")
    restored = Server(new_database(tmp_path / "again.db", born, "restored"))
    replay(restored.engine, iter(server.copy.lines), born)
    restored.set(born)
    for station in (cell, dock):
        station.server = restored
        station.send()
    assert differences(whole(server.engine), whole(restored.engine)) == []
    assert server.rows("bin_signal") == restored.rows("bin_signal")


# -- tags that hang in a rack


def hang(post: Post, number: int, when: str) -> str:
    post.server.set(when)
    return post.see(EntryType.READ, CodeBody("rack", tag("BH", number)), when)


def take(post: Post, number: int, when: str) -> str:
    post.server.set(when)
    return post.see(EntryType.REMOVED, CodeBody("rack", tag("BH", number)), when)


def test_a_tag_hung_in_is_the_withdrawal_and_its_removal_the_arrival(open_: Open) -> None:
    server = open_(plant(RACK))
    cell = Post(server, "cell")
    entry = hang(cell, 2, "06:00")
    assert server.fact(entry)["verdict"] == "accepted"
    assert orders(server) == ["BH-002 released"]
    take(cell, 2, "06:40")
    assert orders(server) == ["BH-002 closed"]
    hang(cell, 2, "07:10")
    assert orders(server) == ["BH-002 closed", "BH-002 released"]
    assert server.findings() == []


def test_a_tag_that_still_hangs_when_the_station_starts_is_no_second_withdrawal(
    open_: Open,
) -> None:
    server = open_(plant(RACK))
    cell = Post(server, "cell")
    hang(cell, 2, "06:00")
    cell.begin()
    entry = hang(cell, 2, "09:00")
    assert server.fact(entry)["verdict"] == "duplicate"
    assert orders(server) == ["BH-002 released"]


def test_a_tag_taken_after_the_scan_at_the_dock_only_confirms_it(open_: Open) -> None:
    server = open_(plant(RACK))
    cell, dock = Post(server, "cell"), Post(server, "dock")
    hang(cell, 2, "06:00")
    server.set("06:30")
    dock.scan("arrival", tag("BH", 2), "06:30")
    entry = take(cell, 2, "06:40")
    assert server.fact(entry)["verdict"] == "duplicate"
    hang(cell, 2, "07:10")
    assert orders(server) == ["BH-002 closed", "BH-002 released"]
    assert server.findings() == []


def test_a_reader_without_a_role_that_is_no_bin_moves_nothing(open_: Open) -> None:
    server = open_(plant(CARD_BIN))
    hang(Post(server, "cell"), 2, "06:00")
    assert orders(server) == []
    assert server.findings() == []


def test_a_tag_bound_later_heals_what_hung_in_the_rack(open_: Open) -> None:
    server = open_(plant(RACK))
    server.act(lambda turn: card.bind(turn, "T-9", "BH-004", "lead"))
    server.act(lambda turn: card.unbind(turn, "T-9", "lead"))
    cell = Post(server, "cell")
    server.set("06:10")
    cell.see(EntryType.READ, CodeBody("rack", "T-NEW"), "06:10")
    assert server.findings() == ["unknown"]
    server.act(lambda turn: card.bind(turn, "T-NEW", "BH-003", "lead"))
    assert orders(server) == ["BH-003 released"]
    assert server.findings() == []


def test_in_the_rack_of_a_store_the_removal_is_the_finish(open_: Open) -> None:
    text = (
        plant(RACK)
        .replace('kind = "withdrawal"', 'kind = "production"')
        .replace('source = "machining-3"', 'source = "assembly-1"')
        .replace('"withdrawal", "arrival"', '"withdrawal", "finish"')
    )
    server = open_(text)
    cell = Post(server, "cell")
    hang(cell, 1, "06:00")
    take(cell, 1, "06:40")
    assert orders(server) == ["BH-001 closed"]
    assert server.findings() == []
