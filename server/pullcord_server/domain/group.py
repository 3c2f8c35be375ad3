"""Groups: whether the loops of one item at one place call for red, amber or green, and until when (DESIGN 5). Instants are ms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import chain
from math import ceil, floor

from . import calendar
from .card import Card, Life, OrderState
from .plant import MINUTE, Calendar, DropAt, Loop, Plant, Scans


class Colour(StrEnum):
    """The five lamps."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    BLUE = "blue"
    WHITE = "white"


class Service(StrEnum):
    """Whether a loop is judged: not while it is filled for the first time, not while it is suspended."""

    IN_SERVICE = "in_service"
    FILLING = "filling"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Expected:
    """One card's share of an open order. `usable`: its box will count once it is full."""

    due_at: int
    quantity: int
    usable: bool = True


@dataclass(frozen=True, slots=True)
class LoopView:
    """What lamps see of a loop. `full`: pieces in each usable full box; hours: of its source, of its place."""

    loop: Loop
    full: tuple[int, ...] = ()
    orders: tuple[Expected, ...] = ()
    withdrawn_at: int | None = None
    service: Service = Service.IN_SERVICE
    source_hours: Calendar | None = None
    place_hours: Calendar | None = None


def view(loop: Loop, cards: Iterable[Card], service: Service, plant: Plant) -> LoopView:
    """A loop as its cards make it."""
    cards = tuple(cards)
    return LoopView(
        loop,
        full=tuple(card.actual for card in cards if card.usable),
        orders=tuple(expected for card in cards if (expected := _expected(card)) is not None),
        withdrawn_at=max(
            (c.withdrawn_at for c in cards if c.withdrawn_at is not None), default=None
        ),
        service=service,
        source_hours=plant.calendar_of(loop.source),
        place_hours=plant.calendar_of(loop.place),
    )


def _expected(card: Card) -> Expected | None:
    portion = card.portion
    if portion is None or portion.due_at is None:
        return None
    if portion.state in (OrderState.CLOSED, OrderState.WITHDRAWN):
        return None
    usable = card.life is Life.CIRCULATING and card.blocked is None and card.hold is None
    return Expected(portion.due_at, portion.quantity, usable)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What holds for a group until `until` (None: for ever) if nothing happens.

    `under`: amber or green, whether or not red lies over it; None: no loop of the group is judged.
    """

    red: bool
    under: Colour | None
    until: int | None

    @property
    def colour(self) -> Colour | None:
        """The one colour that holds."""
        return Colour.RED if self.red else self.under


def judge(group: Sequence[LoopView], now: int) -> Judgement:
    """The rule of red, amber and green; exact: another judgement holds from `until` on."""
    judged = [v for v in group if v.service is Service.IN_SERVICE]
    if not judged:
        return Judgement(False, None, None)
    stock = _Stock.of(judged)
    present = stock.judge(now)
    at = stock.next_event(now)
    while at is not None and stock.judge(at) == present:
        at = stock.next_event(at)
    return Judgement(*present, at)


@dataclass(frozen=True, slots=True)
class _Stock:
    """A group as numbers. `late_ats`: due → late, of orders that somebody scans in; `returns`: of those nobody does."""

    boxes: tuple[int, ...]
    late_ats: tuple[tuple[int, int], ...]
    returns: tuple[Expected, ...]
    quantity: int
    drop_at: DropAt
    demand: Fraction | None
    withdrawn_at: int | None
    hours: Calendar | None

    @classmethod
    def of(cls, group: Sequence[LoopView]) -> "_Stock":
        """Quantity and `drop_at` are those of the loop last withdrawn; demand is what the loops state together."""
        last = max(group, key=lambda v: -1 if v.withdrawn_at is None else v.withdrawn_at)
        stated = [v.loop.demand for v in group if v.loop.demand is not None]
        scanned = [v for v in group if v.loop.profile is not Scans.ONE]
        return cls(
            boxes=tuple(chain.from_iterable(v.full for v in group)),
            late_ats=tuple((o.due_at, late_at(v, o.due_at)) for v in scanned for o in v.orders),
            returns=tuple(o for v in group if v.loop.profile is Scans.ONE for o in v.orders),
            quantity=last.loop.quantity,
            drop_at=last.loop.drop_at,
            demand=sum(stated, Fraction(0)) if stated else None,
            withdrawn_at=last.withdrawn_at,
            hours=last.place_hours,
        )

    def judge(self, at: int) -> tuple[bool, Colour]:
        """Whether red holds, and what holds beneath it."""
        late = self.late(at)
        amber = late or self.short(at)
        return self.red(at, late), Colour.AMBER if amber else Colour.GREEN

    def red(self, at: int, late: bool) -> bool:
        if any(True for _ in self.full(at)):
            return False
        if self.drop_at is DropAt.LAST_PIECE:
            return True
        return late if self.demand is None else self.pieces(at) <= 0

    def late(self, at: int) -> bool:
        return any(late <= at for _, late in self.late_ats)

    def short(self, at: int) -> bool:
        if self.demand is None:
            return False
        return self.pieces(at) * MINUTE < self.demand * self.wait(at)

    def full(self, at: int) -> Iterable[int]:
        """Pieces of every usable full box. A card nobody scans in counts again when due."""
        come = (o.quantity for o in self.returns if o.usable and o.due_at <= at)
        return chain(self.boxes, come)

    def pieces(self, at: int) -> Fraction:
        """What is left to use: the full boxes, less or with the open one."""
        whole = Fraction(sum(self.full(at)))
        if self.drop_at is DropAt.LAST_PIECE:
            return max(whole - self.used(at), Fraction(0))
        opened = self.withdrawn_at is not None
        return whole + (self.quantity - self.used(at) if opened else 0)

    def used(self, at: int) -> Fraction:
        """Pieces taken from the open box: at most a box."""
        if self.demand is None or self.withdrawn_at is None or at <= self.withdrawn_at:
            return Fraction(0)
        worked = calendar.between(self.hours, self.withdrawn_at, at)
        return min(self.demand * worked / MINUTE, Fraction(self.quantity))

    def wait(self, at: int) -> int:
        """Working time until the earliest order that is not LATE is due; 0 where there is none."""
        scanned = (due for due, late in self.late_ats if late > at)
        unscanned = (o.due_at for o in self.returns if o.due_at > at)
        due = min(chain(scanned, unscanned), default=at)
        return calendar.between(self.hours, at, max(due, at))

    def next_event(self, at: int) -> int | None:
        """The next instant at which the judgement may differ: between two of them it does not."""
        events = [o.due_at for o in self.returns]
        if self.withdrawn_at is not None:
            events.append(self.withdrawn_at)
        flat = self.flat_at(at)
        if flat is not None:
            events.append(flat)
        if not self.late(at):  # else amber holds, whatever is due
            events += chain.from_iterable(self.late_ats)
            events += self.enough_at(at, flat)
        return min((event for event in events if event > at), default=None)

    def flat_at(self, at: int) -> int | None:
        """When the open box is used up, and stock falls no further."""
        if not self.demand or self.withdrawn_at is None:
            return None
        box = self.quantity
        if self.drop_at is DropAt.LAST_PIECE:
            box = min(box, sum(self.full(at)))
        return calendar.add(self.hours, self.withdrawn_at, ceil(box * MINUTE / self.demand))

    def enough_at(self, at: int, flat: int | None) -> Iterable[int]:
        """When level stock lasts until the next box after all. While stock falls, both fall alike."""
        falling = (
            flat is not None and self.withdrawn_at is not None and self.withdrawn_at <= at < flat
        )
        if not self.demand or falling or not self.short(at):
            return ()
        lasts = floor(self.pieces(at) * MINUTE / self.demand)
        return (calendar.add(self.hours, at, self.wait(at) - lasts),)


def late_at(view: LoopView, due_at: int) -> int:
    """From when on an order is LATE: due, and more than 10 % of the lead time over it, at least 60 s."""
    grace = max(MINUTE, view.loop.lead_time // 10)
    return calendar.add(view.source_hours, due_at, grace + 1)
