"""What real readers send for a card: for pretended readers, and for loopback wires."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from pullcord_edge.readers.rdm6300 import xor


@dataclass(frozen=True, slots=True)
class Voice:
    """`frame` gives the bytes for one code (ValueError: no code of its kind); `repeats` a resting card."""

    frame: Callable[[str], bytes]
    repeats: bool


def rdm6300_frame(code: str) -> bytes:
    """What an RDM6300 sends for a card."""
    try:
        data = bytes.fromhex(code)
    except ValueError:
        data = b""
    if len(data) != 5 or len(code) != 10:
        raise ValueError(f"{code} is not ten hex digits")
    return b"\x02%s%02X\x03" % (code.upper().encode(), xor(data))


def line_frame(code: str) -> bytes:
    """What a scanner of codes sends."""
    return code.encode() + b"\r\n"


#: Driver → how its reader talks.
VOICES: Final[Mapping[str, Voice]] = {
    "rdm6300": Voice(rdm6300_frame, repeats=True),
    "line": Voice(line_frame, repeats=False),
}
