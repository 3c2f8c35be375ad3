"""How long to wait before trying an outside thing again."""

import random
from typing import Final

FIRST_S: Final = 0.1
MOST_S: Final = 2.0


def delay(attempt: int) -> float:
    """Seconds before attempt number `attempt` (0: the first): doubling, jittered by half."""
    longest: float = min(MOST_S, FIRST_S * 2.0 ** min(attempt, 16))
    return longest * (0.5 + random.random() / 2)
