"""Stations, a hostile network and databases that go back: a model to drive both sides of the wire.

The stations run the real replication, the servers the real watermark rules; disks, network and
clock are the model's. What is published may arrive again, late, in any order, or never.
"""

from collections.abc import Callable, Collection
from copy import deepcopy
from dataclasses import dataclass, field
from math import inf
from typing import TypeAlias

from pullcord_edge.core.replication import JournalHead, Question, Replication
from pullcord_server.domain import watermark
from pullcord_wire.message import (
    Ack,
    Ask,
    ClockState,
    CodeBody,
    Entry,
    EntryType,
    Follows,
    Page,
    Refused,
)

SITE = "tsutsumi"
Judge: TypeAlias = Callable[
    [Page, int | None, int | None, Collection[str]], watermark.Apply | watermark.AckEarlier
]


@dataclass(slots=True)
class Volume:
    """One journal on a card: what is still there, the last number, the mark as stored."""

    id: str
    follows: Follows | None
    last: int = 0
    acked: int = 0
    entries: dict[int, str] = field(default_factory=dict)

    @property
    def held(self) -> int:
        return min(self.entries, default=self.last + 1)

    @property
    def head(self) -> JournalHead:
        return JournalHead(self.id, self.follows, self.last, self.held, self.acked, SITE)


@dataclass(slots=True)
class Disk:
    """A station's SD card."""

    volumes: list[Volume] = field(default_factory=list)

    def holds(self, journal: str, seq: int) -> bool:
        return any(v.id == journal and seq in v.entries for v in self.volumes)


@dataclass(frozen=True, slots=True)
class Letter:
    """A page on its way, and whether its sender went back to an older card since."""

    page: Page
    sender: str
    life: int


class Station:
    """A program on a card. Its journals are named so that a story can be read: J0, J1, …"""

    def __init__(self, world: "World", name: str, disk: Disk) -> None:
        self.world = world
        self.name = name
        self.disk = disk
        self.life = 0
        self.start()

    def start(self) -> None:
        """The program starts: a new journal."""
        volumes = self.disk.volumes
        follows = Follows(volumes[-1].id, volumes[-1].last) if volumes else None
        volumes.append(Volume(self.world.new_journal(), follows))
        self.replication = Replication(
            self.running.id, SITE, [v.head for v in volumes], lambda: 0.5
        )
        self.replication.connected(self.world.now)

    @property
    def running(self) -> Volume:
        return self.disk.volumes[-1]

    def beep(self, scan: str, recorded: bool = True) -> None:
        """A scan is on disk, and then told to the replication (unless the power goes in between)."""
        volume = self.running
        volume.last += 1
        volume.entries[volume.last] = scan
        if recorded:
            self.replication.recorded(volume.last, self.world.now)

    def hear(self, ack: Ack) -> None:
        """An answer arrives."""
        self.replication.answered(ack, self.world.now)
        for id, upto in self.replication.take_marks().items():
            next(v for v in self.disk.volumes if v.id == id).acked = upto

    def trim(self, count: int) -> None:
        """Drop the oldest `count` entries, if they are acked."""
        for volume in self.disk.volumes:
            for seq in sorted(volume.entries):
                if count == 0 or seq > volume.acked:
                    return
                del volume.entries[seq]
                count -= 1
                self.replication.trimmed(volume.id, volume.held)

    def ask(self) -> Page | None:
        """The page that is due now."""
        question = self.replication.due(self.world.now)
        return None if question is None else self._page(question)

    def _page(self, question: Question) -> Page:
        volume = next(v for v in self.disk.volumes if v.id == question.journal)
        numbers = range(question.first, question.first + question.count)
        return Page(
            journal=question.journal,
            follows=question.follows,
            held=question.held,
            acked=question.acked,
            ask=question.ask,
            station=self.name,
            boot="b",
            entries=tuple(entry(seq, volume.entries[seq]) for seq in numbers),
        )


def entry(seq: int, scan: str) -> Entry:
    """A drop of the card `scan`."""
    return Entry(
        seq, EntryType.WITHDRAWAL, 0, 0.0, ClockState.SYNCED, CodeBody(reader="post", code=scan)
    )


@dataclass(slots=True)
class Database:
    """What a server has committed."""

    upto: dict[str, int] = field(default_factory=dict)
    follows: dict[str, str] = field(default_factory=dict)
    log: list[tuple[str, int, str]] = field(default_factory=list)
    lost: set[tuple[str, int]] = field(default_factory=set)
    forks: set[str] = field(default_factory=set)

    def has(self, journal: str, seq: int) -> bool:
        return any(row[:2] == (journal, seq) for row in self.log)


class Server:
    """A server with its database: takes a page in one transaction and answers."""

    def __init__(self, world: "World", name: str) -> None:
        self.world = world
        self.name = name
        self.database = Database()

    def take(self, letter: Letter) -> Ack:
        """Commit what the page may do; the answer."""
        page, database = letter.page, self.database
        follows = page.follows.journal if page.follows else ""
        heirs = [id for id, before in database.follows.items() if before == follows and follows]
        done = self.world.judge(
            page, database.upto.get(page.journal), database.upto.get(follows), heirs
        )
        if isinstance(done, watermark.AckEarlier):
            return Ack(done.journal, done.upto, page.ask, self.name, 0)
        if done.new and follows:
            database.follows[page.journal] = follows
        if done.forked:
            database.forks.add(page.journal)
        if done.lost is not None:
            self._lose(letter, database.upto.get(page.journal, 0), done.lost)
        for one in done.entries:
            self._apply(page.journal, one)
        database.upto[page.journal] = done.upto
        return Ack(page.journal, done.upto, page.ask, self.name, 0)

    def _apply(self, journal: str, one: Entry | Refused) -> None:
        assert isinstance(one, Entry) and isinstance(one.body, CodeBody)
        assert not self.database.has(journal, one.seq), f"{journal}.{one.seq} is applied twice"
        numbers = [seq for id, seq, _ in self.database.log if id == journal]
        assert all(seq < one.seq for seq in numbers), f"{journal}.{one.seq} is out of order"
        self.database.log.append((journal, one.seq, one.body.code))

    def _lose(self, letter: Letter, upto: int, lost: watermark.Lost) -> None:
        for seq in range(lost.first, lost.last + 1):
            self.world.check_loss(letter, upto, seq)
            self.database.lost.add((letter.page.journal, seq))


class World:
    """Everything there is: a test drives it, `settle` lets the weather clear up, `check` judges."""

    def __init__(self, judge: Judge = watermark.judge) -> None:
        self.judge = judge
        self.now = 100.0
        self.stations: list[Station] = []
        self.servers = [Server(self, "S0")]
        self.letters: list[Letter] = []
        self.answers: list[Ack] = []
        self.story: list[str] = []
        self._asked: dict[Ask, float] = {}
        self._heard: dict[str, float] = {}
        self.went_back = False
        self._journals = 0
        self._scans = 0

    def new_journal(self) -> str:
        """The next journal's name."""
        self._journals += 1
        return f"J{self._journals - 1}"

    def tell(self, line: str) -> None:
        """One line more of the story."""
        self.story.append(f"{self.now - 100:.2f} s  {line}")

    # What a test may do ---------------------------------------------------------------------

    def add(self, disk: Disk | None = None) -> Station:
        """A station more, on a new card or on a copy of another's."""
        name = "ABCDEFGH"[len(self.stations)]
        station = Station(self, name, Disk() if disk is None else deepcopy(disk))
        self.stations.append(station)
        self.tell(f"{name}: starts as {station.running.id}, follows {station.running.follows}")
        return station

    def beep(self, station: Station, recorded: bool = True) -> str:
        """A scan is kept; not `recorded`: the power goes before the program knows."""
        self._scans += 1
        scan = f"x{self._scans - 1}"
        station.beep(scan, recorded)
        self.tell(
            f"{station.name}: BEEP {scan} kept as ({station.running.id},{station.running.last})"
        )
        return scan

    def publish(self, station: Station) -> Letter | None:
        """The page that is due is put on the network."""
        page = station.ask()
        if page is None:
            return None
        letter = Letter(page, station.name, station.life)
        self.letters.append(letter)
        self._asked[page.ask] = self.now
        self.tell(f"{station.name}: publishes {show_page(page)}")
        return letter

    def take(self, server: Server, letter: Letter) -> Ack:
        """A page reaches a server, which commits; its answer is on the network."""
        ack = server.take(letter)
        self.answers.append(ack)
        self.tell(f"{server.name}: takes {show_page(letter.page)} -> {show_ack(ack)}")
        return ack

    def hear(self, ack: Ack) -> None:
        """An answer reaches every station: their names may be the same."""
        self.tell(f"heard: {show_ack(ack)}")
        self._heard[ack.re.run] = max(self._heard.get(ack.re.run, -inf), self._asked[ack.re])
        for station in self.stations:
            before = {v.id: v.acked for v in station.disk.volumes}
            station.hear(ack)
            for volume in station.disk.volumes:
                self._check_mark(volume, before[volume.id])

    def pass_time(self, seconds: float) -> None:
        """The clock goes on."""
        self.now += seconds

    def restart(self, station: Station) -> None:
        """The program dies and starts again on its card."""
        station.start()
        self.tell(
            f"{station.name}: restarts as {station.running.id}, follows {station.running.follows}"
        )

    def boot_image(self, station: Station, image: Disk) -> None:
        """The station starts from an older copy of its card."""
        station.life += 1
        station.disk = deepcopy(image)
        station.start()
        self.tell(
            f"{station.name}: boots an old card, {station.running.id} follows {station.running.follows}"
        )

    def trim(self, station: Station, count: int) -> None:
        """The station drops its oldest acked entries."""
        station.trim(count)
        self.tell(f"{station.name}: trims up to {count} acked entries")

    def restore(self, server: Server, database: Database) -> None:
        """The server's database goes back."""
        server.database = deepcopy(database)
        self.went_back = True
        self.tell(f"{server.name}: restored, now {server.database.upto}")

    # What must come of it -------------------------------------------------------------------

    def settle(self, server: Server, seconds: float = 40.0) -> None:
        """Only `server` runs, nothing is lost, late or doubled any more, time passes."""
        end = self.now + seconds
        self.tell(f"the weather clears up, {server.name} alone runs")
        self.letters.clear()
        self.answers.clear()
        for station in self.stations:
            station.replication.connected(self.now)
        asked = 0
        while self.now < end:
            for station in self.stations:
                while (letter := self.publish(station)) is not None:
                    asked += 1
                    self.hear(self.take(server, letter))
            assert asked < 400, "stations and server talk without end"
            self.now = min([s.replication.next_at(self.now) for s in self.stations] + [end])
        self.letters.clear()
        self.answers.clear()

    def check(self, server: Server) -> None:
        """All that stations hold is in the database once, and all of them know it."""
        database = server.database
        scans = [scan for _, _, scan in database.log]
        assert len(scans) == len(set(scans)), "a scan has two effects"
        for station in self.stations:
            self._check_station(station, database)
            assert not station.replication.link_lost(self.now), f"{station.name} sees no link"
            assert station.replication.server == server.name
            assert station.replication.backlog == 0, f"{station.name} has a backlog"

    def check_links(self) -> None:
        """No station believes in a link unless a question it asked lately was answered."""
        for station in self.stations:
            heard_at = self._heard.get(station.running.id, -inf)
            if not station.replication.link_lost(self.now):
                assert self.now - heard_at < 5.0, (
                    f"{station.name} does not see that its link is lost"
                )

    def _check_mark(self, volume: Volume, before: int) -> None:
        """As long as no database goes back, no mark does, and none is ahead of the database."""
        if self.went_back or len(self.servers) > 1:
            return
        assert volume.acked >= before, f"the mark of {volume.id} went back from {before}"
        upto = self.servers[0].database.upto.get(volume.id, 0)
        assert volume.acked <= upto, f"the mark of {volume.id} is ahead of the server"

    def _check_station(self, station: Station, database: Database) -> None:
        for volume in station.disk.volumes:
            assert database.upto.get(volume.id, -1) >= volume.last, f"{volume.id} is not complete"
            for seq in range(1, volume.last + 1):
                known = database.has(volume.id, seq) or (volume.id, seq) in database.lost
                assert known, f"({volume.id},{seq}) is silently lost"
            for seq, scan in volume.entries.items():
                if (volume.id, seq) not in database.lost:
                    assert (volume.id, seq, scan) in database.log, f"{scan} is not applied"

    def check_loss(self, letter: Letter, upto: int, seq: int) -> None:
        """A loss may be believed only when the sender has not the entry, and knew it is needed."""
        page = letter.page
        sender = next(s for s in self.stations if s.name == letter.sender)
        went_back_since = sender.life != letter.life and page.acked == upto
        assert went_back_since or not sender.disk.holds(page.journal, seq), (
            f"({page.journal},{seq}) recorded as lost although {sender.name} holds it"
        )


def show_page(page: Page) -> str:
    """A page in a few words."""
    scans = " ".join(
        f"{one.seq}={one.body.code}"
        for one in page.entries
        if isinstance(one, Entry) and isinstance(one.body, CodeBody)
    )
    return f"[{page.journal} {scans or 'empty'} held {page.held} acked {page.acked} ask {page.ask}]"


def show_ack(ack: Ack) -> str:
    """An answer in a few words."""
    return f"ack {ack.server} re {ack.re}: {ack.journal} upto {ack.upto}"
