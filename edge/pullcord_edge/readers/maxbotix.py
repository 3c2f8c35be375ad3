"""MaxBotix ultrasonic sensors: `R`, three or four digits, CR; the unit depends on the model."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from .event import Event, Measurement, Noise, Status
from .option import Value
from .scale import Scale

_LINE = re.compile(r"(?P<junk>.*?)R(?P<digits>\d{3,4}) ?(?:P[01])?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a family of models prints: the unit, what means *no target*, what *nearer than this*."""

    unit: str | None
    no_target: frozenset[int]
    nearest: int = 0


MM_5M = Profile("mm", frozenset((4999, 5000, 9999)), 300)
MM_10M = Profile("mm", frozenset((9998, 9999)), 500)
MM_SHORT = Profile("mm", frozenset((4999, 5000)), 0)
CM = Profile("cm", frozenset((765, 1068)), 20)
INCHES = Profile("in", frozenset((254, 255)), 6)
#: Model numbers and names, the first that fits; None: the digits decide.
MODELS: tuple[tuple[str, Profile | None], ...] = (
    (r"MB73(53|54|63|66|67|68|75|83|84|86|87|88).*", MM_10M),
    (r"MB73\d\d.*", MM_5M),
    (r"MB14\d3.*|MB10\d3.*|MB16\d\d.*", MM_SHORT),
    (r"MB1[23]\d\d.*|MB70\d\d.*|MB71\d\d.*", CM),
    (r"MB10\d[04].*", INCHES),
    (r"MB\d{4}.*", None),
    (r"HR.*10 ?M.*", MM_10M),
    (r"HR.*", MM_5M),
    (r"XL.*", CM),
    (r"(LV|EZ|PROX).*", INCHES),
)


def profile_of(model: Value) -> Profile | None:
    """The profile of a model number or name. Raises ValueError."""
    for pattern, profile in MODELS:
        if re.fullmatch(pattern, str(model).strip().upper()):
            return profile
    raise ValueError(
        f'"{model}" is unknown; write the number on it (MB7389) or HRXL, HRXL-10m, XL, LV'
    )


def reader(profile: Profile | None) -> Callable[[str], Event | None]:
    """What a line of this profile means; None: four digits are millimetres, three have no unit."""

    def read(text: str) -> Event | None:
        found = _LINE.fullmatch(text)
        if found is None:
            printed = len(text) >= 3 and all(" " <= char <= "~" for char in text)
            return Status({"text": text}) if printed and text[0].isalpha() else None
        used = profile or (MM_5M if len(found["digits"]) == 4 else Profile(None, frozenset()))
        value = int(found["digits"])
        if value in used.no_target:
            return Noise(text.encode("latin-1"), "no target")
        near = {"at_most": True} if value <= used.nearest else {}
        return Measurement(value, used.unit, True, near)

    return read


def maxbotix(model: str = "") -> Scale:
    """A driver for the model; without one the digits decide."""
    return Scale(reader(profile_of(model) if model else None))
