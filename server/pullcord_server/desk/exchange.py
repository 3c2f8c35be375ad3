"""Two-card exchanges on the desk: pairs are decisions, made once; a production card alone is found."""

import json
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from pullcord_server.domain.card import Change, Event, Fact
from pullcord_server.domain.exchange import WITHIN, Dispatched, exchanges, makes, partner
from pullcord_server.domain.plant import Loop
from pullcord_server.storage.model import DecisionCardRow, FactRow
from pullcord_server.storage.rows import table_of
from pullcord_server.storage.shelf import Known
from pullcord_server.storage.story import fact_of

from .decide import Settled, decide, touch
from .floor import Floor
from .late import INCOMPLETE, misses_nobody
from .turn import FRESH, GRACE, Turn

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
    if other is None or turn.now - fact.at > FRESH or fact.at < turn.born:
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
    if _taken_back(connection, card, entry):
        return True
    other = partner_of(connection, card, entry)
    return other is not None and not _taken_back(connection, *other)


def _taken_back(connection: Connection, card: str, entry: str) -> bool:
    undone = select(FACT.c.seq).where(
        FACT.c.card == card,
        FACT.c.event == Event.UNDO.value,
        FACT.c.of == entry,
        FACT.c.verdict == "accepted",
    )
    if connection.execute(undone).first() is not None:
        return True
    said = select(TOUCH.c.body).where(TOUCH.c.card == card, TOUCH.c.body.like('{"what":"void"%'))
    return any(json.loads(b).get("entry") == entry for b in connection.execute(said).scalars())


def partner_of(connection: Connection, card: str, entry: str) -> tuple[str, str] | None:
    """The other card of a scan's last pair and its scan."""
    own = select(TOUCH).where(TOUCH.c.card == card, TOUCH.c.body.like('{"what":"pair"%'))
    for row in connection.execute(own.order_by(TOUCH.c.number.desc())).all():
        if json.loads(row.body).get("entry") != entry:
            continue
        query = select(TOUCH).where(TOUCH.c.number == row.number, TOUCH.c.card != card)
        other = connection.execute(query).one_or_none()
        return None if other is None else (other.card, json.loads(other.body)["entry"])
    return None


@dataclass(slots=True)
class Alone:
    """Dispatch scans that wait for their partner, and pairs that came late: when to look, and at which scan.

    A late pair is settled a minute after it is seen: what took a scan of it back may be behind it.
    """

    waiting: dict[str, int] = field(default_factory=dict)
    late: dict[str, int] = field(default_factory=dict)

    def load(self, connection: Connection, floor: Floor) -> None:
        """Scans of the last minutes that may be alone."""
        newest = connection.execute(
            select(FACT.c.at)
            .where(FACT.c.event == Event.DISPATCH.value)
            .order_by(FACT.c.at.desc())
            .limit(1)
        ).scalar()
        self.waiting, self.late = {}, {}
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
        return min((*self.waiting.values(), *self.late.values()), default=None)

    def note(self, turn: Turn) -> None:
        """Wait for the partners of what this turn accepted, and of whose partner it took back."""
        self.waiting |= {entry: due for due, entry in turn.alone}
        turn.alone.clear()
        if turn.parted:
            self.waiting |= dict.fromkeys(self.late, turn.now)
        for card, entry in turn.parted:
            other = partner_of(turn.book.connection, card, entry)
            if other is not None:
                self.waiting[other[1]] = turn.now
        turn.parted.clear()

    def run(self, turn: Turn) -> None:
        """Find every production card whose partner did not come; settle the pairs that came late."""
        self.note(turn)
        due = [e for e, at in self.waiting.items() if at <= turn.now]
        ripe = [e for e, at in self.late.items() if at <= turn.now]
        for entry in due:
            del self.waiting[entry]
            self._look(turn, entry)
        for entry in ripe:
            self.late.pop(entry, None)
            self._look(turn, entry, ripe=True)

    def _look(self, turn: Turn, entry: str, ripe: bool = False) -> None:
        scan = _single(turn, entry)
        if scan is None:
            self.late.pop(entry, None)
            return
        known, fact, loop = scan
        other = _late_partner(turn, known, fact, loop)
        if other is not None and ripe:
            _settle(turn, known.id, entry, other)
        elif other is not None:
            for one in (entry, other.entry):
                self.late.setdefault(one, turn.now + GRACE)
                misses_nobody(turn, one)
        elif turn.now < fact.at + WITHIN:
            self.waiting[entry] = fact.at + WITHIN
        elif makes(loop):
            self.late.pop(entry, None)
            turn.find(
                INCOMPLETE,
                entry,
                fact.at,
                station=fact.station,
                card=known.id,
                loop=known.loop,
            )


def _single(turn: Turn, entry: str) -> tuple[Known, Fact, Loop] | None:
    """An accepted scan of an exchange that has no partner; None: it has one, or is none."""
    journal, _, seq = entry.rpartition(".")
    turn.book.flush()
    run = turn.book.connection
    row = run.execute(
        select(FACT).where(FACT.c.journal == journal, FACT.c.seq == int(seq))
    ).one_or_none()
    if row is None or row.verdict != "accepted" or _spoken_for(run, row.card, entry):
        return None
    known = turn.book.card(row.card)
    if known is None:
        return None
    loop = turn.floor.loop_at(known.loop, row.at)
    if not exchanges(turn.floor.plant_at(row.at), loop):
        return None
    return known, fact_of(row), loop


def _late_partner(turn: Turn, known: Known, fact: Fact, loop: Loop) -> Dispatched | None:
    """The partner that came meanwhile, or that was there when this one came late."""
    other, _ = partner(loop, known.card.quantity or loop.quantity, pending(turn, fact))
    return other
