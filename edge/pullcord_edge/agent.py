"""The station's program: puts the parts together, and turns the one loop that owns journal and state."""

import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol, assert_never

from pullcord_edge.adapters.calibration_file import (
    calibration_path,
    read_calibrations,
    write_calibrations,
)
from pullcord_edge.adapters.clock import Clock, boot_id, serial_number
from pullcord_edge.adapters.control import Control, control_path
from pullcord_edge.adapters.inbox import Call, Crashed, Inbox, Item, Stop
from pullcord_edge.adapters.log import Log
from pullcord_edge.adapters.mqtt import Link
from pullcord_edge.adapters.watchdog import Watchdog
from pullcord_edge.core.display import Rows
from pullcord_edge.core.effect import (
    AskPage,
    Effect,
    Obey,
    Publish,
    Record,
    Say,
    SendBytes,
    StoreCalibration,
    StoreMarks,
    TellTester,
    Weight,
)
from pullcord_edge.core.feedback import Look
from pullcord_edge.core.input import (
    CalibrationStored,
    DeviceState,
    Ending,
    Input,
    Instant,
    Kept,
    NotKept,
)
from pullcord_edge.core.lamp import Lamp, Panel
from pullcord_edge.core.recall import Memory, recall
from pullcord_edge.core.replication import Question, Replication
from pullcord_edge.core.setting import Setting
from pullcord_edge.core.station import Station
from pullcord_edge.core.wall import Wall
from pullcord_edge.journal import (
    Draft,
    Journal,
    JournalDamaged,
    JournalFailed,
    Start,
)
from pullcord_wire.codec import PAGE_ENTRIES, decode, encode
from pullcord_wire.message import JSON, Ask, Command, Page, Report, Status
from pullcord_wire.topic import Kind

TEND_S: Final = 60.0
"""Marks are written and old entries trimmed so often."""
REOPEN_S: Final = 2.0
"""A journal that cannot be opened is tried again so often."""
CHECK_S: Final = 2.0
"""Contacts are looked at again so often, lest a change was missed."""
RECALL: Final = 2_000
"""So many of the newest entries are remembered at the start."""
STOP_S: Final = 1.5


class Outputs(Protocol):
    """The pins and displays: lights, buzzer, words, buttons and switches."""

    def start(self) -> None:
        """Open them."""

    def light(self, lit: frozenset[Lamp]) -> None:
        """Exactly these lamps are lit."""

    def sound(self, sounds: bool) -> None:
        """The buzzer sounds, or it does not."""

    def write(self, rows: Rows) -> None:
        """Every display says this."""

    def check(self) -> None:
        """Tell of every contact that stands otherwise than last told."""

    def stop(self) -> None:
        """Everything off."""


class Device(Protocol):
    """A reader or sensor with a thread of its own."""

    name: str

    def send(self, data: bytes) -> None:
        """Send these bytes, if it is there."""

    def start(self) -> None:
        """Begin."""

    def stop(self, timeout_s: float) -> bool:
        """End; whether it ended in time."""


class Agent:
    """One run of the station's program. `watch` is told what the lights show, at each change."""

    def __init__(
        self,
        setting: Setting,
        inbox: Inbox,
        outputs: Outputs,
        devices: Iterable[Device],
        log: Log,
        clock: Clock,
        watch: Callable[[Mapping[str, Look]], None] | None = None,
    ) -> None:
        self._setting = setting
        self._inbox = inbox
        self._outputs = outputs
        self._devices = tuple(devices)
        self._log = log
        self._clock = clock
        self._watch = watch
        self._watchdog = Watchdog()
        self._stopped: str | None = None
        self._lit: frozenset[Lamp] | None = None
        self._sounds = False
        self._rows: Rows | None = None
        self._looks: Mapping[str, Look] | None = None
        self._tend_at = 0.0
        self._check_at = 0.0
        self._boot = boot_id()

    def run(self) -> int:
        """Work until asked to end; the exit status. JournalTaken, JournalTooNew: another's journal."""
        self._say("start", site=self._setting.site, station=self._setting.station)
        self._outputs.start()
        try:
            journal = self._open()
            if journal is None:
                return 0
            try:
                return self._work(journal)
            finally:
                journal.close()
        finally:
            self._outputs.stop()
            self._say("end", reason=self._stopped or "crashed")

    # The beginning --------------------------------------------------------------------------

    def _open(self) -> Journal | None:
        """The journal, however long its disk needs; None: the program was asked to end meanwhile."""
        panel = Panel(self._setting.lights, failing=True)
        told = None
        while self._stopped is None:
            now = self._clock.now()
            start = Start(self._setting.site, self._setting.station, self._boot, now.at)
            try:
                return Journal(Path(self._setting.journal.path), start)
            except JournalFailed as error:
                if str(error) != told:
                    told = str(error)
                    self._say("journal-failing", Weight.ERROR, reason=told)
            self._watchdog.waiting(told or "")
            self._wait_failing(panel, now.up + REOPEN_S)
        return None

    def _wait_failing(self, panel: Panel, until: float) -> None:
        """Show that nothing is kept."""
        while self._stopped is None and (up := self._clock.now().up) < until:
            self._light(panel, up)
            for item in self._inbox.take(min(until, panel.next_at(up)) - up):
                self._heed(item)

    def _work(self, journal: Journal) -> int:
        now = self._clock.now()
        setting = self._setting
        reports = journal.reports
        for report in reports:
            self._say("journal-repaired", Weight.ERROR, report=report)
        self._journal = journal
        self._calibrations, trouble = read_calibrations(calibration_path(setting.journal.path))
        troubles = [*(f"journal: {report}" for report in reports), *([trouble] if trouble else ())]
        self._station = Station(
            setting,
            journal.run,
            Replication(journal.run, setting.site, journal.heads, random.random),
            remember(journal, self._boot),
            Wall(now, journal.last_known_at),
            version("pullcord"),
            now,
            tuple(troubles),
            serial_number(),
            self._calibrations,
        )
        self._control = Control(control_path(setting.journal.path), self._inbox)
        self._control.start()
        self._link = Link(setting.broker, setting.site, setting.station, journal.run, self._inbox)
        for device in self._devices:
            device.start()
        self._link.start()
        self._say("ready", journal=journal.run, held=journal.held, broker=setting.broker)
        self._watchdog.ready(f"station {setting.station} of {setting.site}")
        try:
            return self._loop()
        finally:
            self._end()

    # The loop -------------------------------------------------------------------------------

    def _loop(self) -> int:
        while self._stopped is None:
            up = self._clock.now().up
            self._turn(self._inbox.take(max(0.0, self._next_at(up) - up)))
        self._turn([*self._inbox.take(0.0), Ending()])
        return 1 if self._stopped.startswith("journal") else 0

    def _next_at(self, up: float) -> float:
        station = self._station
        return min(
            station.next_at(up),
            station.panel.next_at(up),
            station.beeper.next_at(up),
            station.words.next_at(up),
            self._watchdog.next_at(),
            self._check_at,
            self._tend_at,
        )

    def _turn(self, items: Iterable[Item]) -> None:
        now = self._clock.now()
        effects: list[Effect] = []
        for item in items:
            happened = self._heed(item)
            if happened is not None:
                effects += self._station.handle(happened, now)
        self._carry_out(effects, now)
        self._carry_out(self._station.tick(now), now)
        self._show(now.up)
        self._watchdog.feed(now.up)
        if now.up >= self._check_at:
            self._check_at = now.up + CHECK_S
            self._outputs.check()
        if now.up >= self._tend_at:
            self._tend_at = now.up + TEND_S
            self._tend(now)

    def _heed(self, item: Item) -> Input | None:
        """What the station is to decide of; the rest is done here."""
        match item:
            case Stop(reason):
                self._stopped = self._stopped or reason
            case Call(do):
                do()
            case Crashed(thread, error):
                self._say("crashed", Weight.ERROR, thread=thread, error=error)
                last = error.strip().rsplit("\n", 1)[-1]
                return DeviceState(thread, f"crashed: {last}")
            case _:
                return item
        return None

    def _carry_out(self, effects: Iterable[Effect], now: Instant) -> None:
        """Do it all; what is to be recorded goes to the disk together, and then what follows of it."""
        todo = deque(effects)
        while todo:
            records: list[Record] = []
            while todo:
                effect = todo.popleft()
                if isinstance(effect, Record):
                    records.append(effect)
                else:
                    self._do(effect, now)
            if records:
                todo.extend(self._station.handle(self._keep(records), now))

    def _keep(self, records: list[Record]) -> Kept | NotKept:
        drafts = [Draft(each.type, each.at, each.up, each.clock, each.body) for each in records]
        try:
            return Kept(self._journal.append(drafts).start)
        except JournalFailed as error:
            return self._fail(error)

    def _fail(self, error: JournalFailed) -> NotKept:
        """A damaged file ends the program: the next start sets it aside and saves what it can."""
        if isinstance(error, JournalDamaged):
            self._stopped = "journal damaged"
        return NotKept(str(error))

    def _fall_short(self, event: str, error: JournalFailed, now: Instant) -> None:
        """The journal could not be read or tended; damage is shown as what cannot be kept is."""
        self._say(event, Weight.ERROR, reason=str(error))
        if isinstance(error, JournalDamaged):
            self._carry_out(self._station.handle(self._fail(error), now), now)

    def _do(
        self,
        effect: Publish
        | AskPage
        | StoreMarks
        | Obey
        | SendBytes
        | TellTester
        | StoreCalibration
        | Say,
        now: Instant,
    ) -> None:
        match effect:
            case AskPage(question):
                self._publish_page(question, now)
            case Publish(message):
                kind = Kind.STATUS if isinstance(message, Status) else Kind.REPORT
                self._link.publish(kind, encode(message), retain=kind is Kind.STATUS)
            case StoreMarks(marks):
                self._journal.store(marks)
            case Obey(command):
                self._obey(command)
            case SendBytes(device, data):
                self._send(device, data)
            case TellTester():
                self._control.tell(effect)
            case StoreCalibration():
                self._carry_out(self._station.handle(self._store(effect), now), now)
            case Say():
                self._log.write(effect)
            case _:
                assert_never(effect)

    def _publish_page(self, question: Question, now: Instant) -> None:
        try:
            page = self._journal.page(question)
        except JournalFailed as error:
            self._fall_short("journal-unreadable", error, now)
            return
        self._link.publish(Kind.JOURNAL, page)

    def _obey(self, command: Command) -> None:
        body: JSON = {"result": "refused", "reason": "this station does not know the command"}
        self._link.publish(Kind.REPORT, encode(Report(command.id, command.command, body)))

    def _store(self, effect: StoreCalibration) -> CalibrationStored:
        kept = {**self._calibrations, (effect.sensor, effect.serial): effect.calibration}
        try:
            write_calibrations(calibration_path(self._setting.journal.path), kept)
        except OSError as error:
            return CalibrationStored(f"{error.filename or 'the disk'}: {error.strerror}")
        self._calibrations = kept
        return CalibrationStored(None)

    def _send(self, name: str, data: bytes) -> None:
        for device in self._devices:
            if device.name == name:
                device.send(data)

    def _tend(self, now: Instant) -> None:
        """Write the marks that moved; trim what is acked, old and more than enough.

        By a clock that nobody set, nothing is old.
        """
        try:
            self._journal.settle()
            at = self._station.time(now.up)
            if at is not None and (head := self._journal.trim(at)) is not None:
                self._station.trimmed(head.id, head.held)
        except JournalFailed as error:
            self._fall_short("journal-untended", error, now)

    # Outputs --------------------------------------------------------------------------------

    def _show(self, up: float) -> None:
        self._light(self._station.panel, up)
        sounds = self._station.beeper.sounds(up)
        if sounds != self._sounds:
            self._sounds = sounds
            self._outputs.sound(sounds)
        rows = self._station.words.rows(up)
        if rows != self._rows:
            self._rows = rows
            self._outputs.write(rows)

    def _light(self, panel: Panel, up: float) -> None:
        lit = panel.lit(up)
        if lit != self._lit:
            self._lit = lit
            self._outputs.light(lit)
        if self._watch is not None:
            looks = {light.name: dict(panel.look(light, up)) for light in panel.lights}
            if looks != self._looks:
                self._looks = looks
                self._watch(looks)

    def _end(self) -> None:
        self._watchdog.stopping()
        self._link.stop(STOP_S / 2)
        self._control.stop(STOP_S / 2)
        for device in self._devices:
            device.stop(STOP_S / 2)

    def _say(self, event: str, weight: Weight = Weight.INFO, /, **facts: object) -> None:
        self._log.write(Say(event, facts, weight))


def remember(journal: Journal, boot: str) -> Memory:
    """What the newest entries of the journals before this one tell."""
    pages: list[Page] = []
    wanted = RECALL
    for head in reversed(journal.heads[:-1]):
        first = max(head.held, head.last - wanted + 1)
        below: list[Page] = []
        while first <= head.last:
            ask = Ask(journal.run, 0)
            question = Question(
                head.id, head.follows, head.held, head.acked, ask, first, PAGE_ENTRIES
            )
            try:
                page = decode(Page, journal.page(question))
            except JournalFailed:
                break
            below.append(page)
            first += len(page.entries)
            wanted -= len(page.entries)
        pages = below + pages
        if wanted <= 0:
            break
    return recall(pages, boot)
