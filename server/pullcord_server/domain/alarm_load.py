"""Alarm load: how many calls a lead can take (DESIGN 5).

The limits are those of ANSI/ISA-18.2-2016 (IEC 62682) and EEMUA 191 for one operator: about 1 alarm per
10 minutes is very likely acceptable, about 2 the most that can be managed, more than 10 in 10 minutes a flood.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .plant import MINUTE

#: What is counted over.
SPAN = 10 * MINUTE
HEALTHY, MOST, FLOOD = 1, 2, 10


class Grade(StrEnum):
    """What a load means for the person who has it."""

    HEALTHY = "healthy"
    BUSY = "busy"
    OVERLOADED = "overloaded"


@dataclass(frozen=True, slots=True)
class Load:
    """Calls over so much working time (ms): per hour, per 10 minutes, and the most in any 10 minutes."""

    calls: int
    worked: int
    per_hour: float | None
    per_span: float | None
    peak: int
    grade: Grade


def load(raised: Sequence[int], worked: int) -> Load:
    """The load of calls raised at these instants, in any order. No working time, no rate."""
    ordered = sorted(raised)
    peak = max(
        (i + 1 - bisect_right(ordered, at - SPAN) for i, at in enumerate(ordered)), default=0
    )
    rate = len(ordered) * SPAN / worked if worked > 0 else None
    per_hour = None if rate is None else rate * 60 * MINUTE / SPAN
    return Load(len(ordered), worked, per_hour, rate, peak, _grade(rate, peak))


def _grade(rate: float | None, peak: int) -> Grade:
    """A flood overloads whatever the mean says."""
    if peak > FLOOD or (rate is not None and rate > MOST):
        return Grade.OVERLOADED
    return Grade.BUSY if rate is not None and rate > HEALTHY else Grade.HEALTHY
