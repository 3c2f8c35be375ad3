"""The tables. Instants are ms since 1970 UTC. Rows that many events a second write are written in bulk (book)."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

#: Every instant and number is 64 bits wide on every database.
BIG = BigInteger
#: A number the database gives out, rising.
RISING = BigInteger().with_variant(Integer, "sqlite")


class Meta(SQLModel, table=True):
    """What this database is: `database` its id, `born_at`, `published` the cursor of business events."""

    __tablename__ = "meta"
    key: str = Field(primary_key=True)
    value: str


class JournalRow(SQLModel, table=True):
    """One start of a station: how far it is committed here, and what it follows."""

    __tablename__ = "station_journal"
    id: str = Field(primary_key=True)
    station: str = Field(index=True)
    boot: str
    follows: str | None = Field(default=None, index=True)
    follows_upto: int | None = Field(default=None, sa_type=BIG)
    upto: int = Field(default=0, sa_type=BIG)
    last_at: int = Field(default=0, sa_type=BIG)
    settled: bool = True


class BootRow(SQLModel, table=True):
    """A boot whose clock became right: wall time minus time since boot, ms."""

    __tablename__ = "boot"
    id: str = Field(primary_key=True)
    offset: int = Field(sa_type=BIG)


class FactRow(SQLModel, table=True):
    """One entry of a journal, what it was about, and the card after it."""

    __tablename__ = "fact"
    __table_args__ = (
        Index("fact_by_card", "card", "at", "journal", "seq"),
        Index("fact_by_code", "code", "at"),
        Index("fact_by_time", "at"),
        Index("fact_by_station", "station", "at"),
        Index("fact_by_boot", "boot"),
    )
    journal: str = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BIG)
    station: str
    type: str
    event: str | None = None
    code: str | None = None
    version: int | None = None
    of: str | None = None
    card: str | None = None
    at: int = Field(sa_type=BIG)
    seen_at: int = Field(sa_type=BIG)
    up: float
    clock: str
    boot: str
    received_at: int = Field(sa_type=BIG)
    body: str = Field(sa_type=Text)
    verdict: str | None = None
    findings: str = ""
    after: str | None = Field(default=None, sa_type=Text)


class DecisionRow(SQLModel, table=True):
    """What a person or a timer settled, with everything needed to settle it again."""

    __tablename__ = "decision"
    number: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    id: str = Field(unique=True)
    at: int = Field(sa_type=BIG)
    by: str
    action: str
    reason: str | None = Field(default=None, sa_type=Text)
    body: str = Field(sa_type=Text)


class DecisionCardRow(SQLModel, table=True):
    """A decision's effect on one card, and the card after it."""

    __tablename__ = "decision_card"
    __table_args__ = (Index("decision_by_card", "card", "at", "number"),)
    number: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    card: str = Field(primary_key=True)
    at: int = Field(sa_type=BIG)
    body: str = Field(sa_type=Text)
    findings: str = ""
    after: str | None = Field(default=None, sa_type=Text)


class CardRow(SQLModel, table=True):
    """A card as it is now. `after` holds it whole; `key_…` is the newest thing in its story."""

    __tablename__ = "card"
    __table_args__ = (
        Index("card_by_state", "state", "id"),
        Index("card_by_life", "life", "id"),
        Index("card_count", "life", "loop", "state", "blocked", "hold"),
    )
    id: str = Field(primary_key=True)
    loop: str = Field(index=True)
    number: int
    kind: str = "standing"
    state: str
    life: str
    blocked: str | None = None
    hold: str | None = None
    actual: int
    version: int
    order: str | None = None
    since: int | None = Field(default=None, sa_type=BIG)
    issued_by: str | None = None
    start: str = Field(sa_type=Text)
    after: str = Field(sa_type=Text)
    key_at: int = Field(default=-1, sa_type=BIG)
    key_kind: int = 0
    key_journal: str = ""
    key_seq: int = Field(default=0, sa_type=BIG)


class PortionRow(SQLModel, table=True):
    """One card's share of an order."""

    __tablename__ = "portion"
    __table_args__ = (Index("portion_by_card", "card", "opened_at"),)
    order: str = Field(primary_key=True)
    card: str = Field(primary_key=True)
    state: str
    quantity: int
    opened_at: int = Field(sa_type=BIG)
    released_at: int | None = Field(default=None, sa_type=BIG)
    due_at: int | None = Field(default=None, sa_type=BIG)
    started_at: int | None = Field(default=None, sa_type=BIG)
    dispatched_at: int | None = Field(default=None, sa_type=BIG)
    closed_at: int | None = Field(default=None, sa_type=BIG)
    closed_by: str | None = None
    delivered: int | None = None
    urgent: bool = False
    note: str | None = Field(default=None, sa_type=Text)
    promised_at: int | None = Field(default=None, sa_type=BIG)


_OPEN_ORDER = text("closed_at IS NULL")


class OrderRow(SQLModel, table=True):
    """A replenishment order: the sum of its portions, kept for reading."""

    __tablename__ = "replenishment_order"
    __table_args__ = (
        Index("order_by_loop", "loop", "state"),
        Index("order_of_loop", "loop", "opened_at", "id"),
        Index("order_by_state", "state", "opened_at", "id"),
        Index("order_by_time", "opened_at", "id"),
        Index(
            "order_open_at_source",
            *("source", "due_at", "id"),
            sqlite_where=_OPEN_ORDER,
            postgresql_where=_OPEN_ORDER,
        ),
    )
    id: str = Field(primary_key=True)
    loop: str
    kind: str
    item: str
    quantity: int
    source: str
    consumer: str
    state: str
    cards: str = Field(sa_type=Text)
    opened_at: int = Field(sa_type=BIG)
    released_at: int | None = Field(default=None, sa_type=BIG)
    due_at: int | None = Field(default=None, sa_type=BIG)
    closed_at: int | None = Field(default=None, sa_type=BIG)
    closed_by: str | None = None
    replaces: str | None = None
    note: str | None = None
    promised_at: int | None = Field(default=None, sa_type=BIG)


class OrderAlias(SQLModel, table=True):
    """An order's former id."""

    __tablename__ = "order_alias"
    old: str = Field(primary_key=True)
    id: str = Field(index=True)


_OPEN_FINDING = text("resolved_at IS NULL")


class FindingRow(SQLModel, table=True):
    """A recorded breach of a rule or of expectation. Never deleted; `note`: outside the fold."""

    __tablename__ = "finding"
    __table_args__ = (
        Index("finding_by_time", "at", "id"),
        Index("finding_by_entry", "entry"),
        Index("finding_by_loop", "loop", "at", "id"),
        Index("finding_by_card", "card", "at", "id"),
        Index("finding_by_station", "station", "at", "id"),
        Index("finding_by_type", "type", "at", "id"),
        Index(
            "finding_open", "at", "id", sqlite_where=_OPEN_FINDING, postgresql_where=_OPEN_FINDING
        ),
    )
    id: str = Field(primary_key=True)
    type: str
    card: str | None = None
    loop: str | None = None
    station: str | None = None
    entry: str | None = None
    at: int = Field(sa_type=BIG)
    written_at: int = Field(sa_type=BIG)
    resolved_at: int | None = Field(default=None, sa_type=BIG)
    resolved_by: str | None = None
    reason: str | None = Field(default=None, sa_type=Text)


class CallRow(SQLModel, table=True):
    """An andon call; `body` holds it whole."""

    __tablename__ = "call"
    __table_args__ = (
        Index("call_by_time", "raised_at", "id"),
        Index("call_by_state", "state", "raised_at", "id"),
        Index("call_by_station", "station", "raised_at", "id"),
        Index("call_by_loop", "loop", "raised_at", "id"),
    )
    id: str = Field(primary_key=True)
    type: str
    state: str
    station: str
    loop: str | None = None
    raised_at: int = Field(sa_type=BIG)
    by: str | None = None
    cause: str | None = None
    body: str = Field(sa_type=Text)


_OPEN_TASK = text("done_at IS NULL")


class TaskRow(SQLModel, table=True):
    """Something a person must do: take a card out of a post, look for one. `orders`: those it asks about."""

    __tablename__ = "task"
    __table_args__ = (
        Index("task_by_time", "at", "id"),
        Index("task_by_station", "station", "at", "id"),
        Index("task_by_card", "card", "at", "id"),
        Index("task_by_loop", "loop", "at", "id"),
        Index("task_open", "at", "id", sqlite_where=_OPEN_TASK, postgresql_where=_OPEN_TASK),
    )
    id: str = Field(primary_key=True)
    type: str
    station: str | None = None
    card: str | None = None
    loop: str | None = None
    at: int = Field(sa_type=BIG)
    done_at: int | None = Field(default=None, sa_type=BIG)
    done_by: str | None = None
    reason: str | None = None
    orders: str | None = Field(default=None, sa_type=Text)


class CollectionRow(SQLModel, table=True):
    """A post was emptied: cards in hand (None: not counted) against cards read since the time before."""

    __tablename__ = "collection"
    __table_args__ = (Index("collection_by_station", "station", "at"),)
    id: str = Field(primary_key=True)
    station: str
    at: int = Field(sa_type=BIG)
    by: str
    counted: int | None = None
    cards: str | None = Field(default=None, sa_type=Text)
    read: int = 0


class AuditRow(SQLModel, table=True):
    """A walk over the floor: the cards that should be there against those that were scanned."""

    __tablename__ = "audit"
    id: str = Field(primary_key=True)
    loop: str | None = Field(default=None, index=True)
    station: str | None = Field(default=None, index=True)
    at: int = Field(sa_type=BIG, index=True)
    by: str
    expected: str = Field(sa_type=Text)
    found: str = Field(default="[]", sa_type=Text)
    unknown: str = Field(default="[]", sa_type=Text)


class BinSignalRow(SQLModel, table=True):
    """A sensor that stands for a loop changed. `card`: taken or filled; `met`: the card's own scan of it."""

    __tablename__ = "bin_signal"
    __table_args__ = (
        Index("bin_signal_by_sensor", "station", "sensor", "at"),
        Index("bin_signal_by_loop", "loop", "at"),
    )
    entry: str = Field(primary_key=True)
    station: str
    sensor: str
    loop: str
    at: int = Field(sa_type=BIG)
    empty: bool
    card: str | None = None
    decision: str
    met: str | None = Field(default=None, index=True)


class TagRow(SQLModel, table=True):
    """A code bound to a card from an instant on; `card` None: unbound then."""

    __tablename__ = "tag_binding"
    __table_args__ = (
        Index("tag_by_code", "code", "number"),
        Index("tag_by_card", "card", "code"),
    )
    number: int | None = Field(
        default=None, sa_column=Column(RISING, primary_key=True, autoincrement=True)
    )
    code: str
    card: str | None
    since: int = Field(sa_type=BIG)
    decision: str


class PlantRow(SQLModel, table=True):
    """A plant definition as applied, valid from `at` on."""

    __tablename__ = "plant_version"
    number: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    at: int = Field(sa_type=BIG)
    text: str = Field(sa_type=Text)


class LoopRow(SQLModel, table=True):
    """What is settled about a loop beside its definition. `cards`: the number that should circulate."""

    __tablename__ = "loop_state"
    id: str = Field(primary_key=True)
    cards: int = 0
    to_take_out: int = 0
    in_service: bool | None = None
    next_number: int = 1
    body: str = Field(default="{}", sa_type=Text)


class StationRow(SQLModel, table=True):
    """A station as its last status said."""

    __tablename__ = "station"
    id: str = Field(primary_key=True)
    online: bool = False
    journal: str | None = None
    backlog: int = 0
    heard: int | None = Field(default=None, sa_type=BIG)
    version: str | None = None
    clock: str | None = None
    faults: str = Field(default="[]", sa_type=Text)
    status_at: int | None = Field(default=None, sa_type=BIG)
    lamps: str = Field(default="{}", sa_type=Text)
    lamps_revision: int = Field(default=0, sa_type=BIG)


class GroupRow(SQLModel, table=True):
    """A lamp group's settled colour, so that a restart does not flicker."""

    __tablename__ = "lamp_group"
    item: str = Field(primary_key=True)
    place: str = Field(primary_key=True)
    body: str = Field(sa_type=Text)


class StationLampsRow(SQLModel, table=True):
    """What a station was last told to show."""

    __tablename__ = "station_lamps"
    station: str = Field(primary_key=True)
    revision: int = Field(sa_type=BIG)
    lamps: str = Field(sa_type=Text)


class LostRangeRow(SQLModel, table=True):
    """Entries that no station holds any more."""

    __tablename__ = "lost_range"
    journal: str = Field(primary_key=True)
    first: int = Field(primary_key=True, sa_type=BIG)
    last: int = Field(sa_type=BIG)
    station: str
    at: int = Field(sa_type=BIG)


class QuarantineRow(SQLModel, table=True):
    """Bytes that could not be read, as they came."""

    __tablename__ = "quarantine"
    id: str = Field(primary_key=True)
    station: str
    at: int = Field(sa_type=BIG)
    reason: str = Field(sa_type=Text)
    raw: bytes = Field(sa_type=LargeBinary)


class EventRow(SQLModel, table=True):
    """A business event on its way out. `waits_for`: a journal whose backlog must be in first."""

    __tablename__ = "business_event"
    __table_args__ = (UniqueConstraint("id"), Index("event_waiting", "waits_for"))
    number: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs={"autoincrement": False})
    id: str
    type: str
    subject: str | None = None
    entry: str | None = None
    at: int = Field(sa_type=BIG)
    refill: bool = False
    waits_for: str | None = None
    sent: bool = Field(default=False, index=True)
    data: str | None = Field(default=None, sa_type=Text)


class LeaseRow(SQLModel, table=True):
    """Which server decides for a site, until when, and where changes are asked of it."""

    __tablename__ = "lease"
    site: str = Field(primary_key=True)
    holder: str
    until_ms: int = Field(sa_type=BIG)
    url: str | None = None
