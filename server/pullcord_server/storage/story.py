"""A card's story from some moment on: its facts and decisions with what each of them did."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from pullcord_server.domain.card import Card, Decision, Event, Fact, Item, Key, Outcome
from pullcord_server.domain.fold import UNDO_WINDOW, Step
from pullcord_wire.message import Verdict

from .card_json import load_card, load_decision
from .model import CardRow, DecisionCardRow, DecisionRow, FactRow
from .rows import table_of
from .shelf import Known

CARD, FACT = table_of(CardRow), table_of(FactRow)
TOUCH, DECISION = table_of(DecisionCardRow), table_of(DecisionRow)

#: Types of entries of readers without a role: where one stands for a bin, a tag hangs in a rack.
RACK = ("read", "removed")

_FACTS = select(FACT).where(
    FACT.c.card == bindparam("card_id"),
    FACT.c.event.is_not(None),
    FACT.c.at >= bindparam("since"),
)
_TOUCHES = (
    select(TOUCH, DECISION.c.id)
    .join(DECISION, DECISION.c.number == TOUCH.c.number)
    .where(TOUCH.c.card == bindparam("card_id"), TOUCH.c.at >= bindparam("since"))
)
#: When the last fact and the last decision of each card before an instant were.
_HEADS = select(
    CARD.c.id,
    select(func.max(FACT.c.at))
    .where(FACT.c.card == CARD.c.id, FACT.c.event.is_not(None), FACT.c.at < bindparam("before"))
    .scalar_subquery(),
    select(func.max(TOUCH.c.at))
    .where(TOUCH.c.card == CARD.c.id, TOUCH.c.at < bindparam("before"))
    .scalar_subquery(),
).where(CARD.c.id == bindparam("card_id"))


@dataclass(frozen=True, slots=True)
class Story:
    """A card's steps in time order, and the card before the first of them."""

    start: Card
    steps: tuple[Step, ...]


def read_stories(connection: Connection, wanted: Sequence[tuple[Known, Key]]) -> list[Story]:
    """Of each card its story from the undo window before a key on (flushed)."""
    return [_read_story(connection, known, key) for known, key in wanted]


def story_from(connection: Connection, known: Known, key: Key) -> tuple[Card, list[Step]]:
    """The card before, and every step from the undo window before `key` on, in time order (flushed)."""
    story = _read_story(connection, known, key)
    return story.start, list(story.steps)


def _read_story(connection: Connection, known: Known, key: Key) -> Story:
    """Reading begins at the last step before the window: it says what the card was."""
    since = key[0] - UNDO_WINDOW
    _, fact_at, touch_at = connection.execute(_HEADS, {"card_id": known.id, "before": since}).one()
    heads = [at for at in (fact_at, touch_at) if at is not None]
    asked = {"card_id": known.id, "since": max(heads, default=since)}
    steps = [_fact_step(r) for r in connection.execute(_FACTS, asked)]
    steps += [_touch_step(r) for r in connection.execute(_TOUCHES, asked)]
    steps.sort(key=lambda s: s.item.key)
    first = next((i for i, s in enumerate(steps) if s.item.at >= since), len(steps))
    before = steps[first - 1].outcome if first else None
    start = known.start if before is None else before.card
    return Story(start, tuple(steps[first:]))


def fact_of(row: Any) -> Fact:
    """A fact's row as the fold sees it."""
    return Fact(
        row.journal,
        row.seq,
        row.at,
        row.station,
        Event(row.event),
        row.version,
        row.of,
        row.type in RACK,
    )


def touch_of(row: Any) -> Decision:
    """A decision's effect on a card as the fold sees it; the row carries the decision's id."""
    return load_decision(row.number, row.id, row.at, json.loads(row.body))


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
