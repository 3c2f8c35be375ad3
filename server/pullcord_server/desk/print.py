"""Prints of cards: which version is the newest, and which scans of an older one ask for another card (DESIGN 3.2)."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from pullcord_server.storage.model import DecisionCardRow
from pullcord_server.storage.rows import parts, table_of

from .turn import FRESH, Turn

TOUCH = table_of(DecisionCardRow)
_PRINT = '{"what":"print"%'


def newest_prints(connection: Connection, cards: Sequence[str]) -> dict[str, int]:
    """The version of each card's newest print; cards that were printed once are left out."""
    query = select(TOUCH.c.card, func.count()).where(TOUCH.c.body.like(_PRINT))
    return {
        card: count + 1
        for part in parts(cards)
        for card, count in connection.execute(
            query.where(TOUCH.c.card.in_(part)).group_by(TOUCH.c.card)
        )
    }


def note_old_prints(turn: Turn) -> None:
    """Fresh scans of a print that has a newer one: it works until that is scanned, and is to be replaced."""
    shown = [
        (row, known.id)
        for row, known in turn.shown
        if known is not None and row["version"] is not None and turn.now - row["at"] <= FRESH
    ]
    if not shown:
        return
    newest = newest_prints(turn.book.connection, sorted({card for _, card in shown}))
    turn.old_prints |= {
        f"{row['journal']}.{row['seq']}"
        for row, card in shown
        if row["version"] < newest.get(card, 1)
    }
