"""What was asked to be recorded, and what becomes of it when the disk keeps it or fails. Pure."""

from collections import deque
from dataclasses import dataclass, field
from math import inf
from typing import Final, TypeAlias

from pullcord_edge.core.cause import Cause, Drop, Finished, Owed
from pullcord_edge.core.effect import Record

PROBE_S: Final = 2.0
"""A disk that failed is tried again so often."""
REARM_S: Final = 1.0
"""A card that rests while the disk fails counts again after this."""
JOURNAL: Final = "journal"
"""The journal's name as a device."""
_OWED: Final = 1_000

Asked: TypeAlias = tuple[Record, Cause]


@dataclass(slots=True)
class Ledger:
    """`failing`: why nothing is kept at present; None: the disk keeps what it is given."""

    failing: str | None = None
    _asked: list[Asked] = field(default_factory=list)
    _owed: deque[Asked] = field(default_factory=lambda: deque(maxlen=_OWED))
    _rearm: list[tuple[float, Drop]] = field(default_factory=list)
    _probe_at: float = inf

    def ask(self, record: Record, cause: Cause) -> None:
        """This record goes to the disk now."""
        self._asked.append((record, cause))

    def keep(self) -> list[Asked]:
        """The disk kept everything asked for: what that was, in order."""
        kept, self._asked = self._asked, []
        if kept:
            self.failing, self._probe_at = None, inf
        return kept

    def lose(self, reason: str, now: float) -> list[Asked]:
        """The disk kept nothing of what was asked for: what that was."""
        lost, self._asked = self._asked, []
        self.failing, self._probe_at = reason, now + PROBE_S
        for record, cause in lost:
            match cause:
                case Owed() | Finished():
                    self._owed.append((record, cause if isinstance(cause, Owed) else Owed()))
                case Drop():
                    self._rearm.append((now + REARM_S, cause))
        return lost

    def take_rearmed(self, now: float) -> list[Drop]:
        """The drops whose cards count again from now on."""
        due = [drop for at, drop in self._rearm if now >= at]
        self._rearm = [(at, drop) for at, drop in self._rearm if now < at]
        return due

    def take_owed(self, now: float) -> list[Asked] | None:
        """What to ask the failed disk for again, maybe nothing; None: it is not time to try."""
        if self.failing is None or now < self._probe_at:
            return None
        self._probe_at = now + PROBE_S
        owed, self._owed = list(self._owed), deque(maxlen=_OWED)
        return owed

    def next_at(self) -> float:
        """When the disk is tried again; `inf`: it works."""
        return min([self._probe_at, *(at for at, _ in self._rearm)])
