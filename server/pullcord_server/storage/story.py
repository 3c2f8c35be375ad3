"""A card's story from some moment on: its facts and decisions with what each of them did."""

import json
from typing import Any

from sqlalchemy import Connection, select

from pullcord_server.domain.card import Card, Decision, Event, Fact, Item, Key, Outcome
from pullcord_server.domain.fold import UNDO_WINDOW, Step
from pullcord_wire.message import Verdict

from .card_json import load_card, load_decision
from .model import DecisionCardRow, DecisionRow, FactRow
from .rows import table_of
from .shelf import Known

FACT, TOUCH, DECISION = table_of(FactRow), table_of(DecisionCardRow), table_of(DecisionRow)
_TOUCH_COLUMNS = (TOUCH, DECISION.c.id)


def story_from(connection: Connection, known: Known, key: Key) -> tuple[Card, list[Step]]:
    """The card before, and every step from the undo window before `key` on, in time order (flushed)."""
    since = key[0] - UNDO_WINDOW
    facts = connection.execute(
        select(FACT).where(FACT.c.card == known.id, FACT.c.event.is_not(None), FACT.c.at >= since)
    )
    touches = connection.execute(
        select(*_TOUCH_COLUMNS)
        .join(DECISION, DECISION.c.number == TOUCH.c.number)
        .where(TOUCH.c.card == known.id, TOUCH.c.at >= since)
    )
    steps = [_fact_step(r) for r in facts] + [_touch_step(r) for r in touches]
    steps.sort(key=lambda s: s.item.key)
    return _before(connection, known, since), steps


def fact_of(row: Any) -> Fact:
    """A fact's row as the fold sees it."""
    return Fact(row.journal, row.seq, row.at, row.station, Event(row.event), row.version, row.of)


def touch_of(row: Any) -> Decision:
    """A decision's effect on a card as the fold sees it; the row carries the decision's id."""
    return load_decision(row.number, row.id, row.at, json.loads(row.body))


def _before(connection: Connection, known: Known, since: int) -> Card:
    fact = connection.execute(
        select(FACT)
        .where(FACT.c.card == known.id, FACT.c.event.is_not(None), FACT.c.at < since)
        .order_by(FACT.c.at.desc(), FACT.c.journal.desc(), FACT.c.seq.desc())
        .limit(1)
    ).one_or_none()
    touch = connection.execute(
        select(*_TOUCH_COLUMNS)
        .join(DECISION, DECISION.c.number == TOUCH.c.number)
        .where(TOUCH.c.card == known.id, TOUCH.c.at < since)
        .order_by(TOUCH.c.at.desc(), TOUCH.c.number.desc())
        .limit(1)
    ).one_or_none()
    found: list[tuple[Key, str]] = []
    if fact is not None:
        found.append((fact_of(fact).key, fact.after))
    if touch is not None:
        found.append((touch_of(touch).key, touch.after))
    return load_card(max(found)[1]) if found else known.start


def _fact_step(row: Any) -> Step:
    verdict = None if row.verdict is None else Verdict(row.verdict)
    return _step(fact_of(row), row, verdict)


def _touch_step(row: Any) -> Step:
    return _step(touch_of(row), row, None)


def _step(item: Item, row: Any, verdict: Verdict | None) -> Step:
    if row.after is None:
        return Step(item)
    findings = tuple(row.findings.split(",")) if row.findings else ()
    return Step(item, Outcome(load_card(row.after), verdict=verdict, findings=findings))
