"""Every message of the wire as a frozen value. Instants (`at`, `now`, `heard`): ms since 1970."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"


class EntryType(StrEnum):
    """What kind of thing a station saw."""

    WITHDRAWAL = "withdrawal"
    START = "start"
    FINISH = "finish"
    DISPATCH = "dispatch"
    ARRIVAL = "arrival"
    READ = "read"
    REMOVED = "removed"
    LEVEL = "level"
    CALL = "call"
    UNDO = "undo"
    DEVICE = "device"
    SELFTEST = "selftest"
    CLOCK = "clock"
    LOST = "lost"
    RAW = "raw"


#: The entry types that carry `reader` and `code`.
CODE_TYPES = frozenset(
    {
        EntryType.WITHDRAWAL,
        EntryType.START,
        EntryType.FINISH,
        EntryType.DISPATCH,
        EntryType.ARRIVAL,
        EntryType.READ,
        EntryType.REMOVED,
    }
)


class ClockState(StrEnum):
    """Where an entry's wall time comes from: the time service, the server's `now`, or nowhere."""

    SYNCED = "synced"
    SERVER = "server"
    UNSET = "unset"


class Pattern(StrEnum):
    """What one lamp does."""

    OFF = "off"
    ON = "on"
    SLOW = "slow"
    FAST = "fast"


class Verdict(StrEnum):
    """The server's word on one entry, shown to the worker."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"
    UNBOUND = "unbound"
    MISREAD = "misread"
    MISPLACED = "misplaced"
    BLOCKED = "blocked"
    HOLD = "hold"
    RETIRED = "retired"
    OLD_PRINT = "old_print"
    TAKE_OUT = "take_out"
    NOT_IN_STATE = "not_in_state"
    MISMATCH = "mismatch"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class CodeBody:
    """A code was read (or left a reader)."""

    reader: str
    code: str


@dataclass(frozen=True, slots=True)
class LevelBody:
    """A sensor's settled value; `empty` is the station's judgement of it."""

    sensor: str
    value: float
    empty: bool


@dataclass(frozen=True, slots=True)
class CallBody:
    """A cord or button was pressed or let go; `call` is the type of andon call."""

    button: str
    call: str
    pressed: bool


@dataclass(frozen=True, slots=True)
class UndoBody:
    """The worker took back the entry `of` (`<journal>.<seq>`)."""

    of: str


@dataclass(frozen=True, slots=True)
class DeviceBody:
    """A device failed (`fault` names how) or healed (None)."""

    device: str
    fault: str | None


@dataclass(frozen=True, slots=True)
class SelftestBody:
    """Result of a self-test."""

    report: JSON


@dataclass(frozen=True, slots=True)
class EmptyBody:
    """`clock` (this boot's clock became right), `lost` (the station cannot read its own entry)."""


@dataclass(frozen=True, slots=True)
class RawBody:
    """What could not be read otherwise."""

    body: str


Body: TypeAlias = (
    CodeBody | LevelBody | CallBody | UndoBody | DeviceBody | SelftestBody | EmptyBody | RawBody
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One numbered thing a station saw. `up`: seconds since boot."""

    seq: int
    type: EntryType
    at: int
    up: float
    clock: ClockState
    body: Body


@dataclass(frozen=True, slots=True)
class Refused:
    """An entry that cannot be read: its number, why, and its JSON as received."""

    seq: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Ask:
    """A question's name: the running journal's id and a rising number; `<run>.<number>`."""

    run: str
    number: int

    def __str__(self) -> str:
        return f"{self.run}.{self.number}"


@dataclass(frozen=True, slots=True)
class Follows:
    """The journal before this one, and its last number."""

    journal: str
    upto: int


@dataclass(frozen=True, slots=True)
class Page:
    """Topic `journal`: consecutive entries of one journal, and a question; empty, only that."""

    journal: str
    follows: Follows | None
    held: int
    acked: int
    ask: Ask
    station: str
    boot: str
    entries: tuple[Entry | Refused, ...] = ()


@dataclass(frozen=True, slots=True)
class Ack:
    """Topic `ack`: the server has committed `journal` up to `upto`; answers question `re`."""

    journal: str
    upto: int
    re: Ask
    server: str
    now: int


Lamps: TypeAlias = Mapping[str, Mapping[str, Pattern]]
"""Light name → colour → pattern."""


@dataclass(frozen=True, slots=True)
class Status:
    """Topic `status`, retained: how a station is. The last will: not `online`, the rest unset."""

    online: bool
    journal: str
    backlog: int = 0
    server: str | None = None
    heard: int | None = None
    lamps_revision: int | None = None
    lamps: Lamps = field(default_factory=dict)
    version: str | None = None
    clock: ClockState = ClockState.UNSET
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VerdictMessage:
    """Topic `verdict`: the server's word on entry (`journal`, `seq`)."""

    journal: str
    seq: int
    verdict: Verdict
    card: str | None
    text: str


@dataclass(frozen=True, slots=True)
class LampsMessage:
    """Topic `lamps`, retained: what every light of the station shows."""

    revision: int
    server: str
    lamps: Lamps


@dataclass(frozen=True, slots=True)
class Command:
    """Topic `command`: the server asks for a `selftest`, `identify` or `provision`."""

    id: str
    command: str
    body: JSON = None


@dataclass(frozen=True, slots=True)
class Report:
    """Topic `report`: the station's answer to the command with this id."""

    id: str
    command: str
    body: JSON = None


@dataclass(frozen=True, slots=True)
class Event:
    """A business event for the rest of the plant: a CloudEvents 1.0 envelope."""

    id: str
    source: str
    type: str
    at: int
    subject: str | None
    data: JSON
    refill: bool = False


Message: TypeAlias = Page | Ack | Status | VerdictMessage | LampsMessage | Command | Report | Event


class WireError(ValueError):
    """The one error of the codec: `path` says where (`entries[3].code`), `reason` what is wrong."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason
