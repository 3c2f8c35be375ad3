"""One start scan starts the whole lot: what the other cards of its order owe to it is a decision."""

from pullcord_server.domain.card import Event, OrderState

from .decide import Settled, decide, touch
from .turn import Turn


def start_lots(turn: Turn, at: int | None = None) -> None:
    """Start the cards of every lot of which a card was started in this turn, at once where it says `at`.

    So what a station read offline of the other cards after that start finds them started.
    """
    while turn.started:
        order = turn.started.pop()
        portions = turn.book.order_portions(order)
        rest = [c for c, p in portions.items() if p.state is OrderState.RELEASED]
        if rest and len(portions) > 1:
            cards = {c: touch(Event.START, order=order) for c in sorted(rest)}
            decide(turn, Settled("lot_start", "pullcord", cards=cards), at=at)
