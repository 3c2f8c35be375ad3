"""What is settled about a loop beside its definition: number of cards, take-outs, service."""

import json

from sqlalchemy import select

from pullcord_server.storage.model import LoopRow
from pullcord_server.storage.rows import Row, table_of, upsert

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


def keep_loop(turn: Turn, row: Row) -> None:
    """`row` is what is settled about its loop now."""
    upsert(turn.book.connection, LoopRow, [row])
    turn.book.shelf.loops[row["id"]] = dict(row)
    turn.touch(turn.floor.loop_at(row["id"], turn.now))
