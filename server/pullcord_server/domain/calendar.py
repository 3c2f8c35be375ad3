"""Working time: due instants, durations and slots in shifts. Instants and durations are ms.

None as a calendar is always working. Time is reckoned in blocks of 28 days, each computed once.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from .plant import DAY, MINUTE, Calendar
from .wall import day_of, instant_of

_BLOCK = 28
_MINUTES = 1440
_FOREVER = Calendar()

#: Intervals of one local day, ascending and apart.
_Minutes: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """28 local days: ascending intervals of working time, and the working time before each."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]
    total: int

    def done(self, at: int) -> int:
        """Working time of this block that lies before `at`."""
        index = bisect_right(self.starts, at) - 1
        if index < 0:
            return 0
        return self.before[index] + min(at, self.ends[index]) - self.starts[index]

    def reached(self, done: int) -> int:
        """The earliest instant at which `done` (more than 0, at most `total`) is worked."""
        index = bisect_right(self.before, done - 1) - 1
        return self.starts[index] + done - self.before[index]


def add(calendar: Calendar | None, at: int, duration: int) -> int:
    """The earliest instant at which `duration` of working time has passed since `at`.

    13:50 + 45 min where the shift ends at 14:00 is 06:35 of the next shift; + 10 min is 14:00.
    """
    if duration < 0:
        raise ValueError(f"a duration is not negative: {duration}")
    if calendar is None or duration == 0:
        return at + duration
    index = _block_of(calendar, at)
    block = _block(calendar, index)
    left = duration + block.done(at)
    if not has_working_time(calendar):
        raise ValueError("the calendar has no working time")
    while left > block.total:
        left -= block.total
        index += 1
        block = _block(calendar, index)
    return block.reached(left)


def between(calendar: Calendar | None, start: int, end: int) -> int:
    """Working time from `start` to `end`; negative when `end` comes first."""
    if calendar is None:
        return end - start
    if end < start:
        return -between(calendar, end, start)
    first, last = _block_of(calendar, start), _block_of(calendar, end)
    whole = sum(_block(calendar, index).total for index in range(first, last))
    return whole + _block(calendar, last).done(end) - _block(calendar, first).done(start)


def working(calendar: Calendar | None, at: int) -> bool:
    """Whether `at` is working time; a shift's first instant is, its last is not."""
    if calendar is None:
        return True
    block = _block(calendar, _block_of(calendar, at))
    index = bisect_right(block.starts, at) - 1
    return index >= 0 and at < block.ends[index]


def next_change(calendar: Calendar | None, at: int) -> int | None:
    """The next start or end of working time after `at`; None when there is none any more."""
    if calendar is None:
        return None
    now = working(calendar, at)
    index: int | None = _block_of(calendar, at)
    while index is not None:
        for edge in _edges(_block(calendar, index)):
            if edge > at and working(calendar, edge) is not now:
                return edge
        index = _next_uneven(calendar, index)
    return None


def has_working_time(calendar: Calendar) -> bool:
    """Whether an ordinary week has any working time at all."""
    return any(_ordinary_week(calendar))


def working_day(calendar: Calendar | None) -> int:
    """How long an ordinary working day is: the week's working time over its working days."""
    if calendar is None:
        return DAY
    week = sum(end - start for day in _ordinary_week(calendar) for start, end in day)
    return week * MINUTE // max(len(set(calendar.days)), 1)


def works_on(calendar: Calendar | None, day: date) -> bool:
    """Whether `day` is a working day: one of the calendar's weekdays and no holiday."""
    if calendar is None:
        return True
    return day.weekday() in calendar.days and day.isoformat() not in calendar.holidays


def next_time(
    calendar: Calendar | None,
    timezone: str,
    minutes: tuple[int, ...],
    after: int,
    every: int = 1,
    first: date | None = None,
) -> int:
    """The next instant after `after` at one of `minutes` of a working day.

    `timezone` counts where there is no calendar. With `every` only each n-th working day counts,
    beginning with `first` (or the first working day after it).
    """
    zone = timezone if calendar is None else calendar.timezone
    days = _FOREVER if calendar is None else calendar
    if not minutes or not has_working_time(days):
        raise ValueError("there is no such time: no minutes of the day, or no working day")
    day = day_of(zone, after)
    while True:
        if _counts(days, day, every, first):
            for minute in sorted(minutes):
                at = instant_of(zone, day, minute)
                if at > after:
                    return at
        day += 1


def _counts(calendar: Calendar, day: int, every: int, first: date | None) -> bool:
    if not works_on(calendar, date.fromordinal(day)):
        return False
    if first is None:
        return True
    start = first.toordinal()
    return day >= start and _working_days(calendar, start, day) % every == 0


def _working_days(calendar: Calendar, start: int, end: int) -> int:
    """Number of working days in [start, end), as ordinals."""
    weeks, rest = divmod(end - start, 7)
    days = weeks * len(set(calendar.days))
    days += sum((d - 1) % 7 in calendar.days for d in range(end - rest, end))
    holidays = (date.fromisoformat(h) for h in set(calendar.holidays))
    return days - sum(
        start <= h.toordinal() < end and h.weekday() in calendar.days for h in holidays
    )


def _block_of(calendar: Calendar, at: int) -> int:
    return day_of(calendar.timezone, at) // _BLOCK


@lru_cache(maxsize=8192)
def _block(calendar: Calendar, index: int) -> _Block:
    starts: list[int] = []
    ends: list[int] = []
    zone = calendar.timezone
    for day in range(index * _BLOCK, (index + 1) * _BLOCK):
        for first, last in _minutes_of(calendar, day):
            start, end = instant_of(zone, day, first), instant_of(zone, day, last)
            if ends and start == ends[-1]:
                ends[-1] = end
            elif start < end:
                starts.append(start)
                ends.append(end)
    before = [0]
    for start, end in zip(starts, ends, strict=True):
        before.append(before[-1] + end - start)
    return _Block(tuple(starts), tuple(ends), tuple(before[:-1]), before[-1])


def _edges(block: _Block) -> Iterator[int]:
    for start, end in zip(block.starts, block.ends, strict=True):
        yield start
        yield end


def _next_uneven(calendar: Calendar, index: int) -> int | None:
    """The next block that can hold a change: any, or where work never stops, one near a holiday."""
    if any(minutes != ((0, _MINUTES),) for minutes in _ordinary_week(calendar)):
        return index + 1
    uneven = _blocks_near_holidays(calendar)
    place = bisect_right(uneven, index)
    return uneven[place] if place < len(uneven) else None


@lru_cache(maxsize=256)
def _blocks_near_holidays(calendar: Calendar) -> tuple[int, ...]:
    days = [date.fromisoformat(h).toordinal() for h in calendar.holidays]
    return tuple(sorted({near // _BLOCK for day in days for near in (day - 1, day, day + 1)}))


@lru_cache(maxsize=256)
def _ordinary_week(calendar: Calendar) -> tuple[_Minutes, ...]:
    """The working minutes of Monday to Sunday where no holiday is near."""
    plain = replace(calendar, holidays=())
    return tuple(_minutes_of(plain, day) for day in range(8, 15))


def _minutes_of(calendar: Calendar, day: int) -> _Minutes:
    """The working minutes of one local day: its own shifts and what the day before leaves over."""
    today, yesterday = (works_on(calendar, date.fromordinal(d)) for d in (day, day - 1))
    worked: list[tuple[int, int]] = []
    for first, last in calendar.shifts or ((0, _MINUTES),):
        end = last if last > first else last + _MINUTES
        if today:
            worked.append((first, min(end, _MINUTES)))
        if yesterday and end > _MINUTES:
            worked.append((0, end - _MINUTES))
    paused: list[tuple[int, int]] = []
    for first, last in calendar.breaks:
        paused += [(first, last)] if last > first else [(first, _MINUTES), (0, last)]
    return _without(worked, paused)


def _without(worked: list[tuple[int, int]], paused: list[tuple[int, int]]) -> _Minutes:
    """The union of `worked` less that of `paused`, ascending and apart."""
    edges = sorted({edge for interval in (*worked, *paused) for edge in interval})
    left: list[tuple[int, int]] = []
    for start, end in pairwise(edges):
        if _covers(worked, start) and not _covers(paused, start):
            if left and left[-1][1] == start:
                start = left.pop()[0]
            left.append((start, end))
    return tuple(left)


def _covers(intervals: list[tuple[int, int]], at: int) -> bool:
    return any(start <= at < end for start, end in intervals)
