"""What the report of a station's self-test says, read from its entry. Pure."""

from dataclasses import dataclass
from typing import Any

from pullcord_wire.message import JSON


@dataclass(frozen=True, slots=True)
class StepDone:
    """One lamp, beep, button, sensor or reader, and what came of it."""

    name: str
    result: str
    seen: str


@dataclass(frozen=True, slots=True)
class SelfTest:
    """One self-test. `serial`: the machine's own; `asked`: the decision that asked for it."""

    serial: str
    mode: str
    by: str
    outcome: str
    reason: str | None
    asked: str | None
    steps: tuple[StepDone, ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of what failed."""
        return tuple(step.name for step in self.steps if step.result == "fail")


def read_report(report: JSON) -> SelfTest | None:
    """The self-test that a report tells of; None: it tells of none, such as a test card's own."""
    if not isinstance(report, dict):
        return None
    steps = report.get("steps")
    if not isinstance(steps, list):
        return None
    return SelfTest(
        serial=_text(report, "serial"),
        mode=_text(report, "mode"),
        by=_text(report, "by"),
        outcome=_text(report, "outcome"),
        reason=_text(report, "reason") or None,
        asked=_text(report, "command") or None,
        steps=tuple(
            StepDone(_text(step, "name"), _text(step, "result"), _text(step, "seen"))
            for step in steps
            if isinstance(step, dict)
        ),
    )


def _text(values: dict[str, Any], key: str) -> str:
    """A text of a report; empty where there is none."""
    value = values.get(key)
    return value if isinstance(value, str) else ""
