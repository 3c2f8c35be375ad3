"""Levelled sequences: which item is made when, so that all are made as evenly as can be (DESIGN 4).

Two objectives: `spacing`, the least response-time variability over the repeating pattern; and goal
chasing on the usage of parts (Monden, Toyota Production System, methods I and II). Ties go to the item
that is listed first.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import gcd
from typing import TypeAlias

#: Item → units of it, in the order in which ties are settled.
Demand: TypeAlias = Mapping[str, int]
#: Part → item → pieces of the part in one unit of the item.
Usage: TypeAlias = Mapping[str, Mapping[str, int]]


class Method(StrEnum):
    """What a sequence is levelled for."""

    SPACING = "spacing"
    GOAL_CHASING = "goal-chasing"


class NotLevelled(ValueError):
    """There is no such sequence; the text says why, and what would help."""


def sequence(method: Method, demand: Demand) -> tuple[str, ...]:
    """Every unit of a demand in its turn; for goal chasing each item is its own part."""
    if method is Method.SPACING:
        return spacing(demand)
    return goal_chasing(demand, {item: {item: 1} for item in demand})


def variability(order: Sequence[str]) -> Fraction:
    """Response-time variability of a cyclic sequence: Σ (distance to the next of its kind − mean distance)²."""
    size = len(order)
    places: dict[str, list[int]] = {}
    for place, item in enumerate(order):
        places.setdefault(item, []).append(place)
    total = Fraction(0)
    for found in places.values():
        mean = Fraction(size, len(found))
        following = [*found[1:], found[0] + size]
        distances = (b - a for a, b in zip(found, following, strict=True))
        total += sum(((d - mean) ** 2 for d in distances), Fraction(0))
    return total


# -- spacing


def spacing(demand: Demand) -> tuple[str, ...]:
    """The evenest of the known ways: equal demands taken as one (J. Scheduling 14:39-55), else each by itself.

    The pattern of the demand divided by its common divisor is repeated.
    """
    checked = _checked(demand)
    times = gcd(*checked.values())
    pattern = {item: count // times for item, count in checked.items() if count}
    own = {item: {item: 1} for item in pattern}
    ways = (_aggregated(pattern), _by_midpoints(pattern), goal_chasing(pattern, own))
    return min(ways, key=variability) * times


def _by_midpoints(demand: Demand) -> tuple[str, ...]:
    """The j-th of n units in the middle of the j-th n-th of the whole."""
    middles = (
        (Fraction(2 * j + 1, 2 * count), place, item)
        for place, (item, count) in enumerate(demand.items())
        for j in range(count)
    )
    return tuple(item for _, _, item in sorted(middles))


def _aggregated(demand: Demand) -> tuple[str, ...]:
    """Items of equal demand take turns in the places of one item that has the demand of all of them."""
    groups: list[tuple[int, tuple[str, ...]]] = [(n, (item,)) for item, n in demand.items()]
    while True:
        counts = sorted({n for n, _ in groups if sum(m == n for m, _ in groups) > 1})
        if not counts:
            break
        equal = [turns for n, turns in groups if n == counts[0]]
        first = next(i for i, (n, _) in enumerate(groups) if n == counts[0])
        merged = (counts[0] * len(equal), _taking_turns(equal))
        groups = [g for g in groups if g[0] != counts[0]]
        groups.insert(min(first, len(groups)), merged)
    places = _by_midpoints({str(n): count for n, (count, _) in enumerate(groups)})
    turns = [_forever(turns) for _, turns in groups]
    return tuple(next(turns[int(place)]) for place in places)


def _taking_turns(groups: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """One of each group in turn, until each has gone round."""
    rounds = max(len(turns) for turns in groups)
    for size in (len(turns) for turns in groups):
        rounds = rounds * size // gcd(rounds, size)
    return tuple(turns[n % len(turns)] for n in range(rounds) for turns in groups)


def _forever(turns: Sequence[str]) -> Iterator[str]:
    while True:
        yield from turns


# -- goal chasing


@dataclass(frozen=True, slots=True)
class _Parts:
    """Usage as numbers: per item its parts; `gram`: the inner products of two items' usages; `pull`: of an item's and the whole demand's."""

    gram: list[list[int]]
    pull: list[int]


def goal_chasing(demand: Demand, usage: Usage, simplified: bool = False) -> tuple[str, ...]:
    """Monden's method I: the next unit is the one after which the usage of parts is nearest to its even share.

    `simplified`: method II, which is for usages of 0 and 1 only. Exact, with whole numbers.
    """
    checked = _checked(demand)
    items, total = list(checked), sum(checked.values())
    parts = _parts(items, checked, usage, simplified)
    left = [checked[item] for item in items]
    due = list(parts.pull)
    order: list[str] = []
    for _ in range(total):
        chosen = _nearest(left, due, parts, total, simplified)
        order.append(items[chosen])
        left[chosen] -= 1
        row = parts.gram[chosen]
        due = [d + p - total * g for d, p, g in zip(due, parts.pull, row, strict=True)]
    return tuple(order)


def _nearest(
    left: Sequence[int], due: Sequence[int], parts: _Parts, total: int, simplified: bool
) -> int:
    """Of the items that are left the one nearest to the goal, the first of equals.

    With g the shortfall of each part × total: |g − total·b|² is least where 2·g·b − total·|b|² is most.
    """
    best, chosen = None, 0
    for item, units in enumerate(left):
        if not units:
            continue
        worth = due[item] if simplified else 2 * due[item] - total * parts.gram[item][item]
        if best is None or worth > best:
            best, chosen = worth, item
    return chosen


def _parts(items: Sequence[str], demand: Demand, usage: Usage, simplified: bool) -> _Parts:
    for part, of in usage.items():
        for item, pieces in of.items():
            if item not in demand:
                raise NotLevelled(f"part {part} is used by {item}, which has no demand; add it")
            if pieces < 0:
                raise NotLevelled(f"part {part} of {item}: a usage is not negative: {pieces}")
            if simplified and pieces > 1:
                raise NotLevelled(
                    f"method II is for usages of 0 and 1, not {pieces} of {part} in {item}; "
                    "use method I"
                )
    used = [[of.get(item, 0) for of in usage.values()] for item in items]
    whole = [sum(demand[i] * of.get(i, 0) for i in items) for of in usage.values()]
    gram = [[sum(a * b for a, b in zip(x, y, strict=True)) for y in used] for x in used]
    pull = [sum(a * b for a, b in zip(x, whole, strict=True)) for x in used]
    return _Parts(gram, pull)


def _checked(demand: Demand) -> Demand:
    for item, count in demand.items():
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise NotLevelled(f"{item}: a demand is a whole number of units, not {count}")
    if not sum(demand.values()):
        raise NotLevelled("there is no demand at all; say how many of each item are needed")
    return demand
