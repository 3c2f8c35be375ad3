"""The self-test of a station: which steps, what each waits for, what came of it. Pure.

Guided: a person presents the test card, presses the button, says whether each lamp is lit. Unattended:
loopback wires answer, and what has none is skipped. Cards and presses that are none of the test's
business go their usual way.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pullcord_edge.core.setting import SelfTest, Setting
from pullcord_edge.core.voice import VOICES
from pullcord_wire.message import JSON

ANSWER_S: Final = 20.0
"""A person has so long for each step."""
LOOP_S: Final = 2.0
"""A wire has so long."""
DARK_S: Final = 0.4
"""Each step begins with all lamps dark: what is lit afterwards came on for it."""
BUZZER: Final = "buzzer"


class Kind(StrEnum):
    """What a step tests."""

    LAMP = "lamp"
    SOUND = "sound"
    BUTTON = "button"
    CARD = "card"


class Result(StrEnum):
    """What came of a step."""

    PASS = "pass"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to test: `what` is `stack.red`, `buzzer`, or a button's or reader's name."""

    kind: Kind
    what: str

    def __str__(self) -> str:
        return f"{self.kind} {self.what}" if self.kind is not Kind.SOUND else "sound"

    @property
    def prompt(self) -> str:
        """What a person is asked or told."""
        match self.kind:
            case Kind.LAMP:
                light, _, colour = self.what.rpartition(".")
                return f"is only the {colour} lamp of {light} lit?"
            case Kind.SOUND:
                return "does it beep?"
            case Kind.BUTTON:
                return f"press {self.what}"
            case Kind.CARD:
                return f"hold the test card to {self.what}"


@dataclass(frozen=True, slots=True)
class Done:
    """One step that is over."""

    step: Step
    result: Result
    seen: str


def plan(setting: Setting) -> tuple[Step, ...]:
    """Every step of this station, outputs first."""
    return tuple(_plan(setting))


def _plan(setting: Setting) -> Iterator[Step]:
    for light in setting.lights:
        for colour in light.colours:
            yield Step(Kind.LAMP, f"{light.name}.{colour}")
    if setting.buzzer is not None:
        yield Step(Kind.SOUND, BUZZER)
    for button in setting.buttons:
        yield Step(Kind.BUTTON, button.name)
    for reader in setting.readers:
        yield Step(Kind.CARD, reader.name)


class Trial:
    """One running self-test: tell it what happens; `tick` moves it on."""

    def __init__(self, setting: Setting, guided: bool, by: str, at: int, now: float) -> None:
        """`by`: who asked for it; `at`: wall time, ms since 1970."""
        self.guided = guided
        self.by = by
        self.at = at
        self.done: list[Done] = []
        self._steps = list(plan(setting))
        self._test: SelfTest = setting.selftest
        self._drivers = {reader.name: reader.driver for reader in setting.readers}
        acting = frozenset(button.name for button in setting.buttons if button.act is not None)
        self._confirms = acting or frozenset(button.name for button in setting.buttons)
        self._begun = now
        self._fresh = True

    @property
    def step(self) -> Step | None:
        """The step it is at; None: it is over."""
        return self._steps[len(self.done)] if len(self.done) < len(self._steps) else None

    @property
    def gives_up_at(self) -> float:
        """When the step it is at is failed."""
        return self._begun + (ANSWER_S if self.guided else LOOP_S)

    def is_dark(self, now: float) -> bool:
        """Whether the step has not yet lit its lamp."""
        return now < self._begun + DARK_S

    def next_at(self, now: float) -> float:
        """When something about the step changes by time alone."""
        return self._begun + DARK_S if self.is_dark(now) else self.gives_up_at

    def begin(self) -> Step | None:
        """The step that has just begun, once; None: nothing new."""
        fresh, self._fresh = self._fresh, False
        return self.step if fresh else None

    def frame(self) -> tuple[str, bytes] | None:
        """The reader and the bytes to send through its loopback wire for this step."""
        step = self.step
        if step is None or not self._is_looped(step) or step.kind is not Kind.CARD:
            return None
        return step.what, VOICES[self._drivers[step.what]].frame(self._test.cards[0])

    def answer(self, good: bool, now: float) -> bool:
        """A person said yes or no; whether anybody had asked."""
        step = self.step
        if step is None or step.kind not in (Kind.LAMP, Kind.SOUND) or not self.guided:
            return False
        self._end(Result.PASS if good else Result.FAIL, "a person saw it", now)
        return True

    def card(self, reader: str, code: str, now: float) -> bool:
        """A card came; whether it is the test's: no test card is anything else."""
        if code not in self._test.cards:
            return False
        step = self.step
        if step == Step(Kind.CARD, reader):
            self._end(Result.PASS, f"read {code}", now)
        return True

    def press(self, name: str, closed: bool, now: float) -> bool:
        """A contact closed or opened; whether that is the test's business."""
        step = self.step
        if step is None:
            return False
        if step.kind is Kind.BUTTON and step.what == name:
            if closed:
                self._end(Result.PASS, "pressed", now)
            return True
        if self.guided:
            asked = step.kind in (Kind.LAMP, Kind.SOUND) and name in self._confirms
            return asked and (not closed or self.answer(True, now))
        if closed and step.kind is not Kind.CARD and self._test.loops.get(step.what) == name:
            self._end(Result.PASS, f"seen at {name}", now)
        return name in self._test.loops.values()

    def tick(self, now: float) -> None:
        """A step that nothing answered in its time is failed; one that nothing can answer, skipped."""
        while (step := self.step) is not None:
            if not self.guided and not self._is_looped(step):
                self._end(*self._without_wire(step), now)
            elif step.kind is Kind.CARD and not self._test.cards:
                self._end(Result.SKIPPED, "no test card: [selftest] cards", now)
            elif now >= self.gives_up_at:
                self._end(Result.FAIL, f"nothing within {self.gives_up_at - self._begun:g} s", now)
            else:
                return

    def stop(self, now: float) -> None:
        """It is broken off: what is left is skipped."""
        while self.step is not None:
            self._end(Result.SKIPPED, "broken off", now)

    def report(self, station: str, serial: str, ended_at: int) -> dict[str, JSON]:
        """What came of it, for the journal and the server; times as ms since 1970."""
        failed = any(done.result is Result.FAIL for done in self.done)
        return {
            "station": station,
            "serial": serial,
            "mode": "guided" if self.guided else "unattended",
            "by": self.by,
            "started_at": self.at,
            "ended_at": ended_at,
            "outcome": (Result.FAIL if failed else Result.PASS).value,
            "steps": [
                {"name": str(done.step), "result": done.result.value, "seen": done.seen}
                for done in self.done
            ],
        }

    def _is_looped(self, step: Step) -> bool:
        if step.kind is Kind.CARD:
            voiced = self._drivers[step.what] in VOICES
            return bool(self._test.cards) and step.what in self._test.looped and voiced
        return step.kind is not Kind.BUTTON and step.what in self._test.loops

    def _without_wire(self, step: Step) -> tuple[Result, str]:
        """A button is proven by the lamp that is wired to it; the rest cannot be told."""
        outputs = {output for output, name in self._test.loops.items() if name == step.what}
        if step.kind is not Kind.BUTTON or not outputs:
            return Result.SKIPPED, "no loopback wire"
        proven = any(d.result is Result.PASS and d.step.what in outputs for d in self.done)
        return (Result.PASS if proven else Result.FAIL), "by the wire of its lamp"

    def _end(self, result: Result, seen: str, now: float) -> None:
        step = self.step
        assert step is not None
        self.done.append(Done(step, result, seen))
        self._begun, self._fresh = now, True
