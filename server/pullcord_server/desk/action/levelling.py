"""Levelling: a month's plan of a pacemaker, and what is moved in its heijunka box (DESIGN 4, 9)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from pullcord_server.desk.decide import Settled, decide
from pullcord_server.desk.plan_effect import plan_values, read_plans
from pullcord_server.desk.refusal import Refused, reason_required
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.duration import show_duration
from pullcord_server.domain.planning.box import (
    FROZEN,
    Line,
    Move,
    Plan,
    Slot,
    days_in,
    is_month,
    line_of,
    plan_at,
    planned_items,
    slots_of,
)
from pullcord_server.domain.planning.levelling import Method, NotLevelled, spacing
from pullcord_server.domain.plant import Plant
from pullcord_server.domain.wall import day_of

from .done import Done

#: A day's boxes are put in their order one by one; more of them are no plan of a day.
MOST_BOXES = 5000


def level(
    turn: Turn,
    by: str,
    reason: str | None,
    *,
    month: str,
    items: Mapping[str, int],
    working_days: int,
    process: str | None = None,
    method: str = Method.SPACING.value,
) -> Done:
    """Set a month's plan of a pacemaker. It is a plan, not orders: cards alone order."""
    plant = _plant(turn)
    if not is_month(month):
        raise Refused(422, "month", f"`month` must be such as 2026-12, not {month}")
    if not 1 <= working_days <= days_in(month):
        days = days_in(month)
        raise Refused(422, "working-days", f"`working_days` of {month} is from 1 to {days}")
    if method not in list(Method):
        words = " or ".join(Method)
        raise Refused(422, "method", f"`method` must be {words}, not {method}")
    _check_items(plant, items)
    pacemaker = _pacemaker(plant, process, items)
    plan = Plan(pacemaker, month, tuple(items.items()), working_days, Method(method))
    _check_boxes(plan, line_of(plant, pacemaker))
    made = decide(turn, Settled("level", by, reason, other={"levelling": plan_values(plan)}))
    return Done("levelling", f"{month}@{pacemaker}", made.id)


def _check_items(plant: Plant, items: Mapping[str, int]) -> None:
    unknown = [item for item in items if item not in plant.items]
    if unknown:
        raise Refused(
            422, "unknown-item", f"there is no item {unknown[0]}; name those of the plant"
        )
    try:
        spacing({item: min(units, 1) for item, units in items.items()})
    except NotLevelled as wrong:
        raise Refused(422, "demand", str(wrong)) from None


def _check_boxes(plan: Plan, line: Line) -> None:
    packs = dict(line.packs)
    boxes = sum(units / packs[item] for item, units in plan.per_day().items() if item in packs)
    if boxes > MOST_BOXES:
        text = f"{int(boxes)} boxes a day are more than the {MOST_BOXES} that a box has room for"
        raise Refused(422, "demand", text)


def _pacemaker(plant: Plant, process: str | None, items: Mapping[str, int]) -> str:
    """The process that is planned: a pacemaker that makes or uses all of the items."""
    pacemakers = [p.id for p in plant.processes.values() if p.pacemaker]
    if process is not None:
        must_be_pacemaker(plant, process)
        pacemakers = [process]
    fitting = [p for p in pacemakers if planned_items(plant, p) >= items.keys()]
    if len(fitting) > 1:
        names = ", ".join(fitting)
        raise Refused(422, "process-required", f"name the `process` that is planned: {names}")
    if fitting:
        return fitting[0]
    used = set().union(*(planned_items(plant, p) for p in pacemakers))
    foreign = next((item for item in items if item not in used), next(iter(items)))
    places = sorted({x.source for x in plant.loops.values() if x.item == foreign})
    raise not_a_pacemaker(
        f"{foreign} is made at {', '.join(places) or 'no process'} and used by no pacemaker"
        f" ({', '.join(pacemakers) or 'there is none'})"
    )


def must_be_pacemaker(plant: Plant, process: str) -> None:
    """Only the pacemaker has a plan; every other process is told by cards."""
    if process not in plant.processes or not plant.processes[process].pacemaker:
        there = "" if process in plant.processes else "there is no such process, and "
        raise not_a_pacemaker(f"{there}{process} is no pacemaker")


def not_a_pacemaker(what: str) -> Refused:
    """The refusal of a plan for a process that is pulled."""
    return Refused(
        409,
        "not-a-pacemaker",
        f"{what}: a plan exists at pacemakers only; the other processes make what their cards say",
    )


def move(
    turn: Turn,
    by: str,
    reason: str | None,
    *,
    moves: Sequence[tuple[int, int]],
    day: str | None = None,
    process: str | None = None,
) -> Done:
    """Move boxes of a day to other places of it, one after the other; those between make room."""
    plant = _plant(turn)
    plans = read_plans(turn.book.connection)
    pacemaker = boxed(plant, process, plans)
    line = line_of(plant, pacemaker)
    ordinal = day_asked(line.zone, day, turn.now)
    name = date.fromordinal(ordinal).isoformat()
    plan = plan_at(plans.get(pacemaker, {}), name[:7])
    if plan is None:
        raise Refused(409, "no-plan", f"{pacemaker} has no plan for {name}; PUT /levelling first")
    if plan.month != name[:7]:
        plan = replace(plan, month=name[:7], moves=())
    for taken, put in moves:
        _movable(turn, slots_of(plan, line, ordinal), taken, put, reason)
        plan = replace(plan, moves=(*plan.moves, Move(name, taken, put)))
    made = decide(turn, Settled("move", by, reason, other={"levelling": plan_values(plan)}))
    return Done("box", f"{name}@{pacemaker}", made.id)


def boxed(plant: Plant, process: str | None, plans: Collection[str]) -> str:
    """The pacemaker whose box is meant; `plans`: those that have one."""
    if process is not None:
        must_be_pacemaker(plant, process)
        return process
    pacemakers = [p.id for p in plant.processes.values() if p.pacemaker]
    planned = [p for p in pacemakers if p in plans] or pacemakers
    if not planned:
        raise not_a_pacemaker("the plant has no pacemaker")
    if len(planned) > 1:
        raise Refused(422, "process-required", f"name the `process`: {', '.join(planned)}")
    return planned[0]


def day_asked(zone: str, day: str | None, now: int) -> int:
    """The day (ordinal) that is meant: today, where none is named."""
    if day is None:
        return day_of(zone, now)
    try:
        return date.fromisoformat(day).toordinal()
    except ValueError:
        raise Refused(422, "day", f"`day` must be a date such as 2026-12-01, not {day}") from None


def _movable(turn: Turn, slots: Sequence[Slot], taken: int, put: int, reason: str | None) -> None:
    """Slots that have passed stay; those that begin soon are frozen: moving one asks for a reason."""
    for place in (taken, put):
        if not 0 <= place < len(slots):
            there = f"the last is {len(slots) - 1}" if slots else "the box of that day is empty"
            raise Refused(422, "moves", f"there is no place {place} in the box; {there}")
    first = slots[min(taken, put)].at
    if first <= turn.now:
        raise Refused(409, "not-in-state", f"place {min(taken, put)} of the box has passed already")
    if first < turn.now + FROZEN and not reason:
        raise reason_required(f"a move within the next {show_duration(FROZEN)}")


def _plant(turn: Turn) -> Plant:
    plant = turn.floor.plant
    if plant is None:
        raise Refused(503, "not-ready", "no plant: run `pullcord-server apply plant.toml`")
    return plant
