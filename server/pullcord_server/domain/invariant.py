"""What must hold after every step of a card, whatever was scanned or decided (DESIGN 3.3)."""

from .card import Card, Life, OrderState, Outcome, State
from .plant import Kind, Loop

_NOT_HERE = {
    Kind.WITHDRAWAL: State.IN_PROCESS,
    Kind.SUPPLIER: State.IN_PROCESS,
    Kind.PRODUCTION: State.IN_TRANSIT,
    Kind.SIGNAL: State.IN_TRANSIT,
}
#: Where a card is while its share of an order is open.
_WITH = {
    OrderState.OPEN: State.EMPTY,
    OrderState.RELEASED: State.RELEASED,
    OrderState.IN_PROCESS: State.IN_PROCESS,
    OrderState.IN_TRANSIT: State.IN_TRANSIT,
}
_MOVING = frozenset({State.RELEASED, State.IN_PROCESS, State.IN_TRANSIT})


def broken(before: Card, outcome: Outcome, loop: Loop) -> str | None:
    """What a step would break, in one sentence; None when all holds.

    A card is in one place of its life and its cycle; at most one order of it is open, for no more
    than its box holds; so the open quantity of a loop never exceeds its cards times its quantity.
    What a step leaves as it was is not its fault.
    """
    after = outcome.card
    if after is before and not outcome.portions:
        return None
    if after.portion is not before.portion or outcome.portions:
        beside = _order_beside(before, outcome)
        if beside is not None:
            return f"order {beside} stays open beside the card's own"
    moved = after.state is not before.state or after.portion != before.portion
    return (moved and _place(after, loop)) or _contents(before, after, loop)


def _order_beside(before: Card, outcome: Outcome) -> str | None:
    """An order that stays open beside the card's own."""
    own = None if outcome.card.portion is None else outcome.card.portion.order
    last = [*([] if before.portion is None else [before.portion]), *outcome.portions]
    states = {p.order: p.state for p in last}
    return next((o for o, state in states.items() if o != own and state in _WITH), None)


def _place(card: Card, loop: Loop) -> str | None:
    """State and order say different things."""
    portion = card.portion
    if card.state is _NOT_HERE[loop.kind]:
        return f"{card.state.value} in a {loop.kind.value} loop"
    if portion is None:
        lost = card.state in _MOVING and card.life is Life.CIRCULATING
        return f"{card.state.value} without an order" if lost else None
    if _WITH.get(portion.state) is not card.state:
        return f"{card.state.value} with order {portion.order}, which is {portion.state.value}"
    most = card.quantity or loop.quantity
    if not 1 <= portion.quantity <= most and portion.opened_at == card.since:
        return f"order {portion.order} asks for {portion.quantity} pieces of a box of {most}"
    return None


def _contents(before: Card, after: Card, loop: Loop) -> str | None:
    """More in the box than it holds, or something in a box that is not full."""
    if after.actual == before.actual and after.state is before.state:
        return None
    most = (after.quantity or loop.quantity) if after.state is State.FULL else 0
    if 0 <= after.actual <= most:
        return None
    return f"{after.actual} pieces in a box of {most} that is {after.state.value}"
