"""Cuts a byte stream into text lines by a set ending or by silence, by nothing else."""

from dataclasses import dataclass
from enum import StrEnum


class Ending(StrEnum):
    """What ends a line. `auto`: CR, LF, CR LF, or silence; `none`: silence alone."""

    AUTO = "auto"
    CR = "cr"
    LF = "lf"
    CRLF = "crlf"
    TAB = "tab"
    ETX = "etx"
    NONE = "none"


class Cause(StrEnum):
    """Why a line ended."""

    TERMINATOR = "terminator"
    SILENCE = "silence"
    TOO_LONG = "too long"


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its ending. An ended line is never empty."""

    data: bytes
    cause: Cause


_TERMINATOR = {
    Ending.CR: b"\r",
    Ending.LF: b"\n",
    Ending.CRLF: b"\r\n",
    Ending.TAB: b"\t",
    Ending.ETX: b"\x03",
}


class LineFramer:
    """Collects bytes into lines; a line above `limit` bytes comes in pieces marked too long."""

    def __init__(
        self, ending: Ending = Ending.AUTO, *, gap_s: float = 0.3, limit: int = 8192
    ) -> None:
        self._ending = ending
        self._gap_s = gap_s
        self._limit = limit
        self._held = bytearray()
        self._overlong = False
        self._last = 0.0

    @property
    def due_at(self) -> float | None:
        """When silence ends what is held."""
        return self._last + self._gap_s if self._held else None

    def clear(self) -> None:
        """Forget what was half read."""
        self._held.clear()
        self._overlong = False

    def feed(self, data: bytes, now: float) -> list[Line]:
        """The lines that these bytes end; a silence before them ended what was held."""
        lines = self.tick(now)
        self._last = now
        self._held += data
        lines += self._cut()
        return lines + self._shorten(self._held)

    def tick(self, now: float) -> list[Line]:
        """The line that silence ended, if it did."""
        due = self.due_at
        if due is None or now < due:
            return []
        cause = Cause.TOO_LONG if self._overlong else Cause.SILENCE
        line = Line(bytes(self._held), cause)
        self.clear()
        return [line]

    def _cut(self) -> list[Line]:
        if self._ending is Ending.NONE:
            return []
        if self._ending is Ending.AUTO:
            self._held = self._held.replace(b"\n", b"\r")
            terminator = b"\r"
        else:
            terminator = _TERMINATOR[self._ending]
        *ended, rest = self._held.split(terminator)
        lines: list[Line] = []
        for data in ended:
            lines += self._shorten(data)
            if data:
                lines.append(
                    Line(bytes(data), Cause.TOO_LONG if self._overlong else Cause.TERMINATOR)
                )
            self._overlong = False
        self._held = rest
        return lines

    def _shorten(self, data: bytearray) -> list[Line]:
        """Pieces off the front until the data is no longer than a line may be."""
        pieces: list[Line] = []
        while len(data) > self._limit:
            pieces.append(Line(bytes(data[: self._limit]), Cause.TOO_LONG))
            del data[: self._limit]
            self._overlong = True
        return pieces
