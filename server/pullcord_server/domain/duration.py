"""Durations, rates and times of the day as people write them: 45m, 60/h, 06:00."""

import re
from datetime import date, time
from fractions import Fraction

from .plant import DAY, HOUR, MINUTE

_DURATION = re.compile(r"(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?")
_UNITS = (DAY, HOUR, MINUTE, 1000)
_RATE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*/\s*(min|h|d)")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def parse_duration(text: str) -> int | None:
    """`45m`, `90s`, `1h30m`, `1d` (24 h) as ms; None for anything else."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or not text.strip():
        return None
    parts = zip(found.groups(), _UNITS, strict=True)
    return sum(int(number) * unit for number, unit in parts if number is not None)


def show_duration(ms: int) -> str:
    """The shortest text that `parse_duration` reads as `ms` (whole seconds)."""
    rest, shown = ms, ""
    for unit, sign in zip(_UNITS, "dhms", strict=True):
        number, rest = divmod(rest, unit)
        shown += f"{number}{sign}" if number else ""
    return shown or "0m"


def parse_rate(text: str, day_minutes: Fraction) -> Fraction | None:
    """`60/h`, `1/min`, `480/d` as pieces per working minute; `day_minutes`: of a working day."""
    found = _RATE.fullmatch(text.strip())
    if found is None:
        return None
    minutes = {"min": Fraction(1), "h": Fraction(60), "d": day_minutes}[found[2]]
    return Fraction(found[1]) / minutes


def parse_time(value: object, *, to_midnight: bool = False) -> int | None:
    """`06:00` (text, or TOML's own 06:00:00) as a minute of the day; `24:00` where a day may end."""
    if isinstance(value, time):
        value = value.isoformat("minutes") if not value.second + value.microsecond else None
    if not isinstance(value, str):
        return None
    if to_midnight and value == "24:00":
        return 1440
    found = _TIME.fullmatch(value)
    return None if found is None else int(found[1]) * 60 + int(found[2])


def show_time(minute: int) -> str:
    """A minute of the day as `06:00`."""
    return f"{minute // 60:02}:{minute % 60:02}"


def parse_date(value: object) -> date | None:
    """`2027-01-01`, as text or as TOML's own date."""
    if type(value) is date:
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
