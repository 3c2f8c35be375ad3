"""Two-line displays of 20 characters: the CD5220 command set, and Epson's of the DM-D series."""

import unicodedata
from collections.abc import Callable
from typing import Final

from .event import Event, Status
from .framer import Framer, Scan, Skip, Step, Take

COLUMNS: Final = 20
ROWS: Final = ("upper", "lower")
_INITIALIZE: Final = b"\x1b@"
_CLEAR: Final = b"\x0c"
_TEXT: Final = range(0x20, 0x7F)


def plain(text: str) -> bytes:
    """Exactly one row of it, in characters that every code page has."""
    shown = (c if ord(c) in _TEXT else "?" for c in _folded(text) if not unicodedata.combining(c))
    return "".join(shown)[:COLUMNS].ljust(COLUMNS).encode("ascii")


def _folded(text: str) -> str:
    """Letters and their accents apart."""
    return unicodedata.normalize("NFKD", text.replace("ß", "ss"))


def is_legible(text: str) -> bool:
    """Whether a display can show all of it."""
    return all(ord(c) in _TEXT or unicodedata.combining(c) for c in _folded(text))


def cd5220_begin() -> bytes:
    """Initialize, clear, no cursor: `ESC @`, `CLR`, `ESC _ 0`."""
    return _INITIALIZE + _CLEAR + b"\x1b_\x00"


def cd5220_rows(upper: str, lower: str) -> bytes:
    """Write both rows: `ESC Q A … CR`, `ESC Q B … CR`."""
    return b"\x1bQA" + plain(upper) + b"\r\x1bQB" + plain(lower) + b"\r"


def epson_begin() -> bytes:
    """Initialize, clear, no cursor, overwrite mode: `ESC @`, `CLR`, `US C 0`, `US MD1`."""
    return _INITIALIZE + _CLEAR + b"\x1fC\x00\x1f\x01"


def epson_rows(upper: str, lower: str) -> bytes:
    """Go to the first place of each row, `US $ 1 row`, and write it."""
    return b"\x1f$\x01\x01" + plain(upper) + b"\x1f$\x01\x02" + plain(lower)


def _status(**facts: str) -> tuple[Event, ...]:
    said: dict[str, str | int | float | None] = {"from": "host", **facts}
    return (Status(said),)


#: What sets a display up: bytes → what they ask for. The byte behind a cursor's command is one of two.
_SETUP: Final = {_INITIALIZE: "initialize", _CLEAR: "clear"}
_SETUP_CD5220: Final = {b"\x1b_\x00": "cursor off", b"\x1b_\x01": "cursor on"}
_SETUP_EPSON: Final = {
    b"\x1fC\x00": "cursor off",
    b"\x1fC\x01": "cursor on",
    b"\x1f\x01": "overwrite",
}


def _scanner(setup: dict[bytes, str], row: Callable[[bytearray, int], Step], starts: bytes) -> Scan:
    words = {**_SETUP, **setup}

    def scan(buffer: bytearray, start: int) -> Step:
        if buffer[start] not in starts:
            return Skip(1)
        rest = bytes(buffer[start : start + 3])
        for command, meaning in words.items():
            if rest.startswith(command):
                return Take(len(command), _status(command=meaning))
        if any(command.startswith(rest) for command in words):
            return None
        return row(buffer, start)

    return scan


def _row_cd5220(buffer: bytearray, start: int) -> Step:
    head = bytes(buffer[start : start + 3])
    if not b"\x1bQ".startswith(head[:2]) or head[2:] not in (b"", b"A", b"B"):
        return Skip(1)
    end = buffer.find(b"\r", start + 3, start + 4 + COLUMNS)
    text = buffer[start + 3 : end if end >= 0 else start + 3 + COLUMNS]
    if any(byte not in _TEXT for byte in text):
        return Skip(1)
    if end < 0:
        return None if len(buffer) - start < 4 + COLUMNS else Skip(1)
    name = ROWS[head[2] - ord("A")]
    return Take(end + 1 - start, _status(row=name, text=text.decode("ascii").rstrip()))


def _row_epson(buffer: bytearray, start: int) -> Step:
    head = bytes(buffer[start : start + 4])
    if not b"\x1f$\x01".startswith(head[:3]) or head[3:] not in (b"", b"\x01", b"\x02"):
        return Skip(1)
    text = buffer[start + 4 : start + 4 + COLUMNS]
    if any(byte not in _TEXT for byte in text):
        return Skip(1)
    if len(text) < COLUMNS:
        return None
    name = ROWS[head[3] - 1]
    return Take(4 + COLUMNS, _status(row=name, text=text.decode("ascii").rstrip()))


def cd5220() -> Framer:
    """A driver that understands what is sent to such a display."""
    return Framer(_scanner(_SETUP_CD5220, _row_cd5220, b"\x1b\x0c"), longest=4 + COLUMNS)


def epson_dm_d() -> Framer:
    """A driver that understands what is sent to such a display."""
    return Framer(_scanner(_SETUP_EPSON, _row_epson, b"\x1b\x0c\x1f"), longest=4 + COLUMNS)
