"""What was said of cards, by a scan or by hand: the other witness of a box that a sensor sees (DESIGN 3.6)."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from pullcord_server.domain.card import Change, Event
from pullcord_server.storage.book import DECISION
from pullcord_server.storage.model import DecisionCardRow, FactRow
from pullcord_server.storage.rows import table_of

FACT, TOUCH = table_of(FactRow), table_of(DecisionCardRow)


@dataclass(frozen=True, slots=True)
class Said:
    """Something said of a card. `id`: of the entry or the decision."""

    card: str
    id: str
    at: int


def said_of(
    connection: Connection,
    cards: Collection[str],
    whats: Collection[Event | Change],
    verdicts: Collection[str],
    since: int,
    until: int,
) -> list[Said]:
    """Scans of these cards with such verdicts, and what was settled by hand, the newest first."""
    words = {what.value for what in whats}
    found = [
        *_scans(connection, cards, words, verdicts, since, until),
        *_by_hand(connection, cards, words, since, until),
    ]
    return sorted(found, key=lambda said: said.at, reverse=True)


def _scans(
    connection: Connection,
    cards: Collection[str],
    words: Collection[str],
    verdicts: Collection[str],
    since: int,
    until: int,
) -> Iterator[Said]:
    query = select(FACT).where(
        FACT.c.card.in_(cards),
        FACT.c.event.in_(words),
        FACT.c.verdict.in_(verdicts),
        FACT.c.at.between(since, until),
    )
    for row in connection.execute(query):
        yield Said(row.card, f"{row.journal}.{row.seq}", row.at)


def _by_hand(
    connection: Connection, cards: Collection[str], words: Collection[str], since: int, until: int
) -> Iterator[Said]:
    query = (
        select(TOUCH.c.card, TOUCH.c.at, TOUCH.c.body, DECISION.c.id)
        .join(DECISION, DECISION.c.number == TOUCH.c.number)
        .where(TOUCH.c.card.in_(cards), TOUCH.c.at.between(since, until))
    )
    for row in connection.execute(query):
        if json.loads(row.body)["what"] in words:
            yield Said(row.card, row.id, row.at)
