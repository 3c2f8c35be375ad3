"""What scanners say while their settings are written: serial menu commands and MetroSelect.

`16 4D 0D tag value .` is asked; the answer repeats tag and value, then 06 (ok), 05 (no such tag)
or 15 (bad value), then the punctuation. MetroSelect frames are `02 text 03`, answered by 06.
"""

import re

from .event import Event, Noise, Status
from .framer import Framer, Skip, Step, Take

LONGEST = 512
MOST_TEXT = 400
MENU = b"\x16M\r"
ANSWERS = b"\x06\x05\x15"
PUNCTUATION = b".!,;"
_TAG = re.compile(r"(\d{4})D(.*)|([A-Z]{3}[A-Z0-9]{3})(.*)", re.DOTALL)


def menu(command: str) -> bytes:
    """A menu command: tag, value and punctuation, as `0401?.`."""
    return MENU + command.encode("ascii")


def metro(text: str) -> bytes:
    """A MetroSelect frame."""
    return b"\x02" + text.encode("ascii") + b"\x03"


def scan(buffer: bytearray, start: int) -> Step:
    """The next answer, or command."""
    first = buffer[start]
    if first == 0x16:
        return _scan_command(buffer, start)
    if first == 0x02:
        return _scan_until(buffer, start, b"\x03")
    if first in PUNCTUATION + b"\r\n":
        return Take(1)
    at = start
    while at < len(buffer) and 0x20 <= buffer[at] < 0x7F:
        at += 1
    if at - start > MOST_TEXT:
        return Skip(at - start)
    if at == len(buffer):
        return None
    if buffer[at] not in ANSWERS:
        return Skip(at + 1 - start)
    return Take(at + 1 - start, (_mean(bytes(buffer[start:at]), buffer[at]),))


def _scan_command(buffer: bytearray, start: int) -> Step:
    head = bytes(buffer[start : start + 3])
    if not MENU.startswith(head):
        return Skip(1)
    return None if len(head) < 3 else _scan_until(buffer, start, b".!")


def _scan_until(buffer: bytearray, start: int, ends: bytes) -> Step:
    for at in range(start + 1, len(buffer)):
        if buffer[at] in ends:
            return Take(at + 1 - start, (Status({"from": "host"}),))
    return None


def _mean(text: bytes, answer: int) -> Event:
    whole = text + bytes([answer])
    if answer == 0x05:
        return Noise(whole, "syntax error: the scanner does not know this tag")
    if answer == 0x15:
        return Noise(whole, "nak: the scanner refused the value")
    found = _TAG.fullmatch(text.decode("ascii"))
    if found is None:
        return Status(
            {"command": "ACK", "text": text.decode("ascii")} if text else {"command": "ACK"}
        )
    tag, value = (found[1], found[2]) if found[1] else (found[3], found[4])
    return Status({"command": "ACK", tag: value})


def scanner_config() -> Framer:
    """A driver for a scanner that is being set up."""
    return Framer(scan, longest=LONGEST, gap_s=0.5)
