"""The one decision maker of a station: what happened and `now` in, what to do out. Pure.

A drop is shown and heard only when its entry comes back as `Kept`: there is no other way to the beep.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, replace
from math import inf
from typing import Final, assert_never

from pullcord_edge.core.calibration import Calibration, Calibrations, Key
from pullcord_edge.core.calibrator import Calibrator
from pullcord_edge.core.cause import Cause, Change, Drop, Finished, Owed, Wish
from pullcord_edge.core.display import Words
from pullcord_edge.core.effect import (
    AskPage,
    Effect,
    Obey,
    Publish,
    Record,
    Say,
    StoreMarks,
    TellTester,
    Weight,
)
from pullcord_edge.core.examiner import Asker, Examiner
from pullcord_edge.core.fault import FaultBook
from pullcord_edge.core.feedback import IDENTIFY, NOTICES, THRICE, VERDICTS, Notice, Show
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
from pullcord_edge.core.lamp import Beeper, Panel
from pullcord_edge.core.language import PHRASES
from pullcord_edge.core.last_drop import LastDrop
from pullcord_edge.core.ledger import JOURNAL, Ledger
from pullcord_edge.core.recall import Memory
from pullcord_edge.core.replication import Replication
from pullcord_edge.core.sense import Asked, Doubted, Pressed, Sense, Sensed, Senses, Stuck
from pullcord_edge.core.setting import Act, Setting
from pullcord_edge.core.teller import Teller
from pullcord_edge.core.wall import Wall
from pullcord_edge.core.wanted import WantedLamps
from pullcord_wire.codec import encode_entry
from pullcord_wire.message import (
    JSON,
    Ack,
    Body,
    ClockState,
    Command,
    DeviceBody,
    EmptyBody,
    Entry,
    EntryType,
    LampsMessage,
    Report,
    SelftestBody,
    UndoBody,
    VerdictMessage,
    WireError,
)

TEST_CARD_S: Final = 5.0
"""A test card that rests is one test, until it was gone for so long."""
_COMMANDS: Final = 64


class Station:
    """Tell it what happened with `handle`, let time pass with `tick`, carry out what it answers.

    Lamps, sound and words are asked of `panel`, `beeper` and `words`.
    """

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
        self.panel = Panel(setting.lights)
        self.beeper = Beeper()
        self.words = Words(setting.station, PHRASES[setting.language])
        self._replication = replication
        self._wall = wall
        self._senses = Senses(setting, memory, now.up)
        self._examiner = Examiner(setting, serial)
        self._calibrations = Calibrations.of(setting, calibrations or {}, serial)
        self._calibrator = Calibrator(self._calibrations, setting.station, serial)
        self._tested_until: dict[str, float] = {}
        self._ledger = Ledger()
        self._wanted = WantedLamps()
        self._faults = FaultBook()
        self._faults.remember(memory.faulty)
        self._clock_due = memory.clock_due and now.synced
        self._out: list[Effect] = []
        self._last = LastDrop(run)
        self._teller = Teller(run, version, reports)
        self._commands: OrderedDict[str, None] = OrderedDict()

    # What happens ---------------------------------------------------------------------------

    def handle(self, happened: Input, now: Instant) -> list[Effect]:
        """What is to be done because of this."""
        self._look(now)
        match happened:
            case CardSeen() if self._examiner.is_test_card(happened.code):
                self._see_test_card(happened)
            case TagsSeen():
                for card in self._examiner.test_cards(happened):
                    self._see_test_card(card)
                self._sense(self._senses.feel(self._examiner.without_test_cards(happened)))
            case Switched() if self._examiner.takes_switch(happened):
                pass
            case CardSeen() | Switched():
                self._sense(self._senses.feel(happened))
            case Measured():
                self._measure(happened, now.up)
            case TrialAsked(guided, by):
                self._start_test(guided, Asker(by, leads=True), now.up)
            case TrialAnswered(good):
                self._examiner.answer(good, now.up)
                self._calibrator.answer(good, now.up)
            case TrialEnded():
                self._examiner.break_off(now.up)
                self._calibrator.stop()
            case CalibrationAsked():
                self._calibrate(happened, now.up)
            case CalibrationStored():
                self._calibrator.stored(happened)
            case SerialSeen(sensor, serial):
                self._calibrations.show(sensor, serial)
            case Ending():
                self._examiner.stop(now.up)
                self._calibrator.stop()
            case DeviceState(device, fault):
                self._set_device(device, fault)
            case DeviceSaid(device, facts):
                self._out.append(Say("device-says", {"device": device, **facts}))
            case NoiseHeard(device, count, reason, sample):
                self._warn_of_noise(device, count, reason, sample)
            case LinkUp() | LinkDown() | Unread():
                self._link(happened, now.up)
            case Kept(first):
                self._keep(first, now.up)
            case NotKept(reason):
                self._lose(reason, now.up)
            case Ack():
                self._answer(happened, now.up)
            case VerdictMessage():
                self._show_verdict(happened, now.up)
            case LampsMessage():
                self._wanted.hear(happened)
            case Command():
                self._command(happened, now.up)
            case _:
                assert_never(happened)
        return self._take()

    def tick(self, now: Instant) -> list[Effect]:
        """What time alone asks for: to be called behind all that was handled, and at `next_at`."""
        self._look(now)
        self._sense(self._senses.tick(now.up))
        self._examine(now.up)
        self._retry(now.up)
        for device, fault in self._calibrations.faults():
            self._set_device(device, fault)
        self._record_faults(now.up)
        self._ask(now.up)
        self._refresh(now.up)
        return self._take()

    def next_at(self, now: float) -> float:
        """When to tick again at the latest, seconds since boot."""
        faults_at = self._faults.next_at() if self._ledger.failing is None else inf
        times = (
            *self._senses.due(),
            self._ledger.next_at(),
            self._examiner.next_at(now),
            self._calibrator.next_at(),
            self._teller.next_at(),
            faults_at,
        )
        return min(*times, self._replication.next_at(now))

    def time(self, now: float) -> int | None:
        """The wall time, ms since 1970; None: nobody can tell."""
        at, clock = self._wall.stamp(now)
        return None if clock is ClockState.UNSET else at

    def trimmed(self, journal: str, held: int) -> None:
        """The oldest entry of `journal` on disk is now `held`."""
        self._replication.trimmed(journal, held)

    # What was seen --------------------------------------------------------------------------

    def _sense(self, senses: list[Sense]) -> None:
        for sense in senses:
            match sense:
                case Sensed(type, body, up, cause):
                    self._record(type, body, up, cause)
                case Pressed(button, pressed, up):
                    if not self._examiner.takes_press(button, pressed, up):
                        self._sense(self._senses.press(button, pressed, up))
                case Asked(act, up):
                    self._act(act, up)
                case Doubted(reader, code):
                    self._say("doubtful", Weight.WARNING, reader=reader, code=code)
                case Stuck(button, fault):
                    self._set_device(button, fault)
                case _:
                    assert_never(sense)

    def _act(self, act: Act, up: float) -> None:
        match act:
            case Act.UNDO:
                self._undo(up)
            case Act.SELFTEST:
                self._start_test(True, Asker("button"), up)
            case _:
                assert_never(act)

    def _undo(self, up: float) -> None:
        entry = self._last.undo(up)
        if entry is None:
            self._show(NOTICES[Notice.REFUSED], up)
            self._say("nothing-to-undo", Weight.WARNING)
            return
        self._record(EntryType.UNDO, UndoBody(entry), up, Wish())

    def _set_device(self, name: str, fault: str | None) -> None:
        if self._faults.set(name, fault):
            weight = Weight.INFO if fault is None else Weight.WARNING
            self._say("device", weight, device=name, fault=fault or "none")

    def _warn_of_noise(self, device: str, count: int, reason: str, sample: bytes) -> None:
        facts = {"device": device, "count": count, "reason": reason, "sample": sample.hex()}
        self._out.append(Say("noise", facts, Weight.WARNING))

    # The self-test --------------------------------------------------------------------------

    def _see_test_card(self, happened: CardSeen) -> None:
        """A test card is never anything else; outside a self-test it proves the reader at least."""
        until = self._tested_until.get(happened.reader, -inf)
        self._tested_until[happened.reader] = happened.up + TEST_CARD_S
        if self._examiner.takes_card(happened) or self._examiner.runs or happened.up < until:
            return
        report: JSON = {"reader": happened.reader, "card": happened.code, "outcome": "pass"}
        self._record(EntryType.SELFTEST, SelftestBody(report), happened.up, Owed(Notice.TESTED))

    def _start_test(self, guided: bool, asker: Asker, now: float) -> None:
        """Begin; where one is under way, that is a report, too."""
        at, _ = self._wall.stamp(now)
        busy = self._calibrator.step is not None
        refused = self._examiner.start(guided, asker, busy, at, now)
        if refused is None:
            self._say("selftest-start", guided=guided, by=asker.by)
        else:
            self._report(*refused, now)

    def _calibrate(self, asked: CalibrationAsked, now: float) -> None:
        at, _ = self._wall.stamp(now)
        refused = self._calibrator.start(asked, self._examiner.runs, at, now)
        if refused is not None:
            self._report(refused, [TellTester("", "", refused)], now)

    def _measure(self, happened: Measured, now: float) -> None:
        """A value is judged by what it means; while it is calibrated, or before, it is not."""
        if self._calibrator.takes(happened, now):
            return
        meaning = self._calibrations.apply(happened.sensor, happened.value)
        self._examiner.hear_value(happened, meaning)
        if meaning is not None:
            self._sense(self._senses.feel(replace(happened, value=meaning)))

    def _report(self, report: JSON, told: list[Effect], now: float) -> None:
        self._record(EntryType.SELFTEST, SelftestBody(report), now, Finished(tuple(told)))

    def _examine(self, now: float) -> None:
        """Move the self-test on; its report goes to the journal and to whoever asked for it."""
        begun = self._examiner.tick(now)
        self._out += begun
        if begun and self._examiner.sounds():
            self.beeper.play(THRICE, now)
        at, _ = self._wall.stamp(now)
        released = self._examiner.release(now)
        if released is not None:
            self._sense(self._senses.feel(released))
        self._out += self._calibrator.tick(now)
        for finished in (self._examiner.finish(at), self._calibrator.finish(at)):
            if finished is not None:
                self._report(*finished, now)
        self.panel.trial = self._examiner.look(now)
        self.words.step = self._examiner.step or self._calibrator.step

    # The journal ----------------------------------------------------------------------------

    def _record(self, type: EntryType, body: Body, up: float, cause: Cause) -> None:
        at, clock = self._wall.stamp(up)
        up = round(up, 3)
        try:
            encode_entry(Entry(1, type, at, up, clock, body))
        except WireError as error:
            self._show(NOTICES[Notice.REFUSED], up)
            self._say("unrecordable", Weight.ERROR, type=type, reason=str(error))
            return
        self._ask_for(Record(type, at, up, clock, body), cause)

    def _ask_for(self, record: Record, cause: Cause) -> None:
        self._ledger.ask(record, cause)
        self._out.append(record)

    def _keep(self, first: int, now: float) -> None:
        """Everything asked for is on disk: now it is shown, and sent."""
        healed = self._ledger.failing is not None
        kept = self._ledger.keep()
        if not kept:
            return
        for seq, (record, cause) in enumerate(kept, first):
            self._show_kept(seq, record, cause, now)
        self._replication.recorded(first + len(kept) - 1, now)
        if healed:
            self._set_device(JOURNAL, None)
        self._ask(now)

    def _show_kept(self, seq: int, record: Record, cause: Cause, now: float) -> None:
        match cause:
            case Drop(code=code):
                self._last.drop(seq, record.up)
                self._show(NOTICES[Notice.KEPT], now)
                self.words.show_kept(code, now)
            case Wish():
                self._show(NOTICES[Notice.UNDONE], now)
                self.words.show_undone(now)
            case Owed(notice):
                if notice is not None:
                    self._show(NOTICES[notice], now)
            case Finished(told):
                self._out += told
            case Change():
                pass
            case _:
                assert_never(cause)
        self._say(record.type.value, seq=seq, **_facts(record.body))

    def _lose(self, reason: str, now: float) -> None:
        """Nothing asked for is on disk: red light, no beep, and no drop of these counts."""
        for record, cause in self._ledger.lose(reason, now):
            match cause:
                case Wish():
                    self._last.undo_failed()
                case Change(device):
                    self._faults.unrecord(device, now)
                case Finished(told):
                    self._out += told
            facts = _facts(record.body)
            self._say("not-kept", Weight.ERROR, type=record.type.value, **facts, reason=reason)
        self._set_device(JOURNAL, reason)

    def _retry(self, now: float) -> None:
        """Cards that still rest count again; a disk that failed is tried again."""
        for drop in self._ledger.take_rearmed(now):
            self._senses.forget(drop)
        owed = self._ledger.take_owed(now)
        if owed is None:
            return
        for record, cause in owed:
            self._ask_for(record, cause)
        body = DeviceBody(JOURNAL, self._ledger.failing)
        self._faults.record(JOURNAL, now)
        self._record(EntryType.DEVICE, body, now, Change(JOURNAL))

    def _record_faults(self, now: float) -> None:
        if self._ledger.failing is not None:
            return
        for name, fault in self._faults.take_due(now):
            self._record(EntryType.DEVICE, DeviceBody(name, fault), now, Change(name))

    def _look(self, now: Instant) -> None:
        if self._wall.look(now) or self._clock_due:
            self._clock_due = False
            self._record_clock(now.up)

    def _record_clock(self, up: float) -> None:
        self._record(EntryType.CLOCK, EmptyBody(), up, Owed())
        self._say("clock-right", source=self._wall.state.value)

    # The server -----------------------------------------------------------------------------

    def _link(self, happened: LinkUp | LinkDown | Unread, now: float) -> None:
        match happened:
            case LinkUp():
                self._teller.link(True)
                self._replication.connected(now)
                self._say("linked")
            case LinkDown(reason):
                self._teller.link(False)
                self._replication.disconnected(now)
                self._say("unlinked", Weight.WARNING, reason=reason)
            case Unread(topic, reason):
                self._say("unreadable", Weight.WARNING, topic=topic, reason=reason)
            case _:
                assert_never(happened)

    def _answer(self, ack: Ack, now: float) -> None:
        if self._replication.answered(ack, now) is None:
            return
        self._teller.heard = ack.now
        if self._wall.hear(ack.server, ack.now, now):
            self._record_clock(now)
        self._ask(now)

    def _ask(self, now: float) -> None:
        """What replication wants to publish now, and its marks."""
        question = self._replication.due(now)
        if question is not None:
            self._out.append(AskPage(question))
        if marks := self._replication.take_marks():
            self._out.append(StoreMarks(marks))

    def _show_verdict(self, message: VerdictMessage, now: float) -> None:
        shown = self._last.take_verdict(message, now)
        if shown:
            self._show(VERDICTS[message.verdict], now, more=True)
            self.words.show_verdict(message, now)
        self._say(
            "verdict",
            seq=message.seq,
            verdict=message.verdict.value,
            card=message.card or "",
            text=message.text,
            shown=shown,
        )

    def _command(self, command: Command, now: float) -> None:
        if command.id in self._commands:
            return
        self._commands[command.id] = None
        if len(self._commands) > _COMMANDS:
            self._commands.popitem(last=False)
        self._say("command", id=command.id, command=command.command)
        if command.command == "identify":
            self._show(IDENTIFY, now)
            self._out.append(Publish(Report(command.id, command.command, {"result": "done"})))
        elif command.command == "selftest":
            body = command.body if isinstance(command.body, dict) else {}
            by = body.get("by")
            asker = Asker(by if isinstance(by, str) else "server", command.id)
            self._start_test(body.get("guided") is True, asker, now)
        else:
            self._out.append(Obey(command))

    # What people see ------------------------------------------------------------------------

    def _refresh(self, now: float) -> None:
        """Panel and status say what is so."""
        replication, faults = self._replication, self._faults.faults
        lamps = self._wanted.of(replication.server)
        self.panel.wanted = lamps.lamps if lamps else {}
        self.panel.link_lost = self.words.link_lost = replication.link_lost(now)
        self.panel.failing = self.words.failing = self._ledger.failing is not None
        calibrates = self._calibrator.step is not None
        broken = bool(faults.keys() - {JOURNAL} or replication.rivals(now))
        self.panel.maintenance = calibrates or broken
        status = self._teller.tell(replication, lamps, faults, self._wall.state, now)
        if status is not None:
            self._out.append(Publish(status))

    def _show(self, show: Show, now: float, more: bool = False) -> None:
        self.panel.show(show, now, more)
        self.beeper.play(show.beeps, now)

    def _say(self, event: str, weight: Weight = Weight.INFO, /, **facts: object) -> None:
        self._out.append(Say(event, facts, weight))

    def _take(self) -> list[Effect]:
        out, self._out = self._out, []
        return out


def _facts(body: Body) -> dict[str, object]:
    """What the log says of an entry; of a report its outcome."""
    match body:
        case SelftestBody({"outcome": outcome}):
            return {"outcome": outcome}
        case SelftestBody():
            return {}
        case _:
            return asdict(body)
