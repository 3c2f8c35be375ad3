"""What audits expect: how long a card stays, how often a post reads, where a card is (DESIGN 3.5). Instants are ms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil

from . import calendar
from .card import Card, Life, State
from .plant import MINUTE, Calendar, Kind, Loop, Plant, Release, Scans
from .shift import Shift

#: One card at two stations this close together was read wrongly, or there are two of it.
CLONED_WITHIN = 60_000
#: Drops in the last minutes of a shift are a batch from this many on, and when twice as many as the pull brings.
BATCH = 3
BATCH_WINDOW = 15 * MINUTE
#: A post is judged by its own pull after this many drops; it is dead after this many mean intervals (e^-7 < 0.1 %).
DROPS = 5
DEAD_AFTER = 7
#: No post is dead after less than this.
DEAD_AT_LEAST = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Stay:
    """What a card's stay in its state may last: `duration` of working time by `hours`, from `start` on."""

    start: int
    duration: int
    hours: Calendar | None = None

    @property
    def at_least(self) -> int:
        """An instant before which it is not over, whatever the hours."""
        return self.start + self.duration

    @property
    def over_at(self) -> int:
        """From when on the card is stuck."""
        return calendar.add(self.hours, self.start, self.duration)


def watched(card: Card) -> bool:
    """Whether a long stay of the card says something: what is blocked or held stands for a reason."""
    return card.life is Life.CIRCULATING and card.blocked is None and card.hold is None


@dataclass(frozen=True, slots=True)
class Pace:
    """What a loop's cards may take, its factor included, as working time: to use all boxes (N·Q/D), to gather a lot, for the way."""

    cover: int | None
    gather: int | None
    lead: int


def pace(loop: Loop, cards: int) -> Pace:
    """The pace of a loop of so many cards. Without a stated demand nothing is expected of full boxes."""
    lot = loop.lot if loop.kind is Kind.SIGNAL else loop.release_count
    return Pace(
        _used(loop, cards),
        None if lot is None else _used(loop, lot),
        ceil(loop.stuck_factor * loop.lead_time),
    )


def _used(loop: Loop, boxes: int) -> int | None:
    if not loop.demand:
        return None
    return ceil(loop.stuck_factor * boxes * loop.quantity * MINUTE / loop.demand)


def stay(
    plant: Plant, loop: Loop, pace: Pace, card: Card, since: int, run_at: int | None
) -> Stay | None:
    """How long the card may stay where it is since `since`; None where nothing is expected of it.

    Full: N·Q/D in the consumer's time. Empty: until the run that releases it (`run_at`), or the lot;
    a working day where it waits for the pacemaker's box.
    Else the lead time in the source's; all times the loop's factor.
    """
    match card.state:
        case State.FULL:
            if pace.cover is None:
                return None
            return Stay(since, pace.cover, plant.calendar_of(loop.consumer))
        case State.EMPTY:
            return _wait(plant, loop, pace, since, run_at)
        case _ if loop.profile is Scans.ONE:
            return _returned(plant, loop, pace, card, since)
        case _:
            return _way(plant, loop, pace, card, since)


def _wait(plant: Plant, loop: Loop, pace: Pace, since: int, run_at: int | None) -> Stay:
    hours = plant.calendar_of(loop.source)
    if run_at is not None:
        expected = calendar.between(hours, since, run_at)
        return Stay(run_at, max(ceil((loop.stuck_factor - 1) * expected), MINUTE), hours)
    if loop.release is Release.HEIJUNKA:
        day = calendar.working_day(hours)
        return Stay(since, ceil(loop.stuck_factor * day), hours)
    if pace.gather is not None:
        return Stay(since, pace.gather, plant.calendar_of(loop.consumer))
    return Stay(since, pace.lead, hours)


def _returned(plant: Plant, loop: Loop, pace: Pace, card: Card, since: int) -> Stay | None:
    """Nobody scans the box in: it counts as full from its due instant on."""
    due = None if card.portion is None else card.portion.due_at
    if due is None or pace.cover is None:
        return None
    return Stay(max(due, since), pace.cover, plant.calendar_of(loop.consumer))


def _way(plant: Plant, loop: Loop, pace: Pace, card: Card, since: int) -> Stay:
    """The lead time; of a delivery at least until it is due."""
    hours, duration = plant.calendar_of(loop.source), pace.lead
    due = None if card.portion is None else card.portion.due_at
    if loop.kind is Kind.SUPPLIER and due is not None and due > since:
        expected = calendar.between(hours, since, due)
        duration = max(duration, ceil(loop.stuck_factor * expected))
    return Stay(since, duration, hours)


def batched(drops: Sequence[int], shift: Shift, box_every: Fraction | None) -> bool:
    """Whether a loop's drops at one post came in a batch as the shift ended.

    `box_every`: minutes in which the stated demand empties a box, None when not stated.
    """
    begins = shift.end - BATCH_WINDOW
    late = sum(begins <= at <= shift.end for at in drops)
    before = sum(shift.start <= at < begins for at in drops)
    if late < BATCH:
        return False
    usual = Fraction(before * BATCH_WINDOW, max(begins - shift.start, BATCH_WINDOW))
    stated = Fraction(0) if box_every is None else BATCH_WINDOW / (MINUTE * box_every)
    return late > 2 * max(usual, stated)


def box_every(loop: Loop) -> Fraction | None:
    """Minutes of working time in which the stated demand empties a box."""
    return loop.quantity / loop.demand if loop.demand else None


def silence(drops: Sequence[int], hours: Calendar | None) -> int | None:
    """Working time without a read after which a post with these last drops is dead; None: too few to say."""
    if len(drops) < DROPS:
        return None
    worked = sum(calendar.between(hours, a, b) for a, b in pairwise(sorted(drops)))
    return max(DEAD_AFTER * worked // (len(drops) - 1), DEAD_AT_LEAST)


def whereabouts(loop: Loop, card: Card) -> str | None:
    """The process at whose place the card should be found now; None while it is on its way."""
    in_house = loop.kind in (Kind.PRODUCTION, Kind.SIGNAL)
    match card.state:
        case State.FULL | State.EMPTY:
            return loop.place
        case State.RELEASED | State.IN_PROCESS if in_house:
            return loop.source
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Read:
    """One card under one reader."""

    entry: str
    station: str
    at: int


def cloned(read: Read, others: Iterable[Read]) -> list[Read]:
    """Where `read` and another of the same card are at two stations too close together, the later of both.

    In the same instant the later one is that with the higher entry, so that every order of arrival finds the same.
    """
    near = [o for o in others if o.station != read.station and abs(o.at - read.at) <= CLONED_WITHIN]
    return list({max(read, o, key=lambda r: (r.at, r.entry)): None for o in near})
