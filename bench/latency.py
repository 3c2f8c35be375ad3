"""From the last byte on a serial line to the verdict at the station, at a worker's pace and without pause."""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.ear import Ear
from bench.host import load
from bench.plant import Measured
from bench.stack import Floor, FloorStation, Ours, OurStation
from bench.story import endless
from bench.table import Goal, Measure
from pullcord_wire.message import EntryType

ROW = "latency"
PACE_S = 0.05
"""20 scans a second."""
BLOCK = 50
"""So many scans of one, then as many of the other."""


@dataclass(slots=True)
class Side:
    """Ours or the floor: a station, an ear at its broker, what it will be shown, what it took."""

    station: OurStation | FloorStation
    ear: Ear
    cards: dict[str, str]
    story: Iterator[tuple[EntryType, str]]
    paced: list[float] = field(default_factory=list)
    hurried: list[float] = field(default_factory=list)
    red: list[float] = field(default_factory=list)

    def scan(self) -> float:
        """One scan, from its byte to its verdict, seconds."""
        kind, code = next(self.story)
        began = time.monotonic()
        self.station.present(kind.value, code)
        return self.ear.verdict(self.cards[code]) - began

    def block(self, count: int, pace_s: float) -> list[float]:
        """`count` scans, one every `pace_s`, or each as soon as the one before was answered."""
        taken = []
        due = time.monotonic()
        for _ in range(count):
            taken.append(self.scan())
            due += pace_s
            self.ear.idle(due)
        return taken

    def turn_red(self, boards: Sequence[tuple[str, str]]) -> list[float]:
        """Drop the one card of each board; from the byte to the lamps that say red. Then bring them back."""
        taken = []
        for board, code in boards:
            began = time.monotonic()
            self.station.present("withdrawal", code)
            taken.append(self.ear.red(board) - began)
            self.ear.idle(began + PACE_S)
        for _, code in boards:
            self.station.present("arrival", code)
            self.ear.verdict(self.cards[code])
        self.ear.idle(time.monotonic() + 1.2)
        return taken


def run(folder: Path, quick: bool) -> Iterator[Measure]:
    """Both sides up, measured in turn."""
    plant = Measured(posts=4 if quick else 50, boards=10 if quick else 40)
    scans = 100 if quick else 800
    with ExitStack() as stack:
        ours, floor = Ours(folder / "ours", plant), Floor(folder / "floor", plant)
        stack.callback(ours.close)
        stack.callback(floor.close)
        sides = [
            side(house.station("post-00"), house.broker.port, plant) for house in (ours, floor)
        ]
        for each in sides:
            stack.callback(each.ear.close)
            each.block(20, 0.0)
        for _ in range(max(scans // BLOCK, 1)):
            for each in sides:
                each.paced += each.block(min(BLOCK, scans), PACE_S)
            for each in sides:
                each.hurried += each.block(min(BLOCK, scans), 0.0)
        codes = {card: code for code, card in plant.tags().items()}
        cards = plant.board_cards()
        boards = [(f"board-{n:03d}", codes[card]) for n, card in enumerate(cards)]
        for _ in range(1 if quick else 5):
            sides[0].red += sides[0].turn_red(boards)
        yield from measures(sides[0], sides[1])


def side(station: OurStation | FloorStation, port: int, plant: Measured) -> Side:
    """A station with its ear, ready for its first scan."""
    codes = {card: code for code, card in plant.tags().items()}
    return Side(
        station, Ear(port), plant.tags(), endless([codes[card] for card in plant.cards_of(0)])
    )


def measures(ours: Side, floor: Side) -> Iterator[Measure]:
    """p50 and p99 of each pace."""
    pairs = (
        ("byte → verdict at 20 scans/s", ours.paced, floor.paced),
        ("byte → verdict, one after another", ours.hurried, floor.hurried),
        ("byte → red lamp at 20 scans/s (floor: its verdict)", ours.red, floor.paced),
    )
    for what, mine, its in pairs:
        for name, share, most in (("p50", 0.5, 2.0), ("p99", 0.99, 4.0)):
            yield Measure(
                ROW,
                f"{what}, {name} of {len(mine)}",
                "ms",
                quantile(mine, share) * 1000,
                quantile(its, share) * 1000,
                (Goal(most, "ratio"),),
                load(),
            )


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of them lie."""
    if len(values) < 2:
        return values[0]
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]
