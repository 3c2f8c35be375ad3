"""Verdicts that were shown and sent a card away: they stay what they were (DESIGN 3.1)."""

from .decide import write_ruling
from .turn import Turn


def write_rulings(turn: Turn) -> None:
    """Settle what this turn's drops were told."""
    for card, ruling in turn.rulings:
        write_ruling(turn, card, ruling)
    turn.rulings.clear()
