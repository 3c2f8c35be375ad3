"""Actual pull against the plan: what the cards absorb, what is levelled anew, what waiting costs (DESIGN 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from .box import Plan

#: A deviation up to this is absorbed by the cards.
ABSORBED = Fraction(1, 10)
#: How many months of waiting are reckoned.
MONTHS = 3
#: A day that still runs counts when this part of its plan was pulled.
NEARLY_WHOLE = Fraction(4, 5)


@dataclass(frozen=True, slots=True)
class Pull:
    """Units of each planned item that were pulled, and on how many working days."""

    units: Mapping[str, int]
    days: int


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far the pull is from its plan. `deviation`: of all units together, above the plan positive.

    `relevel`: beyond what cards absorb; the daily units of each item are then those that were pulled.
    """

    actual_per_day: Mapping[str, Fraction]
    deviation: Fraction

    @property
    def relevel(self) -> bool:
        """Whether the plan should be levelled anew."""
        return abs(self.deviation) > ABSORBED

    @property
    def cut_after_waiting(self) -> Fraction | None:
        """What a slump that is ignored for MONTHS cuts from the plan of the month after; None: it is none.

        That month makes up for its own part and for what each month before has made too much.
        """
        if self.deviation >= 0 or not self.relevel:
            return None
        return min(Fraction(1), -self.deviation * (MONTHS + 1))


def compare(plan: Plan, pull: Pull) -> Deviation | None:
    """The pull of some days against their plan; None where there was no day, or nothing is planned."""
    planned = sum(plan.per_day().values(), Fraction(0))
    if not pull.days or not planned:
        return None
    actual = {item: Fraction(pull.units.get(item, 0), pull.days) for item, _ in plan.items}
    return Deviation(actual, sum(actual.values(), Fraction(0)) / planned - 1)
