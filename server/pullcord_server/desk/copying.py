"""Decisions on their way to the copy of them, after each commit."""

from dataclasses import dataclass
from typing import Protocol

from .refusal import Refused
from .turn import Copied


class Copy(Protocol):
    """The copy of decisions on another disk or host."""

    @property
    def fault(self) -> str | None: ...

    def write(self, decisions: list[Copied]) -> None:
        """Append these, after those that others wrote since (which may be all there are)."""


@dataclass(slots=True)
class Copying:
    """`behind`: others decided something since the last line was written."""

    copy: Copy | None
    behind: bool = False

    @property
    def fault(self) -> str | None:
        """Why the last line is not there; None without a copy."""
        return None if self.copy is None else self.copy.fault

    def write(self, decisions: list[Copied]) -> Refused | None:
        """Copy what a turn decided; what its people are told where that failed."""
        if self.copy is None or not (decisions or self.behind):
            return None
        self.copy.write(decisions)
        self.behind = False
        if self.copy.fault is None:
            return None
        return Refused(503, "not-copied", f"kept, but not copied: {self.copy.fault}")
