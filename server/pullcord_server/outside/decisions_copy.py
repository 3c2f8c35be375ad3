"""The copy of decisions on another disk or host: one JSON line each, in number order, one fsync a turn."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


class CopyError(RuntimeError):
    """The copy cannot be read as what it should be."""


class DecisionsCopy:
    """Appends lines; remembers what keeps it from doing so in `fault`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fault: str | None = None
        self._waiting: list[dict[str, Any]] = []

    def last(self) -> int:
        """The number of the last whole line; 0 for none. A torn last line is cut off."""
        if not self.path.exists():
            return 0
        number, whole = 0, 0
        with self.path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                number = _line(self.path, line)["number"]
                whole += len(line)
        if whole < self.path.stat().st_size:
            os.truncate(self.path, whole)
        return number

    def newest(self) -> int:
        """The number of the last whole line, without a touch on the file; 0 for none."""
        number = 0
        for line in self.read() if self.path.exists() else ():
            number = line["number"]
        return number

    def write(self, lines: Sequence[dict[str, Any]]) -> None:
        """Append; what could not be written before goes first. `fault` says how it went."""
        self._waiting += lines
        if self.fault is not None:
            try:
                last = self.last()
            except OSError as error:
                self.fault = f"{self.path}: {error.strerror}"
                return
            self._waiting = [line for line in self._waiting if line["number"] > last]
        data = b"".join(
            json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            for line in self._waiting
        )
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            self.fault = f"{self.path}: {error.strerror}"
            return
        self._waiting.clear()
        self.fault = None

    def read(self) -> Iterator[dict[str, Any]]:
        """Every whole line, in order."""
        with self.path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield _line(self.path, line)


def _line(path: Path, line: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(line)
        int(found["number"])
    except (ValueError, KeyError, TypeError) as error:
        raise CopyError(
            f"{path}: a line is not a decision ({error}); restore it from elsewhere"
        ) from None
    return found
