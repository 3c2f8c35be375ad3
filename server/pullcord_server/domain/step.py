"""One step of a card: what one fact or decision does to it (DESIGN 3.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pullcord_wire.message import Verdict

from .card import (
    Card,
    Change,
    ClosedBy,
    Decision,
    Event,
    Fact,
    Item,
    Life,
    OrderState,
    Outcome,
    State,
)
from .overlay import left_state, overlay, ruled
from .plant import Kind, Loop, Release
from .portion import Due, share_of
from .table import Cell, Op, cell


@dataclass(frozen=True, slots=True)
class Ground:
    """What a step stands on beside the card: its loop at that time, the place, due dates, a standing ruling."""

    loop: Loop
    due: Due
    serves: bool = True
    ruling: Decision | None = None


def step(card: Card, item: Item, ground: Ground) -> Outcome:
    """The card after `item`, with what the worker is told and what is found."""
    card = _forget(card, item.at, ground.loop)
    if isinstance(item, Fact):
        return _scan(card, item, ground)
    if isinstance(item.what, Event):
        return _by_hand(card, item, item.what, ground)
    return _change(card, item, item.what, ground)


def window(loop: Loop, event: Event) -> int:
    """How long the same event again is a repeat, in ms."""
    return loop.min_cycle if event is Event.WITHDRAWAL else loop.repeat_window


def _forget(card: Card, at: int, loop: Loop) -> Card:
    """Drop times that can matter no more, so that a late fold meets the old one again."""
    kept = {e: t for e, t in card.last.items() if at - t < window(loop, e)}
    return card if len(kept) == len(card.last) else replace(card, last=kept)


def _scan(card: Card, fact: Fact, ground: Ground) -> Outcome:
    ruling, loop = ground.ruling, ground.loop
    if ruling is not None and ruling.verdict is not Verdict.ACCEPTED:
        return ruled(card, ruling, fact.at)
    if ruling is not None or card.life is Life.NEW:
        card = _adopted(card, fact, loop)
    refused = overlay(card, fact, loop, ground.serves)
    if refused is not None:
        return refused
    if card.life is Life.LOST:
        card = _adopted(card, fact, loop)
    again = fact.event in card.last
    outcome = _by_table(card, fact, fact.event, ground, again=again)
    after = outcome.card
    if outcome.verdict is Verdict.ACCEPTED:
        after = replace(after, last={**after.last, fact.event: fact.at})
    if fact.version is not None and fact.version > after.version:
        after = replace(after, version=fact.version)
    outcome = replace(outcome, card=after)
    if not ground.serves and outcome.verdict is Verdict.ACCEPTED:
        findings = ("misplaced", *outcome.findings)
        return replace(outcome, verdict=Verdict.MISPLACED, findings=findings)
    if fact.event in (Event.LEVEL_EMPTY, Event.LEVEL_FULL):
        return replace(outcome, verdict=None)
    return outcome


def _adopted(card: Card, fact: Fact, loop: Loop) -> Card:
    """A new, surplus or found card joins the loop as if it had been where a normal scan finds it."""
    state = left_state(loop, fact.event)
    if card.life is Life.LOST and card.portion is not None:
        state = card.state
    actual = (card.quantity or loop.quantity) if state is State.FULL else 0
    return replace(card, life=Life.CIRCULATING, state=state, actual=actual, since=fact.at)


def _by_hand(card: Card, decision: Decision, event: Event, ground: Ground) -> Outcome:
    """An event of the table that a person or a timer settled: no repeats, no places."""
    outcome = _by_table(card, decision, event, ground, again=False)
    findings = outcome.findings
    if decision.quantity is not None and card.portion is not None:
        findings += _quantity_findings(card.portion.quantity, decision.quantity, ground.loop)
    if decision.finding is not None:
        findings += (decision.finding,)
    return replace(outcome, findings=findings)


def _quantity_findings(ordered: int, given: int, loop: Loop) -> tuple[str, ...]:
    if given < ordered:
        return ("under_delivery",)
    if given > ordered:
        return ("over_delivery" if loop.kind is Kind.SUPPLIER else "overproduction",)
    return ()


def _by_table(card: Card, item: Item, event: Event, ground: Ground, *, again: bool) -> Outcome:
    loop = ground.loop
    row = cell(loop.kind, loop.profile, loop.strict, card.state, event, again)
    to, ops = _waiting(row, event, loop)
    share = share_of(card, item, loop, ground.due)
    for op in ops:
        share.do(op)
    after = replace(card, state=to, portion=share.open)
    if to is not card.state or share.touched:
        after = _moved(after, card, item, event, loop)
    findings = () if row.finding is None else (row.finding,)
    return Outcome(
        after,
        tuple(share.touched.values()),
        row.verdict,
        findings,
        row.inferred,
        effective=to is not card.state or bool(share.touched),
    )


def _waiting(row: Cell, event: Event, loop: Loop) -> tuple[State, tuple[Op, ...]]:
    """Where the loop gathers or waits for its hours, a drop opens an order that is not released yet."""
    waits = loop.release is not Release.AT_ONCE and loop.kind in (Kind.WITHDRAWAL, Kind.PRODUCTION)
    if not waits or event is Event.RELEASE or row.to is not State.RELEASED:
        return row.to, row.order
    return (
        (State.EMPTY, tuple(op for op in row.order if op is not Op.RELEASE))
        if Op.OPEN in row.order
        else (row.to, row.order)
    )


def _moved(after: Card, before: Card, item: Item, event: Event, loop: Loop) -> Card:
    """The times, contents and turn of a card that changed its state or its order."""
    given = item.quantity if isinstance(item, Decision) else None
    ordered = before.portion.quantity if before.portion else after.quantity or loop.quantity
    since, actual, filled, turned = item.at, 0, after.filled, after.turned
    if after.state is State.FULL:
        actual = min(given, ordered) if given is not None else ordered
        if before.state is State.FULL:
            actual = before.actual
        filled = True
        turned = turned or after.kind != "standing"
    emptied = before.state is State.FULL or event in (Event.WITHDRAWAL, Event.LEVEL_EMPTY)
    emptied = emptied and after.state is not State.FULL
    return replace(
        after,
        since=since,
        actual=actual,
        filled=filled,
        turned=turned,
        urgent=after.urgent and after.state is not State.FULL,
        withdrawn_at=item.at if emptied else before.withdrawn_at,
    )


def _change(card: Card, decision: Decision, what: Change, ground: Ground) -> Outcome:
    match what:
        case Change.ISSUE:
            return _issued(card, decision, ground)
        case Change.BLOCK:
            return _blocked(card, decision, ground)
        case Change.UNBLOCK:
            return _unblocked(card, decision, ground)
        case Change.CLOSE:
            return _closed_by_hand(card, decision, ground)
        case Change.HOLD:
            return _done(replace(card, hold=decision.reason or "hold"))
        case Change.UNHOLD:
            return _done(replace(card, hold=None))
        case Change.LOST:
            return _done(replace(card, life=Life.LOST), "lost")
        case Change.REPLACED:
            return _done(replace(card, replaced=True))
        case Change.RETIRE:
            return _ended(card, decision, ground, Life.RETIRED)
        case Change.SURPLUS:
            return _ended(card, decision, ground, Life.SURPLUS)
        case Change.CIRCULATE:
            return _done(replace(card, life=Life.CIRCULATING, replaced=False))
        case Change.RULING | Change.VOID | Change.PRINT | Change.PAIR:
            return Outcome(card)


def _done(card: Card, *findings: str) -> Outcome:
    return Outcome(card, findings=findings)


def _issued(card: Card, decision: Decision, ground: Ground) -> Outcome:
    """A card begins: new until its first scan, or at once as an express card or an empty start."""
    loop = ground.loop
    card = replace(
        card,
        life=decision.life or Life.NEW,
        kind=decision.kind,
        quantity=decision.quantity,
        state=decision.state or State.EMPTY,
        expires_at=decision.expires_at,
        urgent=decision.urgent,
        since=decision.at,
        filled=False,
        actual=0,
    )
    if card.life is not Life.CIRCULATING or card.state is not State.EMPTY:
        return _done(card)
    waits = loop.release is not Release.AT_ONCE and card.kind == "standing"
    if card.kind == "standing" and (waits or loop.kind in (Kind.SIGNAL, Kind.SUPPLIER)):
        if loop.kind in (Kind.SIGNAL, Kind.SUPPLIER):
            return _done(card)
        return _opened(card, decision, ground, Op.OPEN)
    return _opened(card, decision, ground, Op.OPEN, Op.RELEASE)


def _opened(card: Card, decision: Decision, ground: Ground, *ops: Op) -> Outcome:
    share = share_of(card, decision, ground.loop, ground.due)
    for op in ops:
        share.do(op)
    state = State.RELEASED if Op.RELEASE in ops else State.EMPTY
    after = replace(card, portion=share.open, state=state, since=decision.at)
    return Outcome(after, tuple(share.touched.values()), effective=True)


def _blocked(card: Card, decision: Decision, ground: Ground) -> Outcome:
    """A block ends the order that is open; goods under way or in work stay where they are."""
    after = replace(card, blocked=decision.reason or "blocked")
    if card.portion is None:
        return _done(after)
    share = share_of(card, decision, ground.loop, ground.due)
    share.close(ClosedBy.BLOCK)
    return Outcome(
        replace(after, portion=None, state=State.EMPTY, since=decision.at, actual=0),
        tuple(replace(p, delivered=0) for p in share.touched.values()),
    )


def _unblocked(card: Card, decision: Decision, ground: Ground) -> Outcome:
    """The need that was dropped while blocked is a need now."""
    after = replace(card, blocked=None)
    loop = ground.loop
    if card.state is not State.EMPTY or card.portion is not None:
        return _done(after)
    if loop.kind in (Kind.SIGNAL, Kind.SUPPLIER):
        return _done(after)
    if loop.release is not Release.AT_ONCE:
        return _opened(after, decision, ground, Op.OPEN)
    return _opened(after, decision, ground, Op.OPEN, Op.RELEASE)


def _closed_by_hand(card: Card, decision: Decision, ground: Ground) -> Outcome:
    """Served by hand: the goods are there."""
    if card.portion is None:
        return _done(card)
    share = share_of(card, decision, ground.loop, ground.due)
    share.close(ClosedBy.HAND)
    after = replace(card, portion=None, state=State.FULL)
    moved = _moved(after, card, decision, Event.ARRIVAL, ground.loop)
    return Outcome(moved, tuple(share.touched.values()), effective=True)


def _ended(card: Card, decision: Decision, ground: Ground, life: Life) -> Outcome:
    """The card leaves the loop; an open order of its own ends with it."""
    after = replace(card, life=life)
    if card.portion is None or card.portion.state not in (OrderState.OPEN, OrderState.RELEASED):
        return _done(after)
    share = share_of(card, decision, ground.loop, ground.due)
    share.close(ClosedBy.HAND)
    touched = tuple(replace(p, delivered=0) for p in share.touched.values())
    return Outcome(replace(after, portion=None, state=State.EMPTY), touched)


#: A card's standing rulings by the entry they are about.
Rulings = Mapping[str, Decision]
