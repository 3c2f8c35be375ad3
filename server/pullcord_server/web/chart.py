"""Plain charts: where each mark of a drawing stands. Templates write them as SVG, by attributes alone."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 300
HEIGHT = 120


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a Pareto. `cumulative`: the share of all calls with those before it; `lasted_s`: together."""

    name: str
    number: int
    cumulative: float
    lasted_s: float


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """A bar with its length, and where its mark of the cumulative share stands, of `WIDTH`."""

    bar: Bar
    length: float
    mark: float


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a histogram, in a drawing of `WIDTH` by `HEIGHT`."""

    name: str
    number: int
    x: float
    y: float
    width: float
    height: float


def bars(rows: Sequence[Bar]) -> list[DrawnBar]:
    """The longest is as wide as the drawing."""
    most = max((b.number for b in rows), default=1)
    return [
        DrawnBar(b, round(WIDTH * b.number / most, 1), round(WIDTH * b.cumulative, 1)) for b in rows
    ]


def columns(numbers: Sequence[int]) -> list[Column]:
    """One for each number, named by its place; the highest is as high as the drawing."""
    most, step = max(max(numbers, default=0), 1), WIDTH / max(len(numbers), 1)
    drawn = []
    for place, number in enumerate(numbers):
        height = round(HEIGHT * number / most, 1)
        x = round(place * step + step * 0.1, 1)
        column = Column(str(place), number, x, HEIGHT - height, round(step * 0.8, 1), height)
        drawn.append(column)
    return drawn
