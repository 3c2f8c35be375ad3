"""A station's program at rest and at work: memory, processor time, start, bytes written for a scan."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import proc
from bench.host import load
from bench.latency import PACE_S, Side, side
from bench.plant import Measured
from bench.stack import Floor, Ours
from bench.table import Goal, Measure

ROW = "station"


@dataclass(frozen=True, slots=True)
class Footprint:
    """Memory after the work; processor time idle (%) and for a read (ms); KiB written for a read."""

    resident_mib: float
    idle: float
    read_ms: float
    written_kib: float


def run(folder: Path, quick: bool) -> Iterator[Measure]:
    """Both stations side by side: first nothing happens, then one after the other reads."""
    plant = Measured(posts=2, loops=10, cards=10)
    idle_s, reads = (3.0, 40) if quick else (30.0, 600)
    with ExitStack() as stack:
        ours, floor = Ours(folder / "ours", plant), Floor(folder / "floor", plant)
        stack.callback(ours.close)
        stack.callback(floor.close)
        station = ours.station("post-00")
        sides = [
            side(station, ours.broker.port, plant),
            side(floor.station("post-00"), floor.broker.port, plant),
        ]
        for each in sides:
            stack.callback(each.ear.close)
            each.block(10, PACE_S)
        time.sleep(1.0)
        idle = at_rest(sides, idle_s)
        mine, its = (at_work(each, reads, share) for each, share in zip(sides, idle, strict=True))
        for what, unit, a, b, goals in (
            ("memory (RSS)", "MiB", mine.resident_mib, its.resident_mib, (Goal(40),)),
            ("processor time at rest", "%", mine.idle, its.idle, (Goal(0.5),)),
            ("ready after its start", "s", station.ready_s, None, (Goal(1),)),
            ("processor time for a read", "ms", mine.read_ms, its.read_ms, ()),
            ("written to disk for a read", "KiB", mine.written_kib, its.written_kib, ()),
        ):
            yield Measure(ROW, what, unit, a, b, goals, load())


def at_rest(sides: list[Side], seconds: float) -> list[float]:
    """Share of one core that each uses while nothing happens, %."""
    before = [proc.processor_s(each.station.process.pid) for each in sides]
    began = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    after = [proc.processor_s(each.station.process.pid) for each in sides]
    return [(b - a) / took * 100 for a, b in zip(before, after, strict=True)]


def at_work(each: Side, reads: int, idle: float) -> Footprint:
    """What `reads` scans at a worker's pace cost, beyond what rest costs."""
    pid = each.station.process.pid
    used, wrote, began = proc.processor_s(pid), proc.written(pid), time.monotonic()
    each.block(reads, PACE_S)
    rest = idle / 100 * (time.monotonic() - began)
    return Footprint(
        proc.resident_mib(pid),
        idle,
        (proc.processor_s(pid) - used - rest) / reads * 1000,
        (proc.written(pid) - wrote) / reads / 1024,
    )
