"""What the board of orders and cards shows: every open order, every card that is on its way."""

from typing import Any

from sqlalchemy import func, select

from . import table
from .board import instant
from .feed import Values
from .house import House

#: Rows of each at most; `more` says how many are left out.
MOST = 1000
_OPEN = ("open", "released", "in_process", "in_transit")


def read(house: House) -> dict[str, Any]:
    """Rows as the collections have them: orders by the time they were opened, cards by id."""
    orders = table.ORDERS.select.where(table.ORDER.c.state.in_(_OPEN))
    cards = table.CARDS.select.where(table.CARD.c.state.in_((*_OPEN[1:], "empty")))
    with house.engine.connect() as connection:
        found = connection.execute(orders.order_by(*table.ORDERS.key).limit(MOST)).all()
        moving = connection.execute(cards.order_by(*table.CARDS.key).limit(MOST)).all()
        left = [
            max(
                connection.execute(select(func.count()).select_from(q.subquery())).scalar_one()
                - MOST,
                0,
            )
            for q in (orders, cards)
        ]
        return {
            "now": instant(house.now()),
            "site": house.site,
            "orders": [r.model_dump() for r in table.ORDERS.rows(found)],
            "cards": [r.model_dump() for r in table.CARDS.rows(moving)],
            "more": {"orders": left[0], "cards": left[1]},
        }


def content(board: Values) -> object:
    """What must differ for a new message."""
    return board["orders"], board["cards"], board["more"]


def pulse(_board: Values) -> Values:
    """What a heartbeat says beside version and time."""
    return {}
