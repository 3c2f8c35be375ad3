"""One card at two stations within a minute by clocks that are right: found, and nothing else (DESIGN 3.2)."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from pullcord_server.domain.audit import CLONED_WITHIN, Read, cloned
from pullcord_server.storage.model import FactRow
from pullcord_server.storage.rows import Row, table_of
from pullcord_wire.message import ClockState

from .turn import FRESH, Turn

FACT = table_of(FactRow)
#: Reads are remembered as long as a fresh one may pair with them.
KEPT = FRESH + CLONED_WITHIN
#: Entries in which the card itself was under a reader.
READS = ("withdrawal", "start", "finish", "dispatch", "arrival", "read")


def _around() -> Select[Any]:
    """Reads of a journal's span, each with every read of its card elsewhere within a minute."""
    mine, other = FACT.alias("mine"), FACT.alias("other")
    trusted = (mine.c.clock != ClockState.UNSET.value) & (other.c.clock != ClockState.UNSET.value)
    pair = (other.c.card == mine.c.card) & (other.c.station != mine.c.station)
    near = other.c.at.between(mine.c.at - CLONED_WITHIN, mine.c.at + CLONED_WITHIN)
    columns = (t.c[n] for t in (mine, other) for n in ("journal", "seq", "station", "at"))
    return select(mine.c.card, *columns).where(
        mine.c.journal == bindparam("in_journal"),
        mine.c.seq.between(bindparam("low"), bindparam("high")),
        mine.c.type.in_(READS),
        other.c.type.in_(READS),
        trusted & pair & near,
    )


_AROUND = _around()


@dataclass(slots=True)
class Clones:
    """The reads of the last minutes, by card."""

    reads: dict[str, list[Read]] = field(default_factory=dict)
    order: "deque[tuple[int, str]]" = field(default_factory=deque)

    def load(self, connection: Connection, now: int) -> None:
        """The reads that a fresh one may pair with."""
        self.reads, self.order = {}, deque()
        query = select(FACT).where(FACT.c.at > now - KEPT, FACT.c.type.in_(READS))
        for row in connection.execute(query.where(FACT.c.card.is_not(None))):
            if row.clock != ClockState.UNSET.value:
                self._keep(row.card, Read(f"{row.journal}.{row.seq}", row.station, row.at))

    def run(self, turn: Turn) -> None:
        """Look at what this turn brought; reads that a binding gave to cards are looked at there."""
        stale: list[Row] = []
        for row, known in turn.shown:
            if known is None or row["type"] not in READS or row["clock"] == ClockState.UNSET.value:
                continue
            if row["at"] <= turn.now - KEPT:
                stale.append(row)
            else:
                read = Read(f"{row['journal']}.{row['seq']}", row["station"], row["at"])
                for later in cloned(read, self.reads.get(known.id, ())):
                    _find(turn, later, known.id, known.loop)
                self._keep(known.id, read)
        look_back(turn, [(row["journal"], row["seq"]) for row in stale])
        if turn.tags_changed:
            turn.book.flush()
            self.load(turn.book.connection, turn.now)
        self._forget(turn.now)

    def _keep(self, card: str, read: Read) -> None:
        self.reads.setdefault(card, []).append(read)
        self.order.append((read.at, card))

    def _forget(self, now: int) -> None:
        while self.order and self.order[0][0] <= now - KEPT:
            _, card = self.order.popleft()
            reads = [r for r in self.reads.get(card, ()) if r.at > now - KEPT]
            if reads:
                self.reads[card] = reads
            else:
                self.reads.pop(card, None)


def look_back(turn: Turn, entries: Iterable[tuple[str, int]]) -> None:
    """Entries that became a card's later than they were read: what was read around them is in the database."""
    spans: dict[str, list[int]] = {}
    for journal, seq in entries:
        spans.setdefault(journal, []).append(seq)
    if not spans:
        return
    turn.book.flush()
    for journal, numbers in spans.items():
        span = {"in_journal": journal, "low": min(numbers), "high": max(numbers)}
        for found in turn.book.connection.execute(_AROUND, span).all():
            own, other_read = (
                Read(f"{found[i]}.{found[i + 1]}", found[i + 2], found[i + 3]) for i in (1, 5)
            )
            known = turn.book.card(found[0])
            for later in cloned(own, [other_read]):
                _find(turn, later, found[0], "" if known is None else known.loop)


def _find(turn: Turn, read: Read, card: str, loop: str) -> None:
    turn.find("cloned", read.entry, read.at, station=read.station, card=card, loop=loop or None)
