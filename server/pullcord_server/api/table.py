"""The collections that lie in the database: their order, their filters, their rows."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, select

from pullcord_server.storage import model
from pullcord_server.storage.rows import table_of

from . import asked, row
from .listing import Table

CARD, TAG, ORDER = table_of(model.CardRow), table_of(model.TagRow), table_of(model.OrderRow)
PORTION, FINDING = table_of(model.PortionRow), table_of(model.FindingRow)
AUDIT = table_of(model.AuditRow)
CALL, TASK, FACT = table_of(model.CallRow), table_of(model.TaskRow), table_of(model.FactRow)

Conditions = Iterable[ColumnElement[bool]]


def _equal(pairs: Iterable[tuple[ColumnElement[Any], Any]]) -> Conditions:
    return [column == value for column, value in pairs if value is not None]


def _since(column: ColumnElement[Any], at: int | None) -> Conditions:
    return () if at is None else [column >= at]


# -- cards


def _cards_where(a: asked.CardsAsked) -> Conditions:
    c = CARD.c
    yield from _equal([(c.loop, a.loop), (c.id, a.card), (c.state, a.state), (c.life, a.life)])
    yield from _since(c.since, a.since)


def _card(found: Mapping[str, Any]) -> row.CardRow:
    values = dict(found)
    values |= {
        "blocked": found["blocked"] is not None,
        "blocked_reason": found["blocked"] or None,
        "hold": found["hold"] is not None,
        "hold_reason": found["hold"] or None,
    }
    return row.CardRow.model_validate(values)


CARDS = Table(
    "cards",
    select(
        *(CARD.c[n] for n in ("id", "loop", "kind", "state", "life", "blocked", "hold")),
        *(CARD.c[n] for n in ("actual", "version", "order", "since")),
    ),
    (CARD.c.id,),
    (str,),
    _cards_where,
    _card,
)


# -- tags

_NEWER = TAG.alias("newer")
_NEWEST = select(func.max(_NEWER.c.number)).where(_NEWER.c.code == TAG.c.code).scalar_subquery()


def _tags_where(a: asked.TagsAsked) -> Conditions:
    yield from _equal([(TAG.c.card, a.card)])
    yield from _since(TAG.c.since, a.since)
    if a.loop is not None:
        yield TAG.c.card.in_(select(CARD.c.id).where(CARD.c.loop == a.loop))


def _tag(found: Mapping[str, Any]) -> row.TagRow:
    return row.TagRow.model_validate({**found, "id": found["code"]})


TAGS = Table(
    "tags",
    select(TAG.c.code, TAG.c.card, TAG.c.since).where(TAG.c.number == _NEWEST),
    (TAG.c.code,),
    (str,),
    _tags_where,
    _tag,
)


# -- orders


def _orders_where(a: asked.OrdersAsked) -> Conditions:
    c = ORDER.c
    yield from _equal([(c.loop, a.loop)])
    if a.state == "open":
        yield c.state.in_(("open", "released", "in_process", "in_transit"))
    elif a.state is not None:
        yield c.state == a.state
    if a.card is not None:
        yield c.id.in_(select(PORTION.c.order).where(PORTION.c.card == a.card))
    yield from _since(c.opened_at, a.since)


def order_row(found: Mapping[str, Any]) -> row.OrderRow:
    """An order of the database as it is answered."""
    return row.OrderRow.model_validate({**found, "cards": json.loads(found["cards"])})


ORDERS = Table(
    "orders",
    select(ORDER),
    (ORDER.c.opened_at, ORDER.c.id),
    (int, str),
    _orders_where,
    order_row,
)


# -- findings


def _findings_where(a: asked.FindingsAsked) -> Conditions:
    c = FINDING.c
    yield from _equal(
        [(c.loop, a.loop), (c.card, a.card), (c.station, a.station), (c.type, a.type)]
    )
    if a.state is not None:
        resolved = c.resolved_at.is_not(None)
        yield resolved if a.state is asked.FindingState.RESOLVED else ~resolved
    yield from _since(c.at, a.since)


FINDINGS = Table(
    "findings",
    select(FINDING),
    (FINDING.c.at, FINDING.c.id),
    (int, str),
    _findings_where,
    row.FindingRow.model_validate,
)


# -- calls


def _calls_where(a: asked.CallsAsked) -> Conditions:
    c = CALL.c
    yield from _equal([(c.loop, a.loop), (c.station, a.station)])
    if a.state is asked.CallState.OPEN:
        yield c.state != "closed"
    elif a.state is not None:
        yield c.state == a.state
    yield from _since(c.raised_at, a.since)


def _call(found: Mapping[str, Any]) -> row.CallRow:
    return row.CallRow.model_validate({**json.loads(found["body"]), **found})


CALLS = Table(
    "calls",
    select(CALL),
    (CALL.c.raised_at, CALL.c.id),
    (int, str),
    _calls_where,
    _call,
)


# -- tasks


def _tasks_where(a: asked.TasksAsked) -> Conditions:
    c = TASK.c
    yield from _equal([(c.loop, a.loop), (c.card, a.card), (c.station, a.station)])
    if a.state is not None:
        done = c.done_at.is_not(None)
        yield done if a.state is asked.TaskState.DONE else ~done
    yield from _since(c.at, a.since)


def _task(found: Mapping[str, Any]) -> row.TaskRow:
    return row.TaskRow.model_validate({**found, "orders": json.loads(found["orders"] or "[]")})


TASKS = Table(
    "tasks",
    select(TASK),
    (TASK.c.at, TASK.c.id),
    (int, str),
    _tasks_where,
    _task,
)


# -- audits


def _audits_where(a: asked.AuditsAsked) -> Conditions:
    yield from _equal([(AUDIT.c.loop, a.loop), (AUDIT.c.station, a.station)])
    yield from _since(AUDIT.c.at, a.since)


def _audit(found: Mapping[str, Any]) -> row.AuditRow:
    lists = {name: json.loads(found[name]) for name in ("expected", "found", "unknown")}
    expected, seen = lists["expected"], lists["found"]
    lists["missing"] = [c for c in expected if c not in set(seen)]
    lists["unexpected"] = [c for c in seen if c not in set(expected)]
    return row.AuditRow.model_validate({**found, **lists})


AUDITS = Table(
    "audits",
    select(AUDIT),
    (AUDIT.c.at, AUDIT.c.id),
    (int, str),
    _audits_where,
    _audit,
)


# -- journal


def _journal_where(a: asked.JournalAsked) -> Conditions:
    c = FACT.c
    yield from _equal([(c.card, a.card), (c.station, a.station)])
    if a.loop is not None:
        yield c.card.in_(select(CARD.c.id).where(CARD.c.loop == a.loop))
    yield from _since(c.at, a.since)


def _entry(found: Mapping[str, Any]) -> row.EntryRow:
    values = dict(found)
    values["id"] = f"{found['journal']}.{found['seq']}"
    values["body"] = json.loads(found["body"])
    values["findings"] = found["findings"].split(",") if found["findings"] else []
    return row.EntryRow.model_validate(values)


JOURNAL = Table(
    "journal",
    select(
        *(FACT.c[n] for n in ("journal", "seq", "station", "type", "card", "at", "verdict")),
        *(FACT.c[n] for n in ("code", "clock", "findings", "body", "received_at")),
    ),
    (FACT.c.at, FACT.c.journal, FACT.c.seq),
    (int, str, int),
    _journal_where,
    _entry,
)
