"""What handlers fetch and bring: the collection `picks`, and the walk by routes (DESIGN 1, 3.2)."""

from dataclasses import asdict
from typing import Any

from pullcord_server.domain.card import OrderState
from pullcord_server.domain.plant import Plant
from pullcord_server.domain.route import Pick, Route, routes, to_fetch
from pullcord_server.storage.work import count_picks, read_picks

from . import cursor
from .asked import PicksAsked
from .board import instant
from .feed import Values
from .house import House
from .job import is_late
from .listing import start
from .row import Page
from .task import read_open_tasks
from .work_row import PickRow

#: Orders that a handler's screen shows at most.
MOST = 200
_NAME = "picks"


def list_picks(house: House, plant: Plant, asked: PicksAsked) -> Page[PickRow]:
    """A page of what is to be fetched and brought, as it is due."""
    after = None
    if asked.next is not None:
        due_at, id_ = start(_NAME, asked.next, [int, str])
        after = (int(due_at), str(id_))
    with house.engine.connect() as connection:
        found = read_picks(connection, asked.source, asked.consumer, asked.limit + 1, after)
    more, found = len(found) > asked.limit, found[: asked.limit]
    last = (found[-1].due_at or 0, found[-1].id) if more else None
    now = house.now()
    return Page(
        items=[pick_row(plant, p, now) for p in found if _wanted(plant, p, now)],
        next=None if last is None else cursor.write(_NAME, last),
    )


def _wanted(plant: Plant, pick: Pick, now: int | None) -> bool:
    loop = plant.loops.get(pick.loop)
    if loop is None or now is None:
        return True
    return to_fetch(loop.kind, loop.profile, OrderState(pick.state), pick.due_at, now)


def pick_row(plant: Plant, pick: Pick, now: int | None) -> PickRow:
    """A pick as it is answered."""
    item = plant.items.get(pick.item)
    return PickRow(
        **{**asdict(pick), "cards": list(pick.cards)},
        name=pick.item if item is None else item.name,
        late=is_late(plant, pick.loop, pick.due_at, now),
        step="dispatch" if pick.state == "released" else "arrival",
    )


def picks_board(house: House, source: str | None, consumer: str | None) -> Values:
    """What a handler's screen shows: routes with their stops, all open tasks, how much there is elsewhere."""
    plant, now = house.plant() or Plant(house.site), house.now()
    with house.engine.connect() as connection:
        found = read_picks(connection, source, consumer, MOST + 1)
        counts = count_picks(connection)
    shown = [p for p in found[:MOST] if _wanted(plant, p, now)]
    return {
        "now": instant(now),
        "site": house.site,
        "timezone": plant.timezone,
        "routes": [_route(plant, r, now) for r in routes(shown)],
        "more": len(found) > MOST,
        "counts": [
            {"source": s, "consumer": c, "number": n} for (s, c), n in sorted(counts.items())
        ],
        "tasks": read_open_tasks(house, None),
    }


def _route(plant: Plant, route: Route, now: int | None) -> dict[str, Any]:
    return {
        "source": route.source,
        "stops": [
            {
                "consumer": stop.consumer,
                "picks": [pick_row(plant, p, now).model_dump() for p in stop.picks],
            }
            for stop in route.stops
        ],
    }


def posts(house: House) -> list[str]:
    """The stations of the plant, where a post may be emptied."""
    plant = house.plant()
    return [] if plant is None else list(plant.stations)
