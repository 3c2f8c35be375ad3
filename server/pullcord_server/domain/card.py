"""A card, what happens to it, and what one step says: the values the fold works on. Instants are ms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from pullcord_wire.message import Verdict

from .plant import CardKind


class State(StrEnum):
    """Where a card is in its cycle."""

    FULL = "full"
    EMPTY = "empty"
    RELEASED = "released"
    IN_PROCESS = "in_process"
    IN_TRANSIT = "in_transit"


class Life(StrEnum):
    """Where a card is in its life."""

    NEW = "new"
    CIRCULATING = "circulating"
    SURPLUS = "surplus"
    LOST = "lost"
    RETIRED = "retired"


class Event(StrEnum):
    """What can happen to a card; the columns of the transition table."""

    WITHDRAWAL = "withdrawal"
    START = "start"
    FINISH = "finish"
    DISPATCH = "dispatch"
    ARRIVAL = "arrival"
    RELEASE = "release"
    LEVEL_EMPTY = "level_empty"
    LEVEL_FULL = "level_full"
    UNDO = "undo"


class OrderState(StrEnum):
    """Where a replenishment order is."""

    OPEN = "open"
    RELEASED = "released"
    IN_PROCESS = "in_process"
    IN_TRANSIT = "in_transit"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class ClosedBy(StrEnum):
    """What closed an order."""

    ARRIVAL = "arrival"
    FINISH = "finish"
    INFERRED = "inferred"
    HAND = "hand"
    BLOCK = "block"


#: Sort key of what happens to a card: facts of a millisecond by journal and number, then decisions by number.
Key: TypeAlias = tuple[int, int, str, int]


@dataclass(frozen=True, slots=True)
class Fact:
    """A scan or level of one card as a station saw it. `at` is corrected.

    `version`: of a printed code. `of`: the entry that an UNDO takes back. `rack`: read where a tag hangs
    while its place is empty.
    """

    journal: str
    seq: int
    at: int
    station: str
    event: Event
    version: int | None = None
    of: str | None = None
    rack: bool = False

    @property
    def id(self) -> str:
        """`<journal>.<seq>`."""
        return f"{self.journal}.{self.seq}"

    @property
    def key(self) -> Key:
        """Place in the card's time order."""
        return (self.at, 0, self.journal, self.seq)


class Change(StrEnum):
    """What a decision does to a card, beside the events of the table."""

    ISSUE = "issue"
    RULING = "ruling"
    VOID = "void"
    BLOCK = "block"
    UNBLOCK = "unblock"
    HOLD = "hold"
    UNHOLD = "unhold"
    LOST = "lost"
    REPLACED = "replaced"
    RETIRE = "retire"
    SURPLUS = "surplus"
    CIRCULATE = "circulate"
    CLOSE = "close"
    PRINT = "print"
    PAIR = "pair"
    PROMISE = "promise"
    SCRAP = "scrap"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person or a timer settled about one card.

    `what`: an event of the table (order started by hand, a lot released …) or a change.
    `entry`: the fact or decision it is about (VOID, RULING, PAIR). `verdict`, `adopt`: of a RULING.
    `promised_at`, `note`: what is said of its order. `order`: the one a START is about, or that a RELEASE joins, with its `due_at`.
    """

    number: int
    id: str
    at: int
    what: Event | Change
    entry: str | None = None
    verdict: Verdict | None = None
    finding: str | None = None
    life: Life | None = None
    state: State | None = None
    reason: str | None = None
    quantity: int | None = None
    order: str | None = None
    due_at: int | None = None
    kind: CardKind = "standing"
    expires_at: int | None = None
    urgent: bool = False
    promised_at: int | None = None
    note: str | None = None

    @property
    def key(self) -> Key:
        """Place in the card's time order."""
        return (self.at, 1, "", self.number)


Item: TypeAlias = Fact | Decision


@dataclass(frozen=True, slots=True)
class Portion:
    """One card's share of an order. An order of one card is one portion."""

    order: str
    state: OrderState
    quantity: int
    opened_at: int
    released_at: int | None = None
    due_at: int | None = None
    started_at: int | None = None
    dispatched_at: int | None = None
    closed_at: int | None = None
    closed_by: ClosedBy | None = None
    delivered: int | None = None
    urgent: bool = False
    promised_at: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """What the sensor of a card's own box said last, when first, and in which journal."""

    empty: bool
    at: int
    journal: str


@dataclass(frozen=True, slots=True)
class Card:
    """A card after all its facts and decisions up to some moment; nothing older than its window is in it.

    `quantity`: of this card where it differs from its loop's. `actual`: pieces in the box, 0 unless full.
    `portion`: its share of the open order. `last`: event → when it was last accepted, while that still matters.
    `withdrawn_at`: the last withdrawal that had an effect. `since`: when the state was entered.
    `bin`: what the sensor of its box said last.
    """

    state: State = State.FULL
    life: Life = Life.CIRCULATING
    kind: CardKind = "standing"
    blocked: str | None = None
    hold: str | None = None
    urgent: bool = False
    quantity: int | None = None
    actual: int = 0
    version: int = 1
    portion: Portion | None = None
    last: Mapping[Event, int] = field(default_factory=dict)
    since: int | None = None
    withdrawn_at: int | None = None
    replaced: bool = False
    turned: bool = False
    expires_at: int | None = None
    filled: bool = True
    bin: Level | None = None

    @property
    def usable(self) -> bool:
        """Counts as a full box of its loop (F in DESIGN 5)."""
        return (
            self.state is State.FULL
            and self.life is Life.CIRCULATING
            and self.blocked is None
            and self.hold is None
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one step says: the card after it, portions that changed (as they are after it), verdict, findings."""

    card: Card
    portions: tuple[Portion, ...] = ()
    verdict: Verdict | None = None
    findings: tuple[str, ...] = ()
    inferred: tuple[str, ...] = ()
    call: str | None = None
    effective: bool = False
