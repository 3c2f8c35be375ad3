"""What may be asked of each collection: paging and filters. Anything else is refused by name."""

from enum import StrEnum
from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from pullcord_server.domain.card import Life, OrderState, State
from pullcord_server.domain.plant import Kind
from pullcord_wire.instant import parse_instant

#: Rows of one page at most.
MOST = 1000


def _instant(value: object) -> int:
    if not isinstance(value, str):
        raise ValueError("must be an instant such as 2026-11-23T08:15:00.123Z")
    # a `+` of a time zone arrives as a space where a client did not escape it
    return parse_instant(value[:10] + value[10:].replace(" ", "+"))


#: RFC 3339 text outside, ms inside.
Instant: TypeAlias = Annotated[
    int,
    BeforeValidator(_instant),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-11-23T08:15:00.123Z"]}
    ),
]
LoopId: TypeAlias = Annotated[str | None, Field(description="of this loop", examples=["BH-A1"])]
CardId: TypeAlias = Annotated[str | None, Field(description="of this card", examples=["BH-A1-003"])]
StationId: TypeAlias = Annotated[
    str | None, Field(description="of this station", examples=["assy1-post"])
]
Since: TypeAlias = Annotated[Instant | None, Field(description="at or after this instant")]


class Paging(BaseModel):
    """One page of a collection."""

    model_config = ConfigDict(extra="forbid")
    next: str | None = Field(default=None, description="`next` of the page before, as it is")
    limit: int = Field(default=100, ge=1, le=MOST, description="rows of the page at most")


class LoopsAsked(Paging):
    """Loops, by id."""

    loop: LoopId = None
    station: StationId = None
    kind: Kind | None = None


class CardsAsked(Paging):
    """Cards, by id. `since`: in their state since then. `station`: of the loops that it serves."""

    loop: LoopId = None
    card: CardId = None
    station: StationId = None
    state: State | None = None
    life: Life | None = None
    since: Since = None


class TagsAsked(Paging):
    """Tags, by code. `since`: bound then or later."""

    loop: LoopId = None
    card: CardId = None
    since: Since = None


class StationsAsked(Paging):
    """Stations, by id."""

    station: StationId = None


class SelftestsAsked(Paging):
    """Self-tests of a station, by time. `serial`: of the machine it ran on."""

    serial: str | None = Field(default=None, examples=["10000000a1b2c3d4"])
    since: Since = None


class OrdersAsked(Paging):
    """Orders, by the time they were opened. `state=open`: not over. `station`: of the loops it serves."""

    loop: LoopId = None
    card: CardId = None
    station: StationId = None
    state: OrderState | None = None
    since: Since = None


class PicksAsked(Paging):
    """What handlers fetch and bring, as it is due."""

    source: str | None = Field(default=None, description="fetched there", examples=["machining-3"])
    consumer: str | None = Field(default=None, description="brought there", examples=["assembly-1"])


class FindingState(StrEnum):
    """Whether somebody, or a late fact, resolved a finding."""

    OPEN = "open"
    RESOLVED = "resolved"


class FindingsAsked(Paging):
    """Findings, by the time of what they are about."""

    loop: LoopId = None
    card: CardId = None
    station: StationId = None
    state: FindingState | None = None
    type: str | None = Field(default=None, description="of this type", examples=["arrival_missed"])
    since: Since = None


class CallState(StrEnum):
    """How far a call is; `open` is every state but closed."""

    OPEN = "open"
    TO_CONFIRM = "to_confirm"
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    AT_STATION = "at_station"
    RESOLVED = "resolved"
    CLOSED = "closed"


class CallsAsked(Paging):
    """Calls, by the time they were raised. `state=open`: every call that is not closed."""

    loop: LoopId = None
    station: StationId = None
    state: CallState | None = None
    since: Since = None


class FiguresAsked(BaseModel):
    """The time that figures are about: [since, until); left out: the last seven days."""

    model_config = ConfigDict(extra="forbid")
    since: Since = None
    until: Annotated[Instant | None, Field(description="before this instant")] = None


class GroupState(StrEnum):
    """What a lamp group shows; `none`: it is not judged."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    NONE = "none"


class AndonAsked(Paging):
    """Lamp groups (an item at a place), by id."""

    loop: LoopId = None
    station: StationId = None
    state: GroupState | None = None


class TaskState(StrEnum):
    """Whether a task is done."""

    OPEN = "open"
    DONE = "done"


class TasksAsked(Paging):
    """Tasks, by the time they arose."""

    loop: LoopId = None
    card: CardId = None
    station: StationId = None
    state: TaskState | None = None
    since: Since = None


class AuditsAsked(Paging):
    """Audits, by the time they began."""

    loop: LoopId = None
    station: StationId = None
    since: Since = None


class JournalAsked(Paging):
    """Entries of the stations, by their corrected time."""

    loop: LoopId = None
    card: CardId = None
    station: StationId = None
    since: Since = None
