"""What is settled about a loop beside its definition: number of cards, take-outs, service."""

import json

from sqlalchemy import select

from pullcord_server.domain.card import Change, Event, Life
from pullcord_server.storage.model import LoopRow
from pullcord_server.storage.rows import Row, table_of, upsert
from pullcord_server.storage.shelf import Known

from .turn import Turn

LOOP = table_of(LoopRow)
NUMBER_AT = "number_at"


def loop_row(turn: Turn, loop: str) -> Row:
    """A loop's settled row (a copy), or what it is without one."""
    shelf = turn.book.shelf.loops
    if loop not in shelf:
        query = select(LOOP).where(LOOP.c.id == loop)
        found = turn.book.connection.execute(query).one_or_none()
        shelf[loop] = (
            dict(found._mapping)
            if found is not None
            else {
                "id": loop,
                "cards": 0,
                "to_take_out": 0,
                "in_service": None,
                "next_number": 1,
                "body": "{}",
            }
        )
    return dict(shelf[loop])


def number_at(row: Row) -> int:
    """Since when a loop's number of cards holds; 0: since it began."""
    found: int = json.loads(row["body"]).get(NUMBER_AT, 0)
    return found


def mark_again(turn: Turn, loop: str) -> dict[str, Row]:
    """What is settled anew when a card that was taken out goes round again: where it is one too many,
    the next one leaves."""
    row = loop_row(turn, loop)
    lives = (Life.CIRCULATING, Life.NEW, Life.LOST)
    cards = [k.card for k in turn.book.cards_of(loop) if k.card.kind == "standing"]
    counted = sum(c.life in lives and not c.replaced for c in cards)
    if counted < row["cards"] + row["to_take_out"]:
        return {}
    return {loop: {"to_take_out": row["to_take_out"] + 1}}


def oldest_full(turn: Turn, loop: str) -> Known | None:
    """The box that an empty place was, where no card says so; one of a standing card first."""
    full = [k for k in turn.book.cards_of(loop) if k.card.usable]
    return min(full, key=lambda k: (k.card.kind != "standing", k.age), default=None)


def emptied(known: Known, event: Event) -> Event | Change:
    """What an empty place is for the card of that box: `event`, but a card of one turn has had it."""
    return event if known.card.kind == "standing" else Change.RETIRE


def keep_loop(turn: Turn, row: Row) -> None:
    """`row` is what is settled about its loop now."""
    upsert(turn.book.connection, LoopRow, [row])
    turn.book.shelf.loops[row["id"]] = dict(row)
    turn.touch(turn.floor.loop_at(row["id"], turn.now))
