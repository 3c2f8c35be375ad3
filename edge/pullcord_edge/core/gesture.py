"""One gesture, one event: which of a reader's frames are a card dropped, and when it left.

Pure: every method takes `now`, seconds that never go back.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from pullcord_edge.core.setting import Gesture

CONFIRM_S: Final = 3.0
"""The second equal frame of a tag never seen before must come within this."""
_KNOWN: Final = 10_000


@dataclass(frozen=True, slots=True)
class Dropped:
    """A card came: one gesture."""

    code: str


@dataclass(frozen=True, slots=True)
class Left:
    """A tag that rested at the reader is gone."""

    code: str


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A tag never seen before sent one frame and no second: taken for noise."""

    code: str


Happening: TypeAlias = Dropped | Left | Doubtful


class GestureFilter:
    """The gestures at one reader. Without `many`, a new tag ends the one before it."""

    def __init__(
        self, rule: Gesture, known: Iterable[str] = (), resting: Iterable[str] = (), now: float = 0
    ) -> None:
        """`known`: codes seen before this start; `resting`: those that lay here when it ended."""
        self._rule = rule
        self._known = OrderedDict.fromkeys(known if rule.confirm else ())
        self._resting: dict[str, float] = dict.fromkeys(resting, now)
        self._pending: tuple[str, float] | None = None

    @property
    def due_at(self) -> float | None:
        """When `tick` may have something to say; None: nothing can happen by time alone."""
        times = [self._pending[1] + CONFIRM_S] if self._pending else []
        if not self._rule.many and self._rule.removed:
            times += [at + self._rule.absence_s for at in self._resting.values()]
        return min(times) if times else None

    def read(self, code: str, now: float) -> list[Happening]:
        """A good frame of this tag."""
        out = self.tick(now)
        if code in self._resting:
            self._resting[code] = now
            return out
        second = self._pending is not None and self._pending[0] == code
        if second:
            self._pending = None
        elif self._rule.confirm and code not in self._known:
            return out + self._doubt((code, now))
        if not self._rule.many:
            out += self._end([other for other in self._resting if other != code])
        if self._rule.confirm:
            self._learn(code)
        self._resting[code] = now
        return [*out, Dropped(code)]

    def see(self, codes: frozenset[str], now: float) -> list[Happening]:
        """A whole look of the reader saw these tags and no other."""
        out = self.tick(now)
        for code in sorted(codes):
            out += self.read(code, now)
        if self._rule.many:
            gone = [
                code
                for code, at in self._resting.items()
                if code not in codes and now - at >= self._rule.absence_s
            ]
            out += self._end(gone)
        return out

    def tick(self, now: float) -> list[Happening]:
        """Time passed: a tag may have left, a doubtful one was noise."""
        out: list[Happening] = []
        if self._pending is not None and now - self._pending[1] >= CONFIRM_S:
            out += self._doubt(None)
        if not self._rule.many:
            gone = [c for c, at in self._resting.items() if now - at >= self._rule.absence_s]
            out += self._end(gone)
        return out

    def forget(self, code: str) -> None:
        """This drop could not be kept: the tag's next frame counts again."""
        self._resting.pop(code, None)

    def _doubt(self, pending: tuple[str, float] | None) -> list[Happening]:
        """The frame that waited for its second was noise; another may wait now."""
        before, self._pending = self._pending, pending
        return [Doubtful(before[0])] if before else []

    def _end(self, codes: Iterable[str]) -> list[Happening]:
        out: list[Happening] = []
        for code in codes:
            del self._resting[code]
            if self._rule.removed:
                out.append(Left(code))
        return out

    def _learn(self, code: str) -> None:
        self._known[code] = None
        self._known.move_to_end(code)
        if len(self._known) > _KNOWN:
            self._known.popitem(last=False)
