"""What the catalogue says of a driver."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from .event import Driver
from .option import Option, Value

Values: TypeAlias = Mapping[str, Value]


class Source(StrEnum):
    """Where a driver's bytes come from."""

    SERIAL = "serial"
    BITS = "bits"  # one byte, 0 or 1, for each bit
    HID = "hid"  # whole reports or input events
    RAW = "raw"  # whole words of a converter


class Gives(StrEnum):
    """What a driver's good frames are."""

    READS = "reads"
    VALUES = "values"
    ANSWERS = "answers"


@dataclass(frozen=True, slots=True)
class Serial:
    """How the port of a fresh device is set."""

    baud: int
    bits: int = 8
    parity: str = "N"
    stop: int = 1


@dataclass(frozen=True, slots=True)
class DriverSpec:
    """One driver of the catalogue.

    `confirm`: the checksum is weak, a tag never seen before needs two equal frames.
    `repeats`: a resting tag is read again and again (False: once; silence is not its leaving).
    `absence_s`: gone for this long is gone.
    `probe`: bytes whose answer, a `Status`, proves the device.
    """

    name: str
    about: str
    make: Callable[[Values], Driver]
    source: Source
    gives: Gives
    options: tuple[Option, ...] = ()
    serial: Serial | None = None
    confirm: bool = False
    repeats: bool = False
    absence_s: float = 1.0
    probe: bytes | None = None


#: For drivers that tell their models apart by the bytes: kept for the reader of the file.
NOTE_MODEL = Option("model", "", "a note; the bytes tell the model")
NOTE_VARIANT = Option("variant", "", "a note; the bytes tell the variant")
NOTES = (NOTE_MODEL, NOTE_VARIANT)
