"""Shift hand-over: the calls that were open when a shift ended (DESIGN 3.4, 5). Instants and durations are ms."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from . import calendar
from .call import Call, CallState
from .plant import Calendar
from .shift import Shift, last_shift_end


@dataclass(frozen=True, slots=True)
class Handed:
    """A call that a shift left to the next. `has`: who took it last, None where nobody did.

    `waited`: working time since it was raised.
    """

    call: Call
    shift: Shift
    has: str | None
    waited: int


def handed_over(
    calls: Iterable[Call], hours_of: Callable[[Call], Calendar | None], at: int
) -> list[Handed]:
    """What the shift that ended last by `at` left open, and is open still: who waits longest first."""
    found = [handed for call in calls if (handed := _handed(call, hours_of(call), at)) is not None]
    return sorted(found, key=lambda h: (h.call.since, h.call.id))


def _handed(call: Call, hours: Calendar | None, at: int) -> Handed | None:
    shift = last_shift_end(hours, at)
    if shift is None or call.since > shift.end or call.state is CallState.CLOSED:
        return None
    has = call.arrived_by or call.acknowledged_by
    return Handed(call, shift, has, calendar.between(hours, call.since, at))
