"""The words of a self-test: its steps, what came of each, and the report of them all. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from pullcord_edge.core.setting import Setting
from pullcord_wire.message import JSON

BUZZER: Final = "buzzer"


class Kind(StrEnum):
    """What a step tests."""

    LAMP = "lamp"
    SOUND = "sound"
    DISPLAY = "display"
    BUTTON = "button"
    SWITCH = "switch"
    SENSOR = "sensor"
    CARD = "card"


ASKED: Final = (Kind.LAMP, Kind.SOUND, Kind.DISPLAY)
"""What only a person can tell without a wire: a question."""


class Result(StrEnum):
    """What came of a step."""

    PASS = "pass"
    FAIL = "fail"
    SKIPPED = "skipped"


class Outcome(StrEnum):
    """What came of the whole; `skipped`: nothing could be tested, `refused`: it was not begun."""

    PASS = "pass"
    FAIL = "fail"
    SKIPPED = "skipped"
    BROKEN_OFF = "broken off"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to test: `what` is `stack.red`, `buzzer`, or the name of a display, button, sensor or reader."""

    kind: Kind
    what: str

    def __str__(self) -> str:
        return f"{self.kind} {self.what}" if self.kind is not Kind.SOUND else "sound"

    def prompt(self, testing: str) -> str:
        """What a person is asked or told; `testing`: what a display says during a self-test."""
        match self.kind:
            case Kind.LAMP:
                light, _, colour = self.what.rpartition(".")
                return f"is only the {colour} lamp of {light} lit?"
            case Kind.SOUND:
                return "does it beep?"
            case Kind.DISPLAY:
                return f'does {self.what} say "{testing}"?'
            case Kind.BUTTON:
                return f"press {self.what}"
            case Kind.SWITCH:
                return f"work the switch {self.what} and let it go"
            case Kind.SENSOR:
                return f"wait for a value of {self.what}"
            case Kind.CARD:
                return f"hold the test card to {self.what}"


@dataclass(frozen=True, slots=True)
class Done:
    """One step that is over."""

    step: Step
    result: Result
    seen: str


Told: TypeAlias = tuple[str, Result, str]
"""A step that is over, as the report has it: its name, what came of it, what was seen."""


def plan(setting: Setting) -> tuple[Step, ...]:
    """Every step of this station, outputs first."""
    return tuple(_plan(setting))


def _plan(setting: Setting) -> Iterator[Step]:
    for light in setting.lights:
        for colour in light.colours:
            yield Step(Kind.LAMP, f"{light.name}.{colour}")
    if setting.buzzer is not None:
        yield Step(Kind.SOUND, BUZZER)
    for display in setting.displays:
        yield Step(Kind.DISPLAY, display.name)
    for button in setting.buttons:
        yield Step(Kind.BUTTON, button.name)
    spare = frozenset(setting.selftest.loops.values())
    for sensor in setting.sensors:
        if sensor.name in spare:
            continue
        kind = Kind.SENSOR if sensor.contact is None else Kind.SWITCH
        yield Step(kind, sensor.name)
    for reader in setting.readers:
        yield Step(Kind.CARD, reader.name)


def write_report(
    *,
    station: str,
    serial: str,
    mode: str,
    by: str,
    command: str | None,
    times: tuple[int, int],
    outcome: Outcome,
    done: Iterable[Told] = (),
    reason: str | None = None,
) -> dict[str, JSON]:
    """What came of it, for the journal and the server. `times`: begun and ended, ms since 1970.

    `serial`: the machine's own number, under which results are kept; `command`: the server's that asked.
    """
    begun, ended = times
    return {
        "station": station,
        "serial": serial,
        "mode": mode,
        "by": by,
        "command": command,
        "started_at": begun,
        "ended_at": ended,
        "outcome": outcome.value,
        "reason": reason,
        "steps": [
            {"name": name, "result": result.value, "seen": seen} for name, result, seen in done
        ],
    }
