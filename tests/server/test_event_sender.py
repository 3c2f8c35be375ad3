"""Business events leave once, and are marked together, also when the server ends at once."""

from pathlib import Path

import pytest

from pullcord_server.desk import event_sender
from pullcord_server.desk.event_sender import EventSender
from pullcord_server.desk.tally import Tally
from support.day import Day
from support.desk import SITE, Memory, new_database
from support.until import until


def told(day: Day) -> list[bool]:
    """Of each event, whether it is marked as sent."""
    return [bool(row["sent"]) for row in day.server.rows("business_event", "number")]


def test_events_are_sent_once_and_marked_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_sender, "MARK_S", 0.2)
    day = Day.begin(new_database(tmp_path / "pullcord.db"))
    day.move(("scan", "post", "withdrawal", "BH", 1))
    link = Memory()
    sender = EventSender(day.server.engine, link, SITE, Tally())
    sender.start()
    sender.wake()
    assert sender.drained(60.0)
    first = list(link.said)
    assert len(first) == len(told(day)) > 0
    until(lambda: all(told(day)), "every event is marked")
    day.move(("scan", "post", "withdrawal", "BH", 2))
    sender.wake()
    assert sender.drained(60.0)
    assert link.said[: len(first)] == first
    assert len(link.said) == len(told(day))
    sender.stop(60.0)


def test_a_sender_that_ends_marks_what_it_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_sender, "MARK_S", 3600.0)
    day = Day.begin(new_database(tmp_path / "pullcord.db"))
    day.move(("scan", "post", "withdrawal", "BH", 1))
    link = Memory()
    sender = EventSender(day.server.engine, link, SITE, Tally())
    sender.start()
    sender.wake()
    assert sender.drained(60.0)
    assert not any(told(day))
    sender.stop(60.0)
    assert all(told(day))
