"""Which wall time a station gives its entries, and how far it may be trusted. Pure.

A server's `now` is taken only while the own clock is unset, and only from a server whose `now` runs
like a clock: a driven one stands still and jumps, so no station takes its time.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from pullcord_edge.core.input import Instant
from pullcord_wire.message import ClockState

AGREE_MS: Final = 500
"""Two answers agree when their clocks moved like ours within this."""
WITNESSES: Final = 3
"""So many answers in a row must agree before a server's clock is believed …"""
APART_S: Final = 1.0
"""… each this long after the one before."""
EARLIEST: Final = 1_735_689_600_000
"""2025-01-01: no server of this protocol lives before it."""


@dataclass(frozen=True, slots=True)
class _Witness:
    server: str
    offset: int
    up: float


class Wall:
    """The wall clock of one boot: `look` at the clocks, `hear` servers, `stamp` entries."""

    def __init__(self, now: Instant, last_known_at: int | None) -> None:
        """`last_known_at`: the time of the newest entry before this start."""
        self._floor = None if last_known_at is None else last_known_at - round(now.up * 1000)
        self._now = now
        self._synced = now.synced
        self._server_offset: int | None = None
        self._witnesses: deque[_Witness] = deque(maxlen=WITNESSES)

    @property
    def state(self) -> ClockState:
        """Where the time comes from."""
        if self._synced:
            return ClockState.SYNCED
        return ClockState.UNSET if self._server_offset is None else ClockState.SERVER

    def look(self, now: Instant) -> bool:
        """The clocks were looked at: whether the time became right, or right by a better source.

        Once the time service has set the clock of a boot, it stays trusted: it drifts by seconds
        a day at most.
        """
        self._now = now
        if now.synced and not self._synced:
            self._synced = True
            return True
        return False

    def hear(self, server: str, server_now: int, up: float) -> bool:
        """The obeyed server said its time at `up`: whether ours became right, or another, by it."""
        if self._synced:
            return False
        witness = _Witness(server, server_now - round(up * 1000), up)
        if not all(_agree(witness, before) for before in self._witnesses):
            self._witnesses.clear()
        if not self._witnesses or up - self._witnesses[-1].up >= APART_S:
            self._witnesses.append(witness)
        if len(self._witnesses) < WITNESSES or server_now < EARLIEST:
            return False
        before = self._server_offset
        if before is not None and abs(before - witness.offset) <= 2 * AGREE_MS:
            return False
        # The answer that travelled fastest is nearest to the truth.
        self._server_offset = max(each.offset for each in self._witnesses)
        return True

    def stamp(self, up: float) -> tuple[int, ClockState]:
        """The wall time, ms since 1970, of something that happened at `up`, and its trust."""
        state = self.state
        since_boot = round(up * 1000)
        at = self._now.at + since_boot - round(self._now.up * 1000)
        if state is ClockState.SERVER and self._server_offset is not None:
            at = self._server_offset + since_boot
        elif state is ClockState.UNSET and self._floor is not None:
            at = max(at, self._floor + since_boot)
        return max(at, 0), state


def _agree(one: _Witness, other: _Witness) -> bool:
    return one.server == other.server and abs(one.offset - other.offset) <= AGREE_MS
