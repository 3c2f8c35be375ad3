"""The heijunka box of a pacemaker: a month's plan, a day's slots of one pitch each, what was moved (DESIGN 4)."""

import calendar as months
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from math import ceil

from pullcord_server.domain import calendar
from pullcord_server.domain.plant import HOUR, Calendar, Kind, Loop, Plant, Release
from pullcord_server.domain.wall import day_of, instant_of

from .levelling import Method, sequence

#: A slot that begins within this time is not moved without a reason, ms.
FROZEN = HOUR
#: A slot is looked for so many days ahead.
_AHEAD = 92


@dataclass(frozen=True, slots=True)
class Move:
    """On a day the box at place `taken` (from 0) was put to place `put`; those between make room."""

    day: str
    taken: int
    put: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a pacemaker makes, or uses, in a month (`2026-12`): units of each item over its working days.

    `decided_at`: slots before it release nothing.
    """

    process: str
    month: str
    items: tuple[tuple[str, int], ...]
    working_days: int
    method: Method = Method.SPACING
    moves: tuple[Move, ...] = ()
    decided_at: int = 0

    def per_day(self) -> dict[str, Fraction]:
        """Units of each item on one working day."""
        return {item: Fraction(units, self.working_days) for item, units in self.items}


@dataclass(frozen=True, slots=True)
class Slot:
    """One pitch of a day: at `at` a waiting card of `item` is released. `place`: from 0."""

    place: int
    at: int
    item: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Line:
    """What a plan needs of the plant: the pacemaker's working time, and pieces in a box of each item it makes."""

    zone: str
    calendar: Calendar | None
    packs: tuple[tuple[str, int], ...]


def box_loops(plant: Plant, process: str) -> list[Loop]:
    """The loops whose cards wait for the pacemaker's box."""
    return [
        loop
        for loop in plant.loops.values()
        if loop.source == process
        and loop.kind is Kind.PRODUCTION
        and loop.release is Release.HEIJUNKA
    ]


def line_of(plant: Plant, process: str) -> Line:
    """The pacemaker as its plan needs it; of several loops of an item the first says the quantity."""
    own = plant.calendar_of(process)
    packs: dict[str, int] = {}
    for loop in box_loops(plant, process):
        packs.setdefault(loop.item, loop.quantity)
    return Line(plant.timezone if own is None else own.timezone, own, tuple(packs.items()))


def planned_items(plant: Plant, process: str) -> set[str]:
    """Items that the process makes or uses."""
    return {x.item for x in plant.loops.values() if process in (x.source, x.consumer)}


def pulled_loops(plant: Plant, plan: Plan) -> dict[str, str]:
    """The loops whose orders are the pull of a plan, with their item: its process makes it, ships it, or uses it."""
    found: dict[str, str] = {}
    for item, _ in plan.items:
        loops = [x for x in plant.loops.values() if x.item == item]
        shipped = [x for x in loops if x.source == plan.process]
        made = [x for x in shipped if x.kind is not Kind.WITHDRAWAL]
        used = [x for x in loops if x.consumer == plan.process]
        found |= {x.id: item for x in made or shipped or used}
    return found


def takt_ms(plan: Plan, line: Line) -> Fraction | None:
    """Working time of a day per unit that is made on it (used, where none is made by the box)."""
    packs, daily = dict(line.packs), plan.per_day()
    made = {item: units for item, units in daily.items() if item in packs} or daily
    units = sum(made.values(), Fraction(0))
    return calendar.working_day(line.calendar) / units if units else None


@lru_cache(maxsize=512)
def slots_of(plan: Plan, line: Line, day: int) -> tuple[Slot, ...]:
    """The slots of a day (ordinal), in their order; none on a day that is not worked.

    A slot lasts takt × the quantity of its box, so all of a day's fill its working time.
    """
    start, end = instant_of(line.zone, day, 0), instant_of(line.zone, day + 1, 0)
    work = calendar.between(line.calendar, start, end)
    if not work or not calendar.works_on(line.calendar, date.fromordinal(day)):
        return ()
    boxes, packs = _boxes(plan, line, day), dict(line.packs)
    if not boxes:
        return ()
    order = _moved(plan, day, sequence(plan.method, boxes))
    sizes = [packs[item] for item in order]
    ends = list(accumulate(sizes))
    return tuple(
        Slot(place, _worked(line.calendar, start, work * (done - size) // ends[-1]), item, size)
        for place, (item, size, done) in enumerate(zip(order, sizes, ends, strict=True))
    )


def _boxes(plan: Plan, line: Line, day: int) -> dict[str, int]:
    """Boxes of each item on a day: what the month's part of a box adds up to, so that totals are exact."""
    nth = _working_days_before(plan, line, day)
    packs, found = dict(line.packs), {}
    for item, units in plan.per_day().items():
        if item in packs:
            rate = units / packs[item]
            found[item] = ceil(rate * (nth + 1)) - ceil(rate * nth)
    return {item: count for item, count in found.items() if count}


def _working_days_before(plan: Plan, line: Line, day: int) -> int:
    """Working days since the first of the plan's month."""
    first = date.fromisoformat(f"{plan.month}-01").toordinal()
    return sum(
        calendar.works_on(line.calendar, date.fromordinal(d)) for d in range(min(first, day), day)
    )


def _moved(plan: Plan, day: int, order: Sequence[str]) -> list[str]:
    found, name = list(order), date.fromordinal(day).isoformat()
    for move in plan.moves:
        if move.day == name and max(move.taken, move.put) < len(found):
            found.insert(move.put, found.pop(move.taken))
    return found


def _worked(hours: Calendar | None, start: int, done: int) -> int:
    """When `done` of a day's working time has passed, and work goes on."""
    return calendar.add(hours, start, done + 1) - 1


def plan_at(plans: Mapping[str, Plan], month: str) -> Plan | None:
    """Of one pacemaker's plans by month the one that holds in `month`: its own, else the last before it."""
    held = [m for m in plans if m <= month]
    return plans[max(held)] if held else None


def next_slot(plans: Mapping[str, Plan], line: Line, item: str, at: int) -> Slot | None:
    """The first slot of an item at `at` or later."""
    for slot in slots_from(plans, line, at):
        if slot.item == item:
            return slot
    return None


def slots_from(plans: Mapping[str, Plan], line: Line, at: int) -> Iterator[Slot]:
    """The slots at `at` and later, some months ahead."""
    first = day_of(line.zone, at)
    for day in range(first, first + _AHEAD):
        plan = plan_at(plans, month_of(day))
        if plan is not None:
            begin = max(at, plan.decided_at)
            yield from (slot for slot in slots_of(plan, line, day) if slot.at >= begin)


def month_of(day: int) -> str:
    """The month of a day (ordinal): `2026-12`."""
    return date.fromordinal(day).isoformat()[:7]


def is_month(text: str) -> bool:
    """Whether a text names a month."""
    try:
        date.fromisoformat(f"{text}-01")
    except ValueError:
        return False
    return len(text) == 7


def days_in(month: str) -> int:
    """Days of a month."""
    year, number = (int(part) for part in month.split("-"))
    return months.monthrange(year, number)[1]
