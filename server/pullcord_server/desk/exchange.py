"""Two-card exchanges on the desk: pairs are decisions, made once; a production card alone is found."""

import json
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from pullcord_server.domain.card import Change, Event, Fact
from pullcord_server.domain.exchange import WITHIN, Dispatched, exchanges, left_alone, partner
from pullcord_server.domain.plant import Loop
from pullcord_server.storage.model import DecisionCardRow, FactRow
from pullcord_server.storage.rows import table_of
from pullcord_server.storage.shelf import Known
from pullcord_server.storage.story import fact_of

from .decide import Settled, decide, touch
from .floor import Floor
from .turn import Turn

FACT, TOUCH = table_of(FactRow), table_of(DecisionCardRow)


def mismatches(turn: Turn, known: Known, fact: Fact, loop: Loop) -> bool:
    """Whether the box and the card that are scanned together do not belong together."""
    if fact.event is not Event.DISPATCH or not exchanges(turn.floor.plant_at(fact.at), loop):
        return False
    _, wrong = partner(loop, known.card.quantity or loop.quantity, pending(turn, fact))
    return wrong


def pair(turn: Turn, known: Known, fact: Fact, loop: Loop) -> None:
    """Settle the pair that this accepted dispatch completes."""
    if fact.event is not Event.DISPATCH or not exchanges(turn.floor.plant_at(fact.at), loop):
        return
    other, _ = partner(loop, known.card.quantity or loop.quantity, pending(turn, fact))
    if other is None:
        turn.alone.append((fact.at + WITHIN, fact.id))
        return
    _settle(turn, known.id, fact.id, other)


def _settle(turn: Turn, card: str, entry: str, other: Dispatched) -> None:
    cards = {
        card: touch(Change.PAIR, entry=entry),
        other.card: touch(Change.PAIR, entry=other.entry),
    }
    decide(turn, Settled("exchange", "pullcord", cards=cards))


def pending(turn: Turn, fact: Fact) -> list[Dispatched]:
    """Accepted dispatch scans at the same station that still want a partner."""
    turn.book.flush()
    run = turn.book.connection
    query = select(FACT).where(
        FACT.c.station == fact.station,
        FACT.c.event == Event.DISPATCH.value,
        FACT.c.verdict == "accepted",
        FACT.c.at.between(fact.at - WITHIN, fact.at + WITHIN),
    )
    found = []
    for row in run.execute(query).all():
        entry = f"{row.journal}.{row.seq}"
        if entry == fact.id or _spoken_for(run, row.card, entry):
            continue
        card = turn.book.card(row.card)
        if card is None:
            continue
        loop = turn.floor.loop_at(card.loop, row.at)
        if exchanges(turn.floor.plant_at(row.at), loop):
            quantity = card.card.quantity or loop.quantity
            found.append(Dispatched(entry, row.card, loop, quantity, row.at))
    return found


def _spoken_for(connection: Connection, card: str, entry: str) -> bool:
    """Whether this scan of the card has its partner, or was taken back."""
    undone = select(FACT.c.seq).where(
        FACT.c.card == card,
        FACT.c.event == Event.UNDO.value,
        FACT.c.of == entry,
        FACT.c.verdict == "accepted",
    )
    if connection.execute(undone).first() is not None:
        return True
    said = select(TOUCH.c.body).where(
        TOUCH.c.card == card,
        TOUCH.c.body.like('{"what":"void"%') | TOUCH.c.body.like('{"what":"pair"%'),
    )
    return any(json.loads(b).get("entry") == entry for b in connection.execute(said).scalars())


def partner_of(connection: Connection, card: str, entry: str) -> tuple[str, str] | None:
    """The other card of a pair and its scan."""
    own = select(TOUCH).where(TOUCH.c.card == card, TOUCH.c.body.like('{"what":"pair"%'))
    for row in connection.execute(own).all():
        if json.loads(row.body).get("entry") != entry:
            continue
        query = select(TOUCH).where(TOUCH.c.number == row.number, TOUCH.c.card != card)
        other = connection.execute(query).one_or_none()
        return None if other is None else (other.card, json.loads(other.body)["entry"])
    return None


@dataclass(slots=True)
class Alone:
    """Production cards that wait for their partner: when to look, and at which scan."""

    waiting: dict[str, int] = field(default_factory=dict)

    def load(self, connection: Connection, floor: Floor) -> None:
        """Scans of the last minutes that may be alone."""
        newest = connection.execute(
            select(FACT.c.at).where(FACT.c.event == Event.DISPATCH.value).order_by(FACT.c.at.desc())
        ).scalar()
        self.waiting = {}
        if newest is None or floor.plant is None:
            return
        query = select(FACT).where(
            FACT.c.event == Event.DISPATCH.value, FACT.c.at > newest - 2 * WITHIN
        )
        for row in connection.execute(query):
            self.waiting[f"{row.journal}.{row.seq}"] = row.at + WITHIN

    @property
    def next_at(self) -> int | None:
        """When to look next."""
        return min(self.waiting.values(), default=None)

    def note(self, turn: Turn) -> None:
        """Wait for the partners of what this turn accepted."""
        self.waiting |= {entry: due for due, entry in turn.alone}
        turn.alone.clear()

    def run(self, turn: Turn) -> None:
        """Find every production card whose partner did not come."""
        self.note(turn)
        due = [e for e, at in self.waiting.items() if at <= turn.now]
        if not due:
            return
        turn.book.flush()
        for entry in due:
            del self.waiting[entry]
            self._look(turn, entry)

    def _look(self, turn: Turn, entry: str) -> None:
        journal, _, seq = entry.rpartition(".")
        run = turn.book.connection
        row = run.execute(
            select(FACT).where(FACT.c.journal == journal, FACT.c.seq == int(seq))
        ).one_or_none()
        if row is None or row.verdict != "accepted" or _spoken_for(run, row.card, entry):
            return
        known, fact = turn.book.card(row.card), fact_of(row)
        if known is None:
            return
        loop = turn.floor.loop_at(known.loop, row.at)
        if not exchanges(turn.floor.plant_at(row.at), loop) or _met_late(turn, known, fact, loop):
            return
        scan = Dispatched(entry, known.id, loop, known.card.quantity or loop.quantity, row.at)
        if left_alone([scan], turn.now):
            turn.find(
                "exchange_incomplete",
                entry,
                row.at,
                station=row.station,
                card=known.id,
                loop=known.loop,
            )


def _met_late(turn: Turn, known: Known, fact: Fact, loop: Loop) -> bool:
    """The partner came meanwhile, or this one came late: the pair is settled now, and nothing is missing."""
    if fact.at <= turn.book.shelf.restored_until:
        return False
    other, _ = partner(loop, known.card.quantity or loop.quantity, pending(turn, fact))
    if other is None:
        return False
    _settle(turn, known.id, fact.id, other)
    return True
