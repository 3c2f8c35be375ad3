"""Restore: decisions settled again from their copy, in number order, on a database of a new life (DESIGN 8)."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine

from pullcord_server.storage.book import Book
from pullcord_server.storage.engine import IMMEDIATE
from pullcord_server.storage.shelf import Shelf

from .decide import enact
from .late import fold_late
from .state import HOURS_SERVED, RESTORED_UNTIL, birth, load_floor, read_meta, write_meta
from .tally import Tally
from .turn import Copied, Turn


def replay(engine: Engine, lines: Iterator[dict[str, Any]], now: int) -> int:
    """Settle every decision that the database has not; how many that were."""
    count = 0
    connection = engine.connect().execution_options(**IMMEDIATE)
    with connection, connection.begin():
        _, born = birth(connection)
        turn = Turn(Book(connection, Shelf()), load_floor(connection), now, born, Tally())
        last = turn.book.next_decision() - 1
        for line in lines:
            if line["number"] <= last:
                continue
            last = line["number"]
            made = Copied(
                line["number"],
                line["id"],
                line["at"],
                line["by"],
                line["action"],
                line["reason"],
                line["body"],
            )
            enact(turn, made)
            fold_late(turn)
            turn.book.flush()
            count += 1
            _note(turn, made.at)
    return count


def _note(turn: Turn, at: int) -> None:
    """What was seen, and the hours that came, until this decision are settled."""
    for key in (RESTORED_UNTIL, HOURS_SERVED):
        known = int(read_meta(turn.book.connection, key) or -1)
        write_meta(turn.book.connection, key, str(max(known, at)))
