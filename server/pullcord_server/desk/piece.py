"""A large plant is read in pieces, a turn each: who drops a card meanwhile waits for one of them."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from .turn import Turn

T = TypeVar("T")
#: How many cards are read for the rest in a turn, at least: some 30 ms.
PIECE = 2_000


def take_piece(turn: Turn, unread: list[T], loops: Callable[[T], Iterable[str]]) -> list[T]:
    """As many of `unread`, from its end, as a turn may read the cards of; they are there no more."""
    taken: list[T] = []
    cards = 0
    while unread and cards < PIECE:
        taken.append(unread.pop())
        cards += sum(len(turn.book.cards_of(loop)) for loop in loops(taken[-1]))
    return taken
