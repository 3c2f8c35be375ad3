"""Cards in hand against cards read since the post was emptied last."""

from pathlib import Path

import pytest

from pullcord_server.desk.action import card, floor
from pullcord_server.desk.refusal import Refused
from server.test_audit_stuck import PLANT, opened
from support.desk import Server, tag
from support.post import Post


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return opened(tmp_path, PLANT)


def collect(server: Server, counted: int | None = None, cards: list[str] | None = None) -> None:
    server.act(lambda turn: floor.collect(turn, "post", "handler", counted, cards))


def counts(server: Server) -> list[str]:
    return server.findings(type="count_differs")


def drop(server: Server, when: str, *codes: str, online: bool = True) -> Post:
    server.set(when)
    post = Post(server, "post", online=online)
    for code in codes:
        post.scan("withdrawal", code, when)
    return post


@pytest.mark.parametrize(("counted", "found"), [(1, True), (2, False), (3, True), (None, False)])
def test_a_count_that_differs_from_what_was_read_is_found(
    server: Server, counted: int | None, found: bool
) -> None:
    drop(server, "06:10", tag("BH", 1), tag("BH", 2))
    collect(server, counted)
    assert counts(server) == (["count_differs"] if found else [])
    row = server.one("collection")
    assert (row["station"], row["counted"], row["read"]) == ("post", counted, 2)


def test_a_count_of_none_in_hand_counts_too(server: Server) -> None:
    drop(server, "06:10", tag("BH", 1))
    collect(server, 0)
    assert counts(server) == ["count_differs"]


def test_only_what_was_read_since_the_last_time_counts(server: Server) -> None:
    post = drop(server, "06:10", tag("BH", 1), tag("BH", 2))
    collect(server, 2)
    server.set("06:20")
    post.scan("withdrawal", tag("BH", 3), "06:20")
    collect(server, 1)
    assert counts(server) == []
    server.set("06:30")
    collect(server, 1)
    assert counts(server) == ["count_differs"]


def test_a_card_read_twice_is_one_card(server: Server) -> None:
    drop(server, "06:10", tag("BH", 1), tag("BH", 1))
    collect(server, 1)
    assert counts(server) == []


def test_a_card_that_was_refused_lies_in_the_post_all_the_same(server: Server) -> None:
    drop(server, "06:10", "STRANGE", tag("BH", 1))
    collect(server, 2)
    assert counts(server) == []


def test_a_drop_that_the_worker_took_back_is_not_in_the_post(server: Server) -> None:
    post = drop(server, "06:10", tag("BH", 1), tag("BH", 2))
    post.undo("post-1.2", "06:10:10")
    server.set("06:11")
    collect(server, 1)
    assert counts(server) == []


def test_other_stations_and_other_scans_do_not_count(server: Server) -> None:
    server.set("06:10")
    dock = Post(server, "dock")
    dock.scan("withdrawal", tag("BH", 1), "06:10")
    post = drop(server, "06:11", tag("BH", 2))
    post.scan("arrival", tag("BH", 3), "06:11")
    collect(server, 1)
    assert counts(server) == []


def test_the_cards_in_hand_are_compared_by_name_where_they_are_named(server: Server) -> None:
    drop(server, "06:10", tag("BH", 1), tag("BH", 2))
    collect(server, cards=["BH-001", "BH-002"])
    assert counts(server) == []
    server.set("06:20")
    Post(server, "post", journals=[]).begin("again", "again")
    collect(server, cards=["BH-003"])
    assert counts(server) == ["count_differs"]


def test_as_many_cards_but_others_differ(server: Server) -> None:
    drop(server, "06:10", tag("BH", 1), tag("BH", 2))
    collect(server, 2, ["BH-001", "BH-003"])
    assert counts(server) == ["count_differs"]


def test_a_card_in_hand_that_does_not_exist_is_refused_by_name(server: Server) -> None:
    with pytest.raises(Refused, match="BH-009"):
        collect(server, cards=["BH-009"])
    assert server.rows("collection") == []


def test_a_late_drop_makes_the_count_right_and_that_is_visible(server: Server) -> None:
    post = drop(server, "06:10", tag("BH", 1), tag("BH", 2), online=False)
    server.set("06:20")
    collect(server, 2)
    assert counts(server) == ["count_differs"]
    server.set("07:00")
    post.come_back()
    found = server.one("finding", type="count_differs")
    assert found["reason"] == "superseded: 2 were read, some of them late"
    assert server.one("collection")["read"] == 2


def test_a_late_drop_makes_a_count_wrong_that_was_right(server: Server) -> None:
    post = drop(server, "06:10", tag("BH", 1), online=False)
    server.set("06:20")
    collect(server, 0)
    assert counts(server) == []
    server.set("07:00")
    post.come_back()
    assert counts(server) == ["count_differs"]


def test_a_late_drop_counts_for_its_own_time_alone(server: Server) -> None:
    post = drop(server, "06:10", tag("BH", 1), online=False)
    server.set("06:20")
    collect(server, 1)
    server.set("06:40")
    collect(server, 0)
    post.come_back()
    assert counts(server) == []
    assert [r["read"] for r in server.rows("collection", "at")] == [1, 0]


def test_late_drops_are_counted_after_a_restart_as_well(server: Server) -> None:
    post = drop(server, "06:10", tag("BH", 1), online=False)
    server.set("06:20")
    collect(server, 1)
    again = Server(server.engine, server.copy)
    again.set("07:00")
    post.server = again
    post.come_back()
    assert counts(again) == []


def test_emptying_a_post_ends_what_was_to_be_taken_out_of_it(server: Server) -> None:
    server.set("06:10")
    server.act(lambda turn: card.change(turn, "BH-001", "lead", "torn", blocked=True))
    server.set("06:11")
    drop(server, "06:11", tag("BH", 1))
    assert server.one("task")["done_at"] is None
    collect(server, 1)
    assert server.one("task")["done_at"] is not None
    assert counts(server) == []
