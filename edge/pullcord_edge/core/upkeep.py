"""What maintenance does at a station: test cards, self-tests, calibrations of scales."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import inf
from typing import Final

from pullcord_edge.core.calibration import Calibration, Calibrations, Key
from pullcord_edge.core.calibrator import Calibrator
from pullcord_edge.core.cause import Finished, Owed
from pullcord_edge.core.effect import Effect, TellTester
from pullcord_edge.core.examiner import Asker, Examiner
from pullcord_edge.core.feedback import THRICE, Notice
from pullcord_edge.core.front import Front
from pullcord_edge.core.input import (
    CalibrationAsked,
    CalibrationStored,
    CardSeen,
    Measured,
    Switched,
    TagsSeen,
)
from pullcord_edge.core.outbox import Outbox
from pullcord_edge.core.recorder import Recorder
from pullcord_edge.core.setting import Setting
from pullcord_edge.core.wall import Wall
from pullcord_wire.message import JSON, EntryType, SelftestBody

TEST_CARD_S: Final = 5.0
"""A test card that rests is one test, until it was gone for so long."""


class Upkeep:
    """Takes what is its own of what readers, buttons, switches and scales say; the rest is production's."""

    def __init__(
        self,
        setting: Setting,
        calibrations: Mapping[Key, Calibration],
        serial: str,
        wall: Wall,
        recorder: Recorder,
        front: Front,
        out: Outbox,
    ) -> None:
        """`calibrations`: what is kept of scales; `serial`: the machine's."""
        self._calibrations = Calibrations.of(setting, calibrations, serial)
        self._calibrator = Calibrator(self._calibrations, setting.station, serial)
        self._examiner = Examiner(setting, serial)
        self._wall = wall
        self._recorder = recorder
        self._front = front
        self._out = out
        self._tested_until: dict[str, float] = {}

    @property
    def calibrates(self) -> bool:
        """Whether a calibration is under way."""
        return self._calibrator.step is not None

    def next_at(self, now: float) -> float:
        """When to tick again; `inf`: nothing is under way."""
        return min(self._examiner.next_at(now), self._calibrator.next_at())

    # What may be its own --------------------------------------------------------------------

    def takes_card(self, happened: CardSeen) -> bool:
        """Whether this is a test card, which is never anything else."""
        if not self._examiner.is_test_card(happened.code):
            return False
        self._test(happened)
        return True

    def takes_tags(self, happened: TagsSeen) -> TagsSeen:
        """What a look saw besides test cards."""
        for card in self._examiner.test_cards(happened):
            self._test(card)
        return self._examiner.without_test_cards(happened)

    def takes_switch(self, happened: Switched) -> bool:
        """Whether this contact moved for a self-test."""
        return self._examiner.takes_switch(happened)

    def takes_press(self, button: str, pressed: bool, now: float) -> bool:
        """Whether a button was pressed, or let go, for a self-test."""
        return self._examiner.takes_press(button, pressed, now)

    def takes_value(self, happened: Measured, now: float) -> Measured | None:
        """The value as what it means; None: it is calibrated just now, or was not yet."""
        if self._calibrator.takes(happened, now):
            return None
        meaning = self._calibrations.apply(happened.sensor, happened.value)
        self._examiner.hear_value(happened, meaning)
        return None if meaning is None else replace(happened, value=meaning)

    # What people want of it -----------------------------------------------------------------

    def start_test(self, guided: bool, asker: Asker, now: float) -> None:
        """Begin a self-test; where one is under way, that is a report, too."""
        at, _ = self._wall.stamp(now)
        refused = self._examiner.start(guided, asker, self.calibrates, at, now)
        if refused is None:
            self._out.say("selftest-start", guided=guided, by=asker.by)
        else:
            self._report(*refused, now)

    def calibrate(self, asked: CalibrationAsked, now: float) -> None:
        """Begin a calibration, or report why not."""
        at, _ = self._wall.stamp(now)
        refused = self._calibrator.start(asked, self._examiner.runs, at, now)
        if refused is not None:
            self._report(refused, [TellTester("", "", refused)], now)

    def answer(self, good: bool, now: float) -> None:
        """A person says yes or no."""
        self._examiner.answer(good, now)
        self._calibrator.answer(good, now)

    def leave(self, now: float) -> None:
        """Whoever asked at the station is gone."""
        self._examiner.break_off(now)
        self._calibrator.stop()

    def stop(self, now: float) -> None:
        """The program ends."""
        self._examiner.stop(now)
        self._calibrator.stop()

    def stored(self, happened: CalibrationStored) -> None:
        """A calibration is on disk, or is not."""
        self._calibrator.stored(happened)

    def show_serial(self, sensor: str, serial: str) -> None:
        """The device of this sensor has this serial number."""
        self._calibrations.show(sensor, serial)

    # Time -----------------------------------------------------------------------------------

    def tick(self, now: float) -> Switched | None:
        """Move on; how a bin's switch stands that was the self-test's until now."""
        begun = self._examiner.tick(now)
        self._out.put(*begun)
        if begun and self._examiner.sounds():
            self._front.beeper.play(THRICE, now)
        released = self._examiner.release(now)
        self._out.put(*self._calibrator.tick(now))
        for report, told in self._finished(now):
            self._report(report, told, now)
        self._front.panel.trial = self._examiner.look(now)
        self._front.words.step = self._examiner.step or self._calibrator.step
        return released

    def faults(self) -> Iterator[tuple[str, str | None]]:
        """Every scale that needs a calibration, and why it cannot be used."""
        return self._calibrations.faults()

    def _finished(self, now: float) -> Iterator[tuple[JSON, list[Effect]]]:
        """What is over: its report, and whom to tell."""
        at, _ = self._wall.stamp(now)
        for finished in (self._examiner.finish(at), self._calibrator.finish(at)):
            if finished is not None:
                yield finished

    def _test(self, happened: CardSeen) -> None:
        """Outside a self-test a test card proves its reader at least."""
        until = self._tested_until.get(happened.reader, -inf)
        self._tested_until[happened.reader] = happened.up + TEST_CARD_S
        if self._examiner.takes_card(happened) or self._examiner.runs or happened.up < until:
            return
        report: JSON = {"reader": happened.reader, "card": happened.code, "outcome": "pass"}
        body = SelftestBody(report)
        self._recorder.record(EntryType.SELFTEST, body, happened.up, Owed(Notice.TESTED))

    def _report(self, report: JSON, told: list[Effect], now: float) -> None:
        """The report goes to the journal, and to whoever asked when it is kept."""
        body = SelftestBody(report)
        self._recorder.record(EntryType.SELFTEST, body, now, Finished(tuple(told)))
