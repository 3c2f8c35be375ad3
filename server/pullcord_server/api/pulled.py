"""What was pulled of the items of a plan, from the orders of its month."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from sqlalchemy import Connection, func, select

from pullcord_server.domain import calendar
from pullcord_server.domain.planning.box import Line, Plan, days_in, pulled_loops
from pullcord_server.domain.planning.slump import NEARLY_WHOLE, Pull
from pullcord_server.domain.plant import Plant
from pullcord_server.domain.wall import day_of, instant_of

from .table import ORDER


def read_pull(
    connection: Connection, plant: Plant, plan: Plan, line: Line, now: int | None
) -> Pull:
    """The pull of a plan's month: from its first one to yesterday, and today when that is nearly whole."""
    first = date.fromisoformat(f"{plan.month}-01").toordinal()
    end = first + days_in(plan.month)
    today = end if now is None else min(day_of(line.zone, now), end)
    if today < first:
        return Pull({}, 0)
    loops = pulled_loops(plant, plan)
    begun, units = _pulled(connection, loops, line.zone, first, today)
    later, running = _pulled(connection, loops, line.zone, today, min(today + 1, end))
    if _nearly_whole(plan, running):
        begun = later if begun is None else begun
        units = {item: units[item] + running[item] for item in units}
        today += 1
    if begun is None:
        return Pull(units, 0)
    days = range(day_of(line.zone, begun), today)
    worked = sum(calendar.works_on(line.calendar, date.fromordinal(day)) for day in days)
    return Pull(units, worked)


def _nearly_whole(plan: Plan, running: Mapping[str, int]) -> bool:
    pulled = sum(running.values())
    return pulled > 0 and pulled >= NEARLY_WHOLE * sum(plan.per_day().values(), Fraction(0))


def _pulled(
    connection: Connection, loops: Mapping[str, str], zone: str, first: int, end: int
) -> tuple[int | None, dict[str, int]]:
    """When the first order of days [first, end) was opened, and the units of each item that were ordered."""
    units = dict.fromkeys(loops.values(), 0)
    query = (
        select(ORDER.c.loop, func.sum(ORDER.c.quantity), func.min(ORDER.c.opened_at))
        .where(
            ORDER.c.loop.in_(loops),
            ORDER.c.opened_at >= instant_of(zone, first, 0),
            ORDER.c.opened_at < instant_of(zone, end, 0),
            ORDER.c.state != "withdrawn",
        )
        .group_by(ORDER.c.loop)
    )
    begun = []
    for loop, quantity, opened_at in connection.execute(query):
        units[loops[loop]] += int(quantity)
        begun.append(int(opened_at))
    return min(begun, default=None), units
