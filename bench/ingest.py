"""Events a second through real pages from 50 stations, durable and exactly once; and a leader that dies."""

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench import count
from bench.fleet import Fleet, Member, Scan
from bench.host import load
from bench.plant import Measured
from bench.stack import Floor, Ours
from bench.story import scans
from bench.table import Goal, Measure
from pullcord_wire.message import EntryType
from support.postgres import Postgres

ROW = "ingest"
HOUR = 3_600_000
FRESH_S = 45
"""Entries within so many seconds get a verdict each."""


@dataclass(slots=True)
class Side:
    """One broker with a server behind it, and what it was sent."""

    port: int
    events: int = 0
    drops: int = 0
    old: list[float] = field(default_factory=list)
    fresh: list[float] = field(default_factory=list)

    def burst(self, plant: Measured, drops: int, first: int, last: int) -> float:
        """Every post sends `drops` drops and their returns; events a second until the last answer."""
        codes = {card: code for code, card in plant.tags().items()}
        members = [
            Member(name, scans([codes[c] for c in plant.cards_of(post)], drops, first, last))
            for post, name in enumerate(plant.names())
        ]
        fleet = Fleet(self.port, members)
        events = fleet.backlog
        began = time.monotonic()
        fleet.connect()
        fleet.until(lambda: fleet.backlog == 0, 600.0)
        taken = fleet.heard.last_ack_at - began
        fleet.close()
        self.events += events
        self.drops += drops * plant.posts
        return events / taken


def run(folder: Path, quick: bool) -> Iterator[Measure]:
    """SQLite and the floor in turn, then PostgreSQL with two servers standing by."""
    plant = Measured(posts=10, loops=4, cards=10) if quick else Measured()
    drops, rounds = (40, 1) if quick else (500, 3)
    with ExitStack() as stack:
        ours, floor = Ours(folder / "ours", plant), Floor(folder / "floor", plant)
        stack.callback(ours.close)
        stack.callback(floor.close)
        mine, its = Side(ours.broker.port), Side(floor.broker.port)
        in_turn([mine, its], plant, drops, rounds)
        check(mine, count.ours(ours.server.database), "SQLite")
        check(its, count.floor(floor.database), "the floor")
        floor_rate = statistics.median(its.old)
        goals = (Goal(10_000, least=True), Goal(0.25, "ratio", least=True))
        yield rate("SQLite: a backlog of 50 stations", mine.old, floor_rate, goals)
        fresh = statistics.median(its.fresh)
        yield rate("SQLite: entries of this minute, a verdict each", mine.fresh, fresh, ())
    with ExitStack() as stack:
        cluster = Postgres(durable=True).start()
        stack.callback(cluster.stop)
        ours = Ours(folder / "postgres", plant, cluster.create())
        stack.callback(ours.close)
        for _ in range(2):
            ours.add_server().start(ready=False)
        mine = Side(ours.broker.port)
        in_turn([mine], plant, drops, rounds)
        check(mine, count.ours(ours.server.database), "PostgreSQL")
        yield rate(
            "PostgreSQL, two standing by (floor: SQLite)",
            mine.old,
            floor_rate,
            (Goal(5_000, least=True),),
        )
        gap = fail_over(ours, plant)
        yield Measure(
            ROW,
            "the deciding server killed: next verdict after",
            "s",
            gap,
            None,
            (Goal(5.0),),
            load(),
        )


def in_turn(sides: list[Side], plant: Measured, drops: int, rounds: int) -> None:
    """Each side the same bursts, one after the other; each burst younger than the one before."""
    began = _now() - 8 * HOUR
    slot = 7 * HOUR // rounds
    for number in range(rounds):
        first = began + number * slot
        for side in sides:
            side.old.append(side.burst(plant, drops, first, first + slot - 1000))
    for side in sides:
        now = _now()
        side.fresh.append(side.burst(plant, drops // 4, now - FRESH_S * 1000, now))


def fail_over(ours: Ours, plant: Measured) -> float:
    """Seconds from the death of the server that decides to the next verdict of a read after it."""
    codes = list(plant.tags())
    member = Member("post-00")
    fleet = Fleet(ours.broker.port, [member])
    fleet.connect()
    entry = fleet.read(member, Scan(EntryType.WITHDRAWAL, codes[0], _now()))
    fleet.until(lambda: entry in fleet.heard.verdicts, 10.0)
    ours.server.process.kill()
    died = time.monotonic()
    entry = fleet.read(member, Scan(EntryType.WITHDRAWAL, codes[1], _now()))
    fleet.until(lambda: entry in fleet.heard.verdicts, 60.0)
    fleet.close()
    return fleet.heard.verdicts[entry] - died


def rate(what: str, rates: list[float], floor: float, goals: tuple[Goal, ...]) -> Measure:
    """The median of some bursts."""
    return Measure(ROW, what, "/s", statistics.median(rates), floor, goals, load())


def check(side: Side, held: count.Held, whose: str) -> None:
    """Everything that was sent is there once."""
    count.check(held, side.events, side.drops, whose)


def _now() -> int:
    return time.time_ns() // 1_000_000
