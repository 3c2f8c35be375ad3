"""Stations for a desk in this thread: journals, a mark, pages and answers as DESIGN 7.3 says."""

from dataclasses import dataclass, field

from pullcord_server.desk.inbox import PageIn
from pullcord_wire.message import (
    Ack,
    Ask,
    Body,
    CallBody,
    ClockState,
    CodeBody,
    EmptyBody,
    Entry,
    EntryType,
    Follows,
    LevelBody,
    Page,
    Refused,
    UndoBody,
)
from support.desk import Server, at

PAGE = 500


@dataclass(slots=True)
class Journal:
    """One start of a station's program."""

    id: str
    boot: str
    follows: Follows | None
    entries: list[Entry | Refused] = field(default_factory=list)
    told: int = 0
    held: int = 1


@dataclass(slots=True)
class Post:
    """A station: journals on its disk, a mark, one page in flight; it obeys answers as DESIGN 7.3 says."""

    server: Server
    station: str
    online: bool = True
    journals: list[Journal] = field(default_factory=list)
    clock: ClockState = ClockState.SYNCED
    place: int = 0
    asked: int = 0
    most: int = PAGE

    def __post_init__(self) -> None:
        if not self.journals:
            self.begin()

    def begin(self, boot: str | None = None, id_: str | None = None) -> Journal:
        """Another start of the program, of the same boot or a new one."""
        before = self.journals[-1] if self.journals else None
        number = len(self.journals) + 1
        follows = None if before is None else Follows(before.id, len(before.entries))
        made = Journal(
            id_ or f"{self.station}-{number}",
            boot or f"{self.station}-boot-{number}",
            follows,
        )
        self.journals.append(made)
        return made

    # -- what it sees

    def see(
        self, type_: EntryType, body: Body, when: int | str | None = None, up: float = 0.0
    ) -> str:
        """An entry, sent at once where it is online; its id."""
        instant = self.server.now if when is None else when
        instant = at(instant) if isinstance(instant, str) else instant
        journal = self.journals[-1]
        seq = len(journal.entries) + 1
        journal.entries.append(Entry(seq, type_, instant, up, self.clock, body))
        if self.online:
            self.send()
        return f"{journal.id}.{seq}"

    def scan(self, event: str, code: str, when: int | str | None = None, up: float = 0.0) -> str:
        """A card under the reader of that role."""
        return self.see(EntryType(event), CodeBody("reader", code), when, up)

    def undo(self, of: str, when: int | str | None = None) -> str:
        """The worker takes an entry back."""
        return self.see(EntryType.UNDO, UndoBody(of), when)

    def level(self, sensor: str, empty: bool, when: int | str | None = None) -> str:
        """A bin's sensor settled."""
        return self.see(EntryType.LEVEL, LevelBody(sensor, 0.0, empty), when)

    def press(self, button: str, call: str, when: int | str | None = None) -> str:
        """A cord was pulled."""
        return self.see(EntryType.CALL, CallBody(button, call, True), when)

    def clock_right(self, when: int | str, up: float) -> str:
        """This boot's clock became right."""
        self.clock = ClockState.SYNCED
        return self.see(EntryType.CLOCK, EmptyBody(), when, up)

    # -- what it sends

    def page(self) -> PageIn:
        """What it publishes now: the next entries of the oldest journal that is not acked, or a question."""
        journal = self.journals[self.place]
        self.asked += 1
        rest = journal.entries[max(journal.told, journal.held - 1) :][: self.most]
        return PageIn(
            self.station,
            Page(
                journal.id,
                journal.follows,
                journal.held,
                journal.told,
                Ask(self.journals[-1].id, self.asked),
                self.station,
                journal.boot,
                tuple(rest),
            ),
        )

    def hear(self, ack: Ack) -> None:
        """An answer to its newest question moves the mark, also back: an earlier journal is wanted then."""
        place = next(i for i, journal in enumerate(self.journals) if journal.id == ack.journal)
        self.journals[place].told = ack.upto
        wanted = place < self.place
        self.place = place
        while not wanted and self.place + 1 < len(self.journals) and self._done(self.place):
            self.place += 1

    def _done(self, place: int) -> bool:
        return self.journals[place].told >= len(self.journals[place].entries)

    @property
    def drained(self) -> bool:
        """Whether all it has is acked, as far as it knows."""
        return self.place == len(self.journals) - 1 and self._done(self.place)

    def send(self) -> None:
        """Ask and send until all is acked; it begins with a question, as it does when the link is back."""
        self.ask()
        for _ in range(10_000):
            if self.drained:
                return
            self.ask()
        raise AssertionError(f"{self.station} is not drained")

    def ask(self) -> list[Ack]:
        """One page and its answers."""
        answers = [ack for station, ack in self.server.land(self.page()) if station == self.station]
        for ack in answers:
            self.hear(ack)
        return answers

    def come_back(self) -> None:
        """Online again: the backlog goes out."""
        self.online = True
        self.send()
