"""Inputs that tremble: a switch that bounces, a value that jumps; judged when they have settled.

Pure: every method takes `now`, seconds that never go back.
"""

from collections import deque
from dataclasses import dataclass
from statistics import median

from pullcord_edge.core.setting import Level


class Debounce:
    """A two-state input that counts once it stayed the same for `settle_s`."""

    def __init__(self, settle_s: float, state: bool | None = None) -> None:
        """`state`: what it is taken for at first; None: its first settled state is a change."""
        self.state = state
        self._settle_s = settle_s
        self._raw = state
        self._since = 0.0

    @property
    def due_at(self) -> float | None:
        """When an unsettled state will have settled."""
        return None if self._raw == self.state else self._since + self._settle_s

    def feed(self, raw: bool, now: float) -> bool | None:
        """The input is `raw` now; the new settled state where there is one."""
        changed = self.tick(now)
        if raw != self._raw:
            self._raw, self._since = raw, now
            changed = changed if changed is not None else self.tick(now)
        return changed

    def tick(self, now: float) -> bool | None:
        """The new settled state, if time has made it one."""
        due = self.due_at
        if due is None or now < due:
            return None
        self.state = self._raw
        return self.state


@dataclass(frozen=True, slots=True)
class Judged:
    """A sensor's settled judgement, and the value it was made from."""

    value: float
    empty: bool


class LevelFilter:
    """A sensor's place: empty or not, judged by its rule and settled."""

    def __init__(self, rule: Level, empty: bool | None = None) -> None:
        """`empty`: what was last said of it; None: the first judgement is said."""
        self._rule = rule
        self._settled = Debounce(rule.settle_s, empty)
        self._values: deque[float] = deque(maxlen=rule.median)
        self._value = 0.0

    @property
    def due_at(self) -> float | None:
        """When an unsettled judgement will have settled."""
        return self._settled.due_at

    @property
    def empty(self) -> bool | None:
        """The settled judgement; None: there is none yet."""
        return self._settled.state

    def close(self, closed: bool, now: float) -> Judged | None:
        """The switch is closed or open now."""
        self._value = float(closed)
        return self._judge(closed == self._rule.empty_when_closed, now)

    def measure(self, value: float, now: float) -> Judged | None:
        """A good measurement came."""
        self._values.append(value)
        self._value = float(median(self._values))
        return self._judge(self._is_empty(self._value), now)

    def tick(self, now: float) -> Judged | None:
        """The judgement, if time has settled it."""
        return self._say(self._settled.tick(now))

    def _judge(self, empty: bool, now: float) -> Judged | None:
        return self._say(self._settled.feed(empty, now))

    def _say(self, empty: bool | None) -> Judged | None:
        return None if empty is None else Judged(self._value, empty)

    def _is_empty(self, value: float) -> bool:
        rule = self._rule
        back = rule.hysteresis if self._settled.state else 0.0
        if rule.empty_below is not None:
            return value < rule.empty_below + back
        return rule.empty_above is not None and value > rule.empty_above - back
