"""Every driver by name: how it is made, what may be set, how its port and its reads are taken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from . import line, rdm6300
from .event import Driver
from .option import DriverError, Option, Value, did_you_mean, resolve
from .text_line import Ending


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
    make: Callable[[Mapping[str, Value]], Driver]
    source: Source
    gives: Gives
    options: tuple[Option, ...] = ()
    serial: Serial | None = None
    confirm: bool = False
    repeats: bool = False
    absence_s: float = 1.0
    probe: bytes | None = None


_LINE_OPTIONS = (
    Option("suffix", "auto", "what ends a code; auto: CR, LF, CR LF or silence", tuple(Ending)),
    Option("prefix", "", "text before every code; a line without it is noise"),
    Option("gap_s", 0.3, "seconds of silence that end a code where no suffix is set"),
)


def _line(values: Mapping[str, Value]) -> Driver:
    return line.LineScanner(
        Ending(str(values["suffix"])), str(values["prefix"]), float(values["gap_s"])
    )


_SPECS = (
    DriverSpec(
        "rdm6300",
        "RDM6300, RDM630, ID-2/12/20(LA): 125 kHz EM4100 cards",
        lambda _: rdm6300.rdm6300(),
        Source.SERIAL,
        Gives.READS,
        serial=Serial(9600),
        confirm=True,
        repeats=True,
    ),
    DriverSpec(
        "line",
        "Scanners that send a line of text (serial, USB CDC, socket)",
        _line,
        Source.SERIAL,
        Gives.READS,
        options=_LINE_OPTIONS,
        serial=Serial(9600),
    ),
)

CATALOGUE: Mapping[str, DriverSpec] = {spec.name: spec for spec in _SPECS}


def find(name: str) -> DriverSpec:
    """The driver of this name. Raises DriverError."""
    spec = CATALOGUE.get(name)
    if spec is None:
        raise DriverError([f'there is no driver "{name}"{did_you_mean(name, CATALOGUE)}'])
    return spec


def problems_of(name: str, options: Mapping[str, Value]) -> list[str]:
    """Every problem of a driver's name and options, a sentence each; empty: it can be built."""
    try:
        spec = find(name)
    except DriverError as error:
        return list(error.problems)
    return resolve(name, spec.options, options)[1]


def build(name: str, options: Mapping[str, Value] | None = None) -> Driver:
    """A driver, ready to be fed. Raises DriverError with every problem."""
    spec = find(name)
    values, problems = resolve(name, spec.options, options or {})
    if problems:
        raise DriverError(problems)
    return spec.make(values)
