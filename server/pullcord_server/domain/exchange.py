"""The two-card exchange at the store: which dispatch scans belong together (DESIGN 3.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from .plant import Kind, Loop, Plant

#: The two cards are scanned within this time of each other, ms.
WITHIN = 120_000


@dataclass(frozen=True, slots=True)
class Dispatched:
    """An accepted dispatch scan at a store that has no partner yet."""

    entry: str
    card: str
    loop: Loop
    quantity: int
    at: int


def exchanges(plant: Plant, loop: Loop) -> bool:
    """Whether a card of `loop` is exchanged: a production and a withdrawal loop of its item scan dispatch there."""
    if "dispatch" not in loop.scans:
        return False
    return any(
        other.item == loop.item
        and other.source == loop.source
        and "dispatch" in other.scans
        and makes(other) is not makes(loop)
        for other in plant.loops.values()
    )


def makes(loop: Loop) -> bool:
    """Whether its card stays at the store and orders what to make (else it travels with the box)."""
    return loop.kind in (Kind.PRODUCTION, Kind.SIGNAL)


def partner(
    loop: Loop, quantity: int, pending: Sequence[Dispatched]
) -> tuple[Dispatched | None, bool]:
    """The oldest scan that matches item and quantity, and whether there are only others (mismatch)."""
    others = [d for d in pending if makes(d.loop) is not makes(loop)]
    for other in sorted(others, key=lambda d: d.at):
        if other.loop.item == loop.item and other.quantity == quantity:
            return other, False
    return None, bool(others)
