"""What people at processes and on routes have before them: jobs, picks, tasks, and the calls of a time."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from pullcord_server.domain.call import Call
from pullcord_server.domain.plant import Kind
from pullcord_server.domain.queue import Job
from pullcord_server.domain.response import Raised
from pullcord_server.domain.route import Pick

from .call_json import load_call, load_raised
from .model import CallRow, CardRow, OrderAlias, OrderRow, PortionRow, TaskRow
from .rows import table_of

CALL, CARD, ORDER = table_of(CallRow), table_of(CardRow), table_of(OrderRow)
PORTION, TASK, ALIAS = table_of(PortionRow), table_of(TaskRow), table_of(OrderAlias)

_PART = 500
_JOB = (
    *("id", "loop", "item", "source", "consumer", "kind", "state", "quantity"),
    *("opened_at", "released_at", "due_at", "promised_at"),
)
_PICK = ("id", "loop", "item", "source", "consumer", "state", "quantity", "due_at")
_MADE = (Kind.PRODUCTION.value, Kind.SIGNAL.value)
_OVER = ("closed", "withdrawn")
#: As card_json writes it.
_URGENT = '"urgent":true'


def read_jobs(connection: Connection, processes: Sequence[str]) -> dict[str, list[Job]]:
    """Process → its released orders and those in work, in no order."""
    columns = [ORDER.c[name] for name in _JOB]
    rows = [
        row
        for part in _parts(processes)
        for row in connection.execute(
            select(*columns).where(
                ORDER.c.source.in_(part), *_open("released", "in_process"), ORDER.c.kind.in_(_MADE)
            )
        )
    ]
    shares = _shares(connection, [r.id for r in rows])
    urgent = _urgent(connection, {c for own in shares.values() for c, over in own if not over})
    found: dict[str, list[Job]] = {p: [] for p in processes}
    for row in rows:
        left = tuple(c for c, over in shares[row.id] if not over)
        done = len(shares[row.id]) - len(left)
        hurry = not urgent.isdisjoint(left)
        found[row.source].append(Job(**row._mapping, cards=left, done=done, urgent=hurry))
    return found


def _shares(connection: Connection, orders: Sequence[str]) -> dict[str, list[tuple[str, bool]]]:
    """Order → its cards by name, and whether each is over."""
    found: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for part in _parts(orders):
        query = select(PORTION.c.order, PORTION.c.card, PORTION.c.state)
        for order, card, state in connection.execute(query.where(PORTION.c.order.in_(part))):
            found[order].append((card, state in _OVER))
    return defaultdict(list, {order: sorted(own) for order, own in found.items()})


def _urgent(connection: Connection, cards: Iterable[str]) -> set[str]:
    """Those of these cards that go before the others of their process."""
    found: set[str] = set()
    for part in _parts(sorted(cards)):
        hurries = (CARD.c.kind != "standing") | CARD.c.after.contains(_URGENT)
        query = select(CARD.c.id).where(CARD.c.id.in_(part), hurries)
        found |= set(connection.execute(query).scalars())
    return found


def read_picks(
    connection: Connection,
    source: str | None,
    consumer: str | None,
    most: int,
    after: tuple[int, str] | None = None,
) -> list[Pick]:
    """What handlers fetch and bring, as it is due; `most` at most, those behind `after` (due, id)."""
    query = select(*(ORDER.c[name] for name in _PICK), ORDER.c.cards).where(
        *_open("released", "in_transit"),
        ORDER.c.kind == Kind.WITHDRAWAL.value,
        ORDER.c.due_at.is_not(None),
    )
    if source is not None:
        query = query.where(ORDER.c.source == source)
    if consumer is not None:
        query = query.where(ORDER.c.consumer == consumer)
    if after is not None:
        query = query.where(tuple_(ORDER.c.due_at, ORDER.c.id) > tuple_(*after))
    rows = connection.execute(query.order_by(ORDER.c.due_at, ORDER.c.id).limit(most))
    return [Pick(**{**r._mapping, "cards": tuple(json.loads(r.cards))}) for r in rows]


def count_picks(connection: Connection) -> Counter[tuple[str, str]]:
    """(source, consumer) → orders that are fetched or brought."""
    query = (
        select(ORDER.c.source, ORDER.c.consumer, func.count().label("number"))
        .where(*_open("released", "in_transit"), ORDER.c.kind == Kind.WITHDRAWAL.value)
        .group_by(ORDER.c.source, ORDER.c.consumer)
    )
    return Counter({(r.source, r.consumer): r.number for r in connection.execute(query)})


def count_jobs(connection: Connection) -> Counter[tuple[str, str]]:
    """(process, `released` or `in_process`) → orders."""
    query = (
        select(ORDER.c.source, ORDER.c.state, func.count().label("number"))
        .where(*_open("released", "in_process"), ORDER.c.kind.in_(_MADE))
        .group_by(ORDER.c.source, ORDER.c.state)
    )
    return Counter({(r.source, r.state): r.number for r in connection.execute(query)})


def _open(*states: str) -> tuple[ColumnElement[bool], ...]:
    """The conditions that the index of open orders answers."""
    return (ORDER.c.closed_at.is_(None), ORDER.c.state.in_(states))


def read_tasks(
    connection: Connection, stations: Sequence[str] | None, most: int
) -> list[dict[str, Any]]:
    """Tasks that are not done, of these stations or (None) of all, the oldest first."""
    query = select(TASK).where(TASK.c.done_at.is_(None))
    if stations is not None:
        query = query.where(TASK.c.station.in_(stations))
    rows = connection.execute(query.order_by(TASK.c.at, TASK.c.id).limit(most))
    return [dict(r._mapping) | {"orders": json.loads(r.orders or "[]")} for r in rows]


def read_open_orders(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Former or present id → what is asked about it, of the orders that are not over."""
    found: dict[str, dict[str, Any]] = {}
    for part in _parts(ids):
        renamed = {
            r.id: r.old for r in connection.execute(select(ALIAS).where(ALIAS.c.old.in_(part)))
        }
        columns = (ORDER.c[n] for n in ("id", "loop", "item", "quantity", "state", "cards"))
        query = select(*columns).where(
            ORDER.c.id.in_([*part, *renamed]), ORDER.c.state.not_in(_OVER)
        )
        for row in connection.execute(query):
            values = dict(row._mapping) | {"cards": json.loads(row.cards)}
            found[renamed.get(row.id, row.id)] = values
    return found


def read_raised(connection: Connection, since: int, until: int, most: int) -> list[Raised]:
    """Calls first raised in [since, until), the newest `most` of them."""
    query = select(CALL.c.body).where(CALL.c.raised_at >= since, CALL.c.raised_at < until)
    bodies = connection.execute(query.order_by(CALL.c.raised_at.desc()).limit(most)).scalars()
    return [load_raised(json.loads(body)) for body in bodies]


def read_open_calls(connection: Connection) -> list[Call]:
    """Calls that are not closed."""
    query = select(CALL.c.body).where(CALL.c.state != "closed")
    return [load_call(json.loads(body)) for body in connection.execute(query).scalars()]


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """So many at once as every database takes."""
    for start in range(0, len(ids), _PART):
        yield ids[start : start + _PART]
