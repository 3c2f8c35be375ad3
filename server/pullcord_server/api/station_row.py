"""Stations: those of the plant and those that were heard, as they last spoke."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, select

from pullcord_server.domain.plant import Plant
from pullcord_server.storage import model
from pullcord_server.storage.rows import table_of

from . import row
from .selftest_row import last_selftests

STATION, JOURNAL = table_of(model.StationRow), table_of(model.JournalRow)

#: A station that said nothing for longer than this is not online, ms.
SILENT = 5000


def station_ids(engine: Engine, plant: Plant | None) -> set[str]:
    """Every station that the plant has, that was heard, or whose journal is kept."""
    with engine.connect() as connection:
        heard = set(connection.execute(select(STATION.c.id)).scalars())
        kept = set(connection.execute(select(JOURNAL.c.station).distinct()).scalars())
    return heard | kept | set(plant.stations if plant else ())


def station_rows(
    engine: Engine, plant: Plant | None, ids: Sequence[str], now: int | None
) -> list[row.StationRow]:
    """These stations. `now`: None where silence cannot be told (driven time)."""
    with engine.connect() as connection:
        found = connection.execute(select(STATION).where(STATION.c.id.in_(ids)))
        said = {r.id: r._mapping for r in found}
        tested = last_selftests(connection, ids)
    rows = [_station(i, plant, said.get(i), now) for i in ids]
    return [r.model_copy(update={"selftest": tested.get(r.id)}) for r in rows]


def is_online(online: bool, said_at: int | None, now: int | None) -> bool:
    """Whether the last word of a station still counts."""
    if not online or said_at is None:
        return False
    return now is None or now - said_at <= SILENT


def _station(
    id_: str, plant: Plant | None, said: Mapping[Any, Any] | None, now: int | None
) -> row.StationRow:
    defined = plant.stations.get(id_) if plant else None
    processes = list(defined.processes) if defined else []
    if said is None:
        return row.StationRow(
            id=id_,
            online=False,
            backlog=0,
            heard=None,
            version=None,
            faults=[],
            clock=None,
            journal=None,
            lamps={},
            said_at=None,
            processes=processes,
            known=defined is not None,
        )
    return row.StationRow(
        id=id_,
        online=is_online(said["online"], said["status_at"], now),
        backlog=said["backlog"],
        heard=said["heard"],
        version=said["version"],
        faults=json.loads(said["faults"]),
        clock=said["clock"],
        journal=said["journal"],
        lamps=json.loads(said["lamps"]),
        said_at=said["status_at"],
        processes=processes,
        known=defined is not None,
    )
