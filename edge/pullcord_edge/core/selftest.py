"""The self-test of a station: what each step waits for, and when it is over. Pure.

Guided: a person presents the test card, presses the button, says whether each lamp is lit. Unattended:
loopback wires answer, and what has none is skipped. Cards and presses that are none of the test's
business go their usual way.
"""

from math import inf
from typing import Final

from pullcord_edge.core.selftest_step import ASKED, Done, Kind, Outcome, Result, Step, plan
from pullcord_edge.core.setting import SelfTest, Setting
from pullcord_edge.core.voice import VOICES

ANSWER_S: Final = 20.0
"""A person has so long for each step."""
LOOP_S: Final = 4.0
"""A wire has so long."""
AGAIN_S: Final = 0.5
"""A frame is sent through a reader's wire so often: its port may just be opening."""
WITHOUT: Final = {
    Kind.LAMP: "no loopback wire",
    Kind.SOUND: "no loopback wire",
    Kind.DISPLAY: "nobody to read it",
    Kind.BUTTON: "nobody to press it",
    Kind.SWITCH: "nobody to work it",
    Kind.CARD: "no loopback wire",
}
"""Why a step is skipped without a person."""
DARK_S: Final = 0.4
"""Each step begins with all lamps dark: what is lit afterwards came on for it."""


class Trial:
    """One running self-test: tell it what happens; `tick` moves it on."""

    def __init__(self, setting: Setting, guided: bool, at: int, now: float) -> None:
        """`at`: wall time, ms since 1970."""
        self.guided = guided
        self.at = at
        self.done: list[Done] = []
        self._steps = list(plan(setting))
        self._test: SelfTest = setting.selftest
        self._drivers = {reader.name: reader.driver for reader in setting.readers}
        acting = frozenset(button.name for button in setting.buttons if button.act is not None)
        self._confirms = acting or frozenset(button.name for button in setting.buttons)
        self._stopped = False
        self._begun = now
        self._fresh = True
        self._moved = False
        self._sent_at = -inf

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
        if self.is_dark(now):
            return self._begun + DARK_S
        return min(self.gives_up_at, self._sent_at + AGAIN_S) if self._sends else self.gives_up_at

    def begin(self) -> Step | None:
        """The step that has just begun, once; None: nothing new."""
        fresh, self._fresh = self._fresh, False
        return self.step if fresh else None

    @property
    def _sends(self) -> bool:
        """Whether the step is that of a reader's loopback wire; a person holds the card to the reader."""
        step = self.step
        return (
            not self.guided
            and step is not None
            and step.kind is Kind.CARD
            and self._tells_itself(step)
        )

    def frame(self, now: float) -> tuple[str, bytes] | None:
        """The reader and the bytes to send through its loopback wire now; None: not now."""
        step = self.step
        if step is None or not self._sends or now < self._sent_at + AGAIN_S:
            return None
        self._sent_at = now
        return step.what, VOICES[self._drivers[step.what]].frame(self._test.cards[0])

    def answer(self, good: bool, now: float) -> bool:
        """A person said yes or no; whether anybody had asked."""
        step = self.step
        if step is None or step.kind not in ASKED or not self.guided:
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

    def value(self, sensor: str, value: float, now: float) -> None:
        """A sensor gave a good value, which goes its usual way, too."""
        if self.step == Step(Kind.SENSOR, sensor):
            self._end(Result.PASS, f"reads {value:g}", now)

    def press(self, name: str, now: float) -> bool:
        """A button was pressed; whether that is the test's business."""
        step = self.step
        if not self.guided or step is None:
            return False
        if step == Step(Kind.BUTTON, name):
            self._end(Result.PASS, "pressed", now)
            return True
        return name in self._confirms and self.answer(True, now)

    def move(self, name: str, now: float) -> bool:
        """A bin's switch closed or opened; whether that is the test's business."""
        if not self.guided or self.step != Step(Kind.SWITCH, name):
            return False
        if self._moved:
            self._end(Result.PASS, "moved and back", now)
        self._moved = True
        return True

    def loop(self, name: str, now: float) -> None:
        """A spare input closed: the output that is wired to it works, if it is the one that is tested."""
        step = self.step
        if step is None or self.guided or self._test.loops.get(step.what) != name:
            return
        if step.kind is Kind.SOUND or not self.is_dark(now):
            self._end(Result.PASS, f"seen at {name}", now)

    def tick(self, now: float) -> None:
        """A step that nothing answered in its time is failed; one that nothing can answer, skipped."""
        while (step := self.step) is not None:
            if not self.guided and not self._tells_itself(step):
                self._end(Result.SKIPPED, WITHOUT[step.kind], now)
            elif step.kind is Kind.CARD and not self._test.cards:
                self._end(Result.SKIPPED, "no test card: [selftest] cards", now)
            elif now >= self.gives_up_at:
                self._end(Result.FAIL, f"nothing within {self.gives_up_at - self._begun:g} s", now)
            else:
                return

    def stop(self, now: float) -> None:
        """It is broken off: what is left is skipped."""
        self._stopped = self.step is not None
        while self.step is not None:
            self._end(Result.SKIPPED, "broken off", now)

    @property
    def outcome(self) -> Outcome:
        """A failure outweighs all; what was broken off, or tested nothing, did not pass."""
        results = {done.result for done in self.done}
        if Result.FAIL in results:
            return Outcome.FAIL
        if self._stopped:
            return Outcome.BROKEN_OFF
        return Outcome.PASS if Result.PASS in results else Outcome.SKIPPED

    def _tells_itself(self, step: Step) -> bool:
        """Whether the step needs no person."""
        match step.kind:
            case Kind.CARD:
                voiced = self._drivers[step.what] in VOICES
                return bool(self._test.cards) and step.what in self._test.looped and voiced
            case Kind.SENSOR:
                return True
            case Kind.DISPLAY | Kind.BUTTON | Kind.SWITCH:
                return False
            case Kind.LAMP | Kind.SOUND:
                return step.what in self._test.loops

    def _end(self, result: Result, seen: str, now: float) -> None:
        step = self.step
        assert step is not None
        self.done.append(Done(step, result, seen))
        self._begun, self._fresh, self._moved, self._sent_at = now, True, False, -inf
