"""A handler's walk: what is ordered, by where it is fetched and where it is brought. Instants are ms."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from .card import OrderState
from .plant import Kind, Scans

_FOREVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Pick:
    """An order that a handler fetches (released) or brings (in transit)."""

    id: str
    loop: str
    item: str
    source: str
    consumer: str
    state: str
    quantity: int
    cards: tuple[str, ...]
    due_at: int | None


@dataclass(frozen=True, slots=True)
class Stop:
    """A consumer on the way, and what it gets, as it is due."""

    consumer: str
    picks: tuple[Pick, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """All that is fetched at one source, by consumer; the most urgent stop first."""

    source: str
    stops: tuple[Stop, ...]


def routes(picks: Iterable[Pick]) -> tuple[Route, ...]:
    """Picks by source, then by consumer: whatever is due first leads at each."""
    ordered = sorted(picks, key=lambda p: (p.source, p.consumer, _due(p), p.id))
    found = [
        Route(source, _stops(list(own))) for source, own in groupby(ordered, lambda p: p.source)
    ]
    return tuple(sorted(found, key=lambda r: _first(p for s in r.stops for p in s.picks)))


def _stops(picks: list[Pick]) -> tuple[Stop, ...]:
    found = [Stop(c, tuple(own)) for c, own in groupby(picks, lambda p: p.consumer)]
    return tuple(sorted(found, key=lambda s: _first(s.picks)))


def _first(picks: Iterable[Pick]) -> tuple[int, str]:
    return min((_due(p), p.id) for p in picks)


def _due(pick: Pick) -> int:
    return _FOREVER if pick.due_at is None else pick.due_at


def to_fetch(kind: Kind, profile: Scans, state: OrderState, due_at: int | None, now: int) -> bool:
    """Whether a handler has something to do: a box that nobody scans in counts as brought when it is due."""
    if kind is not Kind.WITHDRAWAL:
        return False
    brought = profile is Scans.ONE and due_at is not None and due_at <= now
    return state in (OrderState.RELEASED, OrderState.IN_TRANSIT) and not brought
