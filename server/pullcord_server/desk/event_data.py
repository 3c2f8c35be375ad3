"""What business events say of their subjects, read for many events at once."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from pullcord_server.storage.book import ALIAS, CARD, ORDER
from pullcord_server.storage.model import CallRow
from pullcord_server.storage.rows import parts, table_of
from pullcord_wire.instant import format_instant
from pullcord_wire.message import JSON

CALL = table_of(CallRow)


def read_data(connection: Connection, events: Sequence[Row[Any]]) -> dict[int, JSON]:
    """Of each event, by its number, its own data, else its subject as it is now.

    An event that had to wait tells the state that was reached; null: its subject is gone.
    """
    subjects: dict[str, set[str]] = {"card": set(), "order": set(), "call": set()}
    for event in events:
        if not event.data:
            subjects[_kind(event)].add(event.subject)
    now = _newest(connection, subjects["order"])
    subjects["order"] |= set(now.values())
    known: dict[tuple[str, str], JSON] = {
        (kind, row.id): told(row)
        for kind, (table, told) in _KINDS.items()
        for row in _rows(connection, table, subjects[kind])
    }

    def data(event: Row[Any]) -> JSON:
        if event.data:
            own: JSON = json.loads(event.data)
            return own
        kind = _kind(event)
        subject = now.get(event.subject, event.subject) if kind == "order" else event.subject
        return known.get((kind, subject))

    return {event.number: data(event) for event in events}


def _kind(event: Row[Any]) -> str:
    kind = event.type.partition(".")[0]
    return kind if kind in ("card", "order") else "call"


def _newest(connection: Connection, orders: set[str]) -> dict[str, str]:
    """The ids that orders have now, of those that were renamed."""
    query = select(ALIAS.c.old, ALIAS.c.id)
    return {
        row.old: row.id
        for part in parts(sorted(orders))
        for row in connection.execute(query.where(ALIAS.c.old.in_(part)))
    }


def _rows(connection: Connection, table: Table, ids: set[str]) -> Iterator[Row[Any]]:
    for part in parts(sorted(ids)):
        yield from connection.execute(select(table).where(table.c.id.in_(part)))


def _card(row: Row[Any]) -> JSON:
    return {
        "card": row.id,
        "loop": row.loop,
        "state": row.state,
        "life": row.life,
        "order": row.order,
    }


def _order(row: Row[Any]) -> JSON:
    return {
        "order": row.id,
        "loop": row.loop,
        "item": row.item,
        "quantity": row.quantity,
        "source": row.source,
        "consumer": row.consumer,
        "state": row.state,
        "cards": json.loads(row.cards),
        "due_at": None if row.due_at is None else format_instant(row.due_at),
        "closed_by": row.closed_by,
        "replaces": row.replaces,
    }


def _call(row: Row[Any]) -> JSON:
    return {
        "call": row.id,
        "type": row.type,
        "state": row.state,
        "station": row.station,
        "loop": row.loop,
        "by": row.by,
        "cause": row.cause,
    }


_KINDS: dict[str, tuple[Table, Callable[[Row[Any]], JSON]]] = {
    "card": (CARD, _card),
    "order": (ORDER, _order),
    "call": (CALL, _call),
}
