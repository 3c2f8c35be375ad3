"""Carries out what the station decided: on disk, over the link, through the ports, in the log."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, assert_never

from pullcord_edge.adapters.calibration_file import calibration_path, write_calibrations
from pullcord_edge.adapters.control import Control
from pullcord_edge.adapters.log import Log
from pullcord_edge.adapters.mqtt import Link
from pullcord_edge.core.calibration import Calibration, Key
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
from pullcord_edge.core.input import CalibrationStored, Instant, Kept, NotKept
from pullcord_edge.core.replication import Question
from pullcord_edge.core.setting import Setting
from pullcord_edge.core.station import Station
from pullcord_edge.journal import Draft, Journal, JournalDamaged, JournalFailed
from pullcord_wire.codec import encode
from pullcord_wire.message import JSON, Command, Report, Status
from pullcord_wire.topic import Kind


class Device(Protocol):
    """A reader or sensor with a thread of its own."""

    name: str

    def send(self, data: bytes) -> None:
        """Send these bytes, if it is there."""

    def start(self) -> None:
        """Begin."""

    def stop(self, timeout_s: float) -> bool:
        """End; whether it ended in time."""


@dataclass(slots=True)
class Hand:
    """`damaged`: the journal is, and the program must end: the next start saves what it can."""

    setting: Setting
    station: Station
    journal: Journal
    link: Link
    control: Control
    devices: tuple[Device, ...]
    log: Log
    calibrations: Mapping[Key, Calibration]
    damaged: bool = False

    def carry_out(self, effects: Iterable[Effect], now: Instant) -> None:
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
                todo.extend(self.station.handle(self._keep(records), now))

    def tend(self, now: Instant) -> None:
        """Write the marks that moved; trim what is acked, old and more than enough.

        By a clock that nobody set, nothing is old.
        """
        try:
            self.journal.settle()
            at = self.station.time(now.up)
            if at is not None and (head := self.journal.trim(at)) is not None:
                self.station.trimmed(head.id, head.held)
        except JournalFailed as error:
            self._fall_short("journal-untended", error, now)

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
                self.link.publish(kind, encode(message), retain=kind is Kind.STATUS)
            case StoreMarks(marks):
                self.journal.store(marks)
            case Obey(command):
                self._refuse(command)
            case SendBytes(name, data):
                self._send(name, data)
            case TellTester():
                self.control.tell(effect)
            case StoreCalibration():
                self.carry_out(self.station.handle(self._store(effect), now), now)
            case Say():
                self.log.write(effect)
            case _:
                assert_never(effect)

    def _keep(self, records: list[Record]) -> Kept | NotKept:
        drafts = [Draft(each.type, each.at, each.up, each.clock, each.body) for each in records]
        try:
            return Kept(self.journal.append(drafts).start)
        except JournalFailed as error:
            return self._fail(error)

    def _fail(self, error: JournalFailed) -> NotKept:
        self.damaged = self.damaged or isinstance(error, JournalDamaged)
        return NotKept(str(error))

    def _fall_short(self, event: str, error: JournalFailed, now: Instant) -> None:
        """The journal could not be read or tended; damage is shown as what cannot be kept is."""
        self.log.write(Say(event, {"reason": str(error)}, Weight.ERROR))
        if isinstance(error, JournalDamaged):
            self.carry_out(self.station.handle(self._fail(error), now), now)

    def _publish_page(self, question: Question, now: Instant) -> None:
        try:
            page = self.journal.page(question)
        except JournalFailed as error:
            self._fall_short("journal-unreadable", error, now)
            return
        self.link.publish(Kind.JOURNAL, page)

    def _refuse(self, command: Command) -> None:
        body: JSON = {"result": "refused", "reason": "this station does not know the command"}
        self.link.publish(Kind.REPORT, encode(Report(command.id, command.command, body)))

    def _store(self, effect: StoreCalibration) -> CalibrationStored:
        kept = {**self.calibrations, (effect.sensor, effect.serial): effect.calibration}
        try:
            write_calibrations(calibration_path(self.setting.journal.path), kept)
        except OSError as error:
            return CalibrationStored(f"{error.filename or 'the disk'}: {error.strerror}")
        self.calibrations = kept
        return CalibrationStored(None)

    def _send(self, name: str, data: bytes) -> None:
        for device in self.devices:
            if device.name == name:
                device.send(data)
