"""The last card read at a station: only it gets a verdict, and only it can be undone. Pure."""

from dataclasses import dataclass
from typing import Final

from pullcord_wire.message import VerdictMessage

VERDICT_S: Final = 3.0
"""A verdict later than this after its drop is not shown any more."""
UNDO_S: Final = 60.0
"""A worker takes back his last drop within this."""


@dataclass(slots=True)
class LastDrop:
    """Entry `seq` of the running journal `run`; 0: nothing was read yet."""

    run: str
    seq: int = 0
    up: float = 0.0
    answered: bool = False
    undone: bool = False

    def drop(self, seq: int, up: float) -> None:
        """A card was read and kept."""
        self.seq, self.up, self.answered, self.undone = seq, up, False, False

    def take_verdict(self, message: VerdictMessage, now: float) -> bool:
        """Whether this verdict is shown: it is of the last drop, fresh, and the first."""
        mine = self.seq > 0 and (message.journal, message.seq) == (self.run, self.seq)
        if not mine or self.answered or now - self.up > VERDICT_S:
            return False
        self.answered = True
        return True

    def undo(self, now: float) -> str | None:
        """The entry to be taken back, once; None: there is none, or it is too late."""
        if not self.seq or self.undone or now - self.up > UNDO_S:
            return None
        self.undone = True
        return f"{self.run}.{self.seq}"

    def undo_failed(self) -> None:
        """The wish was not kept: it may be made again."""
        self.undone = False
