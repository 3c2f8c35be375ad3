"""A station's decisions told as a story: a driven clock, a disk that may fail, all that was done in order."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pullcord_edge.core.calibration import Calibration, Key
from pullcord_edge.core.effect import (
    AskPage,
    Effect,
    Publish,
    Record,
    Say,
)
from pullcord_edge.core.feedback import Look
from pullcord_edge.core.input import CardSeen, Input, Instant, Kept, LinkUp, NotKept, Switched
from pullcord_edge.core.recall import Memory
from pullcord_edge.core.replication import JournalHead, Replication
from pullcord_edge.core.setting import (
    COLOURS,
    Act,
    Broker,
    Button,
    Contact,
    Gesture,
    Journal,
    Level,
    Light,
    Reader,
    Sensor,
    Setting,
)
from pullcord_edge.core.station import Station
from pullcord_edge.core.wall import Wall
from pullcord_wire.message import Ack, EntryType, LampsMessage, Pattern, Status

RUN = "01RUN"
#: 2026-11-23T08:00:00Z
MORNING = 1_795_420_800_000

SETTING = Setting(
    site="tsutsumi",
    station="assy1-post",
    broker=Broker("127.0.0.1", 1883),
    journal=Journal("journal.db"),
    readers=(
        Reader("post", "rdm6300", EntryType.WITHDRAWAL, Gesture(confirm=False)),
        Reader("dock", "line", EntryType.ARRIVAL, Gesture(repeats=False)),
        Reader("box", "r200", EntryType.WITHDRAWAL, Gesture(3.0, many=True, removed=True)),
    ),
    sensors=(Sensor("bin-7", "switch", Level(settle_s=0.5), contact=Contact(17)),),
    lights=(Light("stack", pins=dict.fromkeys(COLOURS, 0), colours=COLOURS),),
    buttons=(
        Button("cord", Contact(21), call="material"),
        Button("undo", Contact(22), act=Act.UNDO),
    ),
)


@dataclass
class Story:
    """Plays the agent's part around one Station; `done` is everything in its order."""

    memory: Memory = field(default_factory=Memory)
    synced: bool = True
    setting: Setting = SETTING
    last_known_at: int | None = None
    calibrations: Mapping[Key, Calibration] = field(default_factory=dict)
    up: float = 1000.0
    wall_at_boot: int = MORNING - 1_000_000
    disk: str | None = None
    done: list[object] = field(default_factory=list)
    entries: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        head = JournalHead(RUN, None, 0, 1, 0, self.setting.site)
        self.station = Station(
            self.setting,
            RUN,
            Replication(RUN, self.setting.site, [head], lambda: 0.0),
            self.memory,
            Wall(self.now, self.last_known_at),
            "1.0",
            self.now,
            calibrations=self.calibrations,
        )
        self._beeping = False
        self.tick()

    @property
    def now(self) -> Instant:
        """The clocks as they are."""
        return Instant(self.wall_at_boot + round(self.up * 1000), self.up, self.synced)

    def happen(self, *inputs: Input) -> None:
        """These happen at this instant, and the loop turns once."""
        effects: list[Effect] = []
        for each in inputs:
            effects += self.station.handle(each, self.now)
        self._carry_out(effects)
        self.tick()

    def tick(self) -> None:
        """The loop turns."""
        self._carry_out(self.station.tick(self.now))
        beeping = self.station.front.beeper.sounds(self.up)
        if beeping and not self._beeping:
            self.done.append("beep")
        self._beeping = beeping

    def wait(self, seconds: float) -> None:
        """Time passes; the loop turns whenever the station asks for it."""
        end = self.up + seconds
        while self.up < end:
            station = self.station
            at = min(
                station.next_at(self.up),
                station.front.panel.next_at(self.up),
                station.front.beeper.next_at(self.up),
            )
            self.up = min(end, max(at, self.up + 0.001))
            self.tick()

    def card(self, code: str, reader: str = "post") -> None:
        """A reader sees a card."""
        self.happen(CardSeen(reader, code, self.up))

    def press(self, button: str, seconds: float = 0.2) -> None:
        """A button is pressed and let go."""
        self.happen(Switched(button, True, self.up))
        self.wait(seconds)
        self.happen(Switched(button, False, self.up))
        self.wait(0.1)

    def link(self) -> None:
        """The broker is there."""
        self.happen(LinkUp())

    def answer(self, server: str = "S1", upto: int | None = None, now: int | None = None) -> None:
        """The server answers the newest question."""
        question = next(e for e in reversed(self.done) if isinstance(e, AskPage)).question
        at = self.now.at if now is None else now
        last = len(self.entries) if upto is None else upto
        self.happen(Ack(question.journal, last, question.ask, server, at))

    def want(self, revision: int, server: str = "S1", **look: Pattern) -> None:
        """The server wants this on the stack."""
        self.happen(LampsMessage(revision, server, {"stack": look}))

    def look(self) -> Look:
        """What the stack shows, as patterns."""
        return self.station.front.panel.look(self.setting.lights[0], self.up)

    def said(self, event: str) -> list[Say]:
        """The lines of the log about this."""
        return [each for each in self.done if isinstance(each, Say) and each.event == event]

    def statuses(self) -> list[Status]:
        """Every status that was published."""
        return [
            each.message
            for each in self.done
            if isinstance(each, Publish) and isinstance(each.message, Status)
        ]

    def types(self) -> list[EntryType]:
        """The types of the entries on disk."""
        return [entry.type for entry in self.entries]

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        todo = deque(effects)
        while todo:
            records = []
            while todo:
                effect = todo.popleft()
                match effect:
                    case Record():
                        records.append(effect)
                    case _:
                        self.done.append(effect)
            if records:
                todo.extend(self.station.handle(self._keep(records), self.now))

    def _keep(self, records: list[Record]) -> Kept | NotKept:
        if self.disk is not None:
            return NotKept(self.disk)
        first = len(self.entries) + 1
        self.entries += records
        self.done += [("kept", record.type) for record in records]
        return Kept(first)
