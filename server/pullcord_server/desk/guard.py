"""What must always hold, held at run time: a step that would break it has no effect, and is shouted about (DESIGN 3.3)."""

import logging

from pullcord_server.domain.card import Card, Event, Fact, Item, Outcome
from pullcord_server.domain.invariant import broken
from pullcord_server.domain.plant import Loop
from pullcord_server.storage.shelf import Known
from pullcord_wire.message import Verdict

from .turn import Broken, Turn

log = logging.getLogger("pullcord.desk")
_LEVELS = (Event.LEVEL_EMPTY, Event.LEVEL_FULL)


def guarded(turn: Turn, known: Known, item: Item, outcome: Outcome, loop: Loop) -> Outcome:
    """The outcome of a step of `known`, or none where it would break an invariant: its card is stopped then."""
    if holds(turn, known, item, known.card, outcome, loop):
        return outcome
    scanned = isinstance(item, Fact) and item.event not in _LEVELS
    return Outcome(known.card, verdict=Verdict.BLOCKED if scanned else None)


def holds(turn: Turn, known: Known, item: Item, before: Card, outcome: Outcome, loop: Loop) -> bool:
    """Whether all holds after a step from `before`; else the card is marked to be stopped in this turn."""
    what = broken(before, outcome, loop)
    if what is None:
        return True
    log.critical(
        "invariant broken by %s: card %s would be %s; it is stopped", item.id, known.id, what
    )
    turn.tally.invariants += 1
    turn.broken.append(Broken(known.id, known.loop, item.id, item.at, what))
    return False
