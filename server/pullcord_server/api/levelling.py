"""The routes of levelling: a month's plan of a pacemaker, and the heijunka box of a day."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from functools import partial
from math import gcd
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from pullcord_server.desk.action import levelling
from pullcord_server.desk.plan_effect import load_plan, read_plan_rows, read_plans, read_served
from pullcord_server.desk.refusal import Refused, not_found
from pullcord_server.domain.planning.box import (
    FROZEN,
    Line,
    Plan,
    line_of,
    plan_at,
    slots_of,
    takt_ms,
)
from pullcord_server.domain.planning.levelling import sequence
from pullcord_server.domain.planning.slump import MONTHS, compare
from pullcord_server.domain.plant import Plant

from .access import person
from .change import settle
from .collection import Id, check_filters, plant_of
from .house import PREFIX, House
from .levelling_row import (
    BoxAsked,
    BoxDecided,
    BoxRow,
    Level,
    MoveBox,
    PlanDecided,
    PlanRow,
    PlansAsked,
    SlotRow,
    Waiting,
)
from .listing import page_of
from .pulled import read_pull
from .row import Page

#: Longer patterns are not shown.
MOST_SHOWN = 10_000


def router(house: House) -> APIRouter:
    """Levelling of `house`."""
    routes = APIRouter(prefix=PREFIX, tags=["planning"])
    reading = [Depends(check_filters)]

    @routes.put("/levelling")
    async def level(want: Level, request: Request) -> PlanDecided:
        """Set a month's plan of a pacemaker; any other process is refused: it makes what its cards say."""
        action = partial(
            levelling.level,
            by=person(request, want.by),
            reason=want.reason,
            month=want.month,
            items=want.items,
            working_days=want.working_days,
            process=want.process,
            method=want.method,
        )
        done = await settle(house, action)
        found = await run_in_threadpool(read_plan, house, done.id)
        return PlanDecided(**dict(found), decision=done.decision)

    @routes.patch("/levelling/box")
    async def move_box(want: MoveBox, request: Request) -> BoxDecided:
        """Move boxes to other slots of a day."""
        action = partial(
            levelling.move,
            by=person(request, want.by),
            reason=want.reason,
            moves=[(move.taken, move.put) for move in want.moves],
            day=want.day,
            process=want.process,
        )
        done = await settle(house, action)
        day, _, process = done.id.partition("@")
        found = await run_in_threadpool(read_box, house, day, process)
        return BoxDecided(**dict(found), decision=done.decision)

    @routes.get("/levelling/box", dependencies=reading)
    def get_box(ask: Annotated[BoxAsked, Query()]) -> BoxRow:
        """The heijunka box of a day: which item is released when, and which card was."""
        return read_box(house, ask.day, ask.process)

    @routes.get("/levelling", dependencies=reading)
    def list_plans(ask: Annotated[PlansAsked, Query()]) -> Page[PlanRow] | PlanRow:
        """Plans of pacemakers, by process and month; one plan where `month` is given."""
        rows = {r.id: r for r in plan_rows(house) if ask.process in (None, r.process)}
        if ask.month is None:
            return page_of("levelling", rows, ask, lambda ids: [rows[i] for i in ids])
        found = [r for r in rows.values() if r.month == ask.month]
        if not found:
            raise not_found("plan of", ask.month)
        if len(found) > 1:
            names = ", ".join(r.process for r in found)
            raise Refused(422, "process-required", f"name the `process`: {names}")
        return found[0]

    @routes.get("/levelling/{id}", dependencies=reading)
    def get_plan(id: Id) -> PlanRow:
        """One plan: `<month>@<process>`."""
        return read_plan(house, id)

    return routes


def plan_rows(house: House) -> list[PlanRow]:
    """Every plan of a process that is a pacemaker now."""
    plant = plant_of(house)
    pacemakers = {p.id for p in plant.processes.values() if p.pacemaker}
    with house.engine.connect() as connection:
        rows = [r for r in read_plan_rows(connection) if r["process"] in pacemakers]
        return [_plan_row(connection, plant, values, house.now()) for values in rows]


def read_plan(house: House, id_: str) -> PlanRow:
    """One plan; a refusal where there is none."""
    found = next((r for r in plan_rows(house) if r.id == id_), None)
    if found is None:
        raise not_found("plan", id_)
    return found


def _plan_row(
    connection: Connection, plant: Plant, values: Mapping[str, Any], now: int | None
) -> PlanRow:
    """A plan with what follows from it, and how far the pull is from it."""
    plan, line = load_plan(values), line_of(plant, values["process"])
    takt = takt_ms(plan, line)
    pitches = {} if takt is None else {i: takt * q for i, q in line.packs if i in dict(plan.items)}
    found = compare(plan, read_pull(connection, plant, plan, line, now))
    actual = None if found is None else exactly(found.actual_per_day)
    cut = None if found is None else found.cut_after_waiting
    return PlanRow(
        id=f"{plan.month}@{plan.process}",
        process=plan.process,
        month=plan.month,
        items=dict(plan.items),
        working_days=plan.working_days,
        method=plan.method.value,
        per_day=exactly(plan.per_day()),
        takt_s=None if takt is None else exact(takt / 1000),
        pitch_s=exactly({item: pitch / 1000 for item, pitch in pitches.items()}),
        pattern=_pattern(plan),
        actual_per_day=actual,
        deviation=None if found is None else exact(found.deviation),
        advice="relevel" if found is not None and found.relevel else None,
        proposed_per_day=actual if found is not None and found.relevel else None,
        cost_of_waiting=None if cut is None else Waiting(months=MONTHS, cut_next_month=exact(cut)),
        by=values["by"],
        at=values["at"],
        reason=values["reason"],
    )


def _pattern(plan: Plan) -> list[str] | None:
    """The sequence until it repeats; None where it is too long to show."""
    common = gcd(*(units for _, units in plan.items))
    items = {item: units // common for item, units in plan.items if units}
    return list(sequence(plan.method, items)) if sum(items.values()) <= MOST_SHOWN else None


def exactly(values: Mapping[str, Fraction]) -> dict[str, int | str]:
    """Units of each item as they are shown."""
    return {item: exact(units) for item, units in values.items()}


def exact(value: Fraction) -> int | str:
    """A fraction as it is shown: whole where it is."""
    return value.numerator if value.denominator == 1 else str(value)


def read_box(house: House, day: str | None, process: str | None) -> BoxRow:
    """The box of a day of one pacemaker; a refusal where it has none."""
    plant, now = plant_of(house), house.now()
    with house.engine.connect() as connection:
        plans = read_plans(connection)
        process = levelling.boxed(plant, process, plans)
        served = read_served(connection, process)
    line = line_of(plant, process)
    ordinal = _day(line, day, now)
    name = date.fromordinal(ordinal).isoformat()
    plan = plan_at(plans.get(process, {}), name[:7])
    slots = () if plan is None else slots_of(plan, line, ordinal)
    rows = []
    for slot in slots:
        card = served.cards.get(str(slot.at))
        passed = now is not None and slot.at <= now
        rows.append(
            SlotRow(
                place=slot.place,
                at=slot.at,
                item=slot.item,
                quantity=slot.quantity,
                state="released" if card else "passed" if passed else "planned",
                frozen=now is not None and slot.at < now + FROZEN,
                card=card,
            )
        )
    return BoxRow(process=process, day=name, slots=rows)


def _day(line: Line, day: str | None, now: int | None) -> int:
    if day is None and now is None:
        raise Refused(503, "no-time", "driven time has no time yet; POST /api/v1/clock first")
    return levelling.day_asked(line.zone, day, now or 0)
