"""Serial scales: lines of text, each dialect a pure function from a line to what it means."""

from collections.abc import Callable
from typing import TypeAlias

from .event import Event, Measurement, Noise, Send
from .text_line import Cause, Line, LineFramer
from .weight import read_amount

#: What a line (without its ending, decoded as Latin-1) means; None: it is none of this dialect.
Dialect: TypeAlias = Callable[[str], Event | None]

LIMIT = 512
SEVEN_BITS = "framing: 7 bits with even parity, read as 8: set bits = 7, parity = E at the port"


def measure(text: str, stable: bool) -> Measurement | None:
    """The amount that the text is."""
    amount = read_amount(text)
    return None if amount is None else Measurement(amount[0], amount[1], stable)


class Scale:
    """A driver for one dialect. `ask` is sent every `ask_s` seconds (0: the scale sends by itself)."""

    def __init__(self, dialect: Dialect, ask: bytes = b"", ask_s: float = 0.0) -> None:
        self._dialect = dialect
        self._ask = ask if ask_s else b""
        self._ask_s = ask_s
        self._next: float | None = None
        self._lines = LineFramer(gap_s=0.5, limit=LIMIT)

    @property
    def due_at(self) -> float | None:
        """When to ask again, or when half a line is given up."""
        times = [at for at in (self._next, self._lines.due_at) if at is not None]
        return min(times) if times else None

    def start(self, now: float) -> list[Event]:
        """Forget what was half read; ask."""
        self._lines.clear()
        self._next = now if self._ask else None
        return self._question(now)

    def feed(self, data: bytes, now: float) -> list[Event]:
        """Bytes arrived."""
        return [self._event(line) for line in self._lines.feed(data, now)]

    def tick(self, now: float) -> list[Event]:
        """Half a line is noise after a silence; the next question."""
        return [self._event(line) for line in self._lines.tick(now)] + self._question(now)

    def _question(self, now: float) -> list[Event]:
        if self._next is None or now < self._next:
            return []
        self._next = now + self._ask_s
        return [Send(self._ask)]

    def _event(self, line: Line) -> Event:
        match line.cause:
            case Cause.TOO_LONG:
                return Noise(line.data, "framing: the line is too long")
            case Cause.SILENCE:
                return Noise(line.data, "truncated: a line without its end")
        event = self._dialect(line.data.strip(b"\x02\x03").decode("latin-1"))
        return event or Noise(line.data, self._explain(line.data))

    def _explain(self, data: bytes) -> str:
        low = bytes(byte & 0x7F for byte in data)
        even = all(byte.bit_count() % 2 == 0 for byte in data)
        if low != data and even and self._dialect(low.decode("latin-1")) is not None:
            return SEVEN_BITS
        return "framing"
