"""Which server a station obeys: the one it knows; another only when that one is silent."""

from dataclasses import dataclass
from math import inf
from typing import Final

SILENCE_S: Final = 10.0
"""Another server is obeyed after so long without the known one."""


@dataclass(slots=True)
class Obedience:
    """The known server, and when the newest questions it and another one answered were asked."""

    known: str | None = None
    heard_at: float = -inf
    other_at: float = -inf

    def hear(self, server: str, asked_at: float, now: float) -> bool:
        """`server` answered what was asked at `asked_at`: whether it is obeyed."""
        if server != self.known:
            if self.known is not None and now - self.heard_at < SILENCE_S:
                self.other_at = max(self.other_at, asked_at)
                return False
            self.known, self.heard_at, self.other_at = server, asked_at, self.heard_at
        self.heard_at = max(self.heard_at, asked_at)
        return True

    def both_answer(self, now: float) -> bool:
        """Whether the known server and another one answered lately."""
        return now - min(self.heard_at, self.other_at) < SILENCE_S
