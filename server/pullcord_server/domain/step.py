"""One step of a card: what one fact or decision does to it (DESIGN 3.2)."""

from pullcord_wire.message import Verdict

from .bin import confirmed, noted
from .card import (
    Card,
    ClosedBy,
    Decision,
    Event,
    Fact,
    Item,
    Life,
    Outcome,
    Portion,
    State,
)
from .change import change
from .overlay import left_state, overlay, ruled, sent_away
from .plant import Kind, Loop
from .portion import share_of
from .transition import Ground, by_table
from .value import replace

__all__ = ["Ground", "step", "window"]


def step(card: Card, item: Item, ground: Ground) -> Outcome:
    """The card after `item`, with what the worker is told and what is found."""
    card = _forget(card, item.at, ground.loop)
    if isinstance(item, Fact):
        return _scan(card, item, ground)
    if isinstance(item.what, Event):
        return _by_hand(card, item, item.what, ground)
    return change(card, item, item.what, ground)


def window(loop: Loop, event: Event) -> int:
    """How long the same event again is a repeat, in ms."""
    return loop.min_cycle if event is Event.WITHDRAWAL else loop.repeat_window


def _forget(card: Card, at: int, loop: Loop) -> Card:
    """Drop times that can matter no more, so that a late fold meets the old one again."""
    kept = {e: t for e, t in card.last.items() if at - t < window(loop, e)}
    return card if len(kept) == len(card.last) else replace(card, last=kept)


def _scan(card: Card, fact: Fact, ground: Ground) -> Outcome:
    if fact.version is not None and fact.version > card.version:
        card = replace(card, version=fact.version)
    stands = ground.ruling is not None and ground.ruling.verdict is not Verdict.ACCEPTED
    refused = None if stands else sent_away(card, fact)
    if refused is not None:
        return noted(card, refused, fact)
    if not _joins(card, ground.ruling):
        return _judged(card, fact, ground)
    joined, portions = _joined(card, fact, ground)
    outcome = _judged(joined, fact, ground)
    if outcome.effective or joined.state is State.FULL:
        touched = {p.order: p for p in (*portions, *outcome.portions)}
        effective = outcome.effective or bool(portions)
        return replace(outcome, portions=tuple(touched.values()), effective=effective)
    # refused on its way: nothing says where it is
    return noted(card, replace(outcome, card=card, portions=()), fact)


def _judged(card: Card, fact: Fact, ground: Ground) -> Outcome:
    """What was shown once, else a refusal that comes before the table, else the table."""
    ruling = ground.ruling
    if ruling is not None and ruling.verdict is not Verdict.ACCEPTED:
        outcome = ruled(card, ruling, fact, ground)
    else:
        outcome = (
            overlay(card, fact, ground.loop, ground.serves)
            or confirmed(card, fact)
            or _read(card, fact, ground)
        )
    return noted(card, outcome, fact)


def _joins(card: Card, ruling: Decision | None) -> bool:
    """Whether this scan brings a new, a lost or (by ruling) a surplus card into the loop."""
    joins = card.life is Life.NEW or (card.life is Life.LOST and not card.replaced)
    if ruling is None:
        return joins
    if ruling.verdict is Verdict.ACCEPTED:
        return joins or card.life is Life.SURPLUS
    return joins and ruling.life is Life.CIRCULATING


def _joined(card: Card, fact: Fact, ground: Ground) -> tuple[Card, tuple[Portion, ...]]:
    """The card where a normal scan of this kind finds it, with the order it has.

    An order that it left open was delivered where the box is seen full: never two open orders.
    """
    loop = ground.loop
    state = left_state(card, loop, fact.event)
    full = state is State.FULL
    share = share_of(card, fact, loop, ground.due)
    if full:
        share.close(ClosedBy.INFERRED)
    joined = replace(
        card,
        life=Life.CIRCULATING,
        state=state,
        portion=share.open,
        actual=(card.quantity or loop.quantity) if full else 0,
        filled=card.filled or full,
        since=fact.at,
    )
    return joined, tuple(share.touched.values())


def _read(card: Card, fact: Fact, ground: Ground) -> Outcome:
    """What the table says to a scan, and where the card belongs if it was read elsewhere."""
    outcome = by_table(card, fact, fact.event, ground, again=fact.event in card.last)
    if outcome.verdict is not Verdict.ACCEPTED:
        return outcome
    after = replace(outcome.card, last={**outcome.card.last, fact.event: fact.at})
    if ground.serves:
        return replace(outcome, card=after)
    findings = ("misplaced", *outcome.findings)
    return replace(outcome, card=after, verdict=Verdict.MISPLACED, findings=findings)


def _by_hand(card: Card, decision: Decision, event: Event, ground: Ground) -> Outcome:
    """An event of the table that a person or a timer settled: no places, and no repeat of what was before.

    A scan of the same soon after is one. What was settled of an order does nothing to a card that has another one, or none.
    """
    elsewhere = card.portion is None or card.portion.order != decision.order
    if event is Event.START and decision.order is not None and elsewhere:
        return Outcome(card)
    outcome = by_table(card, decision, event, ground, again=False)
    findings = outcome.findings
    if decision.quantity is not None and card.portion is not None:
        findings += _quantity_findings(card.portion.quantity, decision.quantity, ground.loop)
    if decision.finding is not None:
        findings += (decision.finding,)
    after = outcome.card
    if outcome.verdict is Verdict.ACCEPTED:
        after = replace(after, last={**after.last, event: decision.at})
    return replace(outcome, card=after, findings=findings)


def _quantity_findings(ordered: int, given: int, loop: Loop) -> tuple[str, ...]:
    if given < ordered:
        return ("under_delivery",)
    if given > ordered:
        return ("over_delivery" if loop.kind is Kind.SUPPLIER else "overproduction",)
    return ()
