"""How many entries the next page may hold, how long its answer is awaited, when one goes `raw`."""

from dataclasses import dataclass
from typing import Final

from pullcord_edge.core.backoff import delay
from pullcord_wire.codec import PAGE_ENTRIES

CAREFUL_ENTRIES: Final = 100
"""The most entries in a page at first, and after one that was not answered; answers double it."""
SLOW_S: Final = 0.5
"""An answer that takes so long says that the server has enough to do: pages become smaller."""
RAW_AFTER: Final = 3
"""An entry goes `raw` when alone it was passed over so often while empty pages were answered."""
_PROBE_AFTER: Final = 2


@dataclass(slots=True)
class Pace:
    """`limit` entries a page at most; `tries`: vain repeats; `passed_over`: of one entry alone."""

    limit: int = CAREFUL_ENTRIES
    tries: int = 0
    passed_over: int = 0

    def begin(self) -> None:
        """The broker is there (again)."""
        self.limit = min(self.limit, CAREFUL_ENTRIES)
        self.tries = 0

    def repeat(self) -> None:
        """Nobody answered in time: a dead server must not be flooded."""
        self.limit = min(self.limit, CAREFUL_ENTRIES)
        self.tries += 1

    def advance(self, took_s: float) -> None:
        """An answer that came after `took_s` moved a mark."""
        least = min(self.limit, CAREFUL_ENTRIES)
        slower = max(self.limit // 2, least)
        self.limit = slower if took_s >= SLOW_S else min(self.limit * 2, PAGE_ENTRIES)
        self.tries = 0
        self.passed_over = 0

    def pass_over(self, count: int) -> None:
        """A page of `count` entries was not answered, an empty one after it was."""
        self.passed_over += count == 1
        self.halve(count)

    def halve(self, count: int) -> None:
        """A page of `count` entries may be what nobody can take."""
        if count:
            self.limit = max(count // 2, 1)

    @property
    def is_raw(self) -> bool:
        """Whether a page of one entry must hold it as the body of a `raw` one."""
        return self.passed_over >= RAW_AFTER

    @property
    def probes(self) -> bool:
        """Whether an empty page is to find out if there is a server at all."""
        return self.tries >= _PROBE_AFTER

    def wait(self, jitter: float) -> float:
        """Seconds until the next repeat."""
        return delay(self.tries, jitter)
