"""What the table's order operations do to one card's share of an order."""

from collections.abc import Callable
from dataclasses import dataclass

from .card import Card, ClosedBy, Decision, Item, OrderState, Portion
from .plant import Kind, Loop
from .table import Op
from .value import replace

#: Release instant → due instant, in the source's working time.
Due = Callable[[int], int]


@dataclass(slots=True)
class Share:
    """A card's open portion while one step changes it, and every portion the step touched, in order."""

    loop: Loop
    due: Due
    item: Item
    quantity: int
    open: Portion | None
    touched: dict[str, Portion]

    def do(self, op: Op) -> None:
        """Carry out one operation of the table."""
        at = self.item.at
        match op:
            case Op.OPEN:
                self._set(Portion(self.item.id, OrderState.OPEN, self.quantity, at))
            case Op.OPEN_LOT | Op.OPEN_OR_JOIN_DELIVERY:
                self._join()
            case Op.RELEASE:
                self._release()
            case Op.START | Op.LOT_START:
                self._move(OrderState.IN_PROCESS)
            case Op.DISPATCH | Op.CARD_DISPATCH:
                self._move(OrderState.IN_TRANSIT)
            case Op.CLOSE | Op.CARD_CLOSE:
                in_house = self.loop.kind in (Kind.PRODUCTION, Kind.SIGNAL)
                self._close(ClosedBy.FINISH if in_house else ClosedBy.ARRIVAL)
            case Op.CLOSE_INFERRED | Op.CARD_CLOSE_INFERRED:
                self._close(ClosedBy.INFERRED)
            case _:
                raise ValueError(f"{op} is done by folding the card without the entry")

    def say(self) -> None:
        """A decision's note stays with the order that it moved."""
        note = self.item.note if isinstance(self.item, Decision) else None
        if note is not None:
            self.touched = {o: replace(p, note=note) for o, p in self.touched.items()}
            self.open = None if self.open is None else self.touched.get(self.open.order, self.open)

    def close(self, by: ClosedBy) -> None:
        """Close the open portion for a reason that is no scan."""
        self._close(by)

    def _set(self, portion: Portion) -> None:
        self.touched[portion.order] = portion
        self.open = None if portion.state is OrderState.CLOSED else portion

    def _join(self) -> None:
        at, due = self.item.at, None
        order = self.item.id
        if isinstance(self.item, Decision):
            order, due = self.item.order or order, self.item.due_at
        due = self.due(at) if due is None else due
        self._set(Portion(order, OrderState.RELEASED, self.quantity, at, at, due))

    def _ordered(self) -> Portion:
        """The open portion; goods that move without one are ordered now."""
        return self.open or Portion(self.item.id, OrderState.OPEN, self.quantity, self.item.at)

    def _release(self) -> None:
        at = self.item.at
        due = self.item.due_at if isinstance(self.item, Decision) else None
        self._set(
            replace(
                self._ordered(),
                state=OrderState.RELEASED,
                released_at=at,
                due_at=self.due(at) if due is None else due,
            )
        )

    def _move(self, state: OrderState) -> None:
        if self.open is None:
            self._release()
        at = self.item.at
        if state is OrderState.IN_PROCESS:
            self._set(replace(self._ordered(), state=state, started_at=at))
        else:
            self._set(replace(self._ordered(), state=state, dispatched_at=at))

    def _close(self, by: ClosedBy) -> None:
        if self.open is None:
            return
        given = self.item.quantity if isinstance(self.item, Decision) else None
        self._set(
            replace(
                self.open,
                state=OrderState.CLOSED,
                closed_at=self.item.at,
                closed_by=by,
                delivered=self.open.quantity if given is None else given,
            )
        )


def share_of(card: Card, item: Item, loop: Loop, due: Due) -> Share:
    """The share of `card` as `item` finds it."""
    return Share(loop, due, item, card.quantity or loop.quantity, card.portion, {})
