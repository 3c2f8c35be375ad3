"""A stretch of time by one calendar: its working time and its shifts, computed once for many questions. Instants are ms."""

from bisect import bisect_right
from dataclasses import dataclass

from . import calendar
from .plant import DAY, Calendar
from .shift import Shift, shifts_between
from .wall import clock_of

#: Shown for what lies in no shift.
NONE = "none"


@dataclass(frozen=True, slots=True)
class Stretch:
    """[start, end] by `hours`. `edges`: where work begins or ends; `worked`: up to each of them since `start`."""

    hours: Calendar | None
    start: int
    end: int
    edges: tuple[int, ...]
    worked: tuple[int, ...]
    works: bool
    shifts: tuple[Shift, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, hours: Calendar | None, start: int, end: int) -> "Stretch":
        """Both ends count; what is asked beyond them is reckoned anew."""
        edges, worked = [start], [0]
        works = calendar.working(hours, start)
        while (edge := calendar.next_change(hours, edges[-1])) is not None and edge < end:
            gone = edge - edges[-1] if works is (len(edges) % 2 == 1) else 0
            worked.append(worked[-1] + gone)
            edges.append(edge)
        shifts = tuple(shifts_between(hours, start, end))
        zone = "UTC" if hours is None else hours.timezone
        names = tuple("-".join(clock_of(zone, at) for at in (s.start, s.end)) for s in shifts)
        return cls(hours, start, end, tuple(edges), tuple(worked), works, shifts, names)

    def between(self, first: int, last: int) -> int:
        """Working time from `first` to `last`."""
        if self.start <= first and last <= self.end:
            return self._worked(last) - self._worked(first)
        return calendar.between(self.hours, first, last)

    def _worked(self, at: int) -> int:
        place = bisect_right(self.edges, at) - 1
        working = self.works is (place % 2 == 0)
        return self.worked[place] + (at - self.edges[place] if working else 0)

    def shift(self, at: int) -> Shift | None:
        """The shift that an instant of it lies in; where two overlap, the one that began last."""
        place = self._place(at)
        return None if place is None else self.shifts[place]

    def shift_name(self, at: int) -> str:
        """`06:00-14:00`."""
        place = self._place(at)
        return NONE if place is None else self.names[place]

    def _place(self, at: int) -> int | None:
        place = bisect_right(self.shifts, at, key=lambda s: s.start) - 1
        while place >= 0 and at - self.shifts[place].start < 2 * DAY:
            if at < self.shifts[place].end:
                return place
            place -= 1
        return None
