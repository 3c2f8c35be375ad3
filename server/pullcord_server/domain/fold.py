"""A card as the fold of its facts and decisions in time order: one step for a new one, late ones from before (DESIGN 3.1)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pullcord_wire.message import Verdict

from .card import Card, Change, Decision, Event, Fact, Item, Key, Outcome
from .step import Ground, step

#: The ground an item stands on: its loop at that time, its station's place, rulings.
GroundOf = Callable[[Item], Ground]

UNDO_WINDOW = 60_000


@dataclass(frozen=True, slots=True)
class Step:
    """One item of a card's story with what it did. `outcome` None: not folded yet."""

    item: Item
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a card's time in which something was added, moved or taken back: its first and last place."""

    first: Key
    last: Key

    def with_key(self, key: Key) -> "Span":
        """This span, reaching to `key` as well."""
        return Span(min(self.first, key), max(self.last, key))


@dataclass(frozen=True, slots=True)
class Refolded:
    """Steps that were folded anew, without gaps. `before`: the card before them.

    `whole`: up to the end of the story; else the card met its old self at the last of them.
    """

    before: Card
    steps: tuple[Step, ...]
    whole: bool


def refold(start: Card, story: Sequence[Step], span: Span, ground: GroundOf) -> Refolded:
    """Fold `story` anew where `span` or a new step makes it necessary.

    `start`: the card before `story`, which begins at least UNDO_WINDOW before the span. After the
    span the fold stops where the card is what it was. Voided items have no effect.
    """
    items = [s.item for s in story]
    first, until = _range(story, span)
    voided = voids(items)
    card = before = start if first == 0 else _after(story[first - 1], start)
    steps: list[Step] = []
    for index in range(first, len(story)):
        old = story[index].outcome
        outcome = _outcome(card, items, index, voided, ground)
        steps.append(Step(items[index], outcome))
        if index > until and old is not None and old.card == outcome.card:
            return Refolded(before, tuple(steps), index == len(story) - 1)
        card = outcome.card
    return Refolded(before, tuple(steps), True)


def _range(story: Sequence[Step], span: Span) -> tuple[int, int]:
    """Where to start, and the last step that must be folded whatever the card is before it.

    An undo behind the start of the span may take back what lies before it, or no longer do so.
    """
    first = next((i for i, s in enumerate(story) if s.item.key >= span.first), len(story))
    until = first - 1
    for index, told in enumerate(story):
        if told.outcome is None or span.first <= told.item.key <= span.last:
            until = max(until, index)
    place = {s.item.id: i for i, s in enumerate(story[: until + 1])}
    undos = [
        (i, place[s.item.of])
        for i, s in enumerate(story)
        if i >= first and isinstance(s.item, Fact) and s.item.of in place
    ]
    return min([first, *(of for _, of in undos)]), max([until, *(undo for undo, _ in undos)])


def _after(told: Step, start: Card) -> Card:
    return start if told.outcome is None else told.outcome.card


def voids(items: Sequence[Item]) -> frozenset[str]:
    """Ids of entries that were taken back: by a decision, or by the worker right after the drop."""
    taken: set[str] = set()
    for index, item in enumerate(items):
        if isinstance(item, Decision):
            if item.what is Change.VOID and item.entry is not None:
                taken.add(item.entry)
        elif item.event is Event.UNDO and item.of is not None and undoes(items, index):
            taken.add(item.of)
    return frozenset(taken)


def undoes(items: Sequence[Item], index: int) -> bool:
    """Whether the undo at `index` takes back what it names: the same journal's, within 60 s, nothing between.

    What a rule said to that entry at once is not between.
    """
    undo = items[index]
    said = (Event.RELEASE, Change.RULING)
    before = index - 1
    while before >= 0:
        item = items[before]
        if not (isinstance(item, Decision) and item.what in said):
            break
        before -= 1
    if before < 0 or not isinstance(undo, Fact):
        return False
    drop = items[before]
    return (
        isinstance(drop, Fact)
        and drop.event is not Event.UNDO
        and drop.id == undo.of
        and drop.journal == undo.journal
        and undo.at - drop.at <= UNDO_WINDOW
    )


def _outcome(
    card: Card, items: Sequence[Item], index: int, voided: frozenset[str], ground: GroundOf
) -> Outcome:
    item = items[index]
    if isinstance(item, Fact) and item.event is Event.UNDO:
        done = undoes(items, index)
        return Outcome(card, verdict=Verdict.ACCEPTED if done else Verdict.NOT_IN_STATE)
    outcome = step(card, item, ground(item))
    if item.id in voided:
        return Outcome(card, verdict=outcome.verdict)
    return outcome
