"""The server's time: one clock, the system's or one that is driven. Instants are ms since 1970 UTC."""

import threading
import time
from typing import Protocol

from pullcord_wire.instant import format_instant


class Clock(Protocol):
    """What time it is."""

    def now(self) -> int | None:
        """The instant; None as long as a driven server was told none."""
        ...


class ClockBack(ValueError):
    """A driven clock was to go back. `now` is where it stands, `asked` where it should have gone."""

    def __init__(self, now: int, asked: int) -> None:
        super().__init__(
            f"the clock stands at {format_instant(now)} and does not go back"
            f" to {format_instant(asked)}; send a later `now`"
        )
        self.now = now
        self.asked = asked


class SystemClock:
    """The machine's wall clock."""

    def now(self) -> int:
        """The instant by the machine."""
        return time.time_ns() // 1_000_000


class DrivenClock:
    """A clock that stands until it is set, and goes forward only. Any thread may ask."""

    def __init__(self) -> None:
        self._now: int | None = None
        self._lock = threading.Lock()

    def now(self) -> int | None:
        """Where it stands; None before the first `set`."""
        return self._now

    def set(self, now: int) -> None:
        """Move to `now`, or stay there; ClockBack, and nothing changed, where that lies in its past."""
        with self._lock:
            if self._now is not None and now < self._now:
                raise ClockBack(self._now, now)
            self._now = now
