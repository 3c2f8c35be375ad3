"""Plain counters of the desk; the metrics page renders them."""

from collections import Counter, deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """What was counted since this process began. `lags`: seconds from `at` to commit of fresh entries."""

    entries: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    lags: deque[float] = field(default_factory=lambda: deque(maxlen=10_000))
    pages: int = 0
    turns: int = 0
    failed_turns: int = 0
    late_folds: int = 0
    quarantined: int = 0
    events_sent: int = 0
    unreadable_pages: int = 0
    invariants: int = 0
