"""How long to wait before the next try."""

from collections.abc import Sequence
from typing import Final

REPEAT_S: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each repeat of what nobody answered; the last goes on."""
SPREAD: Final = 0.1
"""A delay is stretched by at most this share, so that stations do not march in step."""


def delay(tries: int, jitter: float, steps: Sequence[float] = REPEAT_S) -> float:
    """Seconds to wait after `tries` vain repeats; `jitter` from 0 to 1 stretches by up to 10 %."""
    return steps[min(tries, len(steps) - 1)] * (1.0 + SPREAD * jitter)
