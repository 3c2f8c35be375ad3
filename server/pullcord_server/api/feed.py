"""One stream to many screens: read once a change, encoded once, handed to everybody."""

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from .house import Changes

log = logging.getLogger("pullcord.stream")

#: Between two heartbeats, seconds.
BEAT_S = 2.0
#: Between two boards at least, seconds; and this many times as long as one took to make and hand out.
GAP_S = 0.05
EASE = 3.0
#: The longest wait at once, seconds.
NAP_S = 0.5
#: Messages that wait for a screen at most.
MOST = 100

Values = Mapping[str, Any]


class Screen:
    """One connected screen, and what waits for it."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._some = asyncio.Event()
        self.slow = False
        self.closed = False

    def close(self) -> None:
        """No more messages come."""
        self.closed = True
        self._some.set()

    def put(self, message: bytes) -> None:
        """Never waits: where too much waits the screen is slow, and is let go."""
        if len(self._waiting) < MOST:
            self._waiting.append(message)
        else:
            self.slow = self.closed = True
        self._some.set()

    async def take(self) -> bytes:
        """All that waits, as soon as something does."""
        await self._some.wait()
        self._some.clear()
        taken = b"".join(self._waiting)
        self._waiting.clear()
        return taken


class Feed:
    """Makes the messages of one stream while somebody looks. `read` runs in a thread of its own.

    `same`: what of a board must differ for a new one to be sent. `pulse`: what a heartbeat says beside version and time.
    `gap_s`: between two boards at least. `part`: what a change says to who has the board before; else it says all.
    """

    def __init__(
        self,
        changes: Changes,
        read: Callable[[], Values],
        same: Callable[[Values], object],
        pulse: Callable[[Values], Values],
        gap_s: float = GAP_S,
        part: Callable[[Values, Values], Values] | None = None,
    ) -> None:
        self._changes = changes
        self._gap_s = gap_s
        self._read = read
        self._same = same
        self._pulse = pulse
        self._part = part
        self._screens: set[Screen] = set()
        self._task: asyncio.Task[None] | None = None
        self._board: Values | None = None
        self._version = 0

    @property
    def watched(self) -> bool:
        """Whether anybody looks."""
        return bool(self._screens)

    def join(self) -> Screen:
        """A new screen; its first message is a snapshot."""
        screen = Screen()
        if self._board is not None and self._task is not None:
            screen.put(self._message("snapshot", self._board))
        self._screens.add(screen)
        if self._task is None or self._task.done():
            self._board = None
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(self._ended)
        return screen

    def leave(self, screen: Screen) -> None:
        """The screen is gone."""
        self._screens.discard(screen)

    def close(self) -> None:
        """Tell every screen that no more comes."""
        for screen in self._screens:
            screen.close()

    async def _run(self) -> None:
        """Until nobody looks any more."""
        seen, beat_at = self._changes.version, 0.0
        while self._screens:
            began = time.monotonic()
            fresh = await self._look()
            if fresh and time.monotonic() >= beat_at:
                self._beat()
                beat_at = time.monotonic() + BEAT_S
            took = time.monotonic() - began
            await asyncio.sleep(max(self._gap_s, EASE * took))
            seen = await self._change(seen, max(beat_at, time.monotonic()))

    async def _change(self, seen: int, until: float) -> int:
        """Wait for a newer version than `seen`, or `until`; in short waits, so that the end is not held up."""
        while True:
            left = until - time.monotonic()
            version = await asyncio.to_thread(self._changes.wait, seen, min(max(left, 0.0), NAP_S))
            if version != seen or left <= NAP_S:
                return version

    async def _look(self) -> bool:
        """Read, and hand out what changed; whether it could be read."""
        try:
            board = await asyncio.to_thread(self._read)
        except (DBAPIError, PoolTimeout) as error:
            log.warning("the board cannot be read: %s", error)
            return False
        before, self._board = self._board, board
        if before is not None and self._same(board) == self._same(before):
            return True
        self._version += 1
        if before is None:
            self._hand(self._message("snapshot", board))
        else:
            self._hand(self._message("change", self._part(before, board) if self._part else board))
        return True

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """A fault in making boards is told, and the screens come again."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("stream ended", exc_info=error)
            self.close()

    def _hand(self, message: bytes) -> None:
        for screen in self._screens:
            screen.put(message)

    def _beat(self) -> None:
        if self._board is None:
            return
        values = {"now": self._board["now"], **self._pulse(self._board)}
        self._hand(self._message("heartbeat", values))

    def _message(self, event: str, values: Values) -> bytes:
        text = json.dumps(
            {"version": self._version, **values}, ensure_ascii=False, separators=(",", ":")
        )
        return f"event: {event}\ndata: {text}\n\n".encode()
