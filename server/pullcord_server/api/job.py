"""What a process has before it: one next job, what is in work, its queue (DESIGN 1, 3.3)."""

from collections.abc import Sequence
from typing import Any

from pullcord_server.desk.refusal import not_found
from pullcord_server.domain.group import LoopView, late_at
from pullcord_server.domain.plant import Plant, Scans
from pullcord_server.domain.queue import Job, in_turn
from pullcord_server.storage.work import count_jobs, read_jobs

from .board import instant
from .feed import Values
from .house import House
from .plant_row import process_row
from .task import read_open_tasks
from .work_row import JobRow, ProcessWorkRow

#: Jobs of a queue that a screen shows at most.
MOST = 100


def read_process(house: House, plant: Plant, id_: str) -> ProcessWorkRow:
    """One process and its work; a refusal where there is no such process."""
    if id_ not in plant.processes:
        raise not_found("process", id_)
    with house.engine.connect() as connection:
        jobs = read_jobs(connection, [id_])[id_]
    return _work(plant, id_, jobs, house.now())


def _work(plant: Plant, id_: str, jobs: Sequence[Job], now: int | None) -> ProcessWorkRow:
    queue = [_job(plant, j, now) for j in in_turn(j for j in jobs if j.state == "released")]
    return ProcessWorkRow(
        **dict(process_row(plant, id_)),
        next_job=queue[0] if queue else None,
        in_work=[_job(plant, j, now) for j in in_turn(j for j in jobs if j.state != "released")],
        queue=queue,
    )


def _job(plant: Plant, job: Job, now: int | None) -> JobRow:
    loop, item = plant.loops.get(job.loop), plant.items.get(job.item)
    starts = job.state == "released" and loop is not None and loop.profile is Scans.FULL
    return JobRow(
        id=job.id,
        loop=job.loop,
        item=job.item,
        name=job.item if item is None else item.name,
        kind=job.kind,
        consumer=job.consumer,
        state=job.state,
        quantity=job.quantity,
        box=job.quantity if loop is None else loop.quantity,
        cards=list(job.cards),
        done=job.done,
        urgent=job.urgent,
        released_at=job.released_at,
        due_at=job.due_at,
        promised_at=job.promised_at,
        late=is_late(plant, job.loop, job.due_at, now),
        step="start" if starts else "finish",
    )


def is_late(plant: Plant, loop_id: str, due_at: int | None, now: int | None) -> bool:
    """Whether an order of a loop is LATE; never where nobody scans its end."""
    loop = plant.loops.get(loop_id)
    if loop is None or now is None or due_at is None or due_at > now:
        return False
    if loop.profile is Scans.ONE:
        return False
    view = LoopView(loop, source_hours=plant.calendar_of(loop.source))
    return late_at(view, due_at) <= now


def process_board(house: House, id_: str) -> Values:
    """What the screen of a process shows."""
    plant, now = house.plant() or Plant(house.site), house.now()
    known: dict[str, Any] = {"process": {"id": id_, "name": id_}, "next_job": None}
    known |= {"in_work": [], "queue": [], "more": 0, "tasks": []}
    if id_ in plant.processes:
        work = read_process(house, plant, id_)
        shown = work.model_dump()
        known |= {
            "process": {"id": id_, "name": work.name},
            "next_job": shown["next_job"],
            "in_work": shown["in_work"][:MOST],
            "queue": shown["queue"][:MOST],
            "more": max(len(work.queue) - MOST, 0),
            "tasks": read_open_tasks(house, work.stations),
        }
    return {"now": instant(now), "site": house.site, "timezone": plant.timezone, **known}


def name_of(house: House, id_: str) -> str:
    """The name of a process; a refusal where there is none."""
    plant = house.plant()
    if plant is None or id_ not in plant.processes:
        raise not_found("process", id_)
    return plant.processes[id_].name


def processes_at_work(house: House) -> list[dict[str, Any]]:
    """Every process with the number of its jobs that wait and that are in work."""
    plant = house.plant() or Plant(house.site)
    with house.engine.connect() as connection:
        numbers = count_jobs(connection)
    return [
        {
            "id": process.id,
            "name": process.name,
            "pacemaker": process.pacemaker,
            "waiting": numbers[(process.id, "released")],
            "in_work": numbers[(process.id, "in_process")],
        }
        for process in plant.processes.values()
    ]
