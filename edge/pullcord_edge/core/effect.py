"""Everything a station wants done, as values. Lamps and sound are asked of the station itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from pullcord_edge.core.calibration import Calibration
from pullcord_edge.core.replication import Question
from pullcord_wire.message import JSON, Body, ClockState, Command, EntryType, Report, Status


@dataclass(frozen=True, slots=True)
class Record:
    """Write this entry down; all that stand together are kept together, or none is."""

    type: EntryType
    at: int
    up: float
    clock: ClockState
    body: Body


@dataclass(frozen=True, slots=True)
class Publish:
    """Send this message, if the broker is there."""

    message: Status | Report


@dataclass(frozen=True, slots=True)
class AskPage:
    """Publish the page that asks this question."""

    question: Question


@dataclass(frozen=True, slots=True)
class StoreMarks:
    """Take these marks of journals."""

    marks: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Obey:
    """A command that only the outside can carry out."""

    command: Command


@dataclass(frozen=True, slots=True)
class SendBytes:
    """Send these bytes through a reader's port: its loopback wire gives them back."""

    device: str
    data: bytes


@dataclass(frozen=True, slots=True)
class TellTester:
    """What the self-test is at, for whoever asked for it: a step and its prompt, or the report."""

    step: str
    prompt: str
    report: JSON = None


@dataclass(frozen=True, slots=True)
class StoreCalibration:
    """Keep this calibration of a sensor's device; answered by CalibrationStored."""

    sensor: str
    serial: str
    calibration: Calibration


class Weight(StrEnum):
    """How much a line of the log matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Say:
    """One line of the log: an event and its facts."""

    event: str
    facts: Mapping[str, object]
    weight: Weight = Weight.INFO


Effect: TypeAlias = (
    Record | Publish | AskPage | StoreMarks | Obey | SendBytes | TellTester | StoreCalibration | Say
)
