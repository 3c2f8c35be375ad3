"""Runs self-tests inside the station: what is the test's business does not reach anything else. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf

from pullcord_edge.core.effect import Effect, Publish, Say, SendBytes, TellTester
from pullcord_edge.core.feedback import MAINTENANCE
from pullcord_edge.core.input import CardSeen, Measured, Switched, TagsSeen
from pullcord_edge.core.lamp import fit
from pullcord_edge.core.language import PHRASES
from pullcord_edge.core.selftest import Trial
from pullcord_edge.core.selftest_step import Kind, Outcome, Step, Told, write_report
from pullcord_edge.core.setting import Light, Setting
from pullcord_wire.message import JSON, Lamps, Pattern, Report


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asked: `command` of the server, else somebody at the station; `leads`: who leaves breaks it off."""

    by: str
    command: str | None = None
    leads: bool = False


class Examiner:
    """At most one self-test at a time."""

    def __init__(self, setting: Setting, serial: str) -> None:
        """`serial`: the machine's own number, under which results are kept."""
        self._setting = setting
        self._serial = serial
        self._trial: Trial | None = None
        self._asker = Asker("")
        self._pressed: set[str] = set()
        self._withheld: Switched | None = None
        self._spare = frozenset(setting.selftest.loops.values())

    @property
    def runs(self) -> bool:
        """Whether a self-test is under way."""
        return self._trial is not None

    def next_at(self, now: float) -> float:
        """When to tick again; `inf`: no self-test is under way."""
        return self._trial.next_at(now) if self._trial is not None else inf

    def is_test_card(self, code: str) -> bool:
        """Whether this card never is anything but a test."""
        return code in self._setting.selftest.cards

    def start(
        self, guided: bool, asker: Asker, busy: bool, at: int, now: float
    ) -> tuple[JSON, list[Effect]] | None:
        """Begin; one is under way, or a calibration is (`busy`): the report that says so, and whom to tell."""
        if self._trial is None and not busy:
            self._trial, self._asker = Trial(self._setting, guided, at, now), asker
            return None
        reason = "a calibration is under way"
        if self._trial is not None:
            reason = f"a self-test is under way, asked for by {self._asker.by}"
        report = self._write(guided, asker, (at, at), Outcome.REFUSED, reason=reason)
        return report, self._tell(asker, report)

    def answer(self, good: bool, now: float) -> None:
        """A person said yes or no."""
        if self._trial is not None:
            self._trial.answer(good, now)

    def break_off(self, now: float) -> None:
        """Whoever asked at the station is gone."""
        if self._asker.leads:
            self.stop(now)

    def stop(self, now: float) -> None:
        """It ends now, whoever asked for it."""
        if self._trial is not None:
            self._trial.stop(now)

    def takes_card(self, happened: CardSeen) -> bool:
        """Whether this card was the test's."""
        return self._trial is not None and self._trial.card(
            happened.reader, happened.code, happened.up
        )

    def without_test_cards(self, happened: TagsSeen) -> TagsSeen:
        """What else the look saw; the test's cards are taken."""
        cards = happened.codes & frozenset(self._setting.selftest.cards)
        return TagsSeen(happened.reader, happened.codes - cards, happened.up)

    def test_cards(self, happened: TagsSeen) -> list[CardSeen]:
        """The test's cards that the look saw."""
        cards = happened.codes & frozenset(self._setting.selftest.cards)
        return [CardSeen(happened.reader, code, happened.up) for code in sorted(cards)]

    def hear_value(self, happened: Measured, meaning: float | None) -> None:
        """A value proves its sensor, also one that means nothing yet."""
        if self._trial is not None:
            value = happened.value if meaning is None else meaning
            self._trial.value(happened.sensor, value, happened.up)

    def takes_switch(self, happened: Switched) -> bool:
        """Whether this switch moved for the test; one that is wired to an output never is anything else."""
        trial = self._trial
        if happened.device in self._spare:
            if trial is not None and happened.closed:
                trial.loop(happened.device, happened.up)
            return True
        if trial is None or not trial.move(happened.device, happened.up):
            return False
        self._withheld = happened
        return True

    def takes_press(self, button: str, pressed: bool, now: float) -> bool:
        """Whether this press was the test's; letting go is of whoever took the press."""
        if not pressed:
            taken = button in self._pressed
            self._pressed.discard(button)
            return taken
        if self._trial is None or not self._trial.press(button, now):
            return False
        self._pressed.add(button)
        return True

    def release(self, now: float) -> Switched | None:
        """How a bin's switch stands after its step: what it did meanwhile was the test's."""
        held = self._withheld
        if held is None or self.step == str(Step(Kind.SWITCH, held.device)):
            return None
        self._withheld = None
        return replace(held, up=now)

    def tick(self, now: float) -> list[Effect]:
        """Move on; what a step that has just begun needs."""
        trial = self._trial
        if trial is None:
            return []
        trial.tick(now)
        out: list[Effect] = []
        step = trial.begin()
        if step is not None:
            out.append(Say("selftest-step", {"step": str(step), "guided": trial.guided}))
            if self._asker.leads:
                out.append(TellTester(str(step), self._prompt(step) if trial.guided else ""))
        if (sent := trial.frame(now)) is not None:
            out.append(SendBytes(*sent))
        return out

    @property
    def step(self) -> str | None:
        """The step it is at, in words; None: no self-test is under way."""
        step = self._trial.step if self._trial is not None else None
        return None if step is None else str(step)

    def sounds(self) -> bool:
        """Whether the step that runs is the beeper's."""
        return self._trial is not None and _kind(self._trial.step) is Kind.SOUND

    def finish(self, at: int) -> tuple[JSON, list[Effect]] | None:
        """The report of a self-test that is over, and whom to tell; None: it is not."""
        trial = self._trial
        if trial is None or trial.step is not None:
            return None
        self._trial = None
        times, outcome = (trial.at, at), trial.outcome
        done = [(str(each.step), each.result, each.seen) for each in trial.done]
        report = self._write(trial.guided, self._asker, times, outcome, done=done)
        return report, self._tell(self._asker, report)

    def look(self, now: float) -> Lamps | None:
        """What the lights show for the step; None: what they show anyway."""
        trial = self._trial
        step = trial.step if trial is not None else None
        if trial is None or step is None:
            return None
        if trial.is_dark(now):
            return {}
        return {light.name: _look(light, step) for light in self._setting.lights}

    def _write(
        self,
        guided: bool,
        asker: Asker,
        times: tuple[int, int],
        outcome: Outcome,
        *,
        done: Iterable[Told] = (),
        reason: str | None = None,
    ) -> JSON:
        return write_report(
            station=self._setting.station,
            serial=self._serial,
            mode="guided" if guided else "unattended",
            by=asker.by,
            command=asker.command,
            times=times,
            outcome=outcome,
            done=done,
            reason=reason,
        )

    def _prompt(self, step: Step) -> str:
        return step.prompt(PHRASES[self._setting.language].testing)

    def _tell(self, asker: Asker, report: JSON) -> list[Effect]:
        out: list[Effect] = []
        if asker.leads:
            out.append(TellTester("", "", report))
        if asker.command is not None:
            out.append(Publish(Report(asker.command, "selftest", report)))
        return out


def _kind(step: Step | None) -> Kind | None:
    return step.kind if step is not None else None


def _look(light: Light, step: Step) -> Mapping[str, Pattern]:
    match step.kind:
        case Kind.LAMP:
            name, _, colour = step.what.rpartition(".")
            return {colour: Pattern.ON} if name == light.name else {}
        case Kind.SOUND:
            return {}
        case Kind.DISPLAY | Kind.BUTTON | Kind.SWITCH | Kind.SENSOR | Kind.CARD:
            return fit(MAINTENANCE, light)
