"""What lands on the desk: pages, statuses, actions; taken in turns."""

import queue
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from pullcord_wire.message import Page, Status

from .pace import Pace
from .turn import Turn

#: Pages of at most so many entries are live: they never wait behind more than one turn of a backlog.
LIVE_ENTRIES = 20


@dataclass(frozen=True, slots=True)
class PageIn:
    """A readable page; answers go to `station` of the topic. `more`: the rest of it, and its answer, come later."""

    station: str
    page: Page
    more: bool = False

    @property
    def size(self) -> int:
        """How many entries it has."""
        return len(self.page.entries)


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

    @property
    def size(self) -> int:
        """How many entries its pages have."""
        return sum(page.size for page in self.pages)

    def __bool__(self) -> bool:
        return bool(self.pages or self.unreadable or self.statuses or self.actions)


class Inbox:
    """A queue whose order among stations is the desk's to choose: one page a station, smallest first.

    Live pages have a turn to themselves, then a backlog has one with as much as fits: a page that is
    too large is taken in pieces, in order, and answered with its last.
    """

    def __init__(self) -> None:
        self.pace = Pace()
        self._queue: queue.SimpleQueue[Landed] = queue.SimpleQueue()
        self._pages: dict[str, list[PageIn]] = {}
        self._passed_over = False
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
        heads = sorted(self._pages, key=lambda station: self._pages[station][0].size)
        live = [s for s in heads if self._pages[s][0].size <= LIVE_ENTRIES]
        self._passed_over = 0 < len(live) < len(heads) and not self._passed_over
        batch.pages = self._take_pages(live if self._passed_over else heads)
        return batch

    def _take_pages(self, stations: Sequence[str]) -> list[PageIn]:
        taken: list[PageIn] = []
        room = self.pace.room
        for station in stations:
            size = self._pages[station][0].size
            if size > room and taken and room < self.pace.room // 2:
                break
            taken.append(self._take_page(station, room))
            room -= size
            if room <= 0:
                break
        return taken

    def _take_page(self, station: str, room: int) -> PageIn:
        """The station's oldest page, or the first entries of it."""
        waiting = self._pages[station]
        head = waiting[0]
        page = head.page
        if head.size > room:
            waiting[0] = replace(head, page=replace(page, entries=page.entries[room:]))
            return PageIn(station, replace(page, entries=page.entries[:room]), more=True)
        del waiting[0]
        if not waiting:
            del self._pages[station]
        return head

    def stand_by(self) -> list[Action]:
        """What lands here is another server's to do: its actions. A live page a station waits, should that one be gone."""
        self._drain()
        actions, self._rest = self._rest.actions, Batch()
        kept = {station: _newest_live(pages) for station, pages in self._pages.items()}
        self._pages = {station: pages for station, pages in kept.items() if pages}
        return actions

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


def _newest_live(pages: Sequence[PageIn]) -> list[PageIn]:
    """The newest small page, one with entries before an empty one; none where there are none."""
    live = [page for page in pages if page.size <= LIVE_ENTRIES]
    return ([page for page in live if page.size] or live)[-1:]


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
