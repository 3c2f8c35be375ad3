"""A02YYUW, A01NYUB and their like: FF, distance high, low, low byte of the sum."""

from .crc import low_sum
from .event import Event, Measurement, Noise
from .framer import Framer, Scan, Skip, Step, Take, skip_to

SIZE = 4
NO_TARGET = frozenset((0x0000, 0xFFFD, 0xFFFE, 0xFFFF))


def scanner(unit: str) -> Scan:
    """A scan for sensors that count in this unit."""

    def scan(buffer: bytearray, start: int) -> Step:
        if buffer[start] != 0xFF:
            return Skip(skip_to(buffer, start, len(buffer), b"\xff"))
        frame = bytes(buffer[start : start + SIZE])
        if len(frame) < SIZE:
            return None
        if low_sum(frame[:3]) != frame[3]:
            return Skip(skip_to(buffer, start, start + SIZE, b"\xff"), "checksum")
        return Take(SIZE, (mean(frame, unit),))

    return scan


def mean(frame: bytes, unit: str) -> Event:
    """What a good frame says."""
    value = frame[1] << 8 | frame[2]
    return Noise(frame, "no target") if value in NO_TARGET else Measurement(value, unit, True)


def a02yyuw(*, unit: str = "mm") -> Framer:
    """A driver for the family."""
    return Framer(scanner(unit), longest=SIZE)
