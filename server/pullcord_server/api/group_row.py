"""What each lamp group shows: the collection `andon`, and the colours of the board."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import Connection, select

from pullcord_server.domain.call import Call, CallState, CallType, behind_red
from pullcord_server.domain.group import Colour
from pullcord_server.domain.plant import Plant, Station
from pullcord_server.storage import model
from pullcord_server.storage.call_json import load_call
from pullcord_server.storage.rows import table_of

from . import row
from .asked import AndonAsked

GROUP, CALL = table_of(model.GroupRow), table_of(model.CallRow)

Group: TypeAlias = tuple[str, str]
#: Worst first; None: not judged.
WORST_FIRST = (Colour.RED, Colour.AMBER, Colour.GREEN, None)
_NOT_CLOSED = [state.value for state in CallState if state is not CallState.CLOSED]
_STOPS = (CallType.QUALITY, CallType.LINE_STOP)


def read_colours(connection: Connection) -> dict[Group, Colour | None]:
    """Group → the colour it shows; None: it is not judged."""
    found = {}
    for item, place, body in connection.execute(select(GROUP.c.item, GROUP.c.place, GROUP.c.body)):
        colour = json.loads(body)["colour"]
        found[(item, place)] = None if colour is None else Colour(colour)
    return found


def read_calls(connection: Connection) -> list[Call]:
    """Every call that is not closed, the oldest first."""
    query = select(CALL.c.body).where(CALL.c.state.in_(_NOT_CLOSED))
    calls = [load_call(json.loads(b)) for b in connection.execute(query).scalars()]
    return sorted(calls, key=lambda c: (c.raised_at, c.id))


def worst(colours: Iterable[Colour | None]) -> str:
    """The worst of some colours; `none` where nothing is judged."""
    found = set(colours)
    return next((c.value for c in WORST_FIRST if c is not None and c in found), "none")


def by_place(colours: Mapping[Group, Colour | None]) -> dict[str, set[Colour | None]]:
    """Place → the colours of its groups."""
    found: dict[str, set[Colour | None]] = {}
    for (_, place), colour in colours.items():
        found.setdefault(place, set()).add(colour)
    return found


def station_colour(
    station: Station, places: Mapping[str, set[Colour | None]], calls: Iterable[Call]
) -> str:
    """The worst of a station's groups (see `by_place`) and of its quality and line-stop calls."""
    stops = any(
        c.burning and c.type in _STOPS and (c.station == station.id or station.id in c.pressed)
        for c in calls
    )
    own = [colour for place in station.processes for colour in places.get(place, ())]
    return worst([*own, Colour.RED if stops else None])


def group_ids(plant: Plant, asked: AndonAsked, colours: Mapping[Group, Colour | None]) -> list[str]:
    """The groups that are asked for."""
    wanted = list(_groups(plant))
    if asked.loop is not None:
        loop = plant.loops.get(asked.loop)
        wanted = [g for g in wanted if loop is not None and g == loop.group]
    if asked.station is not None:
        station = plant.stations.get(asked.station)
        places = station.processes if station is not None else ()
        wanted = [g for g in wanted if g[1] in places]
    if asked.state is not None:
        wanted = [g for g in wanted if (colours.get(g) or "none") == asked.state]
    return [group_id(g) for g in wanted]


def _groups(plant: Plant) -> dict[Group, list[str]]:
    """Group → its loops."""
    found: dict[Group, list[str]] = {}
    for loop in plant.loops.values():
        found.setdefault(loop.group, []).append(loop.id)
    return found


def group_id(group: Group) -> str:
    """`<item>@<place>`."""
    return f"{group[0]}@{group[1]}"


def group_rows(
    plant: Plant, shown: Mapping[Group, Colour | None], calls: Sequence[Call], ids: Iterable[str]
) -> list[row.GroupRow]:
    """These groups, of what is shown and the calls that are open (oldest first)."""
    groups = _groups(plant)
    known = {group_id(g): g for g in groups}
    own = [known[i] for i in ids if i in known]
    red = behind_red(calls)
    return [_row(plant, g, groups[g], shown.get(g), red.get(g)) for g in own]


def _row(
    plant: Plant,
    group: Group,
    loops: list[str],
    colour: Colour | None,
    call: Call | None,
) -> row.GroupRow:
    return row.GroupRow(
        id=group_id(group),
        item=group[0],
        place=group[1],
        state="none" if colour is None else colour.value,
        loops=loops,
        stations=[s.id for s in plant.stations_at(group[1])],
        call=None if call is None else call.id,
    )
