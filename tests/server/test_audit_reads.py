"""One card at two stations, a station that two servers answer, drops read while offline: found, and nothing else."""

import json
from pathlib import Path

import pytest

from pullcord_server.desk.action import audit, floor, order
from pullcord_server.desk.inbox import StatusIn
from pullcord_server.desk.replay import replay
from pullcord_wire.message import ClockState, Status
from server.test_audit_stuck import PLANT, opened
from support.desk import Server, at, new_database, tag
from support.likeness import differences, whole
from support.post import Post


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return opened(tmp_path, PLANT)


def cloned(server: Server) -> list[tuple[str, str]]:
    """Entry and station of each finding `cloned`."""
    return [(r["entry"], r["station"]) for r in server.rows("finding", "at", type="cloned")]


def test_a_card_at_two_stations_within_a_minute_is_cloned_and_the_scan_has_its_effect(
    server: Server,
) -> None:
    post, dock = Post(server, "post"), Post(server, "dock")
    post.scan("withdrawal", tag("BH", 1), "06:00")
    server.set("06:01")
    entry = dock.scan("arrival", tag("BH", 1), "06:01")
    assert cloned(server) == [(entry, "dock")]
    assert server.one("card", id="BH-001")["state"] == "full"


@pytest.mark.parametrize("apart", ["06:01:00.001", "06:02"])
def test_a_card_that_had_more_than_a_minute_may_have_been_carried(
    server: Server, apart: str
) -> None:
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    server.set(apart)
    Post(server, "dock").scan("arrival", tag("BH", 1), apart)
    assert cloned(server) == []


def test_a_card_read_twice_at_one_station_is_no_clone(server: Server) -> None:
    post = Post(server, "post")
    post.scan("withdrawal", tag("BH", 1), "06:00")
    server.set("06:01")
    post.scan("arrival", tag("BH", 1), "06:00:30")
    assert cloned(server) == []


def test_two_cards_at_two_stations_are_no_clones(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    Post(server, "dock").scan("arrival", tag("BH", 2), "06:00")
    assert cloned(server) == []


def test_a_clock_that_nobody_set_proves_no_clone(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    dock = Post(server, "dock", clock=ClockState.UNSET)
    dock.scan("arrival", tag("BH", 1), "06:00:10")
    assert cloned(server) == []


def test_a_clone_is_found_in_whatever_order_the_reads_come(server: Server) -> None:
    post, dock = Post(server, "post"), Post(server, "dock", online=False)
    server.set("06:10")
    later = post.scan("withdrawal", tag("BH", 1), "06:10")
    dock.scan("arrival", tag("BH", 1), "06:09:30")
    server.set("06:10:20")
    dock.come_back()
    assert cloned(server) == [(later, "post")]


def test_a_clone_among_late_entries_is_found(server: Server) -> None:
    post, dock = Post(server, "post", online=False), Post(server, "dock", online=False)
    post.scan("withdrawal", tag("BH", 1), "06:10")
    later = dock.scan("arrival", tag("BH", 1), "06:10:50")
    dock.scan("arrival", tag("BH", 2), "06:10:55")
    server.set("08:00")
    post.come_back()
    dock.come_back()
    assert cloned(server) == [(later, "dock")]


def test_a_clone_that_was_resolved_stays_so_when_the_card_is_read_again(server: Server) -> None:
    post, dock = Post(server, "post"), Post(server, "dock")
    post.scan("withdrawal", tag("BH", 1), "06:00")
    entry = dock.scan("arrival", tag("BH", 1), "06:00:20")
    server.set("06:00:30")
    found = f"{entry}.cloned"
    server.act(lambda turn: floor.resolve(turn, found, "lead", "two readers side by side"))
    dock.scan("arrival", tag("BH", 1), "06:00:40")
    assert server.one("finding", id=found)["reason"] == "two readers side by side"


def test_a_clone_is_found_across_a_restart(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    again = Server(server.engine, server.copy)
    again.set("06:00:30")
    entry = Post(again, "dock").scan("arrival", tag("BH", 1), "06:00:30")
    assert cloned(again) == [(entry, "dock")]


def say(server: Server, station: str, *faults: str, online: bool = True) -> None:
    """A station's status, live."""
    server.desk.inbox.put(StatusIn(station, Status(online, "j", faults=faults), retained=False))
    server.work()


def test_two_servers_are_found_while_the_station_says_so(server: Server) -> None:
    say(server, "post", "two servers")
    server.set("06:01")
    say(server, "post", "two servers")
    found = server.one("finding", type="two_servers")
    assert (found["station"], found["at"], found["resolved_at"]) == ("post", at("06:00"), None)
    server.set("06:02")
    say(server, "post")
    assert server.one("finding", type="two_servers")["resolved_at"] == at("06:02")
    server.set("06:03")
    say(server, "post", "two servers")
    assert len(server.rows("finding", type="two_servers")) == 2


def test_other_faults_and_what_is_retained_are_no_two_servers(server: Server) -> None:
    say(server, "post", "reader post: gone")
    old = Status(True, "j", faults=("two servers",))
    server.desk.inbox.put(StatusIn("post", old, retained=True))
    server.work()
    assert server.rows("finding") == []


def test_a_station_that_goes_away_does_not_say_that_one_server_answers(server: Server) -> None:
    say(server, "post", "two servers")
    say(server, "post", online=False)
    assert server.findings() == ["two_servers"]


# -- read while offline: still needed?


def back_at_eight(server: Server) -> tuple[Post, list[str]]:
    """A post that read two cards while it was away."""
    post = Post(server, "post", online=False)
    orders = [
        post.scan("withdrawal", tag("BH", 1), "06:10"),
        post.scan("withdrawal", tag("BH", 2), "06:30"),
    ]
    server.set("07:00")
    post.come_back()
    return post, orders


def question(server: Server) -> dict[str, object]:
    row = server.one("task", type="still_needed")
    return row | {"orders": json.loads(row["orders"])}


def test_a_station_that_is_back_asks_once_about_its_late_drops(server: Server) -> None:
    _, orders = back_at_eight(server)
    task = question(server)
    assert task["orders"] == orders
    assert (task["station"], task["at"], task["done_at"]) == ("post", at("07:00"), None)


def test_what_comes_later_in_the_backlog_joins_the_same_list(server: Server) -> None:
    post, orders = back_at_eight(server)
    post.online = False
    more = post.scan("withdrawal", tag("BH", 3), "06:50")
    post.come_back()
    assert question(server)["orders"] == [*orders, more]


def test_only_drops_whose_order_is_open_are_asked_about(server: Server) -> None:
    post, dock = Post(server, "post", online=False), Post(server, "dock")
    post.scan("withdrawal", tag("BH", 1), "06:10")
    still = post.scan("withdrawal", tag("BH", 2), "06:20")
    server.set("07:00")
    dock.scan("arrival", tag("BH", 1), "07:00")
    post.come_back()
    assert question(server)["orders"] == [still]


def test_fresh_drops_are_not_asked_about(server: Server) -> None:
    post = Post(server, "post", online=False)
    post.scan("withdrawal", tag("BH", 1), "06:10")
    server.set("06:11")
    post.come_back()
    assert server.rows("task") == []


def test_a_list_is_answered_when_all_its_orders_are_closed(server: Server) -> None:
    _, orders = back_at_eight(server)
    server.act(lambda turn: order.close(turn, orders[:1], "lead", "served by hand"))
    assert question(server)["done_at"] is None
    server.act(lambda turn: order.close(turn, orders[1:], "lead", "served by hand"))
    assert question(server)["done_at"] == at("07:00")


def test_a_list_is_answered_by_the_lead_and_the_next_outage_asks_anew(server: Server) -> None:
    post, _ = back_at_eight(server)
    first = str(question(server)["id"])
    server.act(lambda turn: floor.finish_task(turn, first, "lead"))
    post.online = False
    again = post.scan("withdrawal", tag("BH", 3), "07:10")
    server.set("09:00")
    post.come_back()
    second = next(r for r in server.rows("task") if r["id"] != first and r["type"] != "find_card")
    assert (json.loads(second["orders"]), second["done_at"]) == ([again], None)


def test_an_emptied_post_answers_no_question(server: Server) -> None:
    back_at_eight(server)
    server.act(lambda turn: floor.collect(turn, "post", "handler"))
    assert question(server)["done_at"] is None


def test_a_question_lights_no_lamp(server: Server) -> None:
    back_at_eight(server)
    shown = json.loads(server.one("station_lamps", station="post")["lamps"])
    assert shown["stack"].get("white", "off") == "off"


def test_a_refill_asks_nothing_and_ends_in_the_same_findings(tmp_path: Path) -> None:
    server = Server(new_database(tmp_path / "pullcord.db"))
    server.set("06:00")
    server.apply(PLANT)
    post, dock = Post(server, "post"), Post(server, "dock")
    post.scan("withdrawal", tag("BH", 1), "06:00")
    server.set("06:20")
    post.scan("withdrawal", tag("BH", 2), "06:20")
    server.set("07:40")
    dock.scan("arrival", tag("BH", 1), "07:40")
    dock.scan("arrival", tag("BH", 2), "07:40:20")
    post.scan("withdrawal", tag("BH", 2), "07:40:50")
    born = at("07:50")
    restored = Server(new_database(tmp_path / "again.db", born, "restored"))
    replay(restored.engine, iter(server.copy.lines), born)
    restored.set("07:50")
    for station in (post, dock):
        station.server = restored
        station.send()
    restored.set("07:55")
    assert restored.rows("task") == []
    assert differences(whole(server.engine), whole(restored.engine)) == []


def test_a_restore_has_the_same_audits_counts_and_questions(tmp_path: Path) -> None:
    server = Server(new_database(tmp_path / "pullcord.db"))
    server.set("06:00")
    server.apply(PLANT)
    post, _ = back_at_eight(server)
    server.act(lambda turn: floor.collect(turn, "post", "handler", 1))
    made = server.act(lambda turn: audit.begin(turn, "lead", loop="BH"))
    server.act(lambda turn: audit.scan(turn, made.id, [tag("BH", 1), "FFFF"], "lead"))
    post.online = False
    post.scan("withdrawal", tag("BH", 3), "06:50")
    post.come_back()
    born = at("07:10")
    restored = Server(new_database(tmp_path / "again.db", born, "restored"))
    replay(restored.engine, iter(server.copy.lines), born)
    restored.set(born)
    post.server = restored
    post.send()
    for table in ("audit", "collection", "task", "finding"):
        mine, theirs = server.rows(table, "id"), restored.rows(table, "id")
        for row in (*mine, *theirs):
            row.pop("written_at", None)
        assert mine == theirs, table
    assert len(restored.rows("task")) == 1
    assert restored.one("collection")["read"] == 3
