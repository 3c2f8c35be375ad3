"""Cuts a byte stream into frames with one pure scan function: any split gives the same events."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from .event import Event, Noise

JUNK_LIMIT = 256


@dataclass(frozen=True, slots=True)
class Skip:
    """The next `size` bytes are no good frame."""

    size: int
    reason: str = "framing"


@dataclass(frozen=True, slots=True)
class Take:
    """The next `size` bytes are understood and mean these events."""

    size: int
    events: tuple[Event, ...] = ()


#: None: more bytes are needed to tell.
Step: TypeAlias = Skip | Take | None
#: Looks at `buffer` from `start` (there is at least one byte) and says what the next bytes are.
Scan: TypeAlias = Callable[[bytearray, int], Step]


def skip_to(buffer: bytearray, start: int, end: int, starts: bytes) -> int:
    """How many bytes of `buffer[start:end]` come before the next of `starts`; at least 1."""
    found = [at for byte in starts if (at := buffer.find(byte, start + 1, end)) >= 0]
    return (min(found) if found else end) - start


class Framer:
    """A driver made of one scan. Junk between frames is one Noise; half a frame waits `gap_s`.

    `filler` bytes may stand between frames and are no noise. `finish` says what silence makes of
    the rest; without it, or where it says None, the rest is noise.
    """

    def __init__(
        self,
        scan: Scan,
        *,
        longest: int,
        gap_s: float = 0.1,
        filler: bytes = b"",
        finish: Scan | None = None,
    ) -> None:
        self._scan = scan
        self._finish = finish
        self._filler = filler
        self._longest = longest
        self._gap_s = gap_s
        self._buffer = bytearray()
        self._junk = bytearray()
        self._junk_reason = "framing"
        self._last = 0.0

    @property
    def due_at(self) -> float | None:
        """When half a frame, or junk without a frame after it, is given up."""
        pending = self._junk or self._buffer.strip(self._filler)
        return self._last + self._gap_s if pending else None

    def start(self, now: float) -> list[Event]:
        """Forget what was half read."""
        self._buffer.clear()
        self._junk.clear()
        return []

    def feed(self, data: bytes, now: float) -> list[Event]:
        """Bytes arrived."""
        self._last = now
        self._buffer += data
        return self._advance(final=False)

    def tick(self, now: float) -> list[Event]:
        """After a silence of `gap_s` what is half read is noise."""
        due = self.due_at
        return self._advance(final=True) if due is not None and now >= due else []

    def _advance(self, *, final: bool) -> list[Event]:
        out: list[Event] = []
        buffer, at = self._buffer, 0
        while at < len(buffer):
            step = self._scan(buffer, at)
            if step is None:
                if not final and len(buffer) - at < self._longest:
                    break
                step = self._give_up(at, final=final)
            match step:
                case Take(size, events):
                    self._end_junk(out)
                    out += events
                case Skip(size, reason) if reason in ("framing", "truncated"):
                    self._add_junk(buffer[at : at + size], reason, out)
                case Skip(size, reason):
                    self._end_junk(out)
                    out.append(Noise(bytes(buffer[at : at + size]), reason))
            at += step.size
        del buffer[:at]
        if final:
            self._end_junk(out)
        return out

    def _give_up(self, at: int, *, final: bool) -> Skip | Take:
        if self._buffer[at] in self._filler:
            return Take(1)
        step = self._finish(self._buffer, at) if final and self._finish else None
        if step is not None:
            return step
        return Skip(1, "truncated" if final else "framing")

    def _add_junk(self, data: bytearray, reason: str, out: list[Event]) -> None:
        if not self._junk:
            self._junk_reason = reason
        self._junk += data
        while len(self._junk) >= JUNK_LIMIT:
            out.append(Noise(bytes(self._junk[:JUNK_LIMIT]), self._junk_reason))
            del self._junk[:JUNK_LIMIT]

    def _end_junk(self, out: list[Event]) -> None:
        if self._junk:
            out.append(Noise(bytes(self._junk), self._junk_reason))
            self._junk.clear()
