"""The figures of a time: how calls were answered, what they were about, how many there were for each lead."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import calendar
from .alarm_load import Load, load
from .plant import DAY, MINUTE, Calendar, Plant
from .response import Raised, Raising, Response, Share, pareto, raisings, responses
from .stretch import Stretch
from .wall import clock_of

_HOURS = 24
#: Every clock of the world shows one hour for so long at least.
_QUARTER = 15 * MINUTE


@dataclass(frozen=True, slots=True)
class LoadOf:
    """Whose load: the plant's, a process's, or that of a lead (who answered)."""

    by: str
    key: str
    load: Load


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it. `hours`: calls by the hour of the local day, 0 to 23."""

    raisings: tuple[Raising, ...]
    responses: tuple[Response, ...]
    pareto: tuple[Share, ...]
    loads: tuple[LoadOf, ...]
    hours: tuple[int, ...]


def hours_of(plant: Plant, station: str) -> Calendar | None:
    """The working time by which a station's calls are judged."""
    found = plant.stations.get(station)
    return plant.calendar_of(found.processes[0]) if found and found.processes else plant.calendar


def figures(plant: Plant, calls: Iterable[Raised], since: int, until: int, now: int) -> Figures:
    """Of every raising in [since, until); what is not over lasts until `now`."""
    stretches = _Stretches(plant, since, until + DAY)
    found = [
        raising
        for call in calls
        for raising in raisings(call, stretches.at(call.station), now)
        if since <= raising.raised_at < until
    ]
    found.sort(key=lambda r: (r.raised_at, r.call))
    return Figures(
        raisings=tuple(found),
        responses=tuple(responses(found)),
        pareto=tuple(pareto(found)),
        loads=tuple(_loads(plant, stretches, found, since, min(until, now))),
        hours=_hours(plant.timezone, found),
    )


class _Stretches:
    """The same stretch of time by each calendar of a plant, once."""

    def __init__(self, plant: Plant, start: int, end: int) -> None:
        self._plant, self._start, self._end = plant, start, end
        self._of: dict[Calendar | None, Stretch] = {}
        self._at: dict[str, Stretch] = {}

    def at(self, station: str) -> Stretch:
        """By the working time of a station."""
        if station not in self._at:
            hours = hours_of(self._plant, station)
            if hours not in self._of:
                self._of[hours] = Stretch.of(hours, self._start, self._end)
            self._at[station] = self._of[hours]
        return self._at[station]


def _hours(timezone: str, found: Iterable[Raising]) -> tuple[int, ...]:
    numbers = [0] * _HOURS
    for part, number in Counter(r.raised_at // _QUARTER for r in found).items():
        numbers[int(clock_of(timezone, part * _QUARTER)[:2])] += number
    return tuple(numbers)


def _loads(
    plant: Plant, stretches: _Stretches, found: Sequence[Raising], since: int, until: int
) -> list[LoadOf]:
    """The plant's, each process's over its working time, each lead's over the shifts in which they answered."""

    def worked(hours: Calendar | None) -> int:
        return calendar.between(hours, since, max(until, since))

    raised = [r.raised_at for r in found]
    rows = [LoadOf("plant", plant.site, load(raised, worked(plant.calendar)))]
    of: dict[str, list[int]] = defaultdict(list)
    leads: dict[str, list[Raising]] = defaultdict(list)
    for raising in found:
        station = plant.stations.get(raising.station)
        if station is not None and station.processes:
            of[station.processes[0]].append(raising.raised_at)
        if raising.answered_by is not None:
            leads[raising.answered_by].append(raising)
    for process, own in sorted(of.items(), key=lambda kv: (-len(kv[1]), kv[0])):
        rows.append(LoadOf("process", process, load(own, worked(plant.calendar_of(process)))))
    for lead, answered in sorted(leads.items(), key=lambda kv: (-len(kv[1]), kv[0])):
        on = _on_duty(stretches, answered, since, until)
        rows.append(LoadOf("lead", lead, load([r.raised_at for r in answered], on)))
    return rows


def _on_duty(stretches: _Stretches, answered: Iterable[Raising], since: int, until: int) -> int:
    """Working time of the shifts in which somebody answered; without shifts the whole time."""
    worked = 0
    seen: set[tuple[int, int]] = set()
    for raising in answered:
        stretch = stretches.at(raising.station)
        shift = stretch.shift(raising.answered_at or raising.raised_at)
        start, end = (since, until) if shift is None else (shift.start, shift.end)
        span = (max(start, since), min(end, until))
        if span not in seen and span[0] < span[1]:
            seen.add(span)
            worked += stretch.between(*span)
    return worked
