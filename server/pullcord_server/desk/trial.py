"""A trial with fewer cards: where it may begin, and what broke while it ran (rule 6, DESIGN 3.3)."""

import json
from collections import Counter

from sqlalchemy import ColumnElement, Connection, func, select

from pullcord_server.domain import calendar
from pullcord_server.domain.plant import MINUTE, Loop, Scans
from pullcord_server.storage.book import FINDING, ORDER
from pullcord_server.storage.model import CallRow
from pullcord_server.storage.rows import table_of

from .refusal import Refused
from .turn import Turn

CALL = table_of(CallRow)
#: Open findings that forbid a trial with fewer cards.
TROUBLE = (
    "lost", "stuck", "overproduction", "withdrawal_missed", "dispatch_missed", "arrival_missed",
    "start_missed", "finish_missed",
)  # fmt: skip


def must_be_calm(turn: Turn, loop: Loop) -> None:
    """Refuse a trial while the loop has an open call, a late order, or an open finding of trouble."""
    turn.book.flush()
    run = turn.book.connection
    for call in _calls(run, loop, CALL.c.state != "closed"):
        raise _trouble(f"{loop.id} has the open call {call}; close it first")
    late = _late(turn, loop)
    if late is not None:
        raise _trouble(f"order {late} of {loop.id} is late")
    found = select(FINDING.c.type).where(
        FINDING.c.loop == loop.id, FINDING.c.resolved_at.is_(None), FINDING.c.type.in_(TROUBLE)
    )
    type_ = run.execute(found.limit(1)).scalar()
    if type_:
        raise _trouble(f"{loop.id} has an open finding {type_}; resolve it")


def broke(connection: Connection, loop: Loop, start: int, end: int | None) -> dict[str, int]:
    """What happened to the loop in this time: its findings by type, and calls as `calls`."""
    during = [FINDING.c.at >= start] + ([] if end is None else [FINDING.c.at <= end])
    query = select(FINDING.c.type, func.count()).where(FINDING.c.loop == loop.id, *during)
    found = Counter({r.type: r[1] for r in connection.execute(query.group_by(FINDING.c.type))})
    raised = CALL.c.raised_at >= start
    if end is not None:
        raised &= CALL.c.raised_at <= end
    calls = len(_calls(connection, loop, raised))
    return dict(sorted(found.items())) | ({"calls": calls} if calls else {})


def _trouble(detail: str) -> Refused:
    return Refused(409, "loop-in-trouble", detail)


def _calls(connection: Connection, loop: Loop, where: ColumnElement[bool]) -> list[str]:
    """Calls about the loop, or about the lamps of its group."""
    found = connection.execute(select(CALL.c.id, CALL.c.loop, CALL.c.body).where(where))
    own = list(loop.group)
    return [r.id for r in found if r.loop == loop.id or json.loads(r.body).get("group") == own]


def _late(turn: Turn, loop: Loop) -> str | None:
    """An order that is LATE by the source's working time; never where nobody scans the box in."""
    if loop.profile is Scans.ONE:
        return None
    hours = turn.floor.plant_at(turn.now).calendar_of(loop.source)
    grace = max(MINUTE, loop.lead_time // 10)
    query = select(ORDER.c.id, ORDER.c.due_at).where(
        ORDER.c.loop == loop.id,
        ORDER.c.state.not_in(("closed", "withdrawn")),
        ORDER.c.due_at < turn.now - grace,
    )
    for row in turn.book.connection.execute(query):
        if calendar.add(hours, row.due_at, grace + 1) <= turn.now:
            return str(row.id)
    return None
