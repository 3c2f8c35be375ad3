"""Who is taken first: live pages have a turn to themselves, a backlog comes in pieces and is answered once."""

from concurrent.futures import Future
from itertools import pairwise
from pathlib import Path

from pullcord_server.desk.inbox import Action, Inbox, PageIn
from pullcord_server.desk.pace import LEAST, MOST, TURN_S, Pace
from pullcord_wire.message import (
    Ask,
    ClockState,
    CodeBody,
    Entry,
    EntryType,
    Page,
)
from support.day import Day
from support.desk import new_database, tag


def page(station: str, entries: int, first: int = 1, number: int = 1) -> PageIn:
    """A page of so many entries."""
    seqs = range(first, first + entries)
    body = CodeBody("reader", "x")
    told = tuple(Entry(s, EntryType.WITHDRAWAL, s, 0.0, ClockState.SYNCED, body) for s in seqs)
    return PageIn(station, Page(station, None, 1, 0, Ask(station, number), station, "boot", told))


def taken(inbox: Inbox) -> list[tuple[str, int]]:
    """Station and entries of what the next turn takes."""
    return [(p.station, p.size) for p in inbox.take().pages]


def test_live_pages_have_a_turn_before_a_backlog_that_came_first() -> None:
    inbox = Inbox()
    for one in (page("away", 500), page("post", 1), page("dock", 2)):
        inbox.put(one)
    assert taken(inbox) == [("post", 1), ("dock", 2)]


def test_a_backlog_has_every_other_turn_however_much_is_live() -> None:
    inbox = Inbox()
    inbox.put(page("away", 500))
    turns = []
    for number in range(4):
        inbox.put(page("post", 1, first=number + 1))
        turns.append(taken(inbox))
    room = inbox.pace.room
    assert turns[0] == turns[2] == [("post", 1)]
    assert turns[1] == turns[3] == [("post", 1), ("away", room - 1)]


def test_a_large_page_is_taken_in_pieces_in_order_and_whole_with_its_last() -> None:
    inbox = Inbox()
    inbox.put(page("away", 500))
    pieces = [p for _ in range(3) for p in inbox.take().pages]
    seqs = [e.seq for p in pieces for e in p.page.entries]
    assert seqs == list(range(1, 501))
    assert [p.more for p in pieces] == [True, True, False]


def test_a_page_that_is_sent_again_takes_the_place_of_its_rest() -> None:
    inbox = Inbox()
    inbox.put(page("away", 500))
    inbox.take()
    inbox.put(page("away", 500, number=2))
    rest = [p for _ in range(3) for p in inbox.take().pages]
    assert sum(p.size for p in rest) == 500
    assert not inbox.take()


def test_a_turn_takes_what_was_done_in_a_moment_lately() -> None:
    pace = Pace()
    for _ in range(20):
        pace.note(pace.room, pace.room / 10_000)
    assert abs(pace.room - 10_000 * TURN_S) < 10
    for slow, least in ((1.0, LEAST), (1e-6, MOST)):
        for _ in range(20):
            pace.note(pace.room, pace.room * slow)
        assert pace.room == least
    pace.note(1, 5.0)
    assert pace.room == MOST


def test_a_page_taken_in_pieces_is_answered_once_with_all_of_it(tmp_path: Path) -> None:
    day = Day.begin(new_database(tmp_path / "pullcord.db"))
    post = day.posts["post"]
    post.online = False
    for number in range(450):
        post.scan("withdrawal", tag("BH", number % 3 + 1))
    turns = day.server.tally.turns
    answers = day.server.land(post.page())
    assert [ack.upto for _, ack in answers] == [450]
    assert day.server.tally.turns - turns > 1
    facts = day.server.rows("fact", "seq", journal=post.journals[0].id)
    assert all(b["seq"] == a["seq"] + 1 for a, b in pairwise(facts)) and len(facts) == 450


def test_who_stands_by_keeps_a_live_page_of_each_station_should_the_other_server_be_gone() -> None:
    inbox = Inbox()
    for landed in (page("away", 500), page("post", 1), page("post", 3), page("post", 0)):
        inbox.put(landed)
    inbox.put(Action(lambda _: None, Future()))
    assert len(inbox.stand_by()) == 1 and inbox.stand_by() == []
    kept = inbox.take()
    assert [(p.station, p.size) for p in kept.pages] == [("post", 3)]
    assert not inbox.take()
