"""One step of a card says what the published table and overlays say, for every cell and every row of them."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from pullcord_server.domain.card import (
    Card,
    Change,
    ClosedBy,
    Decision,
    Event,
    Fact,
    Item,
    Life,
    OrderState,
    Outcome,
    Portion,
    State,
)
from pullcord_server.domain.fold import Span, Step, refold
from pullcord_server.domain.order import concerned, order_of, rewrite
from pullcord_server.domain.plant import HOUR, MINUTE, CardKind, Kind, Loop, Release
from pullcord_server.domain.step import step, window
from pullcord_server.domain.transition import Ground
from pullcord_wire.message import Verdict
from support.published import (
    BY_CARD,
    IN_HOUSE,
    ORACLE,
    PROFILES,
    Open,
    columns,
    expected_orders,
    scans_of,
)

NOON = 1_000 * HOUR
LEAD = 45 * MINUTE


def loop_of(kind: Kind, profile: str = "tolerant", release: Release = Release.AT_ONCE) -> Loop:
    """A loop that the profile's table judges."""
    return Loop(
        id="L",
        kind=kind,
        item="hose",
        source="machining",
        consumer="machining" if kind in IN_HOUSE else "assembly",
        quantity=20,
        cards=4,
        lead_time=LEAD,
        scans=scans_of(kind, profile),
        strict=profile.startswith("strict"),
        min_cycle=20 * MINUTE,
        release=release,
    )


def ground(loop: Loop, *, serves: bool = True, ruling: Decision | None = None) -> Ground:
    """Goods are due a lead time after their release."""
    return Ground(loop, lambda released: released + loop.lead_time, serves, ruling)


def card_in(state: State, kind: Kind) -> Card:
    """A card that is in `state` with the order it has there."""
    opened = Portion("before.1", OrderState.OPEN, 20, NOON - 2 * HOUR)
    released = replace(opened, state=OrderState.RELEASED, released_at=NOON - 2 * HOUR)
    portion: Portion | None = None
    match state:
        case State.FULL:
            portion = None
        case State.EMPTY:
            portion = opened if kind in BY_CARD else None
        case State.RELEASED:
            portion = released
        case State.IN_PROCESS:
            portion = replace(released, state=OrderState.IN_PROCESS)
        case State.IN_TRANSIT:
            portion = replace(released, state=OrderState.IN_TRANSIT)
    actual = 20 if state is State.FULL else 0
    return Card(state=state, portion=portion, actual=actual, since=NOON - 2 * HOUR)


def seen(event: Event, at: int = NOON, **values: Any) -> Fact:
    """A scan or level at some station."""
    return Fact("j", 7, at, "somewhere", event, **values)


def decided(what: Event | Change, at: int = NOON, number: int = 7, **values: Any) -> Decision:
    """A decision about the card."""
    return Decision(number, f"d{number}", at, what, **values)


def assert_as_published(
    outcome: Outcome, published: dict[str, Any], card: Card, item: Item, kind: Kind
) -> None:
    """State, orders, verdict, finding and inferred steps are those of the cell."""
    before = Open(card.portion.order, card.portion.state) if card.portion else None
    orders = expected_orders(published["order"], before, item.id, kind)
    after = outcome.card
    assert after.state.value == published["to"]
    assert {p.order: (p.state, p.closed_by) for p in outcome.portions} == orders.touched
    assert (
        Open(after.portion.order, after.portion.state) if after.portion else None
    ) == orders.open
    assert (outcome.verdict.value if outcome.verdict else None) == published["verdict"]
    assert outcome.findings == ((published["finding"],) if "finding" in published else ())
    assert outcome.inferred == tuple(published.get("inferred", ()))
    for portion in outcome.portions:
        if portion.state is not OrderState.OPEN and portion.order == item.id:
            assert (portion.released_at, portion.due_at) == (item.at, item.at + LEAD)
        if portion.state is OrderState.CLOSED:
            assert portion.closed_at == item.at


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("profile", PROFILES)
def test_every_cell_of_the_published_table_is_what_a_step_does(
    profile: str, kind: Kind, state: State
) -> None:
    loop = loop_of(kind, profile)
    for column, event, again in columns():
        card = card_in(state, kind)
        if again:
            card = replace(card, last={event: NOON - window(loop, event) + 1})
        item = decided(event) if event is Event.RELEASE else seen(event)
        outcome = step(card, item, ground(loop))
        assert_as_published(outcome, ORACLE[profile][kind][state][column], card, item, kind)


@pytest.mark.parametrize("kind", BY_CARD)
@pytest.mark.parametrize("profile", PROFILES)
def test_where_the_release_waits_a_drop_opens_an_order_that_is_not_released(
    profile: str, kind: Kind
) -> None:
    release = Release.COUNT if kind is Kind.WITHDRAWAL else Release.HEIJUNKA
    waits = 0
    for column, event, again in columns():
        published = ORACLE[profile][kind]["full"][column]
        if "waits" not in published:
            continue
        loop, card = loop_of(kind, profile, release), card_in(State.FULL, kind)
        if again:
            card = replace(card, last={event: NOON - 1})
        item = seen(event)
        outcome = step(card, item, ground(loop))
        assert_as_published(outcome, published | published["waits"], card, item, kind)
        waits += 1
    assert waits == {Kind.WITHDRAWAL: 2, Kind.PRODUCTION: 4}[kind]


def test_a_drop_that_closes_the_cycle_before_waits_for_its_release_like_any_other() -> None:
    loop = loop_of(Kind.WITHDRAWAL, release=Release.TIMES)
    outcome = step(card_in(State.IN_TRANSIT, loop.kind), seen(Event.WITHDRAWAL), ground(loop))
    assert outcome.card.state is State.EMPTY
    assert [p.state for p in outcome.portions] == [OrderState.CLOSED, OrderState.OPEN]


@pytest.mark.parametrize("kind", Kind)
def test_a_hand_on_a_page_does_what_the_scan_does_and_is_no_repeat(kind: Kind) -> None:
    loop = loop_of(kind)
    for state in State:
        for event in (Event.START, Event.FINISH, Event.DISPATCH, Event.ARRIVAL):
            card = replace(card_in(state, kind), last={event: NOON - 1})
            item = decided(event)
            outcome = step(card, item, ground(loop))
            published = ORACLE["tolerant"][kind][state][event]
            assert_as_published(outcome, published, card, item, kind)


def test_a_scan_is_a_repeat_until_its_window_is_over_and_no_longer() -> None:
    loop = loop_of(Kind.WITHDRAWAL, "tolerant_two_scans")
    first = step(Card(), seen(Event.WITHDRAWAL, NOON), ground(loop)).card
    for after, verdict in (
        (0, Verdict.DUPLICATE),
        (loop.min_cycle - 1, Verdict.DUPLICATE),
        (loop.min_cycle, Verdict.ACCEPTED),
    ):
        outcome = step(first, seen(Event.WITHDRAWAL, NOON + after), ground(loop))
        assert outcome.verdict is verdict
    there = step(first, seen(Event.ARRIVAL, NOON + HOUR), ground(loop)).card
    again = step(there, seen(Event.ARRIVAL, NOON + HOUR + loop.repeat_window - 1), ground(loop))
    assert (again.verdict, again.findings) == (Verdict.DUPLICATE, ())
    later = step(there, seen(Event.ARRIVAL, NOON + HOUR + loop.repeat_window), ground(loop))
    assert (later.verdict, later.findings) == (Verdict.ACCEPTED, ("withdrawal_missed",))


@pytest.mark.parametrize("event", [Event.WITHDRAWAL, Event.ARRIVAL])
def test_a_scan_soon_after_the_same_by_hand_is_a_repeat(event: Event) -> None:
    """The other way round it is not: who settles something has seen the card."""
    loop = loop_of(Kind.WITHDRAWAL, "tolerant_two_scans")
    card = Card() if event is Event.WITHDRAWAL else card_in(State.RELEASED, Kind.WITHDRAWAL)
    done = step(card, decided(event, NOON), ground(loop)).card
    for after, verdict in ((MINUTE, Verdict.DUPLICATE), (HOUR, Verdict.ACCEPTED)):
        assert step(done, seen(event, NOON + after), ground(loop)).verdict is verdict


def test_a_refused_or_doubled_scan_does_not_prolong_the_window() -> None:
    loop = loop_of(Kind.WITHDRAWAL, "tolerant_two_scans")
    card = Card()
    for minute in range(20):
        card = step(card, seen(Event.WITHDRAWAL, NOON + minute * MINUTE), ground(loop)).card
    assert card.last == {Event.WITHDRAWAL: NOON}
    outcome = step(card, seen(Event.WITHDRAWAL, NOON + 20 * MINUTE), ground(loop))
    assert outcome.verdict is Verdict.ACCEPTED


# -- undo: the card folded without the item


USUAL: dict[tuple[Kind, bool], dict[State, list[Event]]] = {
    (Kind.WITHDRAWAL, False): {
        State.RELEASED: [Event.WITHDRAWAL],
        State.IN_TRANSIT: [Event.WITHDRAWAL, Event.DISPATCH],
        State.FULL: [Event.WITHDRAWAL, Event.DISPATCH, Event.ARRIVAL],
    },
    (Kind.PRODUCTION, False): {
        State.RELEASED: [Event.WITHDRAWAL],
        State.IN_PROCESS: [Event.WITHDRAWAL, Event.START],
        State.FULL: [Event.WITHDRAWAL, Event.START, Event.FINISH],
    },
    (Kind.SIGNAL, False): {
        State.EMPTY: [Event.WITHDRAWAL],
        State.RELEASED: [Event.WITHDRAWAL, Event.RELEASE],
        State.IN_PROCESS: [Event.WITHDRAWAL, Event.RELEASE, Event.START],
        State.FULL: [Event.WITHDRAWAL, Event.RELEASE, Event.START, Event.FINISH],
    },
    (Kind.SUPPLIER, False): {
        State.EMPTY: [Event.WITHDRAWAL],
        State.RELEASED: [Event.WITHDRAWAL, Event.RELEASE],
        State.IN_TRANSIT: [Event.WITHDRAWAL, Event.RELEASE, Event.DISPATCH],
        State.FULL: [Event.WITHDRAWAL, Event.RELEASE, Event.DISPATCH, Event.ARRIVAL],
    },
    (Kind.WITHDRAWAL, True): {State.FULL: [Event.WITHDRAWAL, Event.ARRIVAL]},
    (Kind.PRODUCTION, True): {State.FULL: [Event.WITHDRAWAL, Event.FINISH]},
    (Kind.SIGNAL, True): {State.FULL: [Event.WITHDRAWAL, Event.RELEASE, Event.FINISH]},
    (Kind.SUPPLIER, True): {State.FULL: [Event.WITHDRAWAL, Event.RELEASE, Event.ARRIVAL]},
}
#: What the reverse of a transition leaves of the order: its state, None: the card has none.
REVERSED = {
    "cancel": None,
    "card_leave": None,
    "none": None,
    "reopen": OrderState,
    "card_reopen": OrderState,
    "undispatch": OrderState.RELEASED,
    "card_undispatch": OrderState.RELEASED,
    "unstart": OrderState.RELEASED,
}


def story_of(events: list[Event], loop: Loop) -> list[Step]:
    """A usual history, a step an hour, folded as it came."""
    card, story = Card(actual=20), []
    for number, event in enumerate(events):
        at = NOON + number * HOUR
        rule = event is Event.RELEASE
        item: Item = (
            decided(event, at, number) if rule else Fact("j", number, at, "somewhere", event)
        )
        outcome = step(card, item, ground(loop))
        story.append(Step(item, outcome))
        card = outcome.card
    return story


@pytest.mark.parametrize(("kind", "two"), USUAL)
def test_undo_takes_the_card_and_its_order_back_to_before_its_last_scan(
    kind: Kind, two: bool
) -> None:
    profile = "tolerant_two_scans" if two else "tolerant"
    loop = loop_of(kind, profile)
    for state, events in USUAL[kind, two].items():
        published = ORACLE[profile][kind][state]["undo"]
        assert published["verdict"] == 200
        story = story_of(events, loop)
        assert story[-1].outcome is not None
        assert story[-1].outcome.card.state is state
        last = max(i for i, e in enumerate(events) if e is not Event.RELEASE)
        void = decided(Change.VOID, NOON + 9 * HOUR, 99, entry=story[last].item.id)
        span = Span(story[last].item.key, void.key)
        undone = refold(Card(actual=20), [*story, Step(void)], span, lambda _: ground(loop))
        end = undone.steps[-1].outcome
        assert end is not None
        assert end.card.state.value == published["to"], (kind, state)
        left = REVERSED[published["order"]]
        open_ = end.card.portion
        assert (open_ is None) == (left is None), (kind, state)
        if open_ is not None and isinstance(left, OrderState):
            assert open_.state is left
        if published["order"] in ("cancel", "card_leave"):
            told = {p.order: p for s in story if s.outcome for p in s.outcome.portions}
            old = {o: told[o] for o in concerned(undone) if o in told}
            done = rewrite(undone, old, dead=(), shared=kind not in BY_CARD)
            assert [p.state for p in done.withdrawn] == [OrderState.WITHDRAWN]


def test_undo_of_a_drop_that_waits_closes_the_whole_cycle() -> None:
    loop = loop_of(Kind.WITHDRAWAL, release=Release.COUNT)
    story = story_of([Event.WITHDRAWAL], loop)
    assert story[0].outcome is not None and story[0].outcome.card.state is State.EMPTY
    void = decided(Change.VOID, NOON + HOUR, entry=story[0].item.id)
    undone = refold(
        Card(actual=20),
        [*story, Step(void)],
        Span(story[0].item.key, void.key),
        lambda _: ground(loop),
    )
    end = undone.steps[-1].outcome
    assert end is not None
    assert (end.card.state, end.card.portion) == (State.FULL, None)


# -- overlays, by name


def one(**values: Any) -> Card:
    """A full card with flags."""
    return Card(actual=20, **values)


@dataclass(frozen=True, slots=True)
class Overlay:
    """A row of the overlays: the card it is about, how it is read, and the events the row names."""

    card: Card
    events: tuple[Event, ...]
    serves: bool = True
    strict: bool = False
    version: int | None = None
    ruling: Decision | None = None
    kind: Kind = Kind.WITHDRAWAL


SCANS = tuple(e for e in Event if e not in (Event.RELEASE, Event.UNDO))
DROPS = (Event.WITHDRAWAL, Event.LEVEL_EMPTY)
PASSED_ON = (Event.FINISH, Event.ARRIVAL, Event.DISPATCH, Event.LEVEL_FULL)
EXPRESS: CardKind = "express"

OVERLAYS: dict[str, list[Overlay]] = {
    "life = retired": [Overlay(one(life=Life.RETIRED), SCANS)],
    "printed version older than the newest version that was ever scanned": [
        Overlay(one(version=3), SCANS, version=2)
    ],
    "life = lost, and a replacement was issued": [
        Overlay(one(life=Life.LOST, replaced=True), SCANS)
    ],
    "life = lost, no replacement": [
        Overlay(replace(card_in(s, k), life=Life.LOST, portion=None), usual, kind=k)
        for s in State
        for k, usual in (
            (Kind.WITHDRAWAL, (*DROPS, Event.DISPATCH, Event.ARRIVAL, Event.LEVEL_FULL)),
            (Kind.PRODUCTION, tuple(e for e in SCANS if e is not Event.ARRIVAL)),
            (Kind.SIGNAL, tuple(e for e in SCANS if e is not Event.ARRIVAL)),
        )
    ],
    "life = surplus, loop has its number": [Overlay(one(life=Life.SURPLUS), SCANS)],
    "life = surplus or new, loop is short of cards": [
        Overlay(
            one(life=Life.SURPLUS),
            (*DROPS, Event.DISPATCH, Event.ARRIVAL),
            ruling=decided(Change.RULING, verdict=Verdict.ACCEPTED),
        ),
        Overlay(
            Card(state=State.EMPTY, life=Life.NEW, filled=False),
            (*DROPS, Event.DISPATCH, Event.ARRIVAL),
        ),
    ],
    "marked to retire": [
        Overlay(
            one(),
            DROPS,
            ruling=decided(
                Change.RULING, verdict=Verdict.TAKE_OUT, life=Life.SURPLUS, state=State.EMPTY
            ),
        )
    ],
    "express or emergency, its turn is done": [
        Overlay(one(kind=kind, turned=True), DROPS) for kind in ("express", "emergency")
    ],
    "express or emergency, expired before its turn": [
        Overlay(one(kind=EXPRESS, expires_at=NOON - 1), (Event.WITHDRAWAL,))
    ],
    "flag hold": [
        Overlay(replace(card_in(s, Kind.WITHDRAWAL), hold="rust"), PASSED_ON) for s in State
    ],
    "flag hold, card full": [Overlay(one(hold="rust"), DROPS)],
    "flag blocked, card full": [Overlay(one(blocked="recount"), DROPS)],
    "flag blocked": [
        Overlay(one(blocked="recount"), tuple(e for e in SCANS if e not in DROPS)),
        Overlay(replace(card_in(State.RELEASED, Kind.WITHDRAWAL), blocked="recount"), SCANS),
    ],
    "reader's station does not serve the loop, tolerant, card full": [
        Overlay(one(), (Event.WITHDRAWAL,), serves=False)
    ],
    "reader's station does not serve the loop": [
        Overlay(one(), tuple(e for e in SCANS if e is not Event.WITHDRAWAL), serves=False),
        Overlay(one(), SCANS, serves=False, strict=True),
        Overlay(card_in(State.RELEASED, Kind.WITHDRAWAL), SCANS, serves=False),
    ],
}
#: Rows about codes: there is no card to take a step.
ABOUT_CODES = {"check character wrong", "code not known", "tag known, no card bound"}
#: The state that a normal scan of each kind leaves.
LEAVES = {
    Kind.WITHDRAWAL: {
        Event.WITHDRAWAL: State.FULL,
        Event.LEVEL_EMPTY: State.FULL,
        Event.DISPATCH: State.RELEASED,
        Event.ARRIVAL: State.IN_TRANSIT,
        Event.LEVEL_FULL: State.IN_TRANSIT,
    },
    Kind.PRODUCTION: {
        Event.WITHDRAWAL: State.FULL,
        Event.LEVEL_EMPTY: State.FULL,
        Event.DISPATCH: State.FULL,
        Event.START: State.RELEASED,
        Event.FINISH: State.IN_PROCESS,
        Event.LEVEL_FULL: State.IN_PROCESS,
    },
}
LEAVES[Kind.SIGNAL] = LEAVES[Kind.PRODUCTION]


def test_every_published_overlay_has_its_cases_here() -> None:
    assert {row["when"] for row in ORACLE["overlays"]} == {*OVERLAYS, *ABOUT_CODES}


@pytest.mark.parametrize(
    "row", [r for r in ORACLE["overlays"] if r["when"] not in ABOUT_CODES], ids=lambda r: r["when"]
)
def test_every_overlay_answers_before_the_table(row: dict[str, Any]) -> None:
    result = row["result"]
    for case in OVERLAYS[row["when"]]:
        profile = "strict" if case.strict else "tolerant"
        loop = loop_of(case.kind, profile)
        for event in case.events:
            fact = seen(event, version=case.version)
            outcome = step(case.card, fact, ground(loop, serves=case.serves, ruling=case.ruling))
            card, to = outcome.card, result["to"]
            told = (row["when"], event, case)
            if to.startswith("by table"):
                left = case.card.state if to == "by table" else LEAVES[case.kind][event]
                to = ORACLE[profile][case.kind][left][event]["to"]
                orders = ORACLE[profile][case.kind][left][event]["order"]
                closes = orders in ("close", "card_close") and case.card.portion is None
                assert bool(outcome.portions) == (orders != "none" and not closes), told
            else:
                assert outcome.portions == (), told
                to = case.card.state.value if to == "same" else to
            assert card.state.value == to, told
            if event not in (Event.LEVEL_EMPTY, Event.LEVEL_FULL) or "finding" in result:
                assert outcome.verdict == result["verdict"], told
            assert outcome.findings == ((result["finding"],) if "finding" in result else ()), told
            assert card.life == result.get("life", case.card.life), told
            assert outcome.call == result.get("call"), told


@pytest.mark.parametrize("kind", BY_CARD)
def test_a_card_that_was_dropped_while_blocked_is_ordered_when_it_is_unblocked(kind: Kind) -> None:
    loop = loop_of(kind)
    blocked = step(one(blocked="recount"), seen(Event.WITHDRAWAL), ground(loop)).card
    free = step(blocked, decided(Change.UNBLOCK), ground(loop))
    assert free.card.state is State.RELEASED
    assert [(p.order, p.state) for p in free.portions] == [("d7", OrderState.RELEASED)]


@pytest.mark.parametrize("life", [Life.NEW, Life.SURPLUS, Life.LOST, Life.RETIRED])
def test_a_card_that_does_not_circulate_orders_nothing_when_it_is_unblocked(life: Life) -> None:
    card = Card(state=State.EMPTY, life=life, blocked="recount")
    free = step(card, decided(Change.UNBLOCK), ground(loop_of(Kind.WITHDRAWAL)))
    assert (free.card.blocked, free.card.state, free.portions) == (None, State.EMPTY, ())


def test_a_block_ends_the_open_order() -> None:
    card = card_in(State.RELEASED, Kind.WITHDRAWAL)
    outcome = step(card, decided(Change.BLOCK, reason="recount"), ground(loop_of(Kind.WITHDRAWAL)))
    assert [(p.state, p.closed_by) for p in outcome.portions] == [
        (OrderState.CLOSED, ClosedBy.BLOCK)
    ]
    assert (outcome.card.blocked, outcome.card.portion) == ("recount", None)


def test_served_by_hand_fills_the_card_and_closes_its_order() -> None:
    card = card_in(State.IN_TRANSIT, Kind.WITHDRAWAL)
    outcome = step(card, decided(Change.CLOSE, reason="seen"), ground(loop_of(Kind.WITHDRAWAL)))
    assert [(p.state, p.closed_by) for p in outcome.portions] == [
        (OrderState.CLOSED, ClosedBy.HAND)
    ]
    assert (outcome.card.state, outcome.card.actual) == (State.FULL, 20)


def test_a_lost_card_that_is_dropped_had_its_goods_and_opens_its_next_order() -> None:
    lost = replace(card_in(State.IN_TRANSIT, Kind.WITHDRAWAL), life=Life.LOST)
    outcome = step(lost, seen(Event.WITHDRAWAL), ground(loop_of(Kind.WITHDRAWAL)))
    assert [(p.order, p.state, p.closed_by) for p in outcome.portions] == [
        ("before.1", OrderState.CLOSED, ClosedBy.INFERRED),
        ("j.7", OrderState.RELEASED, None),
    ]
    assert outcome.verdict is Verdict.ACCEPTED


def test_a_found_card_is_asked_for_its_hold_block_and_place_all_the_same() -> None:
    loop, lost = loop_of(Kind.WITHDRAWAL), one(life=Life.LOST)
    for card, serves, verdict in (
        (replace(lost, hold="rust"), True, Verdict.HOLD),
        (replace(lost, blocked="recount"), True, Verdict.BLOCKED),
        (lost, False, Verdict.MISPLACED),
    ):
        outcome = step(card, seen(Event.WITHDRAWAL), ground(loop, serves=serves))
        assert outcome.verdict is verdict
        assert outcome.card.life is Life.CIRCULATING


def test_a_new_print_takes_over_at_its_first_scan_whatever_that_scan_is_told() -> None:
    loop = loop_of(Kind.WITHDRAWAL)
    for card in (one(), one(blocked="recount"), card_in(State.RELEASED, loop.kind)):
        newer = step(card, seen(Event.WITHDRAWAL, version=2), ground(loop)).card
        old = step(newer, seen(Event.WITHDRAWAL, NOON + HOUR, version=1), ground(loop))
        assert (old.verdict, old.findings) == (Verdict.OLD_PRINT, ("old_print",))
    plain = step(newer, seen(Event.WITHDRAWAL, NOON + HOUR), ground(loop))
    assert plain.verdict is not Verdict.OLD_PRINT, "a tag carries no version"


def test_a_ruling_repeats_what_was_shown_whatever_the_card_is_by_then() -> None:
    loop = loop_of(Kind.WITHDRAWAL)
    ruling = decided(
        Change.RULING,
        verdict=Verdict.BLOCKED,
        finding="blocked_drop",
        state=State.EMPTY,
        entry="j.7",
    )
    for state in (State.FULL, State.EMPTY):
        outcome = step(
            card_in(state, loop.kind), seen(Event.WITHDRAWAL), ground(loop, ruling=ruling)
        )
        assert (outcome.verdict, outcome.findings) == (Verdict.BLOCKED, ("blocked_drop",))
        assert outcome.card.state is State.EMPTY


@pytest.mark.parametrize(
    ("quantity", "findings", "actual"),
    [(20, (), 20), (15, ("under_delivery",), 15), (24, ("overproduction",), 20)],
)
def test_a_finish_with_a_quantity_closes_short_or_is_overproduction_never_stock(
    quantity: int, findings: tuple[str, ...], actual: int
) -> None:
    loop = loop_of(Kind.PRODUCTION)
    card = card_in(State.IN_PROCESS, loop.kind)
    outcome = step(card, decided(Event.FINISH, quantity=quantity, reason="counted"), ground(loop))
    assert outcome.findings == findings
    assert outcome.card.actual == actual
    assert [p.delivered for p in outcome.portions] == [quantity]


def test_the_start_of_a_lot_is_nothing_to_a_card_that_is_in_another_or_in_none() -> None:
    stands = ground(loop_of(Kind.SIGNAL))
    share = Portion("new lot", OrderState.RELEASED, 20, NOON)
    released = Card(state=State.RELEASED, portion=share)
    of_old = Decision(1, "d1", NOON + 1, Event.START, order="old lot")
    for card in (released, Card(state=State.EMPTY), Card()):
        outcome = step(card, of_old, stands)
        assert (outcome.card, outcome.portions, outcome.findings) == (card, (), ())
    outcome = step(released, replace(of_old, order="new lot"), stands)
    assert outcome.card.state is State.IN_PROCESS


def test_a_card_that_leaves_a_lot_without_goods_does_not_move_it() -> None:
    released = Portion("lot", OrderState.RELEASED, 20, NOON, NOON)
    blocked = replace(
        released,
        state=OrderState.CLOSED,
        closed_at=NOON + 1,
        closed_by=ClosedBy.BLOCK,
        delivered=0,
    )
    came = replace(blocked, closed_by=ClosedBy.INFERRED, delivered=20)
    order = order_of("lot", {"L-001": released, "L-002": blocked}, in_house=False)
    assert (order.state, order.closed_by) == (OrderState.RELEASED, None)
    assert (order.cards, order.quantity) == (("L-001",), 20)
    alone = order_of("lot", {"L-002": blocked}, in_house=False)
    assert (alone.cards, alone.closed_by) == (("L-002",), ClosedBy.BLOCK)
    for in_house, moved in ((False, OrderState.IN_TRANSIT), (True, OrderState.IN_PROCESS)):
        order = order_of("lot", {"L-001": released, "L-002": came}, in_house=in_house)
        assert order.state is moved
