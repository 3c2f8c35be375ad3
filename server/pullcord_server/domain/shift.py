"""Shifts as instants: which one runs, which ended last, which ends next. Instants are ms."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from . import calendar
from .plant import Calendar
from .wall import day_of, instant_of

_YEAR = 370


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift of a calendar, as instants."""

    start: int
    end: int


def next_shift_end(hours: Calendar | None, after: int) -> Shift | None:
    """The shift that ends next after `after`; None where there are no shifts."""
    if hours is None or not hours.shifts:
        return None
    today = day_of(hours.timezone, after)
    days = range(today - 1, today + _YEAR)
    return next((s for day in days for s in _shifts(hours, day) if s.end > after), None)


def last_shift_end(hours: Calendar | None, at: int) -> Shift | None:
    """The shift that ended last, at `at` or before; None where there are no shifts."""
    if hours is None or not hours.shifts:
        return None
    today = day_of(hours.timezone, at)
    for day in range(today, today - _YEAR, -1):
        ended = [s for d in (day, day - 1) for s in _shifts(hours, d) if s.end <= at]
        if ended:
            return max(ended, key=lambda s: s.end)
    return None


def running_shift(hours: Calendar | None, at: int) -> Shift | None:
    """The shift that `at` lies in; where two overlap, the one that began last."""
    if hours is None or not hours.shifts:
        return None
    today = day_of(hours.timezone, at)
    near = [s for day in (today - 1, today) for s in _shifts(hours, day)]
    return max((s for s in near if s.start <= at < s.end), key=lambda s: s.start, default=None)


def shifts_between(hours: Calendar | None, start: int, end: int) -> list[Shift]:
    """The shifts that have a part in [start, end], by their starts."""
    if hours is None or not hours.shifts:
        return []
    days = range(day_of(hours.timezone, start) - 1, day_of(hours.timezone, end) + 1)
    found = [s for day in days for s in _shifts(hours, day) if s.start <= end and s.end > start]
    return sorted(found, key=lambda s: s.start)


def _shifts(hours: Calendar, day: int) -> Iterator[Shift]:
    """The shifts that begin on a local day (ordinal), by their ends."""
    if calendar.works_on(hours, date.fromordinal(day)):
        yield from sorted((_shift(hours, day, span) for span in hours.shifts), key=lambda s: s.end)


def _shift(hours: Calendar, day: int, span: tuple[int, int]) -> Shift:
    start, end = span
    last = day + 1 if end <= start else day
    zone = hours.timezone
    return Shift(instant_of(zone, day, start), instant_of(zone, last, end))
