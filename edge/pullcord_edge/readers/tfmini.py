"""Benewake TFmini, TFmini-S, TFmini Plus, TF-Luna, TF02, TF03: laser distance sensors.

`59 59`, distance, strength, temperature (two bytes each, low first), low byte of the sum. Answers
to commands are `5A`, length, command, data, sum; of the first TFmini `42 57 02` and five more.
"""

import re
from enum import StrEnum

from .crc import low_sum
from .event import Event, Measurement, Noise, Status
from .framer import Framer, Scan, Skip, Step, Take, skip_to
from .option import Value
from .scale import Scale

SIZE = 9
STARTS = b"\x59\x5a\x42"
FAILED = {0xFFFF: "no target", 0xFFFE: "saturated: signal", 0xFFFC: "saturated: ambient light"}
WEAK, SATURATED = 100, 0xFFFF


class Variant(StrEnum):
    """The output format that the sensor is set to."""

    CM = "cm"
    MM = "mm"
    PIX = "pix"
    TEXT = "text"


def is_strength_judged(model: Value) -> bool:
    """Whether a strength below 100 means that the distance is none. Raises ValueError.

    TF02 and TF03 count their strength on another scale.
    """
    if not re.fullmatch(r"TF(MINI|-?LUNA|0\d|-?S|-?NOVA|\d{3}|A).*", str(model).strip().upper()):
        raise ValueError(f'"{model}" is unknown; there are: TFmini, TFmini-S, TF-Luna, TF02, TF03')
    return not re.match(r"TF0[23]|TF\d{3}", str(model).strip().upper())


def command(code: int, data: bytes = b"") -> bytes:
    """A host frame; what it sets is lost at power-off unless 11 (save) follows."""
    body = bytes([0x5A, len(data) + 4, code]) + data
    return body + bytes([low_sum(body)])


def scanner(unit: str, judge_strength: bool) -> Scan:
    """A scan for the binary formats."""

    def scan(buffer: bytearray, start: int) -> Step:
        match buffer[start]:
            case 0x59:
                return _scan_distance(buffer, start, unit, judge_strength)
            case 0x5A:
                return _scan_answer(buffer, start)
            case 0x42:
                return _scan_old_answer(buffer, start)
        return Skip(skip_to(buffer, start, len(buffer), STARTS))

    return scan


def _scan_distance(buffer: bytearray, start: int, unit: str, judge_strength: bool) -> Step:
    frame = bytes(buffer[start : start + SIZE])
    if len(frame) > 1 and frame[1] != 0x59:
        return Skip(1)
    if len(frame) < SIZE:
        return None
    if low_sum(frame[:8]) != frame[8]:
        return Skip(skip_to(buffer, start, start + SIZE, STARTS), "checksum")
    return Take(SIZE, (mean(frame, unit, judge_strength),))


def mean(frame: bytes, unit: str, judge_strength: bool) -> Event:
    """What a good distance frame says."""
    distance = frame[2] | frame[3] << 8
    strength = frame[4] | frame[5] << 8
    if distance in FAILED:
        return Noise(frame, FAILED[distance])
    if distance == 0:
        return Noise(frame, "no target")
    if judge_strength and strength == SATURATED:
        return Noise(frame, "saturated: signal")
    if judge_strength and strength < WEAK:
        return Noise(frame, "no target: the signal is too weak")
    return Measurement(distance, unit, True, {"strength": strength})


def _scan_answer(buffer: bytearray, start: int) -> Step:
    have = len(buffer) - start
    if have < 2:
        return None
    size = buffer[start + 1]
    if not 4 <= size <= 32:
        return Skip(1)
    if have < size:
        return None
    frame = bytes(buffer[start : start + size])
    if low_sum(frame[:-1]) != frame[-1]:
        return Skip(skip_to(buffer, start, start + size, STARTS), "checksum")
    if frame[2] == 0x01 and size == 7:
        firmware = ".".join(str(part) for part in reversed(frame[3:6]))
        return Take(size, (Status({"command": "01", "firmware": firmware}),))
    return Take(size, (Status({"command": f"{frame[2]:02X}", "data": frame[3:-1].hex().upper()}),))


def _scan_old_answer(buffer: bytearray, start: int) -> Step:
    head = bytes(buffer[start : start + 3])
    if not b"\x42\x57\x02".startswith(head):
        return Skip(1)
    if len(buffer) - start < 8:
        return None
    return Take(8, (Status({"command": "4257", "data": buffer[start + 3 : start + 8].hex()}),))


def read_text(text: str) -> Event | None:
    """A line of the text formats: metres with two decimals."""
    found = re.fullmatch(r" *(-?[0-9]+\.[0-9]+) *", text)
    if found is None:
        return None
    value = float(found[1])
    return Measurement(value, "m", True) if value > 0 else Noise(text.encode(), "no target")


def tfmini(*, model: str = "", variant: Variant = Variant.CM) -> Framer | Scale:
    """A driver for the model (none: a TFmini) and the output format it is set to."""
    if variant in (Variant.PIX, Variant.TEXT):
        return Scale(read_text)
    judge_strength = is_strength_judged(model) if model else True
    return Framer(scanner(variant.value, judge_strength), longest=32)
