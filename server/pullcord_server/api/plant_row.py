"""The collections that the plant's definition holds, beside what is settled about them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Engine, select

from pullcord_server.desk.trial import broke
from pullcord_server.domain.duration import show_duration
from pullcord_server.domain.plant import Loop, Plant
from pullcord_server.storage import model
from pullcord_server.storage.rows import table_of

from . import row
from .asked import LoopsAsked

SETTLED = table_of(model.LoopRow)


def item_row(plant: Plant, id_: str) -> row.ItemRow:
    """A part number."""
    item = plant.items[id_]
    return row.ItemRow(
        id=item.id, name=item.name, value=None if item.value is None else float(item.value)
    )


def process_row(plant: Plant, id_: str) -> row.ProcessRow:
    """A process, with the stations that serve it."""
    process = plant.processes[id_]
    return row.ProcessRow(
        id=process.id,
        name=process.name,
        pacemaker=process.pacemaker,
        stations=[s.id for s in plant.stations_at(process.id)],
    )


def supplier_row(plant: Plant, id_: str) -> row.SupplierRow:
    """A supplier."""
    supplier = plant.suppliers[id_]
    return row.SupplierRow(id=supplier.id, name=supplier.name, stage=supplier.stage.value)


def wanted_loops(plant: Plant, asked: LoopsAsked) -> Iterable[str]:
    """The loops that are asked for."""
    served = None if asked.station is None else loops_served(plant, asked.station)
    for loop in plant.loops.values():
        if asked.loop is not None and loop.id != asked.loop:
            continue
        if asked.kind is not None and loop.kind is not asked.kind:
            continue
        if served is not None and loop.id not in served:
            continue
        yield loop.id


def loops_served(plant: Plant, station_id: str) -> list[str]:
    """The loops that begin or end at a station's processes; none for a station that is not known."""
    station = plant.stations.get(station_id)
    at = set(station.processes) if station is not None else set()
    return [loop.id for loop in plant.loops.values() if {loop.source, loop.consumer} & at]


def loop_rows(engine: Engine, plant: Plant, ids: Sequence[str]) -> list[row.LoopRow]:
    """These loops, with what is settled about them."""
    with engine.connect() as connection:
        found = connection.execute(select(SETTLED).where(SETTLED.c.id.in_(ids)))
        settled = {r.id: r._mapping for r in found}
        trials = {i: _trials(connection, plant.loops[i], settled.get(i, {})) for i in ids}
    return [_loop(plant.loops[i], settled.get(i, {}), trials[i]) for i in ids]


def _loop(loop: Loop, settled: Mapping[Any, Any], trials: list[row.TrialRow]) -> row.LoopRow:
    return row.LoopRow(
        id=loop.id,
        kind=loop.kind.value,
        item=loop.item,
        source=loop.source,
        consumer=loop.consumer,
        quantity=loop.quantity,
        cards=settled.get("cards") or loop.cards,
        lead_time=show_duration(loop.lead_time),
        scans=list(loop.scans),
        demand=None if loop.demand is None else show_rate(loop.demand),
        release=loop.release.value,
        strict=loop.strict,
        min_cycle=show_duration(loop.min_cycle),
        drop_at=loop.drop_at.value,
        lot=loop.lot,
        reorder_point=loop.reorder_point,
        to_take_out=settled.get("to_take_out", 0),
        in_service=settled.get("in_service"),
        trials=trials,
    )


def _trials(connection: Connection, loop: Loop, settled: Mapping[Any, Any]) -> list[row.TrialRow]:
    """A loop's trials; of one that runs, what broke so far."""
    rows = []
    for trial in json.loads(settled.get("body", "{}")).get("trials", ()):
        if trial["ended_at"] is None:
            trial |= {"broke": broke(connection, loop, trial["started_at"], None)}
        rows.append(row.TrialRow(loop=loop.id, **trial))
    return rows


def show_rate(per_minute: Fraction) -> str:
    """Pieces per working minute as people write it: `60/h`."""
    return f"{float(per_minute * 60):.10g}/h"
