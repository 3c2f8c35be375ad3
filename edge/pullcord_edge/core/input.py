"""Everything that can happen to a station, as values. `up`: seconds since boot, when it happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pullcord_wire.message import Ack, Command, LampsMessage, VerdictMessage


@dataclass(frozen=True, slots=True)
class Instant:
    """One look at the clocks: wall time in ms since 1970, seconds since boot, is the wall right."""

    at: int
    up: float
    synced: bool


@dataclass(frozen=True, slots=True)
class CardSeen:
    """A reader gave a good frame of a tag."""

    reader: str
    code: str
    up: float


@dataclass(frozen=True, slots=True)
class TagsSeen:
    """A reader's whole look saw exactly these tags."""

    reader: str
    codes: frozenset[str]
    up: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A sensor gave a good value."""

    sensor: str
    value: float
    up: float


@dataclass(frozen=True, slots=True)
class Switched:
    """The contact of a button or a sensor is closed or open now; it may tremble."""

    device: str
    closed: bool
    up: float


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A device works (`fault` None), or how it does not."""

    device: str
    fault: str | None


@dataclass(frozen=True, slots=True)
class DeviceSaid:
    """What a device says of itself: its firmware, its power, a command done."""

    device: str
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class NoiseHeard:
    """A reader sent `count` things that are no good frame; why the last one was none."""

    device: str
    count: int
    reason: str
    sample: bytes


@dataclass(frozen=True, slots=True)
class LinkUp:
    """The broker is there and the subscriptions are granted."""


@dataclass(frozen=True, slots=True)
class LinkDown:
    """The broker is gone, or cannot be reached; why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A message of the broker could not be read; why."""

    topic: str
    reason: str


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything asked to be recorded is on disk, numbered from `first`."""

    first: int


@dataclass(frozen=True, slots=True)
class NotKept:
    """Nothing of what was asked to be recorded is on disk; why."""

    reason: str


@dataclass(frozen=True, slots=True)
class TrialAsked:
    """A self-test is asked for at the station itself; by whom."""

    guided: bool
    by: str


@dataclass(frozen=True, slots=True)
class TrialAnswered:
    """A person says whether what the self-test shows is so."""

    good: bool


@dataclass(frozen=True, slots=True)
class TrialEnded:
    """Whoever asked for the self-test is gone: it is broken off."""


@dataclass(frozen=True, slots=True)
class CalibrationAsked:
    """A person wants to calibrate this sensor with a weight of `load`."""

    sensor: str
    load: float
    by: str


@dataclass(frozen=True, slots=True)
class CalibrationStored:
    """The new calibration is on disk, or is not, and why."""

    fault: str | None


@dataclass(frozen=True, slots=True)
class SerialSeen:
    """The device of this sensor has this serial number."""

    sensor: str
    serial: str


@dataclass(frozen=True, slots=True)
class Ending:
    """The program is about to end: what is under way is broken off and told."""


Heard: TypeAlias = Ack | VerdictMessage | LampsMessage | Command
Input: TypeAlias = (
    CardSeen
    | TagsSeen
    | Measured
    | Switched
    | DeviceState
    | DeviceSaid
    | NoiseHeard
    | LinkUp
    | LinkDown
    | Unread
    | Kept
    | NotKept
    | TrialAsked
    | TrialAnswered
    | TrialEnded
    | CalibrationAsked
    | CalibrationStored
    | SerialSeen
    | Ending
    | Heard
)
