"""Line scanners: a code is a line of text, perhaps behind a prefix and an AIM identifier.

Nothing inside the text is trimmed: 1D, 1E and 04 are payload (GS1, ISO 15434), blanks too.
"""

from . import gs1
from .event import CardRead, Event, Noise
from .text_line import Cause, Ending, Line, LineFramer

#: A code that silence ends must have at least this many characters; less is the tail of something.
SHORTEST_BY_SILENCE = 4


def split_aim(text: str) -> tuple[str | None, str]:
    """The AIM identifier (`]`, letter, modifier), where there is one, and the text behind it."""
    if (
        len(text) >= 3
        and text[0] == "]"
        and text[1].isascii()
        and text[1].isalpha()
        and text[2].isalnum()
    ):
        return text[:3], text[3:]
    return None, text


def to_text(data: bytes) -> str:
    """UTF-8 where it is UTF-8, else Latin-1: every byte string is some text."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read_codes(data: bytes, prefix: bytes = b"") -> tuple[CardRead | Noise, ...]:
    """The codes of one line, or why it has none: one, or the two messages of a composite symbol."""
    if not data.startswith(prefix):
        return (Noise(data, f"framing: the line does not begin with the set prefix {prefix!r}"),)
    text = to_text(data[len(prefix) :])
    parts = text.split("|]e") if text.startswith(("]E0", "]E4")) else [text]
    messages = [parts[0], *("]e" + part for part in parts[1:])]
    return tuple(_read_message(message, data) for message in messages)


def _read_message(text: str, data: bytes) -> CardRead | Noise:
    symbology, code = split_aim(text)
    return to_read(symbology, code) if code else Noise(data, "empty: a line without a code")


def to_read(symbology: str | None, code: str) -> CardRead:
    """The read of a code; `check_valid` is a fact where it carries check digits."""
    right = gs1.check(symbology, code)
    return CardRead(code, symbology, {} if right is None else {"check_valid": right})


class LineScanner:
    """A driver for scanners that send text: over a serial line, USB CDC or a socket."""

    def __init__(self, suffix: Ending = Ending.AUTO, prefix: str = "", gap_s: float = 0.3) -> None:
        self._by_silence = suffix in (Ending.AUTO, Ending.NONE)
        self._tab_may_end = suffix is Ending.AUTO
        self._prefix = prefix.encode()
        self._lines = LineFramer(suffix, gap_s=gap_s)

    @property
    def due_at(self) -> float | None:
        """When silence ends the code that is half read."""
        return self._lines.due_at

    def start(self, now: float) -> list[Event]:
        """Forget what was half read."""
        self._lines.clear()
        return []

    def feed(self, data: bytes, now: float) -> list[Event]:
        """Bytes arrived."""
        return [event for line in self._lines.feed(data, now) for event in self._events(line)]

    def tick(self, now: float) -> list[Event]:
        """A silence may end a code."""
        return [event for line in self._lines.tick(now) for event in self._events(line)]

    def _events(self, line: Line) -> tuple[Event, ...]:
        data = line.data
        match line.cause:
            case Cause.TOO_LONG:
                return (Noise(data, "framing: the line is too long for a code"),)
            case Cause.SILENCE:
                if not self._by_silence:
                    return (Noise(data, "truncated: silence came before the set suffix"),)
                if self._tab_may_end and data.endswith(b"\t"):
                    data = data[:-1]
                if len(data) < SHORTEST_BY_SILENCE:
                    return (Noise(line.data, "truncated: too short for a code without a suffix"),)
        return read_codes(data, self._prefix)
