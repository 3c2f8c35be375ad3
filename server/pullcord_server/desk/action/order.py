"""Orders: start, finish, dispatch, arrival, confirm, served by hand (DESIGN 9)."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from pullcord_server.desk.decide import Settled, decide, touch
from pullcord_server.desk.refusal import Refused, not_found, reason_required
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.card import Change, Event, OrderState, State
from pullcord_server.domain.plant import Kind, Loop
from pullcord_server.domain.queue import Job, in_turn
from pullcord_server.domain.table import Cell, cell
from pullcord_server.storage.book import ALIAS, ORDER
from pullcord_server.storage.shelf import Known
from pullcord_wire.message import Verdict

from .done import Done

_OPEN = (OrderState.OPEN, OrderState.RELEASED, OrderState.IN_PROCESS, OrderState.IN_TRANSIT)
_ENDS = (Event.FINISH, Event.ARRIVAL)
_MADE = (Event.START, Event.FINISH, Event.ARRIVAL)
_BROUGHT = (Event.DISPATCH, Event.ARRIVAL)
_JOB = (
    *("id", "loop", "item", "source", "consumer", "kind", "state", "quantity"),
    *("opened_at", "released_at", "due_at", "promised_at"),
)


def find_order(turn: Turn, order_id: str) -> Any:
    """An order's row under its present or a former id."""
    turn.book.flush()
    run = turn.book.connection.execute
    now = run(select(ALIAS.c.id).where(ALIAS.c.old == order_id)).scalar() or order_id
    row = run(select(ORDER).where(ORDER.c.id == now)).one_or_none()
    if row is None:
        raise not_found("order", order_id)
    return row


def move(
    turn: Turn,
    order_id: str,
    event: Event,
    by: str,
    reason: str | None = None,
    *,
    cards: Sequence[str] | None = None,
    quantity: int | None = None,
    note: str | None = None,
    complete: bool = False,
) -> Done:
    """Carry out a step of an order by hand, for all of its cards or the named ones.

    `complete`: more of it does not come; the cards that are not named wait for the next lot or slot.
    """
    row = find_order(turn, order_id)
    loop = turn.floor.loop_at(row.loop, turn.now)
    known = _cards(turn, row, cards)
    for card in known:
        _possible(card, loop, event)
    finding = _out_of_turn(turn, row, loop, known, event, reason)
    if quantity is not None:
        _check_quantity(known, loop, quantity, reason)
    part = touch(event, quantity=quantity, reason=reason, note=note)
    parts = {k.id: part for k in known} | {known[0].id: replace(part, finding=finding)}
    if complete:
        parts |= _missing(turn, row, known, event, reason)
    made = decide(turn, Settled(event.value, by, reason, cards=parts))
    return Done("orders", row.id, made.id)


def confirm(
    turn: Turn, order_id: str, by: str, promised_at: int, reason: str | None = None
) -> Done:
    """Who must act answers with a date."""
    row = find_order(turn, order_id)
    if row.state not in _OPEN:
        raise Refused(409, "not-in-state", f"order {row.id} is {row.state}; nothing to promise")
    part = touch(Change.PROMISE, promised_at=promised_at)
    cards = {k.id: part for k in _cards(turn, row, None)}
    made = decide(turn, Settled("confirm", by, reason, cards=cards))
    return Done("orders", row.id, made.id)


def close(turn: Turn, orders: Sequence[str], by: str, reason: str | None) -> Done:
    """Served by hand: the goods are there; the orders end."""
    if not reason:
        raise reason_required("closing orders by hand")
    rows = [find_order(turn, o) for o in orders]
    cards: dict[str, Any] = {}
    for row in rows:
        if row.state not in _OPEN:
            raise Refused(409, "not-in-state", f"order {row.id} is {row.state}, not open")
        for card in json.loads(row.cards):
            known = turn.book.card(card)
            if known and known.card.portion and known.card.portion.order == row.id:
                cards[card] = touch(Change.CLOSE, reason=reason)
    made = decide(turn, Settled("close", by, reason, cards=cards))
    return Done("orders", rows[0].id, made.id)


def _cards(turn: Turn, row: Any, named: Sequence[str] | None) -> list[Known]:
    """The order's cards with an open portion, or the named ones of them."""
    own: list[str] = json.loads(row.cards)
    strange = [c for c in named or () if c not in own]
    if strange:
        raise Refused(
            409,
            "not-ordered",
            f"{', '.join(strange)} not on order {row.id}; it has {', '.join(own)}",
        )
    found = [turn.book.card(c) for c in (own if named is None else named)]
    known = [k for k in found if k and k.card.portion and k.card.portion.order == row.id]
    if not known:
        raise Refused(409, "not-in-state", f"order {row.id} is {row.state}; nothing of it is open")
    return known


def _missing(
    turn: Turn, row: Any, known: Sequence[Known], event: Event, reason: str | None
) -> dict[str, Any]:
    """What the cards of an order go through that did not come with its last ones."""
    if event not in _ENDS:
        raise Refused(422, "complete", f"a {event.value} completes nothing; finish or arrival does")
    missing = [k.id for k in _cards(turn, row, None) if k not in known]
    if missing and not reason:
        raise reason_required(f"completing {row.id} without {', '.join(missing)}")
    return {card: touch(Change.SHORT, reason=reason) for card in missing}


def _possible(known: Known, loop: Loop, event: Event) -> None:
    card = known.card
    if card.hold is not None and event is not Event.START:
        raise Refused(409, "hold", f"{known.id} is on hold ({card.hold}); release the hold first")
    row = cell(loop.kind, loop.profile, loop.strict, card.state, event, False)
    own = _MADE if loop.kind in (Kind.PRODUCTION, Kind.SIGNAL) else _BROUGHT
    if event not in own or not _moves(row, card.state):
        raise Refused(
            409, "not-in-state", f"{known.id} is {card.state.value}; it cannot {event.value} now"
        )


def _moves(row: Cell, state: State) -> bool:
    return row.verdict is Verdict.ACCEPTED and (row.to is not state or bool(row.order))


def _check_quantity(known: list[Known], loop: Loop, quantity: int, reason: str | None) -> None:
    if len(known) != 1:
        raise Refused(422, "one-card", "a quantity is said of one card; name it in `cards`")
    portion = known[0].card.portion
    if portion is not None and quantity != portion.quantity and not reason:
        raise reason_required(f"{quantity} instead of {portion.quantity} of {loop.item}")


def _out_of_turn(
    turn: Turn, row: Any, loop: Loop, known: list[Known], event: Event, reason: str | None
) -> str | None:
    """First in, first out at the source: jumping the queue asks for a reason and leaves one finding."""
    if event is not Event.START or loop.kind not in (Kind.PRODUCTION, Kind.SIGNAL):
        return None
    first = next_job(turn, loop.source)
    if first is None or first == row.id:
        return None
    if any(k.card.kind != "standing" or k.card.urgent for k in known):
        return None
    if not reason:
        raise reason_required(f"starting {row.id} before {first}")
    return "out_of_sequence"


def next_job(turn: Turn, process: str) -> str | None:
    """The released order that is first in a process's queue: urgent ones, then as released."""
    return next(iter(job_queue(turn, process)), None)


def job_queue(turn: Turn, process: str) -> list[str]:
    """Released, not started orders of a process in card order."""
    query = select(ORDER).where(
        ORDER.c.source == process,
        ORDER.c.closed_at.is_(None),
        ORDER.c.state == OrderState.RELEASED.value,
        ORDER.c.kind.in_((Kind.PRODUCTION.value, Kind.SIGNAL.value)),
    )
    return [
        job.id for job in in_turn(_job(turn, row) for row in turn.book.connection.execute(query))
    ]


def _job(turn: Turn, row: Any) -> Job:
    cards = tuple(json.loads(row.cards))
    found = [turn.book.card(c) for c in cards]
    return Job(
        **{name: getattr(row, name) for name in _JOB},
        cards=cards,
        urgent=any(k is not None and (k.card.kind != "standing" or k.card.urgent) for k in found),
    )
