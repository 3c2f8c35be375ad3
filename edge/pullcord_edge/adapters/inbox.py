"""The one inbox of a station: every thread puts in, the one loop takes out. Each source is bounded."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final, TypeAlias

from pullcord_edge.core.input import Input

_BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Stop:
    """The program is asked to end; why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Crashed:
    """A thread's work failed with an error that nothing foresaw."""

    thread: str
    error: str


@dataclass(frozen=True, slots=True)
class Call:
    """Something to be done on the loop's own thread."""

    do: Callable[[], None]


Item: TypeAlias = Input | Stop | Crashed | Call


class Lane:
    """One source's way in: at most `room` of its items wait at a time."""

    def __init__(self, queue: "SimpleQueue[tuple[Item, Lane | None]]", room: int) -> None:
        self._queue = queue
        self._room = threading.Semaphore(room)

    def offer(self, item: Item, wait_s: float = 0.0) -> bool:
        """Put `item` in; False when there is no room for it even after `wait_s`."""
        room = self._room.acquire(timeout=wait_s) if wait_s else self._room.acquire(blocking=False)
        if room:
            self._queue.put((item, self))
        return room

    def leave(self) -> None:
        """One item of this source was taken out."""
        self._room.release()


class Inbox:
    """Items in the order they came."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[tuple[Item, Lane | None]] = SimpleQueue()

    def lane(self, room: int) -> Lane:
        """A bounded way in for one source."""
        return Lane(self._queue, room)

    def put(self, item: Item) -> None:
        """Put in something rare. Safe in a signal handler."""
        self._queue.put((item, None))

    def take(self, wait_s: float) -> list[Item]:
        """What is there, at least one item unless `wait_s` went by."""
        items: list[Item] = []
        with suppress(Empty):
            entry = self._queue.get(timeout=wait_s) if wait_s > 0 else self._queue.get_nowait()
            while True:
                item, lane = entry
                if lane is not None:
                    lane.leave()
                items.append(item)
                if len(items) >= _BATCH:
                    break
                entry = self._queue.get_nowait()
        return items
