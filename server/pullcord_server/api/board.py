"""What the andon screens show, as docs/andon.md says: read whole, once for everybody."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from pullcord_server.domain.call import Call
from pullcord_server.domain.group import Colour, LoopView, late_at
from pullcord_server.domain.plant import Loop, Plant, Scans
from pullcord_server.storage import model
from pullcord_server.storage.rows import parts, table_of
from pullcord_wire.instant import format_instant

from .group_row import WORST_FIRST, Group, by_place, read_calls, read_colours, station_colour, worst
from .house import House
from .station_row import SILENT, is_online

CARD, ORDER, FACT = table_of(model.CardRow), table_of(model.OrderRow), table_of(model.FactRow)
LOOP, STATION, LAMPS = (
    table_of(m) for m in (model.LoopRow, model.StationRow, model.StationLampsRow)
)

ORDERS, DROPS = 50, 8
#: Lists of which a change tells the rows that are others.
_BY_ROW = ("stations", "loops")
_OPEN = ("open", "released", "in_process", "in_transit")
_STATES = ("full", "empty", "released", "in_process", "in_transit")

Values = dict[str, Any]


def andon(house: House, most: int | None = None) -> Values:
    """The andon board of `house` now; `most`: so many loops, the worst first, instead of all in the plant's order."""
    now = house.now()
    with house.engine.connect() as connection:
        return {
            "now": instant(now),
            "site": house.site,
            "broker": house.broker_fault() is None,
            "demo": house.demo,
            **_read(connection, house.plant() or Plant(house.site), now, house.driven, most),
        }


def _read(
    connection: Connection, plant: Plant, now: int | None, driven: bool, most: int | None
) -> Values:
    colours, calls = read_colours(connection), read_calls(connection)
    orders = _open_orders(connection, plant, now)
    late = Counter(o.loop for o in orders if o.late)
    loops = list(plant.loops.values())
    if most is not None:
        loops.sort(key=lambda loop: (WORST_FIRST.index(colours.get(loop.group)), -late[loop.id]))
        loops = loops[:most]
    silence = None if driven else now
    return {
        "timezone": plant.timezone,
        "stations": list(_stations(connection, plant, silence, colours, calls)),
        "loops": _loops(connection, plant, loops, now, colours, late),
        "orders": _shown_orders(connection, orders[:ORDERS]),
        "calls": [_call(c) for c in calls],
        "drops": _drops(connection),
    }


def instant(at: int | None) -> str | None:
    """As the wire writes it."""
    return None if at is None else format_instant(at)


# -- orders


@dataclass(frozen=True, slots=True)
class Open:
    """An order that is not closed."""

    id: str
    loop: str
    due_at: int | None
    late: bool


def _open_orders(connection: Connection, plant: Plant, now: int | None) -> list[Open]:
    """Every order that is not closed: late ones first, then as they are due."""
    query = select(ORDER.c.id, ORDER.c.loop, ORDER.c.due_at).where(ORDER.c.state.in_(_OPEN))
    views = {
        loop.id: LoopView(loop, source_hours=plant.calendar_of(loop.source))
        for loop in plant.loops.values()
        if loop.profile is not Scans.ONE
    }
    orders = [
        Open(id_, loop, due_at, _is_late(views.get(loop), due_at, now))
        for id_, loop, due_at in connection.execute(query)
    ]
    last = 1 << 62
    return sorted(orders, key=lambda o: (not o.late, o.due_at or last, o.id))


def _is_late(view: LoopView | None, due_at: int | None, now: int | None) -> bool:
    if view is None or now is None or due_at is None or due_at > now:
        return False
    return late_at(view, due_at) <= now


def _shown_orders(connection: Connection, orders: Sequence[Open]) -> list[Values]:
    """As the board has them."""
    names = ("id", "loop", "item", "quantity", "state")
    query = select(*(ORDER.c[n] for n in names)).where(ORDER.c.id.in_([o.id for o in orders]))
    found = {r.id: dict(r._mapping) for r in connection.execute(query)}
    return [{**found[o.id], "due_at": instant(o.due_at), "late": o.late} for o in orders]


# -- loops


def _loops(
    connection: Connection,
    plant: Plant,
    loops: Sequence[Loop],
    now: int | None,
    colours: Mapping[Group, Colour | None],
    late: Mapping[str, int],
) -> list[Values]:
    some = None if len(loops) == len(plant.loops) else [loop.id for loop in loops]
    numbers, settled = _numbers(connection, some), _settled(connection)
    numbers.update(_come(connection, loops, now))
    return [
        {
            "id": loop.id,
            "item": loop.item,
            "name": plant.items[loop.item].name,
            "kind": loop.kind.value,
            "source": loop.source,
            "consumer": loop.consumer,
            "cards": settled.get(loop.id) or loop.cards,
            **{state: max(numbers[(loop.id, state)], 0) for state in _STATES},
            "late": late[loop.id],
            "state": worst([colours.get(loop.group)]),
        }
        for loop in loops
    ]


def _numbers(connection: Connection, some: Sequence[str] | None) -> Counter[tuple[str, str]]:
    """(loop, state) → circulating cards, of `some` loops or all; a full box counts where it may be used."""
    columns = (CARD.c.loop, CARD.c.state, CARD.c.blocked, CARD.c.hold)  # as the index has them
    query = (
        select(*columns, func.count().label("number"))
        .where(CARD.c.life == "circulating")
        .group_by(*columns)
    )
    if some is not None:
        query = query.where(CARD.c.loop.in_(some))
    numbers: Counter[tuple[str, str]] = Counter()
    for row in connection.execute(query):
        usable = row.blocked is None and row.hold is None
        if usable or row.state != "full":
            numbers[(row.loop, row.state)] += row.number
    return numbers


def _come(
    connection: Connection, loops: Sequence[Loop], now: int | None
) -> Counter[tuple[str, str]]:
    """What to count besides: boxes that are due and that nobody scans in are full."""
    once = [loop.id for loop in loops if loop.profile is Scans.ONE]
    more: Counter[tuple[str, str]] = Counter()
    for some in parts(once):
        query = select(ORDER.c.loop, ORDER.c.state, ORDER.c.cards)
        query = query.where(ORDER.c.loop.in_(some), ORDER.c.state.in_(_OPEN), ORDER.c.due_at <= now)
        for order in connection.execute(query):
            cards = len(json.loads(order.cards))
            more[(order.loop, order.state)] -= cards
            more[(order.loop, "full")] += cards
    return more


def _settled(connection: Connection) -> dict[str, int]:
    """Loop → the number of cards that should circulate."""
    return {r.id: r.cards for r in connection.execute(select(LOOP.c.id, LOOP.c.cards))}


# -- stations


def _stations(
    connection: Connection,
    plant: Plant,
    now: int | None,
    colours: Mapping[Group, Colour | None],
    calls: Sequence[Call],
) -> Iterable[Values]:
    said = {r.id: r._mapping for r in connection.execute(select(STATION).order_by(STATION.c.id))}
    lamps = {r.station: json.loads(r.lamps) for r in connection.execute(select(LAMPS))}
    places = by_place(colours)
    for station in plant.stations.values():
        state = station_colour(station, places, calls)
        word = _said(said.get(station.id), now)
        yield {
            "id": station.id,
            "processes": list(station.processes),
            "lamps": lamps.get(station.id, {}),
            "state": state,
            **word,
        }
    for id_ in sorted(said.keys() - plant.stations.keys()):
        yield {"id": id_, "processes": [], "lamps": {}, "state": "none", **_said(said[id_], now)}


def _said(said: Mapping[Any, Any] | None, now: int | None) -> Values:
    """What a station says of itself, and whether that is stale."""
    if said is None:
        return {"online": False, "stale": True, "heard": None, "faults": [], "backlog": 0}
    online = is_online(said["online"], said["status_at"], now)
    heard = said["heard"]
    deaf = now is not None and (heard is None or now - heard > SILENT)
    return {
        "online": online,
        "stale": not online or deaf,
        "heard": instant(heard),
        "faults": json.loads(said["faults"]),
        "backlog": said["backlog"],
    }


# -- calls and drops


def _call(call: Call) -> Values:
    return {
        "id": call.id,
        "type": call.type.value,
        "state": call.state.value,
        "station": call.station,
        "loop": call.loop,
        "raised_at": instant(call.raised_at),
        "by": call.by,
        "level": call.level,
        "promised_at": instant(call.promised_at),
    }


def _drops(connection: Connection) -> list[Values]:
    """The last entries that were judged, newest first."""
    names = ("journal", "seq", "station", "type", "card", "at", "verdict")
    query = (
        select(*(FACT.c[n] for n in names))
        .where(FACT.c.verdict.is_not(None))
        .order_by(FACT.c.at.desc(), FACT.c.journal.desc(), FACT.c.seq.desc())
        .limit(DROPS)
    )
    return [{**r._mapping, "at": instant(r.at)} for r in connection.execute(query)]


def content(board: Mapping[str, Any]) -> object:
    """What must differ for a new message: `heard` alone moves every 2 s and changes nothing that is shown."""
    return {**board, "now": None, "stations": [_shown(s) for s in board["stations"]]}


def part(before: Mapping[str, Any], after: Mapping[str, Any]) -> Values:
    """What somebody who has `before` must be told: what differs, of stations and loops the rows alone."""
    told = {n: v for n, v in after.items() if n not in _BY_ROW and v != before[n]}
    rows: dict[str, list[Values]] = {}
    for name in _BY_ROW:
        old, new = before[name], after[name]
        if [r["id"] for r in old] != [r["id"] for r in new]:
            told[name] = new
        elif others := [r for was, r in zip(old, new, strict=True) if _shown(was) != _shown(r)]:
            rows[name] = others
    return {"now": after["now"], **told, **({"rows": rows} if rows else {})}


def _shown(row: Mapping[str, Any]) -> Values:
    return {n: v for n, v in row.items() if n != "heard"}


def pulse(board: Mapping[str, Any]) -> Values:
    """What a heartbeat says beside version and time."""
    stale = [s["id"] for s in board["stations"] if s["stale"]]
    return {"broker": board["broker"], "stale": stale}
