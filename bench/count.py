"""What a database holds after a run, to say that every event is there once and did what it should."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text


@dataclass(frozen=True, slots=True)
class Held:
    """Entries, those that were accepted, and the orders they made."""

    entries: int
    accepted: int
    orders: int


def ours(database: str) -> Held:
    """Of Pullcord's database, by its URL."""
    engine = create_engine(database)
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT (SELECT count(*) FROM fact),"
                " (SELECT count(*) FROM fact WHERE verdict = 'accepted'),"
                " (SELECT count(*) FROM replenishment_order)"
            )
        ).one()
    engine.dispose()
    return Held(*found)


def floor(database: Path) -> Held:
    """Of the floor's file."""
    connection = sqlite3.connect(database)
    found = connection.execute(
        "SELECT (SELECT count(*) FROM entry), (SELECT count(*) FROM entry WHERE verdict = 'accepted'),"
        " (SELECT count(*) FROM orders)"
    ).fetchone()
    connection.close()
    return Held(*found)


def check(held: Held, events: int, drops: int, whose: str) -> None:
    """Raise where anything is missing or doubled: a figure of such a run says nothing."""
    if held != Held(events, events, drops):
        raise AssertionError(f"{whose} holds {held} after {events} events with {drops} drops")
