"""What lands on the desk: pages, statuses, actions; taken in turns."""

import queue
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from pullcord_wire.message import Page, Status

from .turn import Turn

#: At most this many entries in one turn, smallest pages first.
TURN_ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class PageIn:
    """A readable page; answers go to `station` of the topic."""

    station: str
    page: Page


@dataclass(frozen=True, slots=True)
class UnreadablePage:
    """A page whose frame cannot be read: kept, and not answered."""

    station: str
    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class StatusIn:
    """A station's status. `retained`: it proves nothing about now."""

    station: str
    status: Status
    retained: bool


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person or a timer wants; its result or refusal is the future's."""

    do: Callable[[Turn], Any]
    future: "Future[Any]"


@dataclass(frozen=True, slots=True)
class ClockSet:
    """Driven time moves to `now`."""

    now: int
    future: "Future[Any]"


@dataclass(frozen=True, slots=True)
class Wake:
    """Nothing but a reason to look again (stop, a plant applied elsewhere)."""


Landed = PageIn | UnreadablePage | StatusIn | Action | ClockSet | Wake


@dataclass(slots=True)
class Batch:
    """What one turn takes."""

    pages: list[PageIn] = field(default_factory=list)
    unreadable: list[UnreadablePage] = field(default_factory=list)
    statuses: list[StatusIn] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.pages or self.unreadable or self.statuses or self.actions)


class Inbox:
    """A queue whose order among stations is the desk's to choose: one page a station, smallest first."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Landed] = queue.SimpleQueue()
        self._pages: dict[str, list[PageIn]] = {}
        self._clocks: list[ClockSet] = []
        self._rest = Batch()

    def put(self, landed: Landed) -> None:
        """From any thread."""
        self._queue.put(landed)

    def wait(self, timeout_s: float) -> None:
        """Return when something landed, or after `timeout_s`."""
        if self._pages or self._rest or self._clocks:
            timeout_s = 0
        try:
            self._sort(self._queue.get(timeout=max(timeout_s, 0.0)))
        except queue.Empty:
            return
        self._drain()

    def take(self) -> Batch:
        """What the next turn takes."""
        self._drain()
        batch, self._rest = self._rest, Batch()
        room = TURN_ENTRIES
        heads = sorted(self._pages, key=lambda s: len(self._pages[s][0].page.entries))
        for station in heads:
            waiting = self._pages[station]
            size = len(waiting[0].page.entries)
            if size > room and batch.pages:
                break
            room -= size
            batch.pages.append(waiting.pop(0))
            if not waiting:
                del self._pages[station]
        return batch

    def take_clock(self) -> ClockSet | None:
        """The oldest move of driven time."""
        return self._clocks.pop(0) if self._clocks else None

    def _drain(self) -> None:
        while True:
            try:
                self._sort(self._queue.get_nowait())
            except queue.Empty:
                return

    def _sort(self, landed: Landed) -> None:
        match landed:
            case PageIn(station=station, page=page):
                waiting = self._pages.setdefault(station, [])
                # a newer question of the same run makes an older one pointless to answer
                waiting[:] = [p for p in waiting if not _outdated(p.page, page)]
                waiting.append(landed)
            case UnreadablePage():
                self._rest.unreadable.append(landed)
            case StatusIn():
                self._rest.statuses.append(landed)
            case Action():
                self._rest.actions.append(landed)
            case ClockSet():
                self._clocks.append(landed)
            case Wake():
                pass


def _outdated(old: Page, new: Page) -> bool:
    """Whether `new` asks later, of the same journal, and carries what `old` carries."""
    if old.ask.run != new.ask.run or old.ask.number >= new.ask.number or old.journal != new.journal:
        return False
    if not old.entries:
        return True
    return (
        bool(new.entries)
        and new.entries[0].seq <= old.entries[0].seq
        and new.entries[-1].seq >= old.entries[-1].seq
    )
