"""Orders as rows: what a card's new portions make of the old ones when a late fact rewrote a cycle (DESIGN 3.1)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from .card import ClosedBy, Decision, Event, OrderState, Portion
from .fold import Refolded

_STARTED = frozenset({OrderState.IN_PROCESS, OrderState.IN_TRANSIT, OrderState.CLOSED})
_FOREVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What becomes of a card's portions. `renamed`: old order id → new id."""

    kept: tuple[Portion, ...]
    renamed: Mapping[str, str]
    withdrawn: tuple[Portion, ...]
    unfounded: tuple[Portion, ...]


def concerned(refolded: Refolded) -> frozenset[str]:
    """Ids of all orders that a card may have had in the time that was folded anew.

    An order that a start names was there before it, or the card never had it.
    """
    ids = {refolded.before.portion.order} if refolded.before.portion else set()
    for step in refolded.steps:
        ids.add(step.item.id)
        item = step.item
        if isinstance(item, Decision) and item.what is Event.RELEASE and item.order is not None:
            ids.add(item.order)
        ids |= {p.order for p in step.outcome.portions} if step.outcome else set()
    return frozenset(ids)


def rewrite(
    refolded: Refolded, old: Mapping[str, Portion], *, dead: Collection[str], shared: bool
) -> Reconciled:
    """What the orders of the time that was folded anew are now.

    `old`: the card's portions of the concerned orders as they were. `dead`: those of them that are
    unfounded already. `shared`: orders of several cards, whose id is a decision's and stays.
    """
    old, new = dict(old), {}
    if refolded.before.portion is not None:
        new[refolded.before.portion.order] = refolded.before.portion
    for step in refolded.steps:
        new |= {p.order: p for p in step.outcome.portions} if step.outcome else {}
    last = refolded.steps[-1]
    still = last.outcome.card.portion if last.outcome else None
    if still is not None and not refolded.whole:
        # the card met its old self: steps behind have the last word on this order
        old.pop(still.order, None)
        new.pop(still.order, None)
    gone = {i: p for i, p in old.items() if i not in new and i not in dead}
    fresh = {} if shared else {i: p for i, p in new.items() if i not in old}
    return _reconcile(gone, fresh, tuple(new.values()), last.item.at)


def _reconcile(
    gone: Mapping[str, Portion], fresh: Mapping[str, Portion], kept: tuple[Portion, ...], at: int
) -> Reconciled:
    """Match cycles by what they share in time; one without a successor is withdrawn, once started unfounded."""
    renamed: dict[str, str] = {}
    lost: list[Portion] = []
    for portion in sorted(gone.values(), key=lambda p: (p.opened_at, p.order)):
        free = [p for p in fresh.values() if p.order not in renamed.values()]
        heirs = [p for p in free if _overlap(portion, p) > 0]
        if portion.state is OrderState.WITHDRAWN:
            continue
        if heirs:
            heir = max(
                heirs, key=lambda p: (p.closed_at == portion.closed_at, _overlap(portion, p))
            )
            renamed[portion.order] = heir.order
        else:
            lost.append(portion)
    withdrawn = [p for p in lost if p.state not in _STARTED]
    unfounded = [p for p in lost if p.state in _STARTED]
    return Reconciled(
        kept,
        renamed,
        tuple(replace(p, state=OrderState.WITHDRAWN, closed_at=at) for p in withdrawn),
        tuple(_closed(p, at) for p in unfounded),
    )


def _closed(portion: Portion, at: int) -> Portion:
    by = portion.closed_by or ClosedBy.INFERRED
    return replace(
        portion, state=OrderState.CLOSED, closed_at=portion.closed_at or at, closed_by=by
    )


def _overlap(one: Portion, two: Portion) -> int:
    """Shared milliseconds of two cycles, counting their ends."""
    start = max(one.opened_at, two.opened_at)
    end = min(one.closed_at or _FOREVER, two.closed_at or _FOREVER)
    return end - start + 1


@dataclass(frozen=True, slots=True)
class Order:
    """A replenishment order: the sum of its cards' portions."""

    id: str
    state: OrderState
    quantity: int
    cards: tuple[str, ...]
    opened_at: int
    released_at: int | None
    due_at: int | None
    closed_at: int | None
    closed_by: ClosedBy | None
    note: str | None
    promised_at: int | None


_MOVED = 2
_RANK = {
    OrderState.OPEN: 0,
    OrderState.RELEASED: 1,
    OrderState.IN_PROCESS: _MOVED,
    OrderState.IN_TRANSIT: _MOVED,
}


def order_of(order_id: str, portions: Mapping[str, Portion], *, in_house: bool) -> Order:
    """The order that these portions (card → portion) make. One card: just its portion.

    It is open while a card of it is; it moves with its first card and closes with its last. A card
    that left it without goods moves nothing; one that was blocked or taken out is not asked for any
    more where others are. `in_house`: it is made, not brought.
    """
    live = {c: p for c, p in portions.items() if p.state is not OrderState.WITHDRAWN}
    every = list((live or portions).values())
    asked = {c: p for c, p in live.items() if not _sent_away(p)} or live or portions
    pending = [p for p in every if p.state in _RANK]
    closed_by: ClosedBy | None = None
    closed_at: int | None = None
    if pending:
        state = max((p.state for p in pending), key=lambda s: _RANK[s])
        if _RANK[state] < _MOVED and any(_came(p) for p in every):
            state = OrderState.IN_PROCESS if in_house else OrderState.IN_TRANSIT
    else:
        last = max(every, key=lambda p: p.closed_at or 0)
        state, closed_at, closed_by = last.state, last.closed_at, last.closed_by
    dues = [p.due_at for p in every if p.due_at is not None]
    releases = [p.released_at for p in every if p.released_at is not None]
    return Order(
        order_id,
        state,
        sum(p.quantity for p in asked.values()),
        tuple(sorted(asked)),
        min(p.opened_at for p in every),
        min(releases, default=None),
        min(dues, default=None),
        closed_at,
        closed_by,
        max((p.note for p in every if p.note is not None), default=None),
        max((p.promised_at for p in every if p.promised_at is not None), default=None),
    )


def _came(portion: Portion) -> bool:
    """Whether the goods of a closed portion came."""
    return portion.state is OrderState.CLOSED and portion.delivered != 0


def _sent_away(portion: Portion) -> bool:
    """Whether a block or a take-out ended it before its goods came."""
    by = portion.closed_by
    return portion.delivered == 0 and by in (ClosedBy.BLOCK, ClosedBy.HAND)
