"""What releases waiting cards: an agreed number, a lot, fixed hours, a delivery slot (DESIGN 3.2). Decisions all."""

from datetime import date

from pullcord_server.domain import calendar
from pullcord_server.domain.card import Event, Fact, Life, OrderState, State
from pullcord_server.domain.plant import Kind, Loop, Plant, Release
from pullcord_server.storage.shelf import Known

from .decide import Settled, decide, touch
from .turn import Copied, Turn


def waiting(turn: Turn, loop: Loop) -> list[Known]:
    """Cards that were dropped and wait for their release: urgent ones, then the oldest drop first."""
    found = [
        k
        for k in turn.book.cards_of(loop.id)
        if k.card.state is State.EMPTY
        and k.card.life is Life.CIRCULATING
        and k.card.blocked is None
        and k.card.hold is None
    ]
    return sorted(found, key=lambda k: (not k.card.urgent, k.age))


def release_with(turn: Turn, loop: Loop, fact: Fact) -> None:
    """What a drop gathered is released with it: what its station read behind it finds it so.

    Not while stations fill this database again, nor where a card of the loop is yet to be folded.
    """
    if not gathers(loop) or fact.at < turn.born or turn.now < turn.quiet_until:
        return
    if turn.late.keys().isdisjoint(k.id for k in turn.book.cards_of(loop.id)):
        release_gathered(turn, loop, fact.at + 1)


def release_gathered(turn: Turn, loop: Loop, at: int | None = None) -> None:
    """Release what has gathered, as often as there is enough; `at`: as soon as it had."""
    while True:
        cards = _gathered(turn, loop)
        if not cards:
            return
        dropped = max((k.card.since or 0 for k in cards), default=turn.now)
        due = turn.floor.due(loop, dropped)(dropped)
        release(turn, loop, cards, "pullcord", None, due, at)


def _gathered(turn: Turn, loop: Loop) -> list[Known]:
    cards = waiting(turn, loop)
    if not cards:
        return []
    if loop.kind is Kind.SIGNAL and loop.lot is not None:
        full, on_order = _stock(turn, loop)
        low = loop.reorder_point is not None and full + on_order <= loop.reorder_point
        return cards[: loop.lot] if low or len(cards) >= loop.lot else []
    if loop.release is Release.COUNT and loop.release_count is not None:
        return cards[: loop.release_count] if len(cards) >= loop.release_count else []
    return []


def _stock(turn: Turn, loop: Loop) -> tuple[int, int]:
    """Full usable boxes, and boxes on order."""
    cards = turn.book.cards_of(loop.id)
    on_order = sum(
        k.card.portion is not None and k.card.portion.state is not OrderState.OPEN for k in cards
    )
    return sum(k.card.usable for k in cards), on_order


def release(
    turn: Turn,
    loop: Loop,
    cards: list[Known],
    by: str,
    reason: str | None,
    due: int | None,
    at: int | None = None,
) -> Copied:
    """Release these cards now, or `at`; in signal and supplier loops they become one order."""
    part = touch(Event.RELEASE, due_at=due)
    settled = Settled("release", by, reason, cards={k.id: part for k in cards})
    return decide(turn, settled, at)


def next_hour(plant: Plant, loop: Loop, after: int) -> int | None:
    """When the loop's fixed hours release next; None where it has none."""
    if loop.release is Release.TIMES and loop.release_times:
        hours = plant.calendar_of(loop.source)
        return calendar.next_time(hours, plant.timezone, loop.release_times, after)
    if loop.kind is Kind.SUPPLIER and loop.slots:
        return _next_slot(plant, loop, after + loop.cut_off) - loop.cut_off
    return None


def release_hour(turn: Turn, plant: Plant, loop: Loop, at: int) -> None:
    """The hour `at` has come: what waits is released."""
    cards = [k for k in waiting(turn, loop) if (k.card.since or 0) <= at]
    if not cards:
        return
    due = None
    if loop.kind is Kind.SUPPLIER and loop.cycle is not None:
        due = at + loop.cut_off
        for _ in range(loop.cycle[2]):
            due = _next_slot(plant, loop, due)
    else:
        due = turn.floor.due(loop, at)(at)
    release(turn, loop, cards, "pullcord", None, due)


def _next_slot(plant: Plant, loop: Loop, after: int) -> int:
    hours = plant.calendar_of(loop.source)
    every = loop.cycle[0] if loop.cycle is not None else 1
    first = date.fromisoformat(loop.cycle_start) if loop.cycle_start else None
    return calendar.next_time(hours, plant.timezone, loop.slots, after, every, first)


def has_hours(loop: Loop) -> bool:
    """Whether the loop waits for hours of the clock."""
    return loop.release is Release.TIMES or loop.kind is Kind.SUPPLIER


def gathers(loop: Loop) -> bool:
    """Whether the loop waits for a number of cards."""
    return loop.kind is Kind.SIGNAL or loop.release is Release.COUNT
