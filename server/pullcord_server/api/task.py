"""Tasks as screens show them, and the orders that some of them ask about."""

from collections.abc import Sequence
from typing import Any

from pullcord_server.storage.work import read_open_orders, read_tasks

from .board import instant
from .house import House

#: Tasks that a screen shows at most.
MOST = 50


def read_open_tasks(house: House, stations: Sequence[str] | None) -> list[dict[str, Any]]:
    """Tasks at these stations (None: everywhere) that are not done; `asked`: their orders that are not over."""
    with house.engine.connect() as connection:
        tasks = read_tasks(connection, stations, MOST)
        ids = list(dict.fromkeys(o for task in tasks for o in task["orders"]))
        orders = read_open_orders(connection, ids)
    return [
        {
            **{name: task[name] for name in ("id", "type", "station", "card", "loop", "reason")},
            "at": instant(task["at"]),
            "asked": [orders[o] for o in task["orders"] if o in orders],
        }
        for task in tasks
    ]
