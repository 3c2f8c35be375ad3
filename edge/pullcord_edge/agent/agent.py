"""One run of the program: the journal is opened, everything begins, the loop turns, everything ends."""

import random
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final

from pullcord_edge.adapters.calibration_file import calibration_path, read_calibrations
from pullcord_edge.adapters.clock import Clock, boot_id, serial_number
from pullcord_edge.adapters.control import Control, control_path
from pullcord_edge.adapters.inbox import Call, Crashed, Inbox, Item, Stop
from pullcord_edge.adapters.log import Log
from pullcord_edge.adapters.mqtt import Link
from pullcord_edge.adapters.watchdog import Watchdog
from pullcord_edge.agent.hand import Device, Hand
from pullcord_edge.agent.memory import remember
from pullcord_edge.agent.stage import Outputs, Stage
from pullcord_edge.core.effect import Effect, Say, Weight
from pullcord_edge.core.feedback import Look
from pullcord_edge.core.front import Front
from pullcord_edge.core.input import DeviceState, Ending, Input
from pullcord_edge.core.replication import Replication
from pullcord_edge.core.setting import Setting
from pullcord_edge.core.station import Station
from pullcord_edge.core.wall import Wall
from pullcord_edge.journal import Journal, JournalFailed, Start

TEND_S: Final = 60.0
"""Marks are written and old entries trimmed so often."""
REOPEN_S: Final = 2.0
"""A journal that cannot be opened is tried again so often."""
CHECK_S: Final = 2.0
"""Contacts are looked at again so often, lest a change was missed."""
STOP_S: Final = 1.5


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
        self._stage = Stage(outputs, watch)
        self._watchdog = Watchdog()
        self._stopped: str | None = None
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
        front = Front(self._setting, failing=True)
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
            self._wait_failing(front, now.up + REOPEN_S)
        return None

    def _wait_failing(self, front: Front, until: float) -> None:
        """Show that nothing is kept."""
        while self._stopped is None and (up := self._clock.now().up) < until:
            self._stage.show(front, up)
            for item in self._inbox.take(min(until, front.next_at(up)) - up):
                self._heed(item)

    def _work(self, journal: Journal) -> int:
        setting = self._setting
        self._assemble(journal)
        self._control.start()
        for device in self._devices:
            device.start()
        self._link.start()
        self._say("ready", journal=journal.run, held=journal.held, broker=setting.broker)
        self._watchdog.ready(f"station {setting.station} of {setting.site}")
        try:
            return self._loop()
        finally:
            self._end()

    def _assemble(self, journal: Journal) -> None:
        """The parts that need the journal: station, control, link, and what carries out."""
        now, setting = self._clock.now(), self._setting
        for report in journal.reports:
            self._say("journal-repaired", Weight.ERROR, report=report)
        calibrations, trouble = read_calibrations(calibration_path(setting.journal.path))
        reports = [f"journal: {report}" for report in journal.reports]
        self._station = Station(
            setting,
            journal.run,
            Replication(journal.run, setting.site, journal.heads, random.random),
            remember(journal, self._boot),
            Wall(now, journal.last_known_at),
            version("pullcord"),
            now,
            (*reports, *([trouble] if trouble else ())),
            serial_number(),
            calibrations,
        )
        self._control = Control(control_path(setting.journal.path), self._inbox)
        self._link = Link(setting.broker, setting.site, setting.station, journal.run, self._inbox)
        self._hand = Hand(
            setting,
            self._station,
            journal,
            self._link,
            self._control,
            self._devices,
            self._log,
            calibrations,
        )

    # The loop -------------------------------------------------------------------------------

    def _loop(self) -> int:
        while self._stopped is None:
            up = self._clock.now().up
            self._turn(self._inbox.take(max(0.0, self._next_at(up) - up)))
        self._turn([*self._inbox.take(0.0), Ending()])
        return 1 if self._hand.damaged else 0

    def _next_at(self, up: float) -> float:
        return min(
            self._station.next_at(up),
            self._station.front.next_at(up),
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
        self._hand.carry_out(effects, now)
        self._hand.carry_out(self._station.tick(now), now)
        self._stage.show(self._station.front, now.up)
        self._watchdog.feed(now.up)
        if now.up >= self._check_at:
            self._check_at = now.up + CHECK_S
            self._outputs.check()
        if now.up >= self._tend_at:
            self._tend_at = now.up + TEND_S
            self._hand.tend(now)
        if self._hand.damaged:
            self._stopped = "journal damaged"

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

    def _end(self) -> None:
        self._watchdog.stopping()
        self._link.stop(STOP_S / 2)
        self._control.stop(STOP_S / 2)
        for device in self._devices:
            device.stop(STOP_S / 2)

    def _say(self, event: str, weight: Weight = Weight.INFO, /, **facts: object) -> None:
        self._log.write(Say(event, facts, weight))
