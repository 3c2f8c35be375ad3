"""The shop floor: a post emptied, findings resolved, tasks done (DESIGN 9)."""

from typing import Any

from sqlalchemy import select

from pullcord_server.desk.collected import differs, read_since_last
from pullcord_server.desk.decide import Settled, decide
from pullcord_server.desk.refusal import Refused, not_found, reason_required
from pullcord_server.desk.turn import Turn
from pullcord_server.storage.book import FINDING
from pullcord_server.storage.model import TaskRow
from pullcord_server.storage.rows import table_of

from .card import find_card
from .done import Done

TASK = table_of(TaskRow)


def collect(
    turn: Turn,
    station: str,
    by: str,
    counted: int | None = None,
    cards: list[str] | None = None,
    reason: str | None = None,
) -> Done:
    """The post was emptied: its take-out tasks are done; a count that differs from what was read is found.

    `counted`: cards in hand; `cards`: which they are. What was read: each card since the post was emptied last.
    """
    plant = turn.floor.plant
    if plant is None or station not in plant.stations:
        raise not_found("station", station)
    for card in cards or ():
        find_card(turn, card)
    read = read_since_last(turn, station, turn.now)
    query = select(TASK.c.id).where(
        TASK.c.station == station, TASK.c.done_at.is_(None), TASK.c.type == "take_out"
    )
    tasks = list(turn.book.connection.execute(query).scalars())
    other: dict[str, Any] = {
        "tasks": tasks,
        "collected": {"station": station, "counted": counted, "cards": cards, "read": len(read)},
    }
    if differs(read, counted, cards):
        other["found"] = [{"type": "count_differs", "station": station}]
    made = decide(turn, Settled("collect", by, reason, other=other))
    turn.stations.add(station)
    return Done("stations", station, made.id)


def resolve(turn: Turn, finding: str, by: str, reason: str | None) -> Done:
    """Resolve a finding; it is never deleted."""
    if not reason:
        raise reason_required("resolving a finding")
    turn.book.flush()
    row = turn.book.connection.execute(select(FINDING).where(FINDING.c.id == finding)).one_or_none()
    if row is None:
        raise not_found("finding", finding)
    if row.resolved_at is not None:
        raise Refused(409, "not-in-state", f"finding {finding} is resolved already")
    known = {c: getattr(row, c) for c in ("type", "card", "loop", "station", "entry", "at")}
    other = {"findings": [finding], "known": {finding: known}}
    made = decide(turn, Settled("resolve", by, reason, other=other))
    return Done("findings", finding, made.id)


def finish_task(turn: Turn, task: str, by: str, reason: str | None = None) -> Done:
    """A task is done."""
    turn.book.flush()
    row = turn.book.connection.execute(
        select(TASK.c.done_at).where(TASK.c.id == task)
    ).one_or_none()
    if row is None:
        raise not_found("task", task)
    if row.done_at is not None:
        raise Refused(409, "not-in-state", f"task {task} is done already")
    made = decide(turn, Settled("task", by, reason, other={"tasks": [task]}))
    return Done("tasks", task, made.id)
