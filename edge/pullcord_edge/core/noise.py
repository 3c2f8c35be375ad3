"""When noise on a reader's line is worth a line of the log, and when it is a fault. Pure."""

from dataclasses import dataclass, field
from math import inf
from typing import Final

from pullcord_edge.core.input import NoiseHeard

EVERY_S: Final = 10.0
"""Noise is summed up at most this often."""
STORM: Final = 20
"""So much noise within that time, and not one good frame, is a fault."""
FAULT: Final = "only noise: wrong speed, driver or wiring"
SWAPPED: Final = "wires: D0 and D1 are swapped"
SURE: Final = 3
"""So many frames in a row that would be good with the wires swapped, and none good, are a fault."""


@dataclass(slots=True)
class NoiseMeter:
    """`fault`: what the noise of one device amounts to; None: nothing, or it is over."""

    device: str
    fault: str | None = None
    _count: int = 0
    _good: int = 0
    _reason: str = ""
    _sample: bytes = b""
    _since: float = field(default=-inf)
    _swapped: int = 0

    def hear(self, reason: str, data: bytes, now: float) -> NoiseHeard | None:
        """Noise came; its sum when it is time for it. The first is told at once."""
        self._count += 1
        self._swapped = self._swapped + 1 if "D0 and D1 swapped" in reason else 0
        if self._swapped >= SURE:
            self.fault = SWAPPED
        self._reason, self._sample = reason, data[:32]
        return self._sum_up(now)

    def good(self) -> None:
        """A good frame came: the line is sound."""
        self._good += 1
        self._swapped = 0
        self.fault = None

    def tick(self, now: float) -> NoiseHeard | None:
        """The sum of what came since the last, when it is time for it."""
        return self._sum_up(now) if self._count else None

    def due_at(self) -> float | None:
        """When a sum is due; None: there was no noise."""
        return self._since + EVERY_S if self._count else None

    def _sum_up(self, now: float) -> NoiseHeard | None:
        if now < self._since + EVERY_S:
            return None
        if self._count >= STORM and not self._good and self.fault is None:
            self.fault = FAULT
        heard = NoiseHeard(self.device, self._count, self._reason, self._sample)
        self._count = self._good = 0
        self._since = now
        return heard
