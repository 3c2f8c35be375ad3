"""Late facts: fold a card again from the step before them, once a turn, and put its rows right (DESIGN 3.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pullcord_server.domain.card import Card, Change, Decision, Event, Fact, Item, Key, Portion
from pullcord_server.domain.fold import Step, fold
from pullcord_server.domain.order import reconcile
from pullcord_server.domain.place import serves
from pullcord_server.domain.step import Ground
from pullcord_server.storage.card_json import dump_card
from pullcord_server.storage.shelf import Known
from pullcord_server.storage.story import story_from

from .record import add_findings, item_finding, leave_task, tell, tell_moves, tell_portion
from .turn import Turn


def mark_late(turn: Turn, known: Known, key: Key) -> None:
    """The card must be folded again from `key` on before this turn ends."""
    turn.late[known.id] = min(turn.late.get(known.id, key), key)


def fold_late(turn: Turn) -> None:
    """Fold every card that got something late in this turn."""
    if not turn.late:
        return
    turn.book.flush()
    for card_id, key in turn.late.items():
        known = turn.book.card(card_id)
        if known is not None:
            _fold_card(turn, known, key)
            turn.book.flush()
            turn.tally.late_folds += 1
    turn.late.clear()


def _fold_card(turn: Turn, known: Known, key: Key) -> None:
    start, story = story_from(turn.book.connection, known, key)
    if not story:
        return
    first, until = _range(story, key)
    before = start if first == 0 else _after(story[first - 1], start)
    grounds = _grounds(turn, known, [s.item for s in story])
    changed = fold(before, story, first, until, lambda item: grounds[item.id])
    if not changed:
        return
    old = {s.item.id: s for s in story}
    _note_late(turn, known, story)
    _write_steps(turn, known, changed, old)
    _write_orders(turn, known, before, changed, story)
    last = changed[-1]
    newest = story[-1].item
    loop = turn.floor.loop_at(known.loop, newest.at)
    if last.item.id == newest.id and last.outcome is not None:
        turn.book.keep(known, last.outcome.card, newest)
    known.key = max(known.key, newest.key)
    turn.book.cards[known.id] = known
    turn.touch(loop)


def _note_late(turn: Turn, known: Known, story: Sequence[Step]) -> None:
    """Another station was faster: a note of arrival, outside the fold."""
    facts = [s for s in story if isinstance(s.item, Fact) and s.item.event is not Event.UNDO]
    for index, step in enumerate(facts):
        seen_later = any(s.outcome is not None for s in facts[index + 1 :])
        if step.outcome is None and seen_later and isinstance(step.item, Fact):
            turn.find(
                "late_entry",
                step.item.id,
                step.item.at,
                station=step.item.station,
                card=known.id,
                loop=known.loop,
            )


def _range(story: Sequence[Step], key: Key) -> tuple[int, int]:
    """Where to start, and the last step that must be folded whatever the card is before it."""
    first = next((i for i, s in enumerate(story) if s.item.key >= key), len(story) - 1)
    near = story[first : first + 2]
    if any(isinstance(s.item, Fact) and s.item.event is Event.UNDO for s in near):
        first = max(first - 1, 0)
    until = first
    for index, step in enumerate(story):
        named = step.item.entry if isinstance(step.item, Decision) else None
        if step.outcome is None or (named and step.item.key >= key):
            until = max(until, index)
    return first, until


def _after(step: Step, start: Card) -> Card:
    return start if step.outcome is None else step.outcome.card


def _grounds(turn: Turn, known: Known, items: Sequence[Item]) -> Mapping[str, Ground]:
    rulings = {
        i.entry: i for i in items if isinstance(i, Decision) and i.what is Change.RULING and i.entry
    }
    grounds: dict[str, Ground] = {}
    for item in items:
        loop = turn.floor.loop_at(known.loop, item.at)
        here = True
        if isinstance(item, Fact):
            here = serves(turn.floor.plant_at(item.at), loop, item.station, item.event)
        ground = turn.ground(known.loop, item, here)
        grounds[item.id] = replace(ground, ruling=rulings.get(item.id))
    return grounds


def _write_steps(
    turn: Turn, known: Known, changed: Sequence[Step], old: Mapping[str, Step]
) -> None:
    """Each changed step's row, its findings, and events it causes that were not told before."""
    for step in changed:
        outcome, item = step.outcome, step.item
        if outcome is None:
            continue
        was = old[item.id].outcome
        after, findings = dump_card(outcome.card), ",".join(outcome.findings)
        if isinstance(item, Fact):
            if outcome.verdict is not None:
                turn.late_verdicts[item.id] = outcome.verdict.value
            turn.book.fact_updates.append(
                {
                    "journal": item.journal,
                    "seq": item.seq,
                    "verdict": outcome.verdict.value if outcome.verdict else None,
                    "findings": findings,
                    "after": after,
                }
            )
        else:
            turn.book.decision_card_updates.append(
                {"number": item.number, "card": known.id, "findings": findings, "after": after}
            )
        _write_findings(turn, known, item, () if was is None else was.findings, outcome.findings)
        if was is None:
            leave_task(turn, known, item, outcome)
        if outcome.effective and (was is None or was.card.portion != outcome.card.portion):
            tell_moves(turn, known, item, known.card, outcome)


def _write_findings(
    turn: Turn, known: Known, item: Item, old: Sequence[str], new: Sequence[str]
) -> None:
    for type_ in old:
        if type_ not in new:
            finding = item_finding(item, type_, known.id)
            turn.book.resolve(finding, turn.now, "pullcord", "superseded by a late entry")
    add_findings(turn, known, item, [t for t in new if t not in old])


def _write_orders(
    turn: Turn, known: Known, before: Card, changed: Sequence[Step], story: Sequence[Step]
) -> None:
    """Orders of the time that was folded anew: kept, renamed, withdrawn or unfounded."""
    ids = {before.portion.order} if before.portion else set()
    new: dict[str, Portion] = {}
    for step in changed:
        ids.add(step.item.id)
        if isinstance(step.item, Decision) and step.item.order:
            ids.add(step.item.order)
        if step.outcome is None:
            continue
        if step.outcome.card.portion is not None:
            new[step.outcome.card.portion.order] = step.outcome.card.portion
        for portion in step.outcome.portions:
            new[portion.order] = portion
    last = changed[-1]
    whole = last.item.id == story[-1].item.id
    still = last.outcome.card.portion if last.outcome else None
    old = turn.book.portions_of(known.id, ids | new.keys())
    if before.portion is not None and before.portion.order in old:
        new = {before.portion.order: before.portion} | new
    if still is not None and not whole and still.order in old:
        # the card met its old self again: later steps have the last word on this order
        old.pop(still.order)
        new.pop(still.order, None)
    loop = turn.floor.loop_at(known.loop, last.item.at)
    done = reconcile(old, new, last.item.at)
    for was, now in done.renamed.items():
        turn.book.rename(known.id, was, now)
        tell(turn, last.item, "order.renamed", now)
    turn.book.share(known.id, done.kept, loop)
    turn.book.share(known.id, [*done.withdrawn, *done.unfounded], loop)
    for portion in done.withdrawn:
        tell_portion(turn, last.item, portion)
        tell(turn, last.item, "order.corrected", portion.order)
    for portion in done.unfounded:
        turn.find("order_unfounded", portion.order, last.item.at, card=known.id, loop=known.loop)
