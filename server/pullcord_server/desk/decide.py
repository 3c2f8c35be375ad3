"""Decisions: written down with everything needed to settle them again, then carried out (DESIGN 3.1, 8)."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from pullcord_server.domain.card import Card, Change, Decision, Key
from pullcord_server.domain.identity import ulid
from pullcord_server.domain.step import step
from pullcord_server.storage.card_json import decision_values, load_card, load_decision
from pullcord_server.storage.model import DecisionRow, FactRow
from pullcord_server.storage.rows import insert, table_of
from pullcord_server.storage.shelf import Known

from .effect import carry_out, counted, newest_of_tags
from .guard import guarded
from .heal import heal_issued
from .late import mark_late, misses_nobody
from .record import record
from .turn import Copied, Turn

FACT, DECISION = table_of(FactRow), table_of(DecisionRow)
_ABOUT_ENTRIES = (Change.VOID, Change.RULING)


@dataclass(frozen=True, slots=True)
class Settled:
    """What is to be decided. `cards`: card → what it does to it. `issue`: cards that begin with it.

    `other`: effects beside cards (tags, calls, findings, tasks, loops, orders, plant), see effect.
    """

    action: str
    by: str
    reason: str | None = None
    cards: Mapping[str, Decision] = field(default_factory=dict)
    issue: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    other: Mapping[str, Any] = field(default_factory=dict)


def touch(what: Any, **values: Any) -> Decision:
    """A card's part of a decision; number, id and time come when it is decided."""
    return Decision(number=0, id="", at=0, what=what, **values)


def decide(turn: Turn, settled: Settled, at: int | None = None) -> Copied:
    """Decide now: at the server's clock, but after everything its cards have seen."""
    cards = [turn.book.card(c) for c in settled.cards]
    newest = max((k.key[0] + 1 for k in cards if k is not None), default=0)
    newest = max(newest, newest_of_tags(turn, settled.other) + 1)
    when = max(turn.now if at is None else at, newest)
    body: dict[str, Any] = {}
    if settled.issue:
        body["issue"] = {c: dict(v) for c, v in settled.issue.items()}
    if settled.cards:
        body["cards"] = {c: decision_values(d) for c, d in settled.cards.items()}
    body |= counted(turn, settled.other)
    made = Copied(
        turn.number(),
        ulid(when, secrets.randbits(80)),
        when,
        settled.by,
        settled.action,
        settled.reason,
        body,
    )
    enact(turn, made)
    return made


def enact(turn: Turn, made: Copied) -> None:
    """Write a decision down and carry it out; also how a copied one is settled again."""
    row = {
        "number": made.number,
        "id": made.id,
        "at": made.at,
        "by": made.by,
        "action": made.action,
        "reason": made.reason,
        "body": json.dumps(made.body, ensure_ascii=False, separators=(",", ":")),
    }
    insert(turn.book.connection, DecisionRow, [row])
    turn.decisions.append(made)
    for card, values in made.body.get("issue", {}).items():
        _issue(turn, made, card, values)
    for card, values in made.body.get("cards", {}).items():
        known = turn.book.card(card)
        if known is not None:
            _touch_card(turn, known, load_decision(made.number, made.id, made.at, values))
    carry_out(turn, made)
    if turn.issued:
        heal_issued(turn, turn.issued)
        turn.issued.clear()


def write_ruling(turn: Turn, card: str, ruling: Decision) -> None:
    """What was shown to the worker stays: a ruling that repeats what the step just said (`reason` shown)."""
    known = turn.book.card(card)
    if known is None:
        return
    decide(turn, Settled("ruling", "pullcord", cards={card: ruling}))


def _issue(turn: Turn, made: Copied, card: str, values: Mapping[str, Any]) -> None:
    if turn.book.card(card) is not None:
        return
    start = load_card(values["start"]) if "start" in values else Card()
    known = Known(card, values["loop"], values["number"], start, start, issued_by=made.id)
    turn.issue(known)


def _touch_card(turn: Turn, known: Known, decision: Decision) -> None:
    row = {
        "number": decision.number,
        "card": known.id,
        "at": decision.at,
        "body": json.dumps(decision_values(decision), separators=(",", ":")),
        "findings": "",
        "after": None,
    }
    turn.book.decision_cards.append(row)
    if decision.what is Change.PAIR and decision.entry is not None:
        misses_nobody(turn, decision.entry)
    late = known.id in turn.late or decision.key < known.key
    shown = decision.what is Change.RULING and decision.reason == "shown"  # what the step just said
    if late or (decision.what in _ABOUT_ENTRIES and not shown):
        mark_late(turn, known, _entry_key(turn, known, decision), decision.key)
        return
    loop = turn.floor.loop_at(known.loop, decision.at)
    outcome = step(known.card, decision, turn.ground(known.loop, decision, True))
    if decision.what is not Change.BLOCK:  # which ends what is wrong
        outcome = guarded(turn, known, decision, outcome, loop)
    row["findings"] = ",".join(outcome.findings)
    record(turn, known, decision, outcome, loop)
    row["after"] = known.card_text


def _entry_key(turn: Turn, known: Known, decision: Decision) -> Key:
    """Where the entry that a decision is about stands in the card's time."""
    entry = decision.entry
    if entry is None:
        return decision.key
    journal, _, seq = entry.rpartition(".")
    if journal:
        for row in reversed(turn.book.facts):
            if row["journal"] == journal and str(row["seq"]) == seq:
                return (row["at"], 0, journal, int(seq))
        query = select(FACT.c.at).where(FACT.c.journal == journal, FACT.c.seq == int(seq))
        at = turn.book.connection.execute(query).scalar()
        return decision.key if at is None else (at, 0, journal, int(seq))
    query = select(DECISION.c.at, DECISION.c.number).where(DECISION.c.id == entry)
    found = turn.book.connection.execute(query).one_or_none()
    return decision.key if found is None else (found.at, 1, "", found.number)
