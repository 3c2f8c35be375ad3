"""36,000 events of 50 stations come back after 8 hours, while others go on: how long, and how long those wait."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench import count
from bench.fleet import Fleet, Member, Scan
from bench.host import load
from bench.latency import quantile
from bench.plant import Measured
from bench.stack import Floor, Ours
from bench.story import Step, endless, scans
from bench.table import Goal, Measure

ROW = "drain"
HOUR = 3_600_000
LIVE = 5
PACE_S = 0.05
"""The live posts together read 20 cards a second."""


@dataclass(slots=True)
class Live:
    """Posts that were never away: one read every 50 ms, in turn."""

    fleet: Fleet
    members: list[tuple[Member, Iterator[Step]]]
    asked: dict[tuple[str, int], float] = field(default_factory=dict)
    turn: int = 0
    due: float = 0.0

    def work(self, now: float) -> float:
        """Read what is due; when to come again."""
        if now >= self.due:
            member, story = self.members[self.turn % len(self.members)]
            self.turn += 1
            kind, code = next(story)
            entry = self.fleet.read(member, Scan(kind, code, time.time_ns() // 1_000_000))
            self.asked[entry] = now
            self.due = max(self.due + PACE_S, now)
        return self.due

    def waited(self) -> list[float]:
        """Seconds each read waited for its verdict; those still waiting are not among them."""
        heard = self.fleet.heard.verdicts
        return [heard[entry] - at for entry, at in self.asked.items() if entry in heard]

    @property
    def answered(self) -> bool:
        """Whether every read has its verdict."""
        return self.asked.keys() <= self.fleet.heard.verdicts.keys()


@dataclass(slots=True)
class Side:
    """One broker with a server behind it, and what was measured."""

    port: int
    events: int = 0
    drops: int = 0
    drained: list[float] = field(default_factory=list)
    live: list[float] = field(default_factory=list)

    def outage(self, plant: Measured, drops: int, first: int, last: int) -> None:
        """The link comes back to all posts but the live ones."""
        codes = {card: code for code, card in plant.tags().items()}
        own = [[codes[c] for c in plant.cards_of(post)] for post in range(plant.posts)]
        away = plant.posts - LIVE
        members = [
            Member(name, scans(own[post], drops, first, last))
            for post, name in enumerate(plant.names()[:away])
        ]
        awake = [
            (Member(name), endless(own[away + n])) for n, name in enumerate(plant.names()[away:])
        ]
        fleet = Fleet(self.port, [member for member, _ in awake])
        fleet.connect()
        live = Live(fleet, awake)
        calm_until = time.monotonic() + 1.0
        fleet.until(lambda: time.monotonic() > calm_until and live.answered, 30.0, live.work)
        live.asked.clear()
        began = time.monotonic()
        for member in members:
            fleet.join(member)
        fleet.until(lambda: all(m.replication.backlog == 0 for m in members), 600.0, live.work)
        self.drained.append(time.monotonic() - began)
        fleet.until(lambda: live.answered, 30.0)
        self.live += live.waited()
        fleet.close()
        self.events += sum(len(member.texts) for member in members)
        self.drops += drops * away


def run(folder: Path, quick: bool) -> Iterator[Measure]:
    """Ours and the floor in turn, three outages each."""
    plant = Measured(posts=10 + LIVE, loops=4, cards=10) if quick else Measured(posts=50 + LIVE)
    drops, rounds = (36, 1) if quick else (360, 3)
    with ExitStack() as stack:
        ours, floor = Ours(folder / "ours", plant), Floor(folder / "floor", plant)
        stack.callback(ours.close)
        stack.callback(floor.close)
        mine, its = Side(ours.broker.port), Side(floor.broker.port)
        began = time.time_ns() // 1_000_000 - 8 * HOUR
        slot = 7 * HOUR // rounds
        for number in range(rounds):
            first = began + number * slot
            for side in (mine, its):
                side.outage(plant, drops, first, first + slot - 1000)
        held = count.ours(ours.server.database)
        if held.entries < mine.events or held.orders < mine.drops:
            raise AssertionError(f"{held} after {mine.events} events and more")
        events = mine.events // rounds
        goals = (Goal(5.0), Goal(10.0, "ratio"))
        yield measure(f"{events:,} events drained in", "s", mine.drained, its.drained, 0.5, goals)
        yield measure("live verdict meanwhile, p50", "ms", mine.live, its.live, 0.5, (Goal(100),))
        yield measure("live verdict meanwhile, worst", "ms", mine.live, its.live, 1.0, (Goal(500),))


def measure(
    what: str, unit: str, mine: list[float], its: list[float], share: float, goals: tuple[Goal, ...]
) -> Measure:
    """A quantile of both."""
    scale = 1000 if unit == "ms" else 1
    pair = [(max(v) if share == 1.0 else quantile(v, share)) * scale for v in (mine, its)]
    return Measure(ROW, what, unit, pair[0], pair[1], goals, load())
