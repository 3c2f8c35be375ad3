"""What decisions say of plans and of the heijunka box, as the database keeps it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from pullcord_server.domain.planning.box import Move, Plan
from pullcord_server.domain.planning.levelling import Method

from .state import META, write_meta
from .turn import Copied, Turn

_PLAN, _SERVED = "levelling:", "heijunka:"
#: So many slots are remembered with the card that they released.
_REMEMBERED = 1000


def keep_plan(turn: Turn, made: Copied) -> None:
    """What a decision says of plans and slots: a new plan stands for the one of its month before."""
    run, body = turn.book.connection, made.body
    if "levelling" in body:
        plan = body["levelling"]
        told = {"by": made.by, "at": made.at, "reason": made.reason}
        write_meta(run, f"{_PLAN}{plan['process']}:{plan['month']}", json.dumps(plan | told))
    if "slot" in body:
        slot = body["slot"]
        key = f"{_SERVED}{slot['process']}"
        before = read_served(run, slot["process"])
        cards = dict(list(before.cards.items())[-_REMEMBERED:]) | {str(slot["at"]): slot["card"]}
        served = {"at": max(before.at, slot["at"]), "cards": cards}
        write_meta(run, key, json.dumps(served))


@dataclass(frozen=True, slots=True)
class Served:
    """Up to which slot a box was emptied, and which card each slot (by its instant) released."""

    at: int = -1
    cards: Mapping[str, str] = field(default_factory=dict)


def read_served(connection: Connection, process: str) -> Served:
    """How far the box of a process is."""
    key = f"{_SERVED}{process}"
    found = connection.execute(select(META.c.value).where(META.c.key == key)).scalar()
    return Served() if found is None else Served(**json.loads(found))


def plan_values(plan: Plan) -> dict[str, Any]:
    """A plan as a decision keeps it; when it was decided is the decision's own."""
    values = asdict(plan) | {"items": dict(plan.items)}
    del values["decided_at"]
    return values


def read_plan_rows(connection: Connection) -> list[dict[str, Any]]:
    """Every plan with who decided it and when, in the order of process and month."""
    query = select(META.c.value).where(META.c.key.startswith(_PLAN)).order_by(META.c.key)
    return [json.loads(value) for value in connection.execute(query).scalars()]


def load_plan(values: Mapping[str, Any]) -> Plan:
    """A plan as it was kept."""
    return Plan(
        process=values["process"],
        month=values["month"],
        items=tuple(values["items"].items()),
        working_days=values["working_days"],
        method=Method(values["method"]),
        moves=tuple(Move(**move) for move in values["moves"]),
        decided_at=values["at"],
    )


def read_plans(connection: Connection) -> dict[str, dict[str, Plan]]:
    """Every plan there is."""
    found: dict[str, dict[str, Plan]] = {}
    for values in read_plan_rows(connection):
        found.setdefault(values["process"], {})[values["month"]] = load_plan(values)
    return found
