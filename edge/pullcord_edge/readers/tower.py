"""Adafruit 5125 USB tower light: one byte a command, no answer."""

from .event import Status
from .framer import Framer, Skip, Step, Take

LAMPS = {"red": 0x01, "amber": 0x02, "green": 0x04, "buzzer": 0x08}
ACTIONS = {"on": 0x10, "off": 0x20, "blink": 0x40}
_MEANING = {
    action | lamp: (name, word) for name, lamp in LAMPS.items() for word, action in ACTIONS.items()
}


def command(lamp: str, action: str) -> bytes:
    """The byte for one lamp."""
    return bytes([LAMPS[lamp] | ACTIONS[action]])


def scan(buffer: bytearray, start: int) -> Step:
    """The next byte."""
    found = _MEANING.get(buffer[start])
    if found is None:
        return Skip(1)
    return Take(1, (Status({"from": "host", "lamp": found[0], "action": found[1]}),))


def adafruit_tower() -> Framer:
    """A driver that understands what is sent to the tower."""
    return Framer(scan, longest=1)
