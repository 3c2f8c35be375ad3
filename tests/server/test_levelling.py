"""Levelled sequences: the published examples, their properties, and what is refused."""

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullcord_server.domain.planning.levelling import (
    Demand,
    Method,
    NotLevelled,
    goal_chasing,
    sequence,
    spacing,
    variability,
)

PUBLISHED: dict[str, Any] = json.loads((Path(__file__).parent / "data/levelling.json").read_text())
CARS = PUBLISHED["seed"]
MONDEN, OWN = PUBLISHED["goal_chasing"]
DEMANDS = st.dictionaries(st.sampled_from("ABCDEFG"), st.integers(1, 9), min_size=1, max_size=7)


def own(demand: Demand) -> tuple[str, ...]:
    """Goal chasing where each item is its own part."""
    return sequence(Method.GOAL_CHASING, demand)


def test_the_line_of_ten_thousand_cars_runs_sedan_hardtop_sedan_wagon() -> None:
    order = spacing(CARS["demand"])
    pattern = tuple(CARS["spacing_pattern"])
    assert order == pattern * (len(order) // len(pattern))
    assert variability(pattern) == 0


@pytest.mark.parametrize("case", PUBLISHED["spacing"], ids=lambda case: case["pattern"])
def test_equal_spacing_as_published(case: dict[str, Any]) -> None:
    order = spacing(case["demand"])
    assert ("".join(order), variability(order)) == (case["pattern"], case["rtv"])


def test_goal_chasing_as_published() -> None:
    assert "".join(goal_chasing(MONDEN["demand"], MONDEN["parts"])) == MONDEN["sequence_I"]
    simplified = goal_chasing(MONDEN["demand"], MONDEN["parts"], simplified=True)
    assert "".join(simplified) == MONDEN["sequence_II"]
    assert "".join(own(OWN["demand"])) == OWN["sequence_I"]


def test_goal_chasing_of_cars_differs_from_their_spacing() -> None:
    order = own({"S": 2, "H": 1, "W": 1})
    assert "".join(order) == "SHWS"
    assert variability(order) == 2


@given(DEMANDS)
def test_each_item_comes_exactly_as_often_as_it_is_wanted(demand: dict[str, int]) -> None:
    for method in Method:
        assert Counter(sequence(method, demand)) == demand


@given(DEMANDS)
def test_spacing_is_never_more_uneven_than_goal_chasing(demand: dict[str, int]) -> None:
    assert variability(spacing(demand)) <= variability(own(demand))


@given(DEMANDS, st.integers(2, 3))
def test_a_multiple_of_the_demand_repeats_the_pattern(demand: dict[str, int], times: int) -> None:
    more = {item: count * times for item, count in demand.items()}
    assert spacing(more) == spacing(demand) * times


@given(DEMANDS, st.randoms())
def test_the_order_of_items_settles_ties_alone(demand: dict[str, int], random: Any) -> None:
    names = list(demand)
    random.shuffle(names)
    turned = {name: demand[name] for name in names}
    if len(set(demand.values())) == len(demand):
        assert Counter(spacing(turned)) == Counter(spacing(demand))
    else:
        assert Counter(own(turned)) == Counter(own(demand))


def nearest(demand: Demand, made: Counter[str], step: int) -> Fraction:
    """The least sum of squares that one more unit can reach, by looking at each."""
    total = sum(demand.values())

    def off(item: str) -> Fraction:
        after = made + Counter([item])
        shares = ((Fraction(step * n, total) - after[i]) ** 2 for i, n in demand.items())
        return sum(shares, Fraction(0))

    return min(off(item) for item, n in demand.items() if made[item] < n)


@given(DEMANDS)
def test_each_unit_is_the_one_nearest_to_the_goal(demand: dict[str, int]) -> None:
    total, made = sum(demand.values()), Counter[str]()
    for step, item in enumerate(own(demand), 1):
        best = nearest(demand, made, step)
        made[item] += 1
        shares = ((Fraction(step * n, total) - made[i]) ** 2 for i, n in demand.items())
        assert sum(shares, Fraction(0)) == best


@pytest.mark.parametrize(
    ("demand", "parts", "simplified", "says"),
    [
        ({"A": 1}, {"a": {"A": 2}}, True, "method II is for usages of 0 and 1, not 2 of a in A"),
        ({"A": 0}, {}, False, "there is no demand at all"),
        ({}, {}, False, "there is no demand at all"),
        ({"A": -1}, {}, False, "A: a demand is a whole number of units, not -1"),
        ({"A": 1.5}, {}, False, "A: a demand is a whole number of units, not 1.5"),
        ({"A": 1}, {"a": {"B": 1}}, False, "part a is used by B, which has no demand; add it"),
        ({"A": 1}, {"a": {"A": -1}}, False, "part a of A: a usage is not negative"),
    ],
)
def test_what_cannot_be_levelled_is_refused(
    demand: Any, parts: Any, simplified: bool, says: str
) -> None:
    with pytest.raises(NotLevelled, match=says.replace("(", r"\(")):
        goal_chasing(demand, parts, simplified)
