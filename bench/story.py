"""What the posts see: cards dropped in turn, each brought back some drops later."""

from collections.abc import Iterator, Sequence
from itertools import count as count_up

from bench.fleet import Scan
from pullcord_wire.message import EntryType

BEHIND = 5
"""So many drops after its own a card comes back."""

Step = tuple[EntryType, str]


def scans(codes: Sequence[str], drops: int, first: int, last: int) -> list[Scan]:
    """`drops` drops of these cards and every return, evenly between two instants (ms)."""
    steps = list(_steps(codes, drops))
    gap = (last - first) / max(len(steps) - 1, 1)
    return [Scan(kind, code, round(first + gap * n)) for n, (kind, code) in enumerate(steps)]


def endless(codes: Sequence[str]) -> Iterator[Step]:
    """Drops and returns without end; no card is dropped twice without having come back."""
    yield from _steps(codes, None)


def _steps(codes: Sequence[str], drops: int | None) -> Iterator[Step]:
    behind = min(BEHIND, len(codes) - 1)
    for number in count_up() if drops is None else range(drops + behind):
        if drops is None or number < drops:
            yield EntryType.WITHDRAWAL, codes[number % len(codes)]
        if number >= behind:
            yield EntryType.ARRIVAL, codes[(number - behind) % len(codes)]
