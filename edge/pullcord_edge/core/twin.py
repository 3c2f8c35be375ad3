"""Whether another program goes by this station's name: the server answers questions that are not ours. Pure."""

from dataclasses import dataclass, field
from typing import Final

APART_S: Final = 3.0
"""Answers to one other run, so far apart, are no leftovers of a start before this one."""
FRESH_S: Final = 10.0
"""Another one is gone when nothing was answered to it for so long."""
_MOST: Final = 16


@dataclass(slots=True)
class Twin:
    """Tell `hear` of answers to other runs; for each, when they began and when the last one came."""

    _heard: dict[str, tuple[float, float]] = field(default_factory=dict)

    def hear(self, run: str, now: float) -> None:
        """The server answered a question of `run`, which is not ours."""
        fresh = {name: times for name, times in self._heard.items() if now - times[1] < FRESH_S}
        since, _ = fresh.pop(run, (now, now))
        self._heard = dict([*fresh.items(), (run, (since, now))][-_MOST:])

    def lives(self, now: float) -> bool:
        """Whether another program asks under our name at present."""
        return any(
            last - since >= APART_S and now - last < FRESH_S for since, last in self._heard.values()
        )
