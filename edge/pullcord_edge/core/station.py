"""The one decision maker of a station: what happened and `now` in, what to do out. Pure.

What happens is handed to the room it concerns: `sense` says what readers, sensors and buttons mean,
`upkeep` takes what belongs to self-tests, `recorder` makes entries of it and follows the disk,
`server` speaks with the server, `front` is what people see and hear.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, assert_never

from pullcord_edge.core.calibration import Calibration, Key
from pullcord_edge.core.effect import Effect, Obey, Publish, Weight
from pullcord_edge.core.examiner import Asker
from pullcord_edge.core.feedback import IDENTIFY
from pullcord_edge.core.front import Front
from pullcord_edge.core.input import (
    CalibrationAsked,
    CalibrationStored,
    CardSeen,
    DeviceSaid,
    DeviceState,
    Ending,
    Input,
    Instant,
    Kept,
    LinkDown,
    LinkUp,
    Measured,
    NoiseHeard,
    NotKept,
    SerialSeen,
    Switched,
    TagsSeen,
    TrialAnswered,
    TrialAsked,
    TrialEnded,
    Unread,
)
from pullcord_edge.core.last_drop import LastDrop
from pullcord_edge.core.outbox import Outbox
from pullcord_edge.core.recall import Memory
from pullcord_edge.core.recorder import Recorder
from pullcord_edge.core.replication import Replication
from pullcord_edge.core.sense import Asked, Doubted, Pressed, Sense, Sensed, Senses, Stuck
from pullcord_edge.core.server import Server
from pullcord_edge.core.setting import Act, Setting
from pullcord_edge.core.teller import Teller
from pullcord_edge.core.upkeep import Upkeep
from pullcord_edge.core.wall import Wall
from pullcord_wire.message import Ack, ClockState, Command, LampsMessage, Report, VerdictMessage

_COMMANDS: Final = 64
"""So many of the server's commands are known again when they are repeated."""


class Station:
    """Tell it what happened with `handle`, let time pass with `tick`, carry out what it answers."""

    def __init__(
        self,
        setting: Setting,
        run: str,
        replication: Replication,
        memory: Memory,
        wall: Wall,
        version: str,
        now: Instant,
        reports: tuple[str, ...] = (),
        serial: str = "",
        calibrations: Mapping[Key, Calibration] | None = None,
    ) -> None:
        """`run`: the running journal; `memory`, of the starts before; `wall`, begun at `now`.

        `reports`: what the status says besides, for as long as this start lasts; `serial`: the machine's;
        `calibrations`: what is kept of scales.
        """
        self.front = Front(setting)
        self._wall = wall
        self._out = Outbox()
        last = LastDrop(run)
        self._senses = Senses(setting, memory, now.up)
        self._recorder = Recorder(wall, last, self.front, self._out)
        self._recorder.remember(memory.faulty)
        self._upkeep = Upkeep(
            setting, calibrations or {}, serial, wall, self._recorder, self.front, self._out
        )
        teller = Teller(run, version, reports)
        self._server = Server(replication, teller, wall, last, self.front, self._out)
        self._clock_due = memory.clock_due and now.synced
        self._commands: OrderedDict[str, None] = OrderedDict()

    # What happens ---------------------------------------------------------------------------

    def handle(self, happened: Input, now: Instant) -> list[Effect]:
        """What is to be done because of this."""
        self._look(now)
        match happened:
            case CardSeen() | TagsSeen() | Switched() | Measured():
                self._see(happened, now.up)
            case Kept() | NotKept():
                self._hear_disk(happened, now.up)
            case LinkUp() | LinkDown() | Unread():
                self._server.link(happened, now.up)
            case Ack() | VerdictMessage() | LampsMessage() | Command():
                self._hear_server(happened, now.up)
            case DeviceState() | DeviceSaid() | NoiseHeard():
                self._hear_device(happened)
            case _:
                self._maintain(happened, now.up)
        return self._out.take()

    def tick(self, now: Instant) -> list[Effect]:
        """What time alone asks for: to be called behind all that was handled, and at `next_at`."""
        self._look(now)
        self._sense(self._senses.tick(now.up))
        released = self._upkeep.tick(now.up)
        if released is not None:
            self._sense(self._senses.feel(released))
        for drop in self._recorder.take_rearmed(now.up):
            self._senses.forget(drop)
        for device, fault in self._upkeep.faults():
            self._recorder.set_device(device, fault)
        self._recorder.tick(now.up)
        self._server.ask(now.up)
        self._refresh(now.up)
        return self._out.take()

    def next_at(self, now: float) -> float:
        """When to tick again at the latest, seconds since boot."""
        return min(
            *self._senses.due(),
            self._recorder.next_at(),
            self._upkeep.next_at(now),
            self._server.next_at(now),
        )

    def time(self, now: float) -> int | None:
        """The wall time, ms since 1970; None: nobody can tell."""
        at, clock = self._wall.stamp(now)
        return None if clock is ClockState.UNSET else at

    def trimmed(self, journal: str, held: int) -> None:
        """The oldest entry of `journal` on disk is now `held`."""
        self._server.trimmed(journal, held)

    # Readers, sensors, buttons --------------------------------------------------------------

    def _see(self, happened: CardSeen | TagsSeen | Switched | Measured, now: float) -> None:
        """What maintenance does not take is production's."""
        seen: CardSeen | TagsSeen | Switched | Measured | None = happened
        match happened:
            case CardSeen() if self._upkeep.takes_card(happened):
                seen = None
            case Switched() if self._upkeep.takes_switch(happened):
                seen = None
            case TagsSeen():
                seen = self._upkeep.takes_tags(happened)
            case Measured():
                seen = self._upkeep.takes_value(happened, now)
        if seen is not None:
            self._sense(self._senses.feel(seen))

    def _sense(self, senses: list[Sense]) -> None:
        for sense in senses:
            match sense:
                case Sensed(type, body, up, cause):
                    self._recorder.record(type, body, up, cause)
                case Pressed(button, pressed, up):
                    if not self._upkeep.takes_press(button, pressed, up):
                        self._sense(self._senses.press(button, pressed, up))
                case Asked(act, up):
                    self._act(act, up)
                case Doubted(reader, code):
                    self._out.say("doubtful", Weight.WARNING, reader=reader, code=code)
                case Stuck(button, fault):
                    self._recorder.set_device(button, fault)
                case _:
                    assert_never(sense)

    def _act(self, act: Act, up: float) -> None:
        match act:
            case Act.UNDO:
                self._recorder.undo(up)
            case Act.SELFTEST:
                self._upkeep.start_test(True, Asker("button"), up)
            case _:
                assert_never(act)

    def _hear_device(self, happened: DeviceState | DeviceSaid | NoiseHeard) -> None:
        match happened:
            case DeviceState(device, fault):
                self._recorder.set_device(device, fault)
            case DeviceSaid(device, facts):
                self._out.say("device-says", **{"device": device, **facts})
            case NoiseHeard(device, count, reason, sample):
                facts = {"device": device, "count": count, "reason": reason, "sample": sample.hex()}
                self._out.say("noise", Weight.WARNING, **facts)
            case _:
                assert_never(happened)

    # Maintenance, disk, server --------------------------------------------------------------

    def _maintain(
        self,
        happened: TrialAsked
        | TrialAnswered
        | TrialEnded
        | CalibrationAsked
        | CalibrationStored
        | SerialSeen
        | Ending,
        now: float,
    ) -> None:
        match happened:
            case TrialAsked(guided, by):
                self._upkeep.start_test(guided, Asker(by, leads=True), now)
            case TrialAnswered(good):
                self._upkeep.answer(good, now)
            case TrialEnded():
                self._upkeep.leave(now)
            case CalibrationAsked():
                self._upkeep.calibrate(happened, now)
            case CalibrationStored():
                self._upkeep.stored(happened)
            case SerialSeen(sensor, serial):
                self._upkeep.show_serial(sensor, serial)
            case Ending():
                self._upkeep.stop(now)
            case _:
                assert_never(happened)

    def _hear_disk(self, happened: Kept | NotKept, now: float) -> None:
        """What was kept is shown, and sent."""
        match happened:
            case Kept(first):
                last = self._recorder.kept(first, now)
                if last is not None:
                    self._server.recorded(last, now)
                    self._server.ask(now)
            case NotKept(reason):
                self._recorder.lost(reason, now)
            case _:
                assert_never(happened)

    def _hear_server(
        self, happened: Ack | VerdictMessage | LampsMessage | Command, now: float
    ) -> None:
        match happened:
            case Ack():
                if self._server.hear_ack(happened, now):
                    self._recorder.clock_right(now)
                self._server.ask(now)
            case VerdictMessage():
                self._server.hear_verdict(happened, now)
            case LampsMessage():
                self._server.hear_lamps(happened)
            case Command():
                self._hear_command(happened, now)
            case _:
                assert_never(happened)

    def _hear_command(self, command: Command, now: float) -> None:
        if command.id in self._commands:
            return
        self._commands[command.id] = None
        if len(self._commands) > _COMMANDS:
            self._commands.popitem(last=False)
        self._out.say("command", id=command.id, command=command.command)
        if command.command == "identify":
            self.front.show(IDENTIFY, now)
            self._out.put(Publish(Report(command.id, command.command, {"result": "done"})))
        elif command.command == "selftest":
            body = command.body if isinstance(command.body, dict) else {}
            by = body.get("by")
            asker = Asker(by if isinstance(by, str) else "server", command.id)
            self._upkeep.start_test(body.get("guided") is True, asker, now)
        else:
            self._out.put(Obey(command))

    # What is so -----------------------------------------------------------------------------

    def _look(self, now: Instant) -> None:
        """The clocks were looked at: they may have become right."""
        if self._wall.look(now) or self._clock_due:
            self._clock_due = False
            self._recorder.clock_right(now.up)

    def _refresh(self, now: float) -> None:
        """Lights, words and status say what is so."""
        self.front.fail(self._recorder.failing)
        self.front.panel.maintenance = (
            self._upkeep.calibrates or self._recorder.broken or self._server.has_rivals(now)
        )
        self._server.refresh(self._recorder.faults, now)
