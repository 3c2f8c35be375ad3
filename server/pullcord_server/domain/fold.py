"""A card as the fold of its facts and decisions in time order: one step for a new one, late ones from before (DESIGN 3.1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pullcord_wire.message import Verdict

from .card import Card, Change, Decision, Event, Fact, Item, Outcome
from .step import Ground, step

#: The ground an item stands on: its loop at that time, its station's place, rulings.
GroundOf = Callable[[Item], Ground]

UNDO_WINDOW = 60_000


@dataclass(frozen=True, slots=True)
class Step:
    """One item of a card's story with what it did. `outcome` None: not folded yet."""

    item: Item
    outcome: Outcome | None = None


def fold(
    start: Card, story: Sequence[Step], first: int, until: int, ground: GroundOf
) -> list[Step]:
    """Fold `story` anew from index `first`; the steps that changed.

    `start`: the card before `story[first]`. Items up to index `until` are folded in any case;
    after it the fold stops where the card is what it was. Voided items have no effect.
    """
    voided = voids([s.item for s in story])
    changed: list[Step] = []
    card = start
    for index in range(first, len(story)):
        old = story[index]
        outcome = _outcome(card, old.item, voided, ground)
        if index > until and old.outcome is not None and old.outcome.card == outcome.card:
            if old.outcome != outcome:
                changed.append(Step(old.item, outcome))
            return changed
        if old.outcome != outcome:
            changed.append(Step(old.item, outcome))
        card = outcome.card
    return changed


def voids(items: Sequence[Item]) -> frozenset[str]:
    """Ids of entries that were taken back: by a decision, or by the worker right after the drop."""
    taken: set[str] = set()
    for index, item in enumerate(items):
        if isinstance(item, Decision):
            if item.what is Change.VOID and item.entry is not None:
                taken.add(item.entry)
        elif item.event is Event.UNDO and undoes(items, index):
            taken.add(items[index - 1].id)
    return frozenset(taken)


def undoes(items: Sequence[Item], index: int) -> bool:
    """Whether the undo at `index` takes back the item before it: the same journal's, within 60 s, nothing between."""
    undo = items[index]
    if index == 0 or not isinstance(undo, Fact):
        return False
    before = items[index - 1]
    return (
        isinstance(before, Fact)
        and before.event is not Event.UNDO
        and before.id == undo.of
        and before.journal == undo.journal
        and undo.at - before.at <= UNDO_WINDOW
    )


def _outcome(card: Card, item: Item, voided: frozenset[str], ground: GroundOf) -> Outcome:
    if isinstance(item, Fact) and item.event is Event.UNDO:
        done = item.of in voided
        return Outcome(card, verdict=Verdict.ACCEPTED if done else Verdict.NOT_IN_STATE)
    outcome = step(card, item, ground(item))
    if item.id in voided:
        return Outcome(card, verdict=outcome.verdict)
    return outcome
