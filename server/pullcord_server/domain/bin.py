"""A box has two witnesses, its card and its own sensor: one withdrawal, one delivery, whoever says it first (DESIGN 3.6)."""

from dataclasses import replace

from pullcord_wire.message import Verdict

from .card import Card, Event, Fact, Level, Outcome, State

_FILLS = (Event.ARRIVAL, Event.FINISH)


def level_of(fact: Fact) -> bool | None:
    """Whether the box's sensor says that it is empty; None: it is not the sensor that speaks.

    Where a tag hangs in a rack while its place is empty, the rack's reader is the sensor.
    """
    match fact.event:
        case Event.LEVEL_EMPTY:
            return True
        case Event.LEVEL_FULL:
            return False
        case Event.WITHDRAWAL if fact.rack:
            return True
        case Event.ARRIVAL | Event.FINISH if fact.rack:
            return False
        case _:
            return None


def confirmed(card: Card, fact: Fact) -> Outcome | None:
    """A word that only confirms what the other witness said in this cycle of the box: no effect."""
    if not (_repeated(card, fact) or _told_by_sensor(card, fact)):
        return None
    level = fact.event in (Event.LEVEL_EMPTY, Event.LEVEL_FULL)
    return Outcome(card, verdict=None if level else Verdict.DUPLICATE)


def noted(before: Card, outcome: Outcome, fact: Fact) -> Outcome:
    """The outcome, with what the sensor says now kept in the card."""
    empty = level_of(fact)
    if empty is None:
        return outcome
    at = fact.at
    if before.bin is not None and _repeated(before, fact):
        at = before.bin.at
    return replace(outcome, card=replace(outcome.card, bin=Level(empty, at, fact.journal)))


def _repeated(card: Card, fact: Fact) -> bool:
    """A station that starts says first what it sees: it may be what it said before."""
    empty = level_of(fact)
    if card.bin is None or empty is None or card.bin.empty is not empty:
        return False
    return card.bin.journal != fact.journal


def _told_by_sensor(card: Card, fact: Fact) -> bool:
    """Until the sensor says full again, a drop is the one it has told; so is an arrival that it told."""
    if card.bin is None:
        return False
    full = card.state is State.FULL
    if fact.event is Event.WITHDRAWAL:
        return card.bin.empty and not full
    if fact.event not in _FILLS:
        return False
    if fact.rack:
        return card.bin.empty and full
    return full and not card.bin.empty and card.since == card.bin.at
