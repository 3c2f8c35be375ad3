"""HX711: 24-bit two's complement words of a load cell converter, highest byte first."""

from .event import Event, Measurement, Noise
from .framer import Framer, Step, Take

SIZE = 3
SATURATED = frozenset((0x7FFFFF, 0x800000))
#: Ones at the end, zeros before: bits that stuck at one. Below this it may be a small true value.
SHORTEST_GLITCH = 0xFF


def mean(word: int) -> Event:
    """What a word says, in counts."""
    data = word.to_bytes(SIZE, "big")
    if word in SATURATED:
        return Noise(data, "saturated")
    if word & (word + 1) == 0 and word >= SHORTEST_GLITCH:
        return Noise(data, "glitch: bits stuck at one")
    return Measurement(word - (1 << 24) if word & 0x800000 else word, "counts", True)


def scan(buffer: bytearray, start: int) -> Step:
    """The next word."""
    if len(buffer) - start < SIZE:
        return None
    return Take(SIZE, (mean(int.from_bytes(buffer[start : start + SIZE], "big")),))


def hx711() -> Framer:
    """A driver for whole words; the converter's adapter frames them."""
    return Framer(scan, longest=SIZE, gap_s=0.05)
