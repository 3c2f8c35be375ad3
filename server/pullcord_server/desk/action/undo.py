"""Undo: a named entry or decision never was, and what it did to other cards neither (DESIGN 3.1)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from pullcord_server.desk.decide import Settled, decide, touch
from pullcord_server.desk.exchange import partner_of
from pullcord_server.desk.loops import mark_again
from pullcord_server.desk.refusal import Refused, reason_required
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.card import (
    Card,
    Change,
    Event,
    Fact,
    Item,
    Life,
    Portion,
    State,
)
from pullcord_server.domain.fold import Step, voids
from pullcord_server.domain.plant import Kind
from pullcord_server.storage.model import DecisionCardRow
from pullcord_server.storage.rows import table_of
from pullcord_server.storage.shelf import BEGINNING, Known
from pullcord_server.storage.story import story_from

from .card import find_card
from .done import Done

TOUCH = table_of(DecisionCardRow)
_STARTED = (State.IN_PROCESS, State.IN_TRANSIT)
_STARTS = (Event.START, Event.FINISH, Event.ARRIVAL, Event.LEVEL_FULL)
_BY_HAND = (
    Change.CLOSE,
    Change.SHORT,
    Change.SCRAP,
    Change.BLOCK,
    Change.UNBLOCK,
    Change.HOLD,
    Change.UNHOLD,
    Change.LOST,
)


@dataclass(frozen=True, slots=True)
class _Move:
    """A step that moved or marked a card and stands, and the card before and after it."""

    item: Item
    before: Card
    after: Card

    @property
    def what(self) -> Event | Change:
        """The event or change that it was."""
        return self.item.event if isinstance(self.item, Fact) else self.item.what

    @property
    def moved(self) -> bool:
        """Whether the card is elsewhere; a block or a hold may only mark it."""
        return _place(self.after) != _place(self.before)

    @property
    def released(self) -> bool:
        """Whether a release did it, which goes with its drop."""
        return self.what is Event.RELEASE

    @property
    def starts(self) -> bool:
        """Whether the card's order was started by it, said or inferred."""
        return self.before.state is State.RELEASED and self.what in _STARTS


def undo(turn: Turn, card_id: str, by: str, reason: str | None, entry: str | None) -> Done:
    """Void a named entry or decision, normally the card's last one."""
    known = find_card(turn, card_id)
    if not reason:
        raise reason_required("an undo")
    turn.book.flush()
    steps = _steps(turn, known)
    move = _last(known, steps) if entry is None else _named(known, steps, entry)
    _stands_last(known, steps, move)
    others = _companions(turn, known, move)
    _unmoved(turn, known, move, others)
    entries = {card_id: move.item.id, **others}
    cards = {c: touch(Change.VOID, entry=e, reason=reason) for c, e in entries.items()}
    made = decide(turn, Settled("undo", by, reason, cards=cards, other=_marks(turn, known, move)))
    return Done("cards", card_id, made.id)


def _moves(turn: Turn, known: Known) -> list[_Move]:
    return [s for s in _steps(turn, known) if s.moved]


def _steps(turn: Turn, known: Known) -> list[_Move]:
    before, story = story_from(turn.book.connection, known, BEGINNING)
    gone = voids([s.item for s in story])
    found = []
    for step in story:
        after = before if step.outcome is None else step.outcome.card
        if step.item.id not in gone and _goes_back(step) and _seen(after) != _seen(before):
            found.append(_Move(step.item, before, after))
        before = after
    return found


def _place(card: Card) -> tuple[object, ...]:
    return (card.state, card.portion, card.life)


def _seen(card: Card) -> tuple[object, ...]:
    return (*_place(card), card.blocked, card.hold)


def _goes_back(step: Step) -> bool:
    if isinstance(step.item, Fact):
        return step.item.event is not Event.UNDO
    return isinstance(step.item.what, Event) or step.item.what in _BY_HAND


def _last(known: Known, steps: list[_Move]) -> _Move:
    """The last that moved the card; a release goes with its drop."""
    moves = [s for s in steps if s.moved]
    if not moves:
        raise Refused(409, "nothing-to-undo", f"{known.id} has nothing that could be undone")
    return next((m for m in reversed(moves) if not m.released), moves[-1])


def _named(known: Known, steps: list[_Move], entry: str) -> _Move:
    for step in steps:
        if step.item.id == entry:
            return step
    raise Refused(409, "nothing-to-undo", f"{entry} did nothing to {known.id} that stands")


def _stands_last(known: Known, steps: list[_Move], move: _Move) -> None:
    """Nothing moved the card after it but its release."""
    later = [m for m in steps[steps.index(move) + 1 :] if m.moved and not m.released]
    for after in later:
        if after.after.state in _STARTED:
            text = f"the order of {known.id} was started since ({after.item.id})"
            raise Refused(409, "order-started", text)
    if later:
        text = f"{known.id} has moved on since; undo {later[-1].item.id} first"
        raise Refused(409, "order-changed", text)


def _companions(turn: Turn, known: Known, move: _Move) -> dict[str, str]:
    """Other cards and what goes back with it: the other half of an exchange, the start of a whole lot,
    and of a decision about several cards the rest, but for a release."""
    if move.released:
        return {}
    if move.starts and turn.floor.loop_at(known.loop, move.item.at).kind is Kind.SIGNAL:
        return _lot_start(turn, known, move)
    if isinstance(move.item, Fact):
        return _exchanged(turn, known, move.item)
    number = move.item.number
    query = select(TOUCH.c.card).where(TOUCH.c.number == number, TOUCH.c.card != known.id)
    return dict.fromkeys(turn.book.connection.execute(query).scalars(), move.item.id)


def _exchanged(turn: Turn, known: Known, scan: Fact) -> dict[str, str]:
    """The other card of the exchange, which has not moved on since."""
    found = partner_of(turn.book.connection, known.id, scan.id)
    if found is None:
        return {}
    card, entry = found
    other = find_card(turn, card)
    moves = _moves(turn, other)
    for move in moves:
        if move.item.id == entry:
            _stands_last(other, moves, move)
    return {card: entry}


def _lot_start(turn: Turn, known: Known, move: _Move) -> dict[str, str]:
    """What started the other cards of the lot, where they have not moved on."""
    found: dict[str, str] = {}
    for card in _shares(turn, known, move):
        last = _moves(turn, find_card(turn, card))[-1:]
        if last and last[0].what is Event.START:
            found[card] = last[0].item.id
    return found


def _unmoved(turn: Turn, known: Known, move: _Move, others: dict[str, str]) -> None:
    """No card of the same lot or delivery has moved on since; none was finished by what started the lot."""
    if not turn.floor.loop_at(known.loop, turn.now).shares_orders:
        return
    for card, other in _shares(turn, known, move).items():
        moved = max(other.started_at or 0, other.dispatched_at or 0, other.closed_at or 0)
        made = move.what is Event.START and other.started_at is not None
        if card not in others and (made or moved > move.item.at):
            raise Refused(409, "order-changed", f"{card} of the same order has moved on since")


def _shares(turn: Turn, known: Known, move: _Move) -> dict[str, Portion]:
    """The other cards of the order that the move was about."""
    portion = move.after.portion or move.before.portion
    shares = {} if portion is None else turn.book.order_portions(portion.order)
    return {card: share for card, share in shares.items() if card != known.id}


def _marks(turn: Turn, known: Known, move: _Move) -> dict[str, Any]:
    """A card that was taken out and goes round again: another leaves its loop instead."""
    taken_out = move.before.life is Life.CIRCULATING and move.after.life is Life.SURPLUS
    loops = mark_again(turn, known.loop) if taken_out else {}
    return {"loops": loops} if loops else {}
