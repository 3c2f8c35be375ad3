"""The rows of the collections as they are answered, with their examples."""

from typing import Annotated, Any, Generic, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from pullcord_wire.instant import format_instant

Instant: TypeAlias = Annotated[
    int,
    PlainSerializer(format_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


DECISION = Field(examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X5"], description="its id; an undo may name it")


class Row(BaseModel):
    """One row of a collection."""

    model_config = ConfigDict(frozen=True)


R = TypeVar("R", bound=Row)


class Page(BaseModel, Generic[R]):
    """A page: rows, and what to send as `next` for those behind them; null at the end."""

    items: list[R]
    next: str | None = Field(examples=[None])


class ItemRow(Row):
    """A part number."""

    id: str = Field(examples=["90901-X0001"])
    name: str = Field(examples=["Brake hose"])
    value: float | None = Field(default=None, description="what one piece is worth")


class ProcessRow(Row):
    """A step that makes or uses items."""

    id: str = Field(examples=["assembly-1"])
    name: str = Field(examples=["assembly-1"])
    pacemaker: bool
    stations: list[str] = Field(examples=[["assy1-post"]])


class SupplierRow(Row):
    """An outside process."""

    id: str = Field(examples=["seals-ltd"])
    name: str = Field(examples=["Seals Ltd"])
    stage: str = Field(examples=["observe"])


class TrialRow(Row):
    """Cards taken out of a loop to see what breaks."""

    n: int = Field(examples=[1])
    loop: str = Field(examples=["BH-A1"])
    remove: int = Field(examples=[1])
    by: str = Field(examples=["lead-7"])
    reason: str = Field(examples=["what breaks with four?"])
    started_at: Instant
    ended_at: Instant | None
    result: str | None = Field(examples=[None])
    broke: dict[str, int] = Field(
        default={}, examples=[{"stuck": 1, "calls": 2}], description="the loop's findings and calls"
    )


class LoopRow(Row):
    """A loop as it is defined, and what is settled about it."""

    id: str = Field(examples=["BH-A1"])
    kind: str = Field(examples=["withdrawal"])
    item: str = Field(examples=["90901-X0001"])
    source: str = Field(examples=["machining-3"])
    consumer: str = Field(examples=["assembly-1"])
    quantity: int = Field(examples=[20])
    cards: int = Field(examples=[6])
    lead_time: str = Field(examples=["45m"])
    scans: list[str] = Field(examples=[["withdrawal", "arrival"]])
    demand: str | None = Field(examples=["60/h"])
    release: str = Field(examples=["at-once"])
    strict: bool
    min_cycle: str = Field(examples=["22m30s"])
    drop_at: str = Field(examples=["last-piece"])
    lot: int | None
    reorder_point: int | None
    to_take_out: int = Field(description="so many of the next cards dropped leave the loop")
    in_service: bool | None = Field(description="null: as its first filling says")
    trials: list[TrialRow]


class CardRow(Row):
    """A card as it is now. `order`: its open order; null once its own box is done."""

    id: str = Field(examples=["BH-A1-003"])
    loop: str = Field(examples=["BH-A1"])
    kind: str = Field(examples=["standing"])
    state: str = Field(examples=["released"])
    life: str = Field(examples=["circulating"])
    blocked: bool
    hold: bool
    blocked_reason: str | None
    hold_reason: str | None
    actual: int = Field(examples=[0], description="pieces in its box, 0 unless full")
    version: int = Field(examples=[1], description="of its newest print that was seen")
    order: str | None = Field(examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X3.7"])
    since: Instant | None = Field(examples=["2026-11-23T08:15:00.123Z"])


class TagRow(Row):
    """A code and the card it means now; null: bound to none."""

    id: str = Field(examples=["0A00B41F2C"])
    code: str = Field(examples=["0A00B41F2C"])
    card: str | None = Field(examples=["BH-A1-003"])
    since: Instant = Field(examples=["2026-11-23T06:00:00.000Z"])


class StepRow(Row):
    """One lamp, beep, button, sensor or reader of a self-test."""

    name: str = Field(examples=["lamp stack.red"])
    result: str = Field(examples=["pass"], description="pass, fail or skipped")
    seen: str = Field(examples=["seen at in-1"])


class SelftestRow(Row):
    """A self-test of a station: an entry of its journal. `serial`: the machine's own number."""

    id: str = Field(examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X3.8"])
    station: str = Field(examples=["assy1-post"])
    at: Instant = Field(examples=["2026-11-23T08:15:00.123Z"])
    serial: str = Field(examples=["10000000a1b2c3d4"])
    mode: str = Field(examples=["unattended"], description="guided, unattended or calibration")
    by: str = Field(examples=["lead-7"])
    outcome: str = Field(
        examples=["pass"], description="pass, fail, skipped, broken off or refused"
    )
    reason: str | None = Field(examples=[None], description="why it was refused")
    asked: str | None = Field(examples=[None], description="the decision that asked for it")
    steps: list[StepRow]


class LastSelftest(Row):
    """The newest self-test of a station, in short."""

    id: str = Field(examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X3.8"])
    at: Instant = Field(examples=["2026-11-23T08:15:00.123Z"])
    serial: str = Field(examples=["10000000a1b2c3d4"])
    outcome: str = Field(examples=["pass"])
    failed: list[str] = Field(examples=[["lamp stack.red"]])


class StationRow(Row):
    """A station as it last spoke; `online` is false when that was more than 5 s ago."""

    id: str = Field(examples=["assy1-post"])
    online: bool
    backlog: int = Field(examples=[0], description="entries it keeps and the server has not")
    heard: Instant | None = Field(examples=["2026-11-23T08:15:00.140Z"])
    version: str | None = Field(examples=["0.1.0"])
    faults: list[str]
    clock: str | None = Field(examples=["synced"])
    journal: str | None
    lamps: dict[str, dict[str, str]] = Field(examples=[{"stack": {"green": "on", "red": "off"}}])
    said_at: Instant | None
    processes: list[str] = Field(examples=[["assembly-1"]])
    known: bool = Field(description="whether the plant has a station of this name")
    selftest: LastSelftest | None = Field(default=None, description="its newest; null: none yet")


class OrderRow(Row):
    """A replenishment order."""

    id: str = Field(examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X3.7"])
    loop: str = Field(examples=["BH-A1"])
    kind: str = Field(examples=["withdrawal"])
    item: str = Field(examples=["90901-X0001"])
    quantity: int = Field(examples=[20])
    source: str = Field(examples=["machining-3"])
    consumer: str = Field(examples=["assembly-1"])
    state: str = Field(examples=["released"])
    cards: list[str] = Field(examples=[["BH-A1-003"]])
    opened_at: Instant = Field(examples=["2026-11-23T08:15:00.123Z"])
    due_at: Instant | None = Field(examples=["2026-11-23T09:00:00.123Z"])
    closed_at: Instant | None = Field(examples=[None])
    closed_by: str | None = Field(examples=[None])
    replaces: str | None = Field(examples=[None], description="its former id")
    released_at: Instant | None = Field(examples=["2026-11-23T08:15:00.123Z"])
    promised_at: Instant | None = Field(examples=[None])
    note: str | None = Field(examples=[None])


class FindingRow(Row):
    """A recorded breach of a rule or of expectation."""

    id: str = Field(examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X3.9.arrival_missed"])
    type: str = Field(examples=["arrival_missed"])
    card: str | None = Field(examples=["BH-A1-003"])
    loop: str | None = Field(examples=["BH-A1"])
    station: str | None = Field(examples=["assy1-post"])
    at: Instant = Field(examples=["2026-11-23T08:15:00.123Z"])
    resolved_at: Instant | None = Field(examples=[None])
    reason: str | None = Field(examples=[None])
    resolved_by: str | None = Field(examples=[None])
    entry: str | None = Field(examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X3.9"])
    written_at: Instant = Field(examples=["2026-11-23T08:15:00.150Z"])


class CallRow(Row):
    """An andon call."""

    id: str = Field(examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X4"])
    type: str = Field(examples=["material"])
    state: str = Field(examples=["raised"])
    station: str = Field(examples=["assy1-post"])
    loop: str | None = Field(examples=["BH-A1"])
    raised_at: Instant = Field(examples=["2026-11-23T08:15:00.123Z"])
    by: str | None = Field(examples=["pullcord"], description="who raised it")
    cause: str | None = Field(examples=[None])
    acknowledged_at: Instant | None = None
    acknowledged_by: str | None = None
    arrived_at: Instant | None = None
    arrived_by: str | None = None
    resolved_at: Instant | None = None
    resolved_by: str | None = None
    closed_at: Instant | None = None
    closed_by: str | None = None
    promised_at: Instant | None = None
    level: int = Field(default=0, description="of escalation")
    pressed: list[str] = Field(default=[], description="stations where a person pressed")


class GroupRow(Row):
    """A lamp group: loops of one item at one place, judged together."""

    id: str = Field(examples=["90901-X0001@assembly-1"])
    item: str = Field(examples=["90901-X0001"])
    place: str = Field(examples=["assembly-1"])
    state: str = Field(examples=["green"], description="red, amber, green or none")
    loops: list[str] = Field(examples=[["BH-A1"]])
    stations: list[str] = Field(examples=[["assy1-post"]])
    call: str | None = Field(examples=[None], description="the call that its red raised")


class TaskRow(Row):
    """Something a person must do."""

    id: str = Field(examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X3.9.take_out"])
    type: str = Field(examples=["take_out"])
    station: str | None = Field(examples=["assy1-post"])
    card: str | None = Field(examples=["BH-A1-003"])
    loop: str | None = Field(examples=["BH-A1"])
    at: Instant = Field(examples=["2026-11-23T08:15:00.123Z"])
    done_at: Instant | None = Field(examples=[None])
    done_by: str | None = Field(examples=[None])
    reason: str | None = Field(examples=["blocked"])
    orders: list[str] = Field(default=[], description="the orders it asks about")


class AuditRow(Row):
    """A walk over the floor: the cards that should be there, and those that were."""

    id: str = Field(examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X6"])
    loop: str | None = Field(examples=["BH-A1"])
    station: str | None = Field(examples=[None])
    at: Instant = Field(examples=["2026-11-23T14:00:00.000Z"])
    by: str = Field(examples=["lead-7"])
    expected: list[str] = Field(examples=[["BH-A1-001", "BH-A1-002"]])
    found: list[str] = Field(examples=[["BH-A1-001", "BH-A1-007"]])
    missing: list[str] = Field(examples=[["BH-A1-002"]], description="expected, not found")
    unexpected: list[str] = Field(examples=[["BH-A1-007"]], description="found, not expected")
    unknown: list[str] = Field(examples=[["FFFF"]], description="codes that mean no card")


class EntryRow(Row):
    """One entry of a station's journal and the server's word on it. `body`: the keys of its type."""

    id: str = Field(examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X3.7"])
    journal: str = Field(examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X3"])
    seq: int = Field(examples=[7])
    station: str = Field(examples=["assy1-post"])
    type: str = Field(examples=["withdrawal"])
    card: str | None = Field(examples=["BH-A1-003"])
    at: Instant = Field(examples=["2026-11-23T08:15:00.123Z"])
    verdict: str | None = Field(examples=["accepted"])
    code: str | None = Field(examples=["0A00B41F2C"])
    clock: str = Field(examples=["synced"])
    findings: list[str]
    body: dict[str, Any] = Field(examples=[{"reader": "post"}])
    received_at: Instant = Field(examples=["2026-11-23T08:15:00.130Z"])


class CardDecided(CardRow):
    """A card, and the decision that changed it."""

    decision: str = DECISION


class TagDecided(TagRow):
    """A tag, and the decision that bound it."""

    decision: str = DECISION


class OrderDecided(OrderRow):
    """An order, and the decision that changed it."""

    decision: str = DECISION


class OrdersDecided(Row):
    """Orders, and the one decision that changed them."""

    items: list[OrderRow]
    decision: str = DECISION


class LoopDecided(LoopRow):
    """A loop, and the decision that changed it."""

    decision: str = DECISION


class StationDecided(StationRow):
    """A station, and the decision about it."""

    decision: str = DECISION


class FindingDecided(FindingRow):
    """A finding, and the decision that resolved it."""

    decision: str = DECISION


class AuditDecided(AuditRow):
    """An audit, and the decision that began it or added to it."""

    decision: str = DECISION


class TaskDecided(TaskRow):
    """A task, and the decision that it is done."""

    decision: str = DECISION


class CallDecided(CallRow):
    """A call, and the decision that changed it."""

    decision: str = DECISION


class PrintDecided(Row):
    """The code to print on a card, the version of the print, and the decision."""

    code: str = Field(examples=["PC-BH-A1-003-2-K"])
    version: int = Field(examples=[2])
    card: str = Field(examples=["BH-A1-003"])
    decision: str = DECISION


class TrialDecided(TrialRow):
    """A trial, and the decision that began or ended it."""

    decision: str = DECISION


class ClockRow(Row):
    """Where driven time stands."""

    now: Instant
