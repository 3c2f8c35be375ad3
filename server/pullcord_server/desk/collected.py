"""Posts that were emptied: the cards in hand against those that were read since the time before (DESIGN 3.5)."""

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from pullcord_server.storage.book import FINDING
from pullcord_server.storage.model import CollectionRow, FactRow
from pullcord_server.storage.rows import table_of

from .decide import Settled, decide
from .suspicion import PULLCORD, SUPERSEDED
from .turn import Turn

COLLECTION, FACT = table_of(CollectionRow), table_of(FactRow)


def read_since_last(turn: Turn, station: str, until: int) -> set[str]:
    """The cards that a post has read since it was emptied last: each once, and by its code where there is none."""
    turn.book.flush()
    run = turn.book.connection.execute
    before = select(func.max(COLLECTION.c.at)).where(
        COLLECTION.c.station == station, COLLECTION.c.at < until
    )
    since = run(before).scalar()
    query = select(FACT).where(
        FACT.c.station == station,
        FACT.c.at <= until,
        FACT.c.at > (-1 if since is None else since),
        FACT.c.type.in_(("withdrawal", "undo")),
    )
    rows = run(query).all()
    undone = {r.of for r in rows if r.type == "undo" and r.verdict == "accepted"}
    return {
        r.card or r.code
        for r in rows
        if r.type == "withdrawal" and f"{r.journal}.{r.seq}" not in undone
    }


def differs(read: set[str], counted: int | None, cards: list[str] | None) -> bool:
    """Whether what is in hand is not what was read; never where nobody counted."""
    if counted is not None and counted != len(read):
        return True
    return cards is not None and set(cards) != read


@dataclass(slots=True)
class Collections:
    """When each post was emptied last: what it read before that and comes late is counted again."""

    last: dict[str, int] = field(default_factory=dict)

    def load(self, connection: Connection) -> None:
        """Read them from the database."""
        query = select(COLLECTION.c.station, func.max(COLLECTION.c.at))
        found = connection.execute(query.group_by(COLLECTION.c.station))
        self.last = {r.station: r[1] for r in found}

    def run(self, turn: Turn) -> None:
        """Count again what a late drop belongs to."""
        for made in turn.decisions:
            if "collected" in made.body:
                self.last[made.body["collected"]["station"]] = made.at
        late: dict[str, int] = {}
        for row, _ in turn.shown:
            station, at = row["station"], row["at"]
            counts = row["type"] in ("withdrawal", "undo") and at >= turn.born
            if counts and at <= self.last.get(station, -1):
                late[station] = min(at, late.get(station, at))
        for station, since in late.items():
            self._count_again(turn, station, since)

    def _count_again(self, turn: Turn, station: str, since: int) -> None:
        query = select(COLLECTION).where(COLLECTION.c.station == station, COLLECTION.c.at >= since)
        for row in turn.book.connection.execute(query).all():
            read = read_since_last(turn, station, row.at)
            if len(read) == row.read and row.cards is None:
                continue
            cards = None if row.cards is None else json.loads(row.cards)
            _settle(turn, row, len(read), differs(read, row.counted, cards))


def _settle(turn: Turn, row: Any, read: int, differ: bool) -> None:
    """The count as it is now, and its finding."""
    id_ = f"{row.id}.count_differs"
    query = select(FINDING.c.resolved_at, FINDING.c.resolved_by).where(FINDING.c.id == id_)
    found = turn.book.connection.execute(query).one_or_none()
    other: dict[str, Any] = {"recounted": {row.id: read}}
    if differ and (found is None or found.resolved_by == PULLCORD):
        finding = {"id": id_, "type": "count_differs", "entry": row.id, "station": row.station}
        other["found"] = [{**finding, "at": row.at}]
    elif not differ and found is not None and found.resolved_at is None:
        other["findings"] = [id_]
    elif read == row.read:
        return
    reason = f"{SUPERSEDED}: {read} were read, some of them late"
    decide(turn, Settled("audit", PULLCORD, reason, other=other))
