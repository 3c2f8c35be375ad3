"""True stories end the same in whatever order they come: cards, orders with their ids, findings, verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from pullcord_server.domain.card import (
    Card,
    Change,
    Decision,
    Event,
    Fact,
    Item,
    Life,
    OrderState,
    State,
)
from pullcord_server.domain.plant import HOUR, MINUTE, Kind, Loop, Release
from pullcord_wire.message import Verdict
from support.telling import HERE, Ending, Intake, Tale, told_in_time, words

GAPS = (0, 0, 1, 20_000, 61_000, 6 * MINUTE, 21 * MINUTE, HOUR)
JOURNALS = ("a", "b", "c")
SCANNED = (
    Event.WITHDRAWAL,
    Event.WITHDRAWAL,
    Event.ARRIVAL,
    Event.ARRIVAL,
    Event.DISPATCH,
    Event.START,
    Event.FINISH,
    Event.LEVEL_EMPTY,
    Event.LEVEL_FULL,
)
BY_HAND = (Event.START, Event.FINISH, Event.DISPATCH, Event.ARRIVAL, Event.RELEASE)
CHANGES = (
    Change.BLOCK,
    Change.UNBLOCK,
    Change.HOLD,
    Change.UNHOLD,
    Change.LOST,
    Change.CIRCULATE,
    Change.CLOSE,
    Change.SURPLUS,
    Change.REPLACED,
    Change.RETIRE,
    Change.PRINT,
)
RULED: tuple[dict[str, Any], ...] = (
    {"verdict": Verdict.BLOCKED, "finding": "blocked_drop", "state": State.EMPTY},
    {"verdict": Verdict.TAKE_OUT, "life": Life.SURPLUS, "state": State.EMPTY},
    {"verdict": Verdict.HOLD, "finding": "held"},
    {"verdict": Verdict.NOT_IN_STATE, "finding": "arrival_missed"},
    {"verdict": Verdict.ACCEPTED},
)
SCANS = {
    Kind.WITHDRAWAL: ("withdrawal", "dispatch", "arrival"),
    Kind.PRODUCTION: ("withdrawal", "start", "finish"),
    Kind.SIGNAL: ("withdrawal", "start", "finish"),
    Kind.SUPPLIER: ("withdrawal", "dispatch", "arrival"),
}


@st.composite
def loops(draw: st.DrawFn) -> tuple[tuple[int, Loop], ...]:
    """A loop, withdrawal most often, perhaps defined anew on the way."""
    kind = draw(st.sampled_from([Kind.WITHDRAWAL] * 4 + list(Kind)))
    return tuple(
        (since, draw(_definition(kind))) for since in draw(st.sampled_from([(0,), (0, HOUR)]))
    )


@st.composite
def _definition(draw: st.DrawFn, kind: Kind) -> Loop:
    names = SCANS[kind]
    scans = draw(st.sampled_from([names, (names[0], names[2]), names[:1]]))
    waits = kind in (Kind.WITHDRAWAL, Kind.PRODUCTION) and draw(st.integers(0, 4)) == 4
    return Loop(
        id="L",
        kind=kind,
        item="hose",
        source="works",
        consumer="works" if kind in (Kind.PRODUCTION, Kind.SIGNAL) else "line",
        quantity=20,
        cards=3,
        lead_time=40 * MINUTE,
        scans=scans,
        min_cycle=20 * MINUTE,
        strict=len(scans) > 1 and draw(st.integers(0, 3)) == 3,
        release=Release.TIMES if waits else Release.AT_ONCE,
    )


@st.composite
def tales(draw: st.DrawFn, most: int = 12) -> Tale:
    """What happened to one card, in time order."""
    at = 1
    items: list[Item] = []
    numbers = dict.fromkeys(JOURNALS, 0)
    for number in range(1, draw(st.integers(1, most)) + 1):
        at += draw(st.sampled_from(GAPS))
        if draw(st.integers(0, 3)):
            journal = draw(st.sampled_from(JOURNALS))
            numbers[journal] += 1
            items.append(draw(_fact(journal, numbers[journal], at, items)))
        else:
            at += 1
            items.append(draw(_decision(number, at, items)))
    new = Card(state=State.EMPTY, life=Life.NEW, filled=False)
    start = draw(st.sampled_from([Card(actual=20), Card(actual=20), new]))
    return Tale("L-001", start, draw(loops()), tuple(items))


@st.composite
def _fact(draw: st.DrawFn, journal: str, seq: int, at: int, before: Sequence[Item]) -> Fact:
    own = [i for i in before if isinstance(i, Fact) and i.journal == journal]
    if own and draw(st.integers(0, 5)) == 5:
        of = draw(st.sampled_from(own[-2:])).id
        return Fact(journal, seq, at, HERE, Event.UNDO, of=of)
    station = draw(st.sampled_from([HERE] * 5 + ["elsewhere"]))
    version = draw(st.sampled_from([None] * 5 + [1, 2]))
    return Fact(journal, seq, at, station, draw(st.sampled_from(SCANNED)), version)


@st.composite
def _decision(draw: st.DrawFn, number: int, at: int, before: Sequence[Item]) -> Decision:
    id_ = f"d{number}"
    kind = draw(st.integers(0, 5))
    voidable = [
        i
        for i in before
        if isinstance(i, Fact) or (isinstance(i, Decision) and isinstance(i.what, Event))
    ]
    facts = [i for i in before if isinstance(i, Fact) and i.event is not Event.UNDO]
    if kind == 0 and voidable:
        return Decision(number, id_, at, Change.VOID, entry=draw(st.sampled_from(voidable)).id)
    if kind == 1 and facts:
        entry = draw(st.sampled_from(facts)).id
        return Decision(number, id_, at, Change.RULING, entry=entry, **draw(st.sampled_from(RULED)))
    if kind in (2, 3):
        return Decision(number, id_, at, draw(st.sampled_from(BY_HAND)))
    return Decision(number, id_, at, draw(st.sampled_from(CHANGES)), reason="so")


def lanes(tale: Tale) -> list[list[Item]]:
    """What keeps its own order on the way: each journal, and the decisions."""
    of: dict[str, list[Item]] = {}
    for item in tale.items:
        of.setdefault(item.journal if isinstance(item, Fact) else "", []).append(item)
    return list(of.values())


@st.composite
def deliveries(draw: st.DrawFn, tale: Tale) -> list[list[Item]]:
    """Turns in which a story may come: lanes interleaved at random, a few items a turn."""
    waiting = [list(lane) for lane in lanes(tale)]
    turns: list[list[Item]] = []
    while waiting:
        turn: list[Item] = []
        for _ in range(draw(st.integers(1, 3))):
            if not waiting:
                break
            lane = draw(st.sampled_from(waiting))
            turn.append(lane.pop(0))
            waiting = [w for w in waiting if w]
        turns.append(turn)
    return turns


def deliver(tale: Tale, turns: Sequence[Sequence[Item]]) -> Ending:
    """The story as it came, turn by turn."""
    intake = Intake(tale)
    for turn in turns:
        for item in turn:
            intake.take(item)
        intake.end_turn()
    return intake.ending()


def came(turns: Sequence[Sequence[Item]]) -> str:
    """How a story came, turn by turn."""
    return "it came:\n" + "\n".join("; ".join(words(i) for i in turn) for turn in turns)


def assert_same(one: Ending, two: Ending, told: str) -> None:
    """Every part of two endings is equal."""
    assert one.card == two.card, told
    assert one.verdicts == two.verdicts, told
    assert one.findings == two.findings, told
    assert one.orders == two.orders, told


@dataclass(frozen=True)
class Delivery:
    """Turns, to be read where an example fails."""

    turns: list[list[Item]]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """As Hypothesis shows it."""
        printer.text(came(self.turns))


MANY = settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(st.data())
def test_a_story_ends_the_same_in_whatever_order_it_comes(data: st.DataObject) -> None:
    tale = data.draw(tales())
    turns = data.draw(deliveries(tale).map(Delivery)).turns
    ending = deliver(tale, turns)
    event(f"{len(ending.orders)} orders")
    assert_same(ending, told_in_time(tale), came(turns))


@settings(max_examples=300, deadline=None)
@given(tales())
def test_a_story_that_comes_in_time_is_a_step_for_each_fact(tale: Tale) -> None:
    turns = [[item] for item in tale.items]
    assert_same(deliver(tale, turns), told_in_time(tale), came(turns))


@settings(max_examples=300, deadline=None)
@given(tales())
def test_decisions_first_and_then_journal_after_journal_is_how_a_lost_database_fills(
    tale: Tale,
) -> None:
    order = sorted(lanes(tale), key=lambda lane: isinstance(lane[0], Fact))
    turns = [list(lane) for lane in order]
    assert_same(deliver(tale, turns), told_in_time(tale), came(turns))


@settings(max_examples=300, deadline=None)
@given(tales())
def test_a_card_has_one_open_order_at_most(tale: Tale) -> None:
    ending = told_in_time(tale)
    open_ = [o for o, p in ending.orders.items() if p.state is not OrderState.CLOSED]
    assert open_ == ([ending.card.portion.order] if ending.card.portion else [])
