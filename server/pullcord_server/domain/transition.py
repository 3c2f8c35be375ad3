"""The transition table applied to a card: its state, its share of an order, its times and contents (DESIGN 3.2)."""

from dataclasses import dataclass

from .card import Card, Decision, Event, Item, Outcome, State
from .plant import Kind, Loop, Release
from .portion import Due, share_of
from .table import Cell, Op, cell
from .value import replace


@dataclass(frozen=True, slots=True)
class Ground:
    """What a step stands on beside the card: its loop at that time, the place, due dates, a standing ruling."""

    loop: Loop
    due: Due
    serves: bool = True
    ruling: Decision | None = None


def by_table(card: Card, item: Item, event: Event, ground: Ground, *, again: bool) -> Outcome:
    """What the table says to `event`; `again`: it was accepted within its window before."""
    loop = ground.loop
    row = cell(loop.kind, loop.profile, loop.strict, card.state, event, again)
    to, ops = _waiting(row, event, loop)
    share = share_of(card, item, loop, ground.due)
    for op in ops:
        share.do(op)
    share.say()
    after = replace(card, state=to, portion=share.open)
    if to is not card.state or share.touched:
        after = moved(after, card, item, event, loop)
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


def moved(after: Card, before: Card, item: Item, event: Event, loop: Loop) -> Card:
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
