"""Late facts: fold a card again from the step before them, once a turn, and put its rows right (DESIGN 3.1)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pullcord_server.domain.card import (
    Card,
    Change,
    Decision,
    Event,
    Fact,
    Item,
    Key,
    OrderState,
    Outcome,
    Portion,
)
from pullcord_server.domain.fold import Refolded, Span, Step, refold, voids
from pullcord_server.domain.order import concerned, rewrite
from pullcord_server.domain.place import serves
from pullcord_server.domain.plant import Loop
from pullcord_server.domain.transition import Ground
from pullcord_server.storage.book import finding_id, unfounded_id
from pullcord_server.storage.card_json import dump_card
from pullcord_server.storage.shelf import Known
from pullcord_server.storage.story import Story, read_stories
from pullcord_wire.message import Verdict

from .guard import holds
from .record import (
    add_findings,
    call_for_hold,
    item_finding,
    leave_task,
    note_lost,
    tell,
    tell_step,
    wait_for_partner,
)
from .standing import let_stand
from .turn import Turn

SUPERSEDED = "superseded by a late entry"
#: The finding of a card of an exchange that was read without the other.
INCOMPLETE = "exchange_incomplete"


def mark_late(turn: Turn, known: Known, key: Key, last: Key | None = None) -> None:
    """The card must be folded again from `key` on, whatever comes of it up to `last`, before this turn ends."""
    span = turn.late.get(known.id, Span(key, key)).with_key(key).with_key(last or key)
    turn.late[known.id] = span
    known.key = max(known.key, key, last or key)


@dataclass(frozen=True, slots=True)
class _Folded:
    """A card that is folded again. `ruled`: its facts that were settled once; `source`: the entry that came."""

    known: Known
    story: Story
    refolded: Refolded
    ruled: frozenset[str | None]
    source: Fact | None


def fold_late(turn: Turn) -> None:
    """Fold every card that got something late in this turn."""
    if not turn.late:
        return
    turn.book.flush()
    turn.book.preload(turn.late)
    found = [(turn.book.card(c), span) for c, span in turn.late.items()]
    spans = [(known, span) for known, span in found if known is not None]
    turn.late.clear()
    stories = read_stories(turn.book.connection, [(k, span.first) for k, span in spans])
    folded = [
        _fold(turn, known, story, span)
        for (known, span), story in zip(spans, stories, strict=True)
        if story.steps
    ]
    portions = turn.book.portions_of({f.known.id: concerned(f.refolded) for f in folded})
    dead = dict.fromkeys(turn.book.unfounded(_perhaps_dead(turn, folded, portions)), True)
    for one in folded:
        _put_right(turn, one)
        _write_orders(turn, one, portions[one.known.id], dead)
        turn.tally.late_folds += 1
    turn.book.flush()


def _perhaps_dead(
    turn: Turn, folded: Sequence[_Folded], portions: Mapping[str, Mapping[str, Portion]]
) -> Iterator[str]:
    """Orders that may be unfounded: closed ones of these cards, and those of several cards that a card joins anew."""
    for one in folded:
        own = portions[one.known.id]
        yield from (p.order for p in own.values() if p.state is OrderState.CLOSED)
        loop = turn.floor.loop_at(one.known.loop, one.refolded.steps[-1].item.at)
        if loop.shares_orders:
            outcomes = [s.outcome for s in one.refolded.steps if s.outcome is not None]
            yield from (p.order for o in outcomes for p in o.portions if p.order not in own)


def _fold(turn: Turn, known: Known, story: Story, span: Span) -> _Folded:
    rulings = {
        s.item.entry: s.item
        for s in story.steps
        if isinstance(s.item, Decision) and s.item.what is Change.RULING
    }

    def ground(item: Item) -> Ground:
        here = True
        if isinstance(item, Fact):
            loop = turn.floor.loop_at(known.loop, item.at)
            here = serves(turn.floor.plant_at(item.at), loop, item.station, item.event)
        return turn.ground(known.loop, item, here, rulings.get(item.id))

    refolded = refold(story.start, story.steps, span, ground)
    came = [s.item for s in story.steps if s.item.id in turn.came]
    source = next((i for i in came if isinstance(i, Fact)), None)
    return _Folded(known, story, refolded, frozenset(rulings), source)


def _put_right(turn: Turn, folded: _Folded) -> None:
    """Every row of a card that its late fold changes, but for its orders."""
    known, steps = folded.known, folded.story.steps
    before = known.card
    old = {s.item.id: s.outcome for s in steps}
    _note_late(turn, known, steps)
    card = folded.refolded.before
    for step in folded.refolded.steps:
        if step.outcome is not None:
            loop = turn.floor.loop_at(known.loop, step.item.at)
            holds(turn, known, step.item, card, step.outcome, loop)
            _write_step(turn, folded, step.item, card, step.outcome, old[step.item.id])
            if old[step.item.id] is None and step.item.id not in folded.ruled:
                _let_stand(turn, known, step.item, card, step.outcome)
            card = step.outcome.card
    newest = steps[-1].item
    turn.book.keep(known, card if folded.refolded.whole else known.card, newest)
    known.key = newest.key
    note_lost(turn, known, before)
    turn.touch(turn.floor.loop_at(known.loop, newest.at))


def _note_late(turn: Turn, known: Known, steps: Sequence[Step]) -> None:
    """Another station was faster: a note of arrival, outside the fold."""
    seen_later = False
    for step in reversed(steps):
        item = step.item
        if not isinstance(item, Fact) or item.event is Event.UNDO:
            continue
        seen_later = seen_later or step.outcome is not None
        if seen_later and step.outcome is None and item.id in turn.came:
            turn.find(
                "late_entry",
                item.id,
                item.at,
                station=item.station,
                card=known.id,
                loop=known.loop,
            )


def _write_step(
    turn: Turn, folded: _Folded, item: Item, before: Card, outcome: Outcome, was: Outcome | None
) -> None:
    """A step's row, its findings, and its events; those that were told already are not told again."""
    known = folded.known
    if was is None or _said(was) != _said(outcome):
        _update(turn, known, item, outcome)
    _write_findings(turn, known, item, () if was is None else was.findings, outcome.findings)
    if was is None:
        call_for_hold(turn, known, item, outcome)
        leave_task(turn, known, item, outcome)
    if was is None or was.verdict is not outcome.verdict:
        wait_for_partner(turn, item)
    _part(turn, known, item, outcome, was)
    own = item if isinstance(item, Fact) and item.id in turn.came else folded.source
    tell_step(turn, known, item, before, outcome, own)


def _part(turn: Turn, known: Known, item: Item, outcome: Outcome, was: Outcome | None) -> None:
    """A scan that is taken back, or refused after all, misses no partner; the partner that it had does."""
    gone = _taken_back(item, outcome, was)
    if gone is not None:
        misses_nobody(turn, gone)
        turn.parted.append((known.id, gone))


def misses_nobody(turn: Turn, entry: str) -> None:
    """This scan of an exchange has its partner, or needs none."""
    turn.book.resolve(finding_id(entry, INCOMPLETE), turn.now, "pullcord", SUPERSEDED)


def _taken_back(item: Item, outcome: Outcome, was: Outcome | None) -> str | None:
    """The entry that this step makes one that never counted in an exchange."""
    accepted = outcome.verdict is Verdict.ACCEPTED
    if isinstance(item, Decision):
        return item.entry if item.what is Change.VOID else None
    if item.event is Event.UNDO:
        return item.of if accepted else None
    counted = item.event is Event.DISPATCH and was is not None and was.verdict is Verdict.ACCEPTED
    return item.id if counted and not accepted else None


def _said(outcome: Outcome) -> tuple[object, ...]:
    return (outcome.verdict, outcome.findings, outcome.card)


def _update(turn: Turn, known: Known, item: Item, outcome: Outcome) -> None:
    after, findings = dump_card(outcome.card), ",".join(outcome.findings)
    if isinstance(item, Decision):
        turn.book.decision_card_updates.append(
            {"number": item.number, "card": known.id, "findings": findings, "after": after}
        )
        return
    verdict = outcome.verdict.value if outcome.verdict else None
    if verdict is not None:
        turn.late_verdicts[item.id] = verdict
    turn.book.fact_updates.append(
        {
            "journal": item.journal,
            "seq": item.seq,
            "verdict": verdict,
            "findings": findings,
            "after": after,
        }
    )


def _let_stand(turn: Turn, known: Known, item: Item, before: Card, outcome: Outcome) -> None:
    """A refusal that came a little late is shown all the same, and stands."""
    if isinstance(item, Fact) and item.id in turn.came:
        loop = turn.floor.loop_at(known.loop, item.at)
        let_stand(turn, known.id, item, before, outcome, loop)


def _write_findings(
    turn: Turn, known: Known, item: Item, old: Sequence[str], new: Sequence[str]
) -> None:
    for type_ in old:
        if type_ not in new:
            finding = item_finding(item, type_, known.id)
            turn.book.resolve(finding, turn.now, "pullcord", SUPERSEDED)
    add_findings(turn, known, item, [t for t in new if t not in old])


def _write_orders(
    turn: Turn, folded: _Folded, old: Mapping[str, Portion], dead: dict[str, bool]
) -> None:
    """Orders of the time that was folded anew: kept, renamed, withdrawn or unfounded.

    `dead`: orders that were unfounded when the turn's folds began, and whether they still are.
    """
    known, last = folded.known, folded.refolded.steps[-1].item
    loop = turn.floor.loop_at(known.loop, last.at)
    shared = loop.shares_orders
    still = [order for order, is_dead in dead.items() if is_dead]
    done = rewrite(folded.refolded, old, dead=still, shared=shared)
    for order in {p.order for p in done.kept}.intersection(still):
        dead[order] = False
        _revive(turn, known, order, loop)
    left = [p for p in (*done.withdrawn, *done.unfounded) if shared and _goes_on(turn, known, p)]
    back = _begun_and_taken_back(folded, done.unfounded, old)
    unfounded = [p for p in done.unfounded if p not in left and p not in back]
    for was, now in done.renamed.items():
        turn.book.rename(known.id, was, now)
        tell(turn, last, "order.renamed", now, folded.source, named=True)
    kept = [p for p in done.kept if p.order in dead or old.get(p.order) != p]
    parted = [_without(p) for p in left]
    gone = [p for p in done.withdrawn if p not in left]
    gone += [_without(p) for p in back if p not in left]
    turn.book.share(known.id, [*kept, *parted, *gone, *unfounded], loop)
    for portion in gone:
        tell(turn, last, "order.withdrawn", portion.order, folded.source, named=True)
    for portion in unfounded:
        turn.find("order_unfounded", portion.order, last.at, card=known.id, loop=known.loop)
    undone = [p for p in kept if p.order in old and _undone(old[p.order], p)]
    for portion in (*left, *gone, *unfounded, *undone):
        tell(turn, last, "order.corrected", portion.order, folded.source, named=True)


def _revive(turn: Turn, known: Known, order: str, loop: Loop) -> None:
    """An order that was unfounded is one after all: of this card, and not of the one that left it last."""
    turn.book.resolve(unfounded_id(order), turn.now, "pullcord", SUPERSEDED)
    for card, share in turn.book.order_portions(order).items():
        if card != known.id and share.state is not OrderState.WITHDRAWN:
            turn.book.share(card, [_without(share)], loop)


def _without(share: Portion) -> Portion:
    """The share of a card that left its order."""
    return replace(share, state=OrderState.WITHDRAWN, closed_by=None)


def _begun_and_taken_back(
    folded: _Folded, unfounded: Sequence[Portion], old: Mapping[str, Portion]
) -> list[Portion]:
    """Orders that one scan opened and started, which was taken back: nothing of them was begun."""
    if not unfounded:
        return []
    taken = voids([step.item for step in folded.story.steps])
    return [
        p
        for p in unfounded
        if p.order in taken
        and old[p.order].opened_at in (p.started_at, p.dispatched_at)
        and old[p.order].closed_at is None
    ]


def _goes_on(turn: Turn, known: Known, portion: Portion) -> bool:
    """Whether an order of several cards goes on without this one: the card leaves it, started or not."""
    shares = turn.book.order_portions(portion.order)
    return any(c != known.id and p.state is not OrderState.WITHDRAWN for c, p in shares.items())


def _undone(was: Portion, now: Portion) -> bool:
    """Whether something that was told of an order did not happen, or not then."""
    pairs = (
        (was.started_at, now.started_at),
        (was.dispatched_at, now.dispatched_at),
        (was.closed_at, now.closed_at),
    )
    return any(before is not None and before != after for before, after in pairs)
