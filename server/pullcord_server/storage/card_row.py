"""Cards and their shares of orders as rows, and back."""

from collections.abc import Mapping
from typing import Any

from pullcord_server.domain.card import ClosedBy, OrderState, Portion

from .card_json import load_card
from .rows import Row
from .shelf import Known

_PORTION_COLUMNS = (
    "opened_at",
    "released_at",
    "due_at",
    "started_at",
    "dispatched_at",
    "closed_at",
    "delivered",
    "urgent",
    "quantity",
    "note",
    "promised_at",
)


def known_card(row: Any) -> Known:
    """A card's row as it is worked with."""
    key = (row.key_at, row.key_kind, row.key_journal, row.key_seq)
    start, card = load_card(row.start), load_card(row.after)
    return Known(row.id, row.loop, row.number, start, card, key, row.issued_by)


def card_row(known: Known) -> Row:
    """The inverse of `known_card`, with the columns people filter by."""
    card = known.card
    at, kind, journal, seq = known.key
    return {
        "id": known.id,
        "loop": known.loop,
        "number": known.number,
        "kind": card.kind,
        "state": card.state.value,
        "life": card.life.value,
        "blocked": card.blocked,
        "hold": card.hold,
        "actual": card.actual,
        "version": card.version,
        "order": card.portion.order if card.portion else None,
        "since": card.since,
        "issued_by": known.issued_by,
        "start": known.start_text,
        "after": known.card_text,
        "key_at": at,
        "key_kind": kind,
        "key_journal": journal,
        "key_seq": seq,
    }


def portion_row(card_id: str, portion: Portion) -> Row:
    """A portion as a row."""
    row: Row = {name: getattr(portion, name) for name in _PORTION_COLUMNS}
    row |= {
        "order": portion.order,
        "card": card_id,
        "state": portion.state.value,
        "closed_by": portion.closed_by.value if portion.closed_by else None,
    }
    return row


def portion_of(row: Mapping[str, Any]) -> Portion:
    """The inverse of `portion_row`."""
    values = {name: row[name] for name in _PORTION_COLUMNS}
    by = row["closed_by"]
    return Portion(
        order=row["order"],
        state=OrderState(row["state"]),
        closed_by=ClosedBy(by) if by else None,
        **values,
    )
