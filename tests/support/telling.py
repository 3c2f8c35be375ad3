"""True stories of cards, and an intake in memory that folds as the desk does: whatever comes, in any order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
from pullcord_server.domain.fold import UNDO_WINDOW, Refolded, Span, Step, refold
from pullcord_server.domain.invariant import broken
from pullcord_server.domain.order import concerned, rewrite
from pullcord_server.domain.plant import Kind, Loop
from pullcord_server.domain.step import step
from pullcord_server.domain.transition import Ground

HERE = "here"


def words(item: Item) -> str:
    """An item as a person would tell it."""
    if isinstance(item, Fact):
        what = item.event.value + (f" of {item.of}" if item.of else "")
        where = "" if item.station == HERE else " elsewhere"
        print_ = f" print {item.version}" if item.version else ""
        return f"{item.at / 1000:.3f}s {item.id} {what}{where}{print_}"
    about = f" {item.entry}" if item.entry else ""
    verdict = f" {item.verdict.value}" if item.verdict else ""
    return f"{item.at / 1000:.3f}s {item.id} decides {item.what}{about}{verdict}"


@dataclass(frozen=True, slots=True)
class Tale:
    """A card's whole story in time order. `loops`: since when each definition of its loop holds."""

    card: str
    start: Card
    loops: tuple[tuple[int, Loop], ...]
    items: tuple[Item, ...]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """As Hypothesis shows it."""
        start = f"the card starts {self.start.life.value} {self.start.state.value}"
        loops = [
            f"from {since}: {loop.kind.value} {'strict ' if loop.strict else ''}"
            f"{loop.release.value} {'+'.join(loop.scans)}"
            for since, loop in self.loops
        ]
        printer.text("\n".join(["a tale:", start, *loops, *(words(i) for i in self.items)]))

    def loop_at(self, at: int) -> Loop:
        """The definition that held at `at`."""
        return [loop for since, loop in self.loops if since <= at][-1]

    def ground(self, rulings: Mapping[str | None, Decision]) -> Callable[[Item], Ground]:
        """What each item stands on. A scan serves where it was read `here`."""

        def of(item: Item) -> Ground:
            loop = self.loop_at(item.at)
            serves = not isinstance(item, Fact) or item.station == HERE
            return Ground(loop, lambda at: at + loop.lead_time, serves, rulings.get(item.id))

        return of


@dataclass(frozen=True, slots=True)
class Ending:
    """What a story ends in: the card, what each item was told, the orders that are, the findings that stand."""

    card: Card
    verdicts: Mapping[str, object]
    orders: Mapping[str, Portion]
    findings: frozenset[tuple[str, str]]


def rulings_of(items: Sequence[Item]) -> dict[str | None, Decision]:
    """Standing rulings by the fact they are about."""
    return {i.entry: i for i in items if isinstance(i, Decision) and i.what is Change.RULING}


def told_in_time(tale: Tale) -> Ending:
    """The story folded once from its beginning."""
    steps = [Step(i) for i in sorted(tale.items, key=lambda i: i.key)]
    ground = tale.ground(rulings_of(tale.items))
    span = Span((-1, 0, "", 0), (-1, 0, "", 0))
    told = refold(tale.start, steps, span, ground).steps
    orders: dict[str, Portion] = {}
    card = tale.start
    for one in told:
        assert one.outcome is not None
        wrong = broken(card, one.outcome, tale.loop_at(one.item.at))
        assert wrong is None, f"{one.item.id} makes {wrong}"
        card = one.outcome.card
        orders |= {p.order: p for p in one.outcome.portions}
    return _ending(tale.start, told, orders)


def _ending(start: Card, told: Sequence[Step], orders: Mapping[str, Portion]) -> Ending:
    card, verdicts, findings = start, {}, set()
    for one in told:
        assert one.outcome is not None, f"{one.item} was never folded"
        card = one.outcome.card
        verdicts[one.item.id] = one.outcome.verdict
        findings |= {(one.item.id, type_) for type_ in one.outcome.findings}
    return Ending(card, verdicts, orders, frozenset(findings))


@dataclass(slots=True)
class Intake:
    """A card's rows while its story comes in: its steps, its orders, those that were unfounded, its findings."""

    tale: Tale
    steps: list[Step] = field(default_factory=list)
    orders: dict[str, Portion] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    findings: set[tuple[str, str]] = field(default_factory=set)
    late: Span | None = None

    @property
    def card(self) -> Card:
        """The card as its row says."""
        outcome = self.steps[-1].outcome if self.steps else None
        return self.tale.start if outcome is None else outcome.card

    def take(self, item: Item) -> None:
        """One step for what is newest; what is late waits for the end of its turn."""
        newest = self.steps[-1].item.key if self.steps else (-1, 0, "", 0)
        about = isinstance(item, Decision) and item.what in (Change.VOID, Change.RULING)
        undo = isinstance(item, Fact) and item.event is Event.UNDO
        if self.late is None and item.key > newest and not about and not undo:
            outcome = step(self.card, item, self.tale.ground({})(item))
            self._hold(self.card, item, outcome)
            self.orders |= {p.order: p for p in outcome.portions}
            self._find(item, (), outcome.findings)
            self.steps.append(Step(item, _kept(outcome)))
            return
        self.steps.append(Step(item))
        self.steps.sort(key=lambda s: s.item.key)
        span = Span(item.key, item.key) if self.late is None else self.late.with_key(item.key)
        self.late = span.with_key(self._entry_key(item))

    def _entry_key(self, item: Item) -> Key:
        named = item.entry if isinstance(item, Decision) else None
        return next((s.item.key for s in self.steps if s.item.id == named), item.key)

    def end_turn(self) -> None:
        """Fold what was late, and put the rows right."""
        if self.late is None:
            return
        span, self.late = self.late, None
        since = span.first[0] - UNDO_WINDOW
        cut = next(i for i, s in enumerate(self.steps) if s.item.at >= since)
        before = self.steps[cut - 1].outcome if cut else None
        start = self.tale.start if before is None else before.card
        story = self.steps[cut:]
        ground = self.tale.ground(rulings_of([s.item for s in story]))
        refolded = refold(start, story, span, ground)
        places = {s.item.id: i for i, s in enumerate(self.steps)}
        card = refolded.before
        for one in refolded.steps:
            assert one.outcome is not None
            self._hold(card, one.item, one.outcome)
            card = one.outcome.card
            old = self.steps[places[one.item.id]].outcome
            self._find(one.item, () if old is None else old.findings, one.outcome.findings)
            self.steps[places[one.item.id]] = Step(one.item, _kept(one.outcome))
        self._rewrite(refolded)

    def _hold(self, card: Card, item: Item, outcome: Outcome) -> None:
        """What must always hold, holds also while something is still missing."""
        wrong = broken(card, outcome, self.tale.loop_at(item.at))
        assert wrong is None, f"{item.id} makes {wrong}"

    def _rewrite(self, refolded: Refolded) -> None:
        ids = concerned(refolded)
        old = {o: p for o, p in self.orders.items() if o in ids}
        loop = self.tale.loop_at(refolded.steps[-1].item.at)
        shared = loop.kind in (Kind.SIGNAL, Kind.SUPPLIER)
        done = rewrite(refolded, old, dead=self.dead & old.keys(), shared=shared)
        for was, now in done.renamed.items():
            assert now not in self.orders, "two rows would have one id"
            self.orders[now] = self.orders.pop(was)
        self.orders |= {p.order: p for p in (*done.kept, *done.withdrawn, *done.unfounded)}
        self.dead |= {p.order for p in done.unfounded}
        self.dead -= {p.order for p in done.kept}

    def _find(self, item: Item, old: Sequence[str], new: Sequence[str]) -> None:
        self.findings -= {(item.id, type_) for type_ in old if type_ not in new}
        self.findings |= {(item.id, type_) for type_ in new}

    def ending(self) -> Ending:
        """What came of it: orders that are not, and that never were, aside."""
        live = {
            o: p
            for o, p in self.orders.items()
            if p.state is not OrderState.WITHDRAWN and o not in self.dead
        }
        told = _ending(self.tale.start, self.steps, live)
        assert told.findings == self.findings
        return told


def _kept(outcome: Outcome) -> Outcome:
    """What rows remember of a step."""
    return Outcome(outcome.card, verdict=outcome.verdict, findings=outcome.findings)
