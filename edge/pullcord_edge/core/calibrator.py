"""Calibrates a scale with a person: empty it, lay a known weight on it. Pure; `now` in seconds."""

from dataclasses import dataclass, field
from math import inf
from statistics import median
from typing import Final

from pullcord_edge.core.calibration import Calibration, Calibrations
from pullcord_edge.core.effect import Effect, Say, StoreCalibration, TellTester
from pullcord_edge.core.input import CalibrationAsked, CalibrationStored, Measured
from pullcord_edge.core.selftest_step import Outcome, Result, Told, write_report
from pullcord_wire.message import JSON

VALUES: Final = 10
"""So many values are taken; their median counts."""
GLITCHES: Final = 2
"""So many of the lowest and of the highest values are no measure of how still it is."""
PERSON_S: Final = 120.0
"""A person has so long to empty or to load it."""
VALUES_S: Final = 20.0
"""The values have so long to come."""
NOISE: Final = 4
"""The load must make so many times the difference that the values make among themselves."""


@dataclass(slots=True)
class _Run:
    """One calibration under way; `taking`: values are wanted, else the person is."""

    asked: CalibrationAsked
    serial: str
    at: int
    begun: float
    fresh: bool = True
    taking: bool = False
    values: list[float] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    spread: float = 0.0
    done: list[Told] = field(default_factory=list)
    stopped: bool = False
    found: Calibration | None = None
    stored: bool = False

    @property
    def gives_up_at(self) -> float:
        return self.begun + (VALUES_S if self.taking else PERSON_S)

    @property
    def over(self) -> bool:
        failed = any(result is Result.FAIL for _, result, _ in self.done)
        return failed or self.stopped or self.stored

    @property
    def step(self) -> str:
        return f"{'load' if self.medians else 'zero'} {self.asked.sensor}"

    @property
    def prompt(self) -> str:
        if self.medians:
            return f"do {self.asked.load:g} lie on {self.asked.sensor}, and nothing moves?"
        return f"is {self.asked.sensor} empty, and nothing moves?"


class Calibrator:
    """At most one calibration at a time."""

    def __init__(self, calibrations: Calibrations, station: str, machine: str) -> None:
        """`machine`: its serial number, under which reports are kept."""
        self._calibrations = calibrations
        self._station = station
        self._machine = machine
        self._run: _Run | None = None

    @property
    def step(self) -> str | None:
        """The step it is at; None: no calibration is under way."""
        return None if self._run is None else self._run.step

    def next_at(self) -> float:
        """When to tick again; `inf`: no calibration is under way."""
        run = self._run
        if run is None:
            return inf
        return -inf if run.fresh or run.over else run.gives_up_at

    def start(self, asked: CalibrationAsked, busy: bool, at: int, now: float) -> JSON:
        """Begin: None; a report that says why not."""
        serial = self._calibrations.serials.get(asked.sensor)
        reason = None
        if busy or self._run is not None:
            reason = "a self-test is under way"
        elif asked.sensor not in self._calibrations.serials:
            reason = f"{asked.sensor} is no sensor of this station with calibrated = true"
        elif not 0 < asked.load < inf:
            reason = "the load must be more than nothing"
        elif serial is None:
            reason = f"{asked.sensor} is not there: its serial number is not known"
        if reason is None and serial is not None:
            self._run = _Run(asked, serial, at, now)
            return None
        return self._report(_Run(asked, serial or "", at, now), Outcome.REFUSED, at, reason)

    def takes(self, happened: Measured, now: float) -> bool:
        """Whether this value is the calibration's: while it is under way the place is not judged."""
        run = self._run
        if run is None or happened.sensor != run.asked.sensor:
            return False
        if run.taking:
            run.values.append(happened.value)
            if len(run.values) == VALUES:
                self._measured(run, now)
        return True

    def answer(self, good: bool, now: float) -> None:
        """The person did it, or will not."""
        run = self._run
        if run is not None and not run.taking:
            run.stopped = not good
            run.taking, run.values, run.begun = good, [], now

    def stop(self) -> None:
        """It is broken off."""
        if self._run is not None:
            self._run.stopped = True

    def stored(self, happened: CalibrationStored) -> None:
        """The calibration is on disk, or is not (`fault`)."""
        run = self._run
        if run is None or run.found is None:
            return
        if happened.fault is None:
            self._calibrations.kept[(run.asked.sensor, run.serial)] = run.found
            run.stored = True
        else:
            run.done.append((f"store {run.asked.sensor}", Result.FAIL, happened.fault))

    def tick(self, now: float) -> list[Effect]:
        """Move on; what a step that has just begun needs."""
        run = self._run
        if run is None or run.over:
            return []
        if now >= run.gives_up_at and run.found is None:
            lacking = "no values" if run.taking else "no answer"
            seen = f"{lacking} within {run.gives_up_at - run.begun:g} s"
            run.done.append((run.step, Result.FAIL, seen))
            return []
        if not run.fresh:
            return []
        run.fresh = False
        if run.found is not None:
            return [StoreCalibration(run.asked.sensor, run.serial, run.found)]
        say = Say("calibration-step", {"step": run.step, "by": run.asked.by})
        return [say, TellTester(run.step, run.prompt)]

    def finish(self, at: int) -> tuple[JSON, list[Effect]] | None:
        """The report of a calibration that is over, and whom to tell; None: it is not."""
        run = self._run
        if run is None or not run.over:
            return None
        self._run = None
        outcome = Outcome.BROKEN_OFF if run.stopped else Outcome.FAIL
        report = self._report(run, Outcome.PASS if run.stored else outcome, at)
        return report, [TellTester("", "", report)]

    def _measured(self, run: _Run, now: float) -> None:
        """A step has its values."""
        value = float(median(run.values))
        inner = sorted(run.values)[GLITCHES:-GLITCHES]
        run.spread = max(run.spread, inner[-1] - inner[0])
        step = run.step
        run.taking, run.begun, run.fresh = False, now, True
        run.medians.append(value)
        if len(run.medians) == 1:
            run.done.append((step, Result.PASS, f"reads {value:g}"))
            return
        difference = value - run.medians[0]
        if abs(difference) <= NOISE * run.spread or not difference:
            seen = f"the load makes no difference: {run.medians[0]:g} to {value:g}"
            run.done.append((step, Result.FAIL, seen))
            return
        factor = run.asked.load / difference
        run.done.append((step, Result.PASS, f"reads {value:g}: one is {factor:g}"))
        run.found = Calibration(run.medians[0], factor, run.at, run.asked.by)

    def _report(self, run: _Run, outcome: Outcome, at: int, reason: str | None = None) -> JSON:
        report = write_report(
            station=self._station,
            serial=self._machine,
            mode="calibration",
            by=run.asked.by,
            command=None,
            times=(run.at, at),
            outcome=outcome,
            done=run.done,
            reason=reason,
        )
        found: JSON = None
        if run.found is not None:
            found = {"zero": run.found.zero, "factor": run.found.factor, "load": run.asked.load}
        return {**report, "sensor": run.asked.sensor, "device": run.serial, "found": found}
