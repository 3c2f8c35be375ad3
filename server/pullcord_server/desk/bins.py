"""Sensors that stand for a loop, not for a card: which card they mean is decided once (DESIGN 3.6).

Such a sensor and the scan of the container's own card are two witnesses of one thing: who speaks
second only confirms, until the sensor has changed again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from pullcord_server.domain.card import Change, Decision, Event, Fact, Life, State
from pullcord_server.domain.plant import Bin, DropAt, Kind, Loop
from pullcord_server.storage.book import DECISION
from pullcord_server.storage.model import BinSignalRow, FindingRow
from pullcord_server.storage.rows import Row, table_of
from pullcord_server.storage.shelf import Known
from pullcord_wire.message import Verdict

from .decide import Settled, decide, touch
from .late import mark_late
from .loops import emptied, loop_row, oldest_full
from .turn import Turn
from .witness import Said, said_of

SIGNAL, FINDING = table_of(BinSignalRow), table_of(FindingRow)
#: What a drop was told whose card left its box.
_DROPPED = ("accepted", "misplaced", "take_out", "blocked")
#: So many last changes of a loop's sensors are looked at: several of each.
_LOOKED_AT = 100
_FILLS = (Event.ARRIVAL, Event.FINISH)
#: Goods came and their card had ordered none.
_UNORDERED = ("withdrawal_missed", "over_delivery")


def rack_event(turn: Turn, row: Row, reader: str) -> Event | None:
    """What a reader without a role says where it stands for a bin: a tag that hangs is an empty place."""
    bound = turn.floor.sensors_at(row["at"]).bound.get((row["station"], reader))
    if bound is None or row["type"] not in ("read", "removed"):
        return None
    if row["type"] == "read":
        return Event.WITHDRAWAL
    loop = turn.floor.loop_at(bound.loop, row["at"])
    return Event.FINISH if loop.kind in (Kind.PRODUCTION, Kind.SIGNAL) else Event.ARRIVAL


@dataclass(frozen=True, slots=True)
class _Signal:
    """A change of a sensor that is being settled (flushed)."""

    turn: Turn
    row: Row
    bound: Bin
    loop: Loop
    last: Any

    @property
    def entry(self) -> str:
        return f"{self.row['journal']}.{self.row['seq']}"

    def witness(
        self, whats: Collection[Event | Change], verdicts: Collection[str], since: int
    ) -> Said | None:
        """The scan of a card of the loop, or the same by hand, that said this and that no sensor has met yet.

        It is the newest before; where this change came late, else the first within `min_cycle` after it.
        """
        run, at = self.turn.book.connection, self.row["at"]
        of_loop = (SIGNAL.c.loop == self.loop.id) & SIGNAL.c.met.is_not(None)
        met = set(run.execute(select(SIGNAL.c.met).where(of_loop)).scalars())
        cards = [k.id for k in self.turn.book.cards_of(self.loop.id)]
        said = said_of(run, cards, whats, verdicts, since, at + self.loop.min_cycle)
        free = [s for s in said if s.id not in met]
        return next((s for s in free if s.at <= at), free[-1] if free else None)

    def settle(
        self,
        card: str | None,
        part: Decision | None = None,
        met: str | None = None,
        **other: Any,
    ) -> None:
        """Decide it: which card it is about, what that card does, or the scan that said it before."""
        signal = {
            "entry": self.entry,
            "station": self.row["station"],
            "sensor": self.bound.sensor,
            "loop": self.loop.id,
            "at": self.row["at"],
            "empty": other.pop("empty"),
            "card": card,
            "met": met,
        }
        self.row["card"] = card
        cards = {} if card is None or part is None else {card: part}
        settled = Settled("bin", "pullcord", cards=cards, other={"bin": signal, **other})
        decide(self.turn, settled, at=self.row["at"])

    def disagree(self, empty: bool) -> None:
        """The sensor says what no card can say."""
        finding = {
            "id": f"{self.entry}.bin_card_disagree",
            "type": "bin_card_disagree",
            "entry": self.entry,
            "station": self.row["station"],
            "loop": self.loop.id,
            "at": self.row["at"],
        }
        self.settle(None, empty=empty, found=[finding])


def signal(turn: Turn, row: Row, bound: Bin, empty: bool) -> None:
    """A sensor of a loop changed (flushed): the oldest full card is taken, or the oldest on its way filled."""
    run = turn.book.connection.execute
    entry = f"{row['journal']}.{row['seq']}"
    known = run(select(SIGNAL.c.card).where(SIGNAL.c.entry == entry)).first()
    if known is not None:
        row["card"] = known.card
        return
    last = _last(turn, row, bound)
    if last is not None and bool(last.empty) is empty:
        return  # a station that starts says first what it sees
    told = _Signal(turn, row, bound, turn.floor.loop_at(bound.loop, row["at"]), last)
    if empty:
        _emptied(told)
    else:
        _filled(told)


def _last(turn: Turn, row: Row, bound: Bin) -> Any:
    """What the sensor said before this entry, whatever of what it said later is known already."""
    sensor = (SIGNAL.c.station == row["station"]) & (SIGNAL.c.sensor == bound.sensor)
    before = select(SIGNAL).where(sensor, SIGNAL.c.at <= row["at"]).order_by(SIGNAL.c.at.desc())
    own = (row["at"], row["journal"], row["seq"])
    found = turn.book.connection.execute(before.limit(_LOOKED_AT)).all()
    return max((s for s in found if _place(s) < own), key=_place, default=None)


def _place(signal: Any) -> tuple[int, str, int]:
    """Where a change of a sensor stands in time."""
    journal, _, seq = signal.entry.rpartition(".")
    return (signal.at, journal, int(seq))


def _emptied(told: _Signal) -> None:
    turn, loop = told.turn, told.loop
    since = 0 if told.last is None else told.last.at
    if loop.drop_at is DropAt.LAST_PIECE:
        since = max(since, told.row["at"] - loop.min_cycle)
    drop = told.witness((Event.WITHDRAWAL,), _DROPPED, since)
    if drop is not None:
        told.settle(drop.card, met=drop.id, empty=True)
        return
    oldest = oldest_full(turn, loop.id)
    if oldest is None:
        if told.last is None:
            told.settle(None, empty=True)
        else:
            told.disagree(empty=True)
        return
    row = loop_row(turn, loop.id)
    if row["to_take_out"] and oldest.card.kind == "standing":
        _take_out(told, oldest, row["to_take_out"] - 1)
    else:
        part = touch(emptied(oldest, Event.LEVEL_EMPTY), entry=told.entry)
        told.settle(oldest.id, part, empty=True)


def _take_out(told: _Signal, known: Known, left: int) -> None:
    """Fewer cards where none is dropped: somebody takes this box away."""
    task = {
        "id": f"{told.entry}.take_box_out",
        "type": "take_box_out",
        "station": told.row["station"],
        "card": known.id,
        "loop": known.loop,
        "at": told.row["at"],
        "reason": told.bound.sensor,
    }
    loops = {known.loop: {"to_take_out": left}}
    out = touch(Change.SURPLUS, entry=told.entry)
    told.settle(known.id, out, empty=True, loops=loops, asks=[task])


def _filled(told: _Signal) -> None:
    turn, loop = told.turn, told.loop
    if told.last is None:
        told.settle(None, empty=False)
        return
    came = told.witness((*_FILLS, Change.CLOSE), ("accepted",), told.last.at)
    if came is not None:
        taken = _mistaken(told, came)
        if taken is None:
            told.settle(came.card, met=came.id, empty=False)
        else:
            full = touch(Event.LEVEL_FULL, entry=told.entry)
            told.settle(taken.id, full, met=came.id, empty=False)
        return
    coming = [k for k in turn.book.cards_of(loop.id) if _comes(k)]
    if not coming:
        told.disagree(empty=False)
        return
    first = min(coming, key=lambda k: (k.card.state is State.RELEASED, k.age))
    told.settle(first.id, touch(Event.LEVEL_FULL, entry=told.entry), empty=False)


def _mistaken(told: _Signal, came: Said) -> Known | None:
    """The card that this sensor took when it was empty, where a box came that no card had ordered: its own."""
    found = FINDING.c.entry == came.id, FINDING.c.type.in_(_UNORDERED)
    run = told.turn.book.connection
    if told.last.card is None or run.execute(select(FINDING.c.id).where(*found)).first() is None:
        return None
    taken = told.turn.book.card(told.last.card)
    untouched = taken is not None and _untouched(told.turn, taken, told.last.decision)
    return taken if untouched else None


def _comes(known: Known) -> bool:
    """Whether a box of this card may be what arrived."""
    card = known.card
    under_way = card.state in (State.RELEASED, State.IN_PROCESS, State.IN_TRANSIT)
    return under_way and card.life is Life.CIRCULATING and not (card.blocked or card.hold)


def met(turn: Turn, known: Known, fact: Fact) -> bool:
    """Whether a sensor of the loop has told what this scan of a card tells; then nothing more happens.

    Where the sensor was taken for another card, that one is put back and the scan counts.
    """
    told = fact.event is Event.WITHDRAWAL or fact.event in _FILLS
    if not told or known.loop not in turn.floor.sensors_at(fact.at).shared:
        return False
    if fact.at <= turn.book.shelf.restored_until:
        return False  # it was met then, or was not
    turn.book.flush()
    signal = _unmet(turn, known, fact)
    if signal is None:
        return False
    own = signal.card == known.id
    other = None if own else turn.book.card(signal.card)
    if not own and not _usable_for(known, fact):
        return False
    bin_ = {c.name: getattr(signal, c.name) for c in SIGNAL.columns} | {"met": fact.id}
    if other is not None and _untouched(turn, other, signal.decision):
        put_back = touch(Change.VOID, entry=signal.decision, reason=f"{known.id} was scanned")
        settled = Settled("bin_met", "pullcord", cards={other.id: put_back}, other={"bin": bin_})
        decide(turn, settled)
        return False
    ruling = touch(Change.RULING, entry=fact.id, verdict=Verdict.DUPLICATE)
    mark_late(turn, known, fact.key)
    settled = Settled("bin_met", "pullcord", cards={known.id: ruling}, other={"bin": bin_})
    decide(turn, settled, at=fact.at + 1)
    return True


def _unmet(turn: Turn, known: Known, fact: Fact) -> Any:
    """A sensor of the loop whose last change nobody has confirmed, where this scan may do so.

    It is the one that was taken for this card, else the oldest.
    """
    run = turn.book.connection.execute
    if run(select(SIGNAL.c.entry).where(SIGNAL.c.met == fact.id)).first() is not None:
        return None
    loop = turn.floor.loop_at(known.loop, fact.at)
    newest: dict[tuple[str, str], Any] = {}
    query = select(SIGNAL).where(SIGNAL.c.loop == known.loop)
    for row in run(query.order_by(SIGNAL.c.at.desc(), SIGNAL.c.entry.desc()).limit(_LOOKED_AT)):
        newest.setdefault((row.station, row.sensor), row)
    wanted = fact.event is Event.WITHDRAWAL
    return next(
        (
            s
            for s in sorted(newest.values(), key=lambda s: (s.card != known.id, s.at))
            if bool(s.empty) is wanted
            and s.card is not None
            and s.met is None
            and s.at <= fact.at + loop.min_cycle
        ),
        None,
    )


def _usable_for(known: Known, fact: Fact) -> bool:
    """Whether the scan of this card would have the effect that the sensor had on another one."""
    card = known.card
    if card.life is not Life.CIRCULATING or card.blocked or card.hold:
        return False
    if fact.event is Event.WITHDRAWAL:
        return card.state is State.FULL
    return card.state is not State.FULL


def _untouched(turn: Turn, known: Known, decision: str) -> bool:
    """Whether the card's newest thing is that decision."""
    query = select(DECISION.c.number).where(DECISION.c.id == decision)
    number = turn.book.connection.execute(query).scalar()
    return known.key[1] == 1 and known.key[3] == number
