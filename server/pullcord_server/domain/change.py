"""What decisions do to a card beside the events of the table: issue, block, hold, lose, end, serve by hand (DESIGN 3.2)."""

from .card import Card, Change, ClosedBy, Decision, Event, Life, OrderState, Outcome, State
from .plant import Kind, Release
from .portion import share_of
from .table import Op
from .transition import Ground, moved
from .value import replace


def change(card: Card, decision: Decision, what: Change, ground: Ground) -> Outcome:
    """The card after a decision that is no event of the table."""
    match what:
        case Change.ISSUE:
            return _issued(card, decision, ground)
        case Change.BLOCK:
            return _blocked(card, decision, ground)
        case Change.UNBLOCK:
            return _needed(replace(card, blocked=None), decision, ground)
        case Change.CLOSE:
            return _closed_by_hand(card, decision, ground)
        case Change.HOLD:
            return _done(replace(card, hold=decision.reason or "hold"))
        case Change.UNHOLD:
            return _done(replace(card, hold=None))
        case Change.SCRAP:
            return _scrapped(card, decision, ground)
        case Change.SHORT:
            return _short(card, decision, ground)
        case Change.LOST:
            return _done(replace(card, life=Life.LOST), "lost")
        case Change.REPLACED:
            return _done(replace(card, replaced=True))
        case Change.RETIRE:
            return _ended(card, decision, ground, Life.RETIRED)
        case Change.SURPLUS:
            return _ended(card, decision, ground, Life.SURPLUS)
        case Change.PROMISE:
            return _promised(card, decision)
        case Change.CIRCULATE:
            return _needed(replace(card, life=Life.CIRCULATING, replaced=False), decision, ground)
        case Change.RULING | Change.VOID | Change.PRINT | Change.PAIR:
            return Outcome(card)


def _promised(card: Card, decision: Decision) -> Outcome:
    """Who must act says when; where the order ended meanwhile, nothing is promised."""
    if card.portion is None:
        return Outcome(card)
    portion = replace(card.portion, promised_at=decision.promised_at)
    return Outcome(replace(card, portion=portion), (portion,))


def _done(card: Card, *findings: str) -> Outcome:
    return Outcome(card, findings=findings)


def _issued(card: Card, decision: Decision, ground: Ground) -> Outcome:
    """A card begins: new until its first scan, or at once as an express card or an empty start."""
    loop = ground.loop
    if card.since is not None:
        return _scanned_before(card, decision)
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
    if card.kind == "standing" and (waits or loop.shares_orders):
        if loop.shares_orders:
            return _done(card)
        return _opened(card, decision, ground, Op.OPEN)
    return _opened(card, decision, ground, Op.OPEN, Op.RELEASE)


def _scanned_before(card: Card, decision: Decision) -> Outcome:
    """It was scanned in the moment of its issue, or by a slow clock: it is where that scan says."""
    issued = replace(
        card,
        life=decision.life or card.life,
        kind=decision.kind,
        quantity=decision.quantity,
        expires_at=decision.expires_at,
        urgent=decision.urgent,
    )
    if decision.quantity is None:
        return _done(issued)
    if card.portion is None:
        actual = decision.quantity if card.state is State.FULL else 0
        return _done(replace(issued, actual=actual))
    portion = replace(card.portion, quantity=decision.quantity)
    return Outcome(replace(issued, portion=portion), (portion,))


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


def _needed(card: Card, decision: Decision, ground: Ground) -> Outcome:
    """An empty card that nothing keeps from circulating is a need: dropped while blocked, or used again."""
    loop = ground.loop
    free = card.life is Life.CIRCULATING and card.blocked is None
    if not free or card.state is not State.EMPTY or card.portion is not None:
        return _done(card)
    if loop.shares_orders:
        return _done(card)
    if loop.release is not Release.AT_ONCE:
        return _opened(card, decision, ground, Op.OPEN)
    return _opened(card, decision, ground, Op.OPEN, Op.RELEASE)


def _scrapped(card: Card, decision: Decision, ground: Ground) -> Outcome:
    """The goods are gone: what was ordered is ordered again, first in line.

    Full boxes of lots wait for the next, those of blocked cards until they are unblocked.
    """
    urgent = replace(card, hold=None, urgent=True, actual=0, since=decision.at)
    if card.portion is not None:
        again = replace(
            card.portion,
            state=OrderState.RELEASED,
            started_at=None,
            dispatched_at=None,
            urgent=True,
        )
        return Outcome(
            replace(urgent, state=State.RELEASED, portion=again), (again,), effective=True
        )
    if ground.loop.shares_orders or card.blocked is not None:
        return replace(_done(replace(urgent, state=State.EMPTY)), effective=True)
    opened = _opened(urgent, decision, ground, Op.OPEN, Op.RELEASE)
    portions = tuple(replace(p, urgent=True) for p in opened.portions)
    return replace(opened, card=replace(opened.card, portion=portions[-1]), portions=portions)


def _short(card: Card, decision: Decision, ground: Ground) -> Outcome:
    """Its delivery, or its lot, ended without it: it waits for the next, first in line."""
    if card.portion is None:
        return _done(card)
    share = share_of(card, decision, ground.loop, ground.due)
    in_house = ground.loop.kind in (Kind.PRODUCTION, Kind.SIGNAL)
    share.close(ClosedBy.FINISH if in_house else ClosedBy.ARRIVAL)
    after = replace(card, portion=None, state=State.EMPTY, urgent=True, actual=0, since=decision.at)
    touched = tuple(replace(p, delivered=0) for p in share.touched.values())
    return Outcome(after, touched, findings=("under_delivery",), effective=True)


def _closed_by_hand(card: Card, decision: Decision, ground: Ground) -> Outcome:
    """Served by hand: the goods are there."""
    if card.portion is None:
        return _done(card)
    share = share_of(card, decision, ground.loop, ground.due)
    share.close(ClosedBy.HAND)
    after = replace(card, portion=None, state=State.FULL)
    full = moved(after, card, decision, Event.ARRIVAL, ground.loop)
    return Outcome(full, tuple(share.touched.values()), effective=True)


def _ended(card: Card, decision: Decision, ground: Ground, life: Life) -> Outcome:
    """The card leaves the loop; an open order of its own ends with it."""
    after = replace(card, life=life)
    if card.portion is None or card.portion.state not in (OrderState.OPEN, OrderState.RELEASED):
        return _done(after)
    share = share_of(card, decision, ground.loop, ground.due)
    share.close(ClosedBy.HAND)
    touched = tuple(replace(p, delivered=0) for p in share.touched.values())
    return Outcome(replace(after, portion=None, state=State.EMPTY), touched)
