"""Audits: walk the floor, scan what you find, see what is missing (DESIGN 3.5, 9)."""

import json
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from pullcord_server.desk.decide import Settled, decide
from pullcord_server.desk.intake import card_of_code
from pullcord_server.desk.refusal import Refused, not_found
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.audit import whereabouts
from pullcord_server.domain.card import Life
from pullcord_server.domain.identity import ulid
from pullcord_server.domain.plant import Plant
from pullcord_server.storage.model import AuditRow
from pullcord_server.storage.rows import Row, table_of
from pullcord_server.storage.shelf import Known

from .done import Done

AUDIT = table_of(AuditRow)
_LISTS = ("expected", "found", "unknown")


def begin(turn: Turn, by: str, loop: str | None = None, station: str | None = None) -> Done:
    """Begin a walk: what should be found is settled now, whatever moves meanwhile."""
    plant = turn.floor.plant
    if (loop is None) == (station is None):
        raise Refused(422, "loop-or-station", "name either `loop` or `station` for an audit")
    if plant is None or (loop is not None and loop not in plant.loops):
        raise not_found("loop", str(loop))
    if station is not None and station not in plant.stations:
        raise not_found("station", station)
    expected = _of_loop(turn, loop) if loop is not None else _at(turn, plant, str(station))
    id_ = ulid(turn.now, secrets.randbits(80))
    row: Row = {"id": id_, "loop": loop, "station": station, "at": turn.now, "by": by}
    row |= {"expected": expected, "found": [], "unknown": []}
    made = decide(turn, Settled("audit_begin", by, other={"audit": row}))
    return Done("audits", id_, made.id)


def scan(turn: Turn, audit_id: str, codes: Sequence[str], by: str) -> Done:
    """Add what was scanned: each card once; a code that means no card is told, not refused."""
    row = _audit(turn, audit_id)
    found, unknown = dict.fromkeys(row["found"]), dict.fromkeys(row["unknown"])
    for code in codes:
        known = _card(turn, code)
        if known is None:
            unknown[code] = None
        else:
            found[known.id] = None
    row |= {"found": list(found), "unknown": list(unknown)}
    made = decide(turn, Settled("audit_scan", by, other={"audit": row}))
    return Done("audits", audit_id, made.id)


def _audit(turn: Turn, audit_id: str) -> Row:
    query = select(AUDIT).where(AUDIT.c.id == audit_id)
    found = turn.book.connection.execute(query).one_or_none()
    if found is None:
        raise not_found("audit", audit_id)
    row: dict[str, Any] = found._asdict()
    return row | {name: json.loads(row[name]) for name in _LISTS}


def _card(turn: Turn, code: str) -> Known | None:
    """The card of a tag or a printed code, or the card of that name."""
    card, _, _ = card_of_code(turn, code, turn.now)
    return turn.book.card(code if card is None else card)


def _of_loop(turn: Turn, loop: str) -> list[str]:
    """Every card that goes round, wherever it is."""
    return [k.id for k in turn.book.cards_of(loop) if k.card.life in (Life.CIRCULATING, Life.NEW)]


def _at(turn: Turn, plant: Plant, station: str) -> list[str]:
    """The cards whose place is that of the station's processes now."""
    processes = plant.stations[station].processes
    return [
        known.id
        for loop in plant.loops.values()
        if loop.place in processes or loop.source in processes
        for known in turn.book.cards_of(loop.id)
        if known.card.life is Life.CIRCULATING and whereabouts(loop, known.card) in processes
    ]
