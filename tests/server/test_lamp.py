"""Lamps: the cases of the rule, exact changes by time alone, settling, and a station's lights."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pullcord_server.domain import calendar
from pullcord_server.domain.call import Call, CallState, CallType, red_began
from pullcord_server.domain.card import Card, OrderState, Portion, State
from pullcord_server.domain.group import (
    Colour,
    Expected,
    Judgement,
    LoopView,
    Service,
    judge,
    late_at,
    view,
)
from pullcord_server.domain.lamp import (
    HOLD,
    Burning,
    Post,
    Settled,
    settle,
    station_lamps,
)
from pullcord_server.domain.plant import (
    HOUR,
    MINUTE,
    Calendar,
    DropAt,
    Kind,
    Loop,
    Plant,
    Process,
    Scans,
)
from pullcord_wire.message import Pattern

DATA = Path(__file__).parent / "data"
CASES = [
    case
    for file in ("lamps.json", "more_lamps.json")
    for case in json.loads((DATA / file).read_text())["cases"]
]
SERVER_CASES = [case for case in CASES if case["given"]["link"]]
EARLY = Calendar("UTC", (0, 1, 2, 3, 4), ((360, 840),))
EARLY_BREAK = replace(EARLY, breaks=((600, 615),))
NIGHT = Calendar("Europe/Berlin", (0, 1, 2, 3, 4), ((1320, 360),))


def at(text: str) -> int:
    """`2026-11-23 06:00` in UTC as an instant."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def loop_of(**changes: Any) -> Loop:
    """A withdrawal loop of 6 cards of 20, 60 an hour, 45 minutes."""
    values: dict[str, Any] = {
        "id": "BH-A1",
        "kind": Kind.WITHDRAWAL,
        "item": "brake-hose",
        "source": "machining-3",
        "consumer": "assembly-1",
        "quantity": 20,
        "cards": 6,
        "lead_time": 45 * MINUTE,
        "scans": ("withdrawal", "arrival"),
        "demand": Fraction(1),
    }
    return Loop(**(values | changes))


# --- the cases of the rule ---------------------------------------------------------------------


def instant(hours: Calendar | None, now: int, minutes: float) -> int:
    """Minutes of working time from now; the past of a night is the shift before it."""
    ms = round(minutes * MINUTE)
    if hours is None:
        return now + ms
    if ms < 0:
        return at("2026-11-23 14:00") + ms
    return calendar.add(hours, now, ms)


@dataclass
class Case:
    """A case as values."""

    given: dict[str, Any]
    hours: Calendar | None = None
    now: int = 0
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hours = None if self.given["working_time"] else EARLY
        self.now = at("2026-11-23 20:00")

    def time(self, minutes: float) -> int:
        return instant(self.hours, self.now, minutes)

    def view(self, loop: dict[str, Any]) -> LoopView:
        kind = Kind(loop["kind"])
        made_here = kind in (Kind.SIGNAL, Kind.PRODUCTION)
        demand, since = loop["demand_per_min"], loop["minutes_since_withdrawal"]
        return LoopView(
            loop_of(
                id=loop["id"],
                kind=kind,
                item=loop["item"],
                source="assembly-1" if made_here else "machining-3",
                scans=("withdrawal", "finish" if made_here else "arrival"),
                quantity=loop["quantity"],
                cards=loop["cards"],
                demand=None if demand is None else Fraction(str(demand)),
                drop_at=DropAt(loop["drop_at"]),
                lead_time=loop["lead_time_min"] * MINUTE,
            ),
            full=tuple(loop["full_actual"]),
            orders=tuple(
                Expected(self.time(o["due_in_min"]), loop["quantity"]) for o in loop["orders"]
            ),
            withdrawn_at=None if since is None else self.time(-since),
            service=Service.IN_SERVICE if loop["in_service"] else Service.FILLING,
            source_hours=self.hours,
            place_hours=self.hours,
        )

    def lamps(self) -> Burning:
        views = [self.view(loop) for loop in self.given["loops"]]
        groups = list(dict.fromkeys(v.loop.group for v in views))
        shown: list[tuple[Settled, Call | None]] = []
        for group in groups:
            judgement = judge([v for v in views if v.loop.group == group], self.now)
            settled = settle(self.before(judgement), judgement, self.now)
            shown.append((settled, self.call(group) if settled.colour is Colour.RED else None))
        known = {call.id for _, call in shown if call}
        self.calls += [self.case_call(c) for c in self.given["calls"] if not (c["auto"] and known)]
        self.calls += [call for _, call in shown if call]
        post = Post(
            cards_wait=self.given.get("post") == "cards wait",
            take_out=self.given.get("post") == "take a card out",
            filling=any(v.service is Service.FILLING for v in views),
        )
        return station_lamps(shown, self.calls, post, self.hours, self.now)

    def before(self, judgement: Judgement) -> Settled:
        colour = Colour(self.given["colour_before"])
        if colour is Colour.RED or colour is judgement.under:
            return Settled(colour, judgement.under)
        since = self.now - self.given["condition_held_s"] * 1000
        return Settled(colour, colour, pending=judgement.under, since=since)

    def case_call(self, call: dict[str, Any], group: tuple[str, str] | None = None) -> Call:
        return Call(
            "given",
            CallType(call["type"]),
            CallState(call["state"]),
            "assy1-post",
            self.time(-call["age_min"]),
            "pullcord" if call["auto"] else "assy1-post",
            group=group,
            auto=call["auto"],
            pressed=("assy1-post",) if call["pressed"] else (),
        )

    def call(self, group: tuple[str, str]) -> Call:
        """The group's own call: given, reopened, or raised now."""
        own = [self.case_call(call, group) for call in self.given["calls"] if call["auto"]]
        cleared = self.given.get("auto_call_cleared_min_ago")
        if cleared is not None:
            raised = Call(
                "given",
                CallType.MATERIAL,
                CallState.CLOSED,
                "assy1-post",
                self.time(-20),
                "pullcord",
            )
            ended = self.time(-cleared)
            own = [replace(raised, group=group, auto=True, closed_at=ended, red_ended_at=ended)]
        step = red_began(own, "new", group, "assy1-post", self.now)
        return own[0] if step is None else step.call


@pytest.mark.parametrize("case", SERVER_CASES, ids=[case["id"] for case in SERVER_CASES])
def test_a_station_burns_what_the_rule_says(case: dict[str, Any]) -> None:
    made = Case(case["given"])
    burning = made.lamps()
    assert burning.lamps == case["expect"]["lamps"]
    if "open_calls" in case["expect"]:
        shown = [f"{c.type}:{c.state}" for c in made.calls if c.burning]
        assert shown == case["expect"]["open_calls"]


def test_red_that_returns_within_ten_minutes_is_the_same_call() -> None:
    case = next(case for case in CASES if case["id"] == "again-within-10-min")
    made = Case(case["given"])
    made.lamps()
    assert [c.id for c in made.calls] == ["given"]


def test_link_lost_is_the_station_s_own_word_and_never_sent() -> None:
    for case in CASES:
        assert Case(case["given"]).lamps().lamps["white"] is not Pattern.FAST


def test_exactly_one_of_red_amber_green_burns_in_every_case_that_is_judged() -> None:
    for case in CASES:
        lamps = Case(case["given"]).lamps().lamps
        burning = [c for c in ("red", "amber", "green") if lamps[c] is not Pattern.OFF]
        assert len(burning) == (0 if case["id"] == "filling" else 1), case["id"]


# --- the judgement of a group ------------------------------------------------------------------

NOON = at("2026-11-23 12:00")


def group(*views: LoopView, now: int = NOON) -> Judgement:
    return judge(views, now)


def test_late_begins_one_millisecond_after_its_grace() -> None:
    shown = LoopView(loop_of(), full=(20,) * 5, orders=(Expected(NOON, 20),))
    judgement = group(shown)
    assert judgement == Judgement(False, Colour.GREEN, NOON + 4 * MINUTE + 30_001)
    assert group(shown, now=NOON + 4 * MINUTE + 30_000).under is Colour.GREEN
    assert group(shown, now=NOON + 4 * MINUTE + 30_001) == Judgement(False, Colour.AMBER, None)


def test_the_grace_is_at_least_a_minute() -> None:
    assert late_at(LoopView(loop_of(lead_time=5 * MINUTE)), NOON) == NOON + MINUTE + 1


def test_lateness_stands_still_at_night_with_the_hours_of_the_source() -> None:
    due = at("2026-11-23 14:00")
    shown = LoopView(loop_of(), source_hours=EARLY)
    assert late_at(shown, due) == at("2026-11-24 06:04:30") + 1


def test_cover_runs_in_the_hours_of_the_place_and_not_of_the_source() -> None:
    due = at("2026-11-24 06:05")
    now = at("2026-11-23 13:50")
    shown = LoopView(
        loop_of(), full=(14,), orders=(Expected(due, 20),), withdrawn_at=now, source_hours=None
    )
    assert group(shown, now=now).under is Colour.AMBER
    assert group(replace(shown, place_hours=EARLY), now=now).under is Colour.AMBER
    enough = replace(shown, full=(15,), place_hours=EARLY)
    assert group(enough, now=now).under is Colour.GREEN


def test_an_order_within_its_grace_is_expected_now() -> None:
    shown = LoopView(loop_of(), full=(1,), orders=(Expected(NOON - MINUTE, 20),), withdrawn_at=NOON)
    assert group(shown).under is Colour.GREEN


def test_an_order_in_time_is_what_is_waited_for_while_another_is_late() -> None:
    orders = (Expected(NOON - HOUR, 20), Expected(NOON + 30 * MINUTE, 20))
    assert group(LoopView(loop_of(), full=(40,), orders=orders)).under is Colour.AMBER


def test_nothing_ordered_is_not_short() -> None:
    assert group(LoopView(loop_of(), full=(1,))) == Judgement(False, Colour.GREEN, None)


def test_without_stated_demand_nothing_is_short() -> None:
    shown = LoopView(loop_of(demand=None), full=(1,), orders=(Expected(NOON + HOUR, 20),))
    assert group(shown).under is Colour.GREEN


def test_a_demand_of_nothing_needs_nothing() -> None:
    loop = loop_of(demand=Fraction(0), drop_at=DropAt.FIRST_PIECE)
    shown = LoopView(loop, withdrawn_at=NOON - HOUR, orders=(Expected(NOON + HOUR, 20),))
    assert group(shown).colour is Colour.GREEN


def test_the_open_first_piece_box_runs_out_to_the_millisecond() -> None:
    loop = loop_of(drop_at=DropAt.FIRST_PIECE, demand=Fraction(3))  # 20 pieces last 400 s
    shown = LoopView(loop, withdrawn_at=NOON)
    assert group(shown) == Judgement(False, Colour.GREEN, NOON + 400_000)
    assert group(shown, now=NOON + 399_999).colour is Colour.GREEN
    assert group(shown, now=NOON + 400_000).colour is Colour.RED


def test_the_open_box_does_not_empty_itself_in_a_break() -> None:
    withdrawn = at("2026-11-23 09:50")
    loop = loop_of(drop_at=DropAt.FIRST_PIECE)
    shown = LoopView(loop, withdrawn_at=withdrawn, place_hours=EARLY_BREAK)
    assert group(shown, now=withdrawn).until == at("2026-11-23 10:25")


def test_short_ends_when_level_stock_lasts_until_the_next_box() -> None:
    loop = loop_of(drop_at=DropAt.FIRST_PIECE)
    shown = LoopView(
        loop, full=(7,), orders=(Expected(NOON + 30 * MINUTE, 20),), withdrawn_at=NOON - HOUR
    )
    assert group(shown) == Judgement(False, Colour.AMBER, NOON + 23 * MINUTE)


def test_a_last_piece_group_without_a_full_box_is_red_whatever_is_known() -> None:
    assert group(LoopView(loop_of(demand=None))) == Judgement(True, Colour.GREEN, None)


def test_a_first_piece_box_never_opened_is_not_there() -> None:
    assert group(LoopView(loop_of(drop_at=DropAt.FIRST_PIECE))).red
    unknown = LoopView(loop_of(drop_at=DropAt.FIRST_PIECE, demand=None))
    assert not group(unknown).red


def test_without_demand_a_first_piece_group_turns_red_when_its_order_is_late() -> None:
    loop = loop_of(drop_at=DropAt.FIRST_PIECE, demand=None)
    shown = LoopView(loop, orders=(Expected(NOON, 20),), withdrawn_at=NOON - HOUR)
    judgement = group(shown)
    assert judgement.colour is Colour.GREEN
    assert judgement.until is not None
    assert group(shown, now=judgement.until).colour is Colour.RED


def test_quantity_and_drop_at_are_those_of_the_loop_last_withdrawn() -> None:
    small = LoopView(loop_of(id="A", quantity=10), withdrawn_at=NOON - HOUR)
    large = LoopView(
        loop_of(id="B", quantity=40, drop_at=DropAt.FIRST_PIECE, demand=None),
        withdrawn_at=NOON - MINUTE,
    )
    assert not group(small, large).red
    assert group(small, replace(large, withdrawn_at=NOON - 2 * HOUR)).red


def test_loops_of_a_group_state_their_demand_together() -> None:
    half = loop_of(demand=Fraction(1, 2))
    first = LoopView(half, full=(20,), orders=(Expected(NOON + 30 * MINUTE, 20),))
    assert group(first, LoopView(replace(half, id="B"))).under is Colour.AMBER
    assert group(first, LoopView(replace(half, id="B", demand=None))).under is Colour.GREEN


def test_two_sources_starve_nobody_while_one_still_feeds() -> None:
    empty = LoopView(loop_of(id="A"), orders=(Expected(NOON + 5 * MINUTE, 20),))
    assert not group(empty, LoopView(loop_of(id="B"), full=(20,))).red
    assert group(empty, LoopView(loop_of(id="B"))).red


@pytest.mark.parametrize("service", [Service.FILLING, Service.SUSPENDED])
def test_a_loop_not_in_service_is_not_judged(service: Service) -> None:
    shown = LoopView(loop_of(), orders=(Expected(NOON - HOUR, 20),), service=service)
    assert group(shown) == Judgement(False, None, None)
    assert group(shown, LoopView(loop_of(id="B"), full=(20,))).colour is Colour.GREEN


def test_in_a_one_scan_loop_a_card_counts_as_full_again_when_due_and_is_never_late() -> None:
    loop = loop_of(scans=("withdrawal",), demand=None)
    assert loop.profile is Scans.ONE
    shown = LoopView(loop, orders=(Expected(NOON + MINUTE, 20), Expected(NOON + HOUR, 20)))
    judgement = group(shown)
    assert judgement == Judgement(True, Colour.GREEN, NOON + MINUTE)
    assert group(shown, now=NOON + MINUTE) == Judgement(False, Colour.GREEN, None)
    held = replace(shown, orders=(Expected(NOON - MINUTE, 20, usable=False),))
    assert group(held).red


def test_a_withdrawal_a_moment_ahead_of_the_server_has_used_nothing_yet() -> None:
    shown = LoopView(
        loop_of(),
        full=(20,),
        orders=(Expected(NOON + 20 * MINUTE + 30_000, 20),),
        withdrawn_at=NOON + 30_000,
    )
    assert group(shown) == Judgement(False, Colour.AMBER, NOON + 30_000)
    assert group(shown, now=NOON + 30_000).under is Colour.GREEN


def test_a_loop_is_seen_through_its_cards() -> None:
    open_ = Portion("o1", OrderState.RELEASED, 20, NOON, due_at=NOON + HOUR)
    waiting = Portion("o2", OrderState.OPEN, 20, NOON)
    done = Portion("o3", OrderState.CLOSED, 20, NOON, due_at=NOON)
    cards = [
        Card(actual=20),
        Card(actual=15, withdrawn_at=NOON - HOUR),
        Card(actual=20, blocked="cracked"),
        Card(actual=20, hold="quality"),
        Card(state=State.RELEASED, portion=open_, withdrawn_at=NOON - MINUTE),
        Card(state=State.RELEASED, portion=open_, hold="quality"),
        Card(state=State.EMPTY, portion=waiting),
        Card(actual=20, portion=done),
    ]
    assembly = Process("assembly-1", "Assembly 1", calendar=EARLY)
    plant = Plant("s1", calendar=NIGHT, processes={"assembly-1": assembly})
    seen = view(loop_of(), cards, Service.IN_SERVICE, plant)
    assert seen.full == (20, 15, 20)
    assert seen.orders == (Expected(NOON + HOUR, 20), Expected(NOON + HOUR, 20, usable=False))
    assert seen.withdrawn_at == NOON - MINUTE
    assert (seen.source_hours, seen.place_hours) == (NIGHT, EARLY)


# --- exact, against the rule written a second time ---------------------------------------------


def rule(group: list[LoopView], now: int) -> tuple[bool, Colour]:
    """Red, and amber or green beneath it, word by word; nothing is shared with the code."""
    last = group[0]
    for v in group[1:]:
        if (v.withdrawn_at or -1) > (last.withdrawn_at or -1):
            last = v
    hours = last.place_hours
    once = [v for v in group if v.loop.profile is Scans.ONE]
    full = [pieces for v in group for pieces in v.full]
    full += [o.quantity for v in once for o in v.orders if o.due_at <= now and o.usable]
    coming, late = [o.due_at for v in once for o in v.orders if o.due_at > now], False
    for v in group:
        for order in () if v in once else v.orders:
            over = calendar.between(v.source_hours, order.due_at, now)
            if over > max(Fraction(MINUTE), Fraction(v.loop.lead_time, 10)):
                late = True
            else:
                coming.append(max(now, order.due_at))
    demands = [v.loop.demand for v in group if v.loop.demand is not None]
    demand = sum(demands) if demands else None
    left, stock = Fraction(0), Fraction(sum(full))
    if demand is not None and last.withdrawn_at is not None:
        minutes = Fraction(max(0, calendar.between(hours, last.withdrawn_at, now)), MINUTE)
        if last.loop.drop_at is DropAt.FIRST_PIECE:
            left = max(Fraction(0), last.loop.quantity - demand * minutes)
            stock += left
        else:
            stock = max(Fraction(0), stock - min(Fraction(last.loop.quantity), demand * minutes))
    short = False
    if demand and coming:
        short = stock / demand < Fraction(calendar.between(hours, now, min(coming)), MINUTE)
    last_piece = last.loop.drop_at is DropAt.LAST_PIECE
    red = not full and (last_piece or (late if demand is None else left == 0))
    return red, Colour.AMBER if late or short else Colour.GREEN


def views() -> st.SearchStrategy[LoopView]:
    minutes = st.integers(-240, 240)
    offsets = st.one_of(
        minutes.map(lambda m: NOON + m * MINUTE), st.integers(NOON - HOUR, NOON + HOUR)
    )
    demands = st.sampled_from(
        [None, Fraction(0), Fraction(1), Fraction(1, 3), Fraction(7, 11), Fraction(9)]
    )
    return st.builds(
        LoopView,
        st.builds(
            loop_of,
            quantity=st.sampled_from([1, 7, 20, 100]),
            demand=demands,
            drop_at=st.sampled_from(DropAt),
            lead_time=st.sampled_from([5 * MINUTE, 45 * MINUTE, 999_999]),
            scans=st.sampled_from([("withdrawal",), ("withdrawal", "arrival")]),
        ),
        full=st.lists(st.integers(1, 60), max_size=2).map(tuple),
        orders=st.lists(
            st.builds(Expected, offsets, st.integers(1, 60), st.booleans()), max_size=4
        ).map(tuple),
        withdrawn_at=st.none() | offsets,
        source_hours=st.sampled_from([None, EARLY, EARLY_BREAK, NIGHT]),
    )


@settings(max_examples=400, deadline=None)
@given(
    st.lists(views(), min_size=1, max_size=3),
    st.sampled_from([None, EARLY, EARLY_BREAK, NIGHT]),
    st.data(),
)
def test_a_judgement_holds_exactly_until_it_says(
    shown: list[LoopView], hours: Calendar | None, data: st.DataObject
) -> None:
    shown = [replace(v, place_hours=hours) for v in shown]
    judgement = judge(shown, NOON)
    present = (judgement.red, judgement.under)
    assert present == rule(shown, NOON)
    end = judgement.until
    if end is not None:
        assert end > NOON
        assert rule(shown, end) != present
        assert rule(shown, end - 1) == present
    inside = st.integers(NOON, NOON + 48 * HOUR if end is None else end - 1)
    for _ in range(8):
        assert rule(shown, data.draw(inside)) == present


# --- settling ----------------------------------------------------------------------------------

GREEN = Judgement(False, Colour.GREEN, None)
AMBER = Judgement(False, Colour.AMBER, None)
RED_ON_GREEN = Judgement(True, Colour.GREEN, None)
RED_ON_AMBER = Judgement(True, Colour.AMBER, None)
UNJUDGED = Judgement(False, None, None)


def shown(*story: tuple[int, Judgement]) -> Settled:
    """What is settled after judgements at seconds."""
    settled: Settled | None = None
    for second, judgement in story:
        settled = settle(settled, judgement, second * 1000)
    assert settled is not None
    return settled


def test_the_first_judgement_shows_at_once() -> None:
    assert shown((0, AMBER)).colour is Colour.AMBER
    assert shown((0, UNJUDGED), (1, AMBER)).colour is Colour.AMBER


def test_amber_and_green_show_after_they_have_held_for_a_minute() -> None:
    assert shown((0, GREEN), (10, AMBER), (69, AMBER)).colour is Colour.GREEN
    assert shown((0, GREEN), (10, AMBER), (70, AMBER)).colour is Colour.AMBER
    assert shown((0, AMBER), (10, GREEN), (69, GREEN)).colour is Colour.AMBER
    assert shown((0, AMBER), (10, GREEN), (70, GREEN)).colour is Colour.GREEN


def test_a_condition_that_comes_and_goes_shows_nothing_and_starts_anew() -> None:
    story = [(0, GREEN), (10, AMBER), (40, GREEN), (50, AMBER)]
    assert shown(*story, (109, AMBER)).colour is Colour.GREEN
    assert shown(*story, (110, AMBER)).colour is Colour.AMBER


def test_what_is_pending_says_when_it_will_show() -> None:
    assert shown((0, GREEN), (10, AMBER)).until == 10_000 + HOLD
    assert shown((0, GREEN)).until is None


def test_red_begins_and_ends_at_once() -> None:
    assert shown((0, GREEN), (1, RED_ON_GREEN)).colour is Colour.RED
    assert shown((0, GREEN), (1, RED_ON_GREEN), (2, GREEN)).colour is Colour.GREEN


def test_where_red_ends_on_amber_amber_shows_at_once() -> None:
    assert shown((0, GREEN), (1, RED_ON_AMBER), (300, AMBER)).colour is Colour.AMBER
    assert shown((0, GREEN), (1, RED_ON_AMBER), (5, AMBER)).colour is Colour.AMBER


def test_after_red_green_is_earned_where_amber_had_held_beneath() -> None:
    story = [(0, GREEN), (1, RED_ON_AMBER), (61, RED_ON_AMBER), (300, GREEN)]
    assert shown(*story).colour is Colour.AMBER
    assert shown(*story, (359, GREEN)).colour is Colour.AMBER
    assert shown(*story, (360, GREEN)).colour is Colour.GREEN


def test_a_minute_held_beneath_red_counts() -> None:
    story = [(0, AMBER), (1, RED_ON_AMBER), (10, RED_ON_GREEN), (80, RED_ON_GREEN)]
    assert shown(*story).colour is Colour.RED
    assert shown(*story, (81, GREEN)).colour is Colour.GREEN


def test_a_group_taken_out_of_service_shows_nothing() -> None:
    assert shown((0, AMBER), (1, UNJUDGED)) == Settled(None, None)


# --- a station's lights ------------------------------------------------------------------------

ON_GREEN = (Settled(Colour.GREEN, Colour.GREEN), None)
ON_AMBER = (Settled(Colour.AMBER, Colour.AMBER), None)
ON_RED = (Settled(Colour.RED, Colour.GREEN), None)


def call_of(type_: CallType, state: CallState = CallState.RAISED, **changes: Any) -> Call:
    values = {"pressed": ("assy1-post",)} | changes
    return replace(Call("c1", type_, state, "assy1-post", NOON - MINUTE, "assy1-post"), **values)


def burning(
    *groups: tuple[Settled, Call | None],
    calls: tuple[Call, ...] = (),
    post: Post = Post(),
    hours: Calendar | None = None,
    now: int = NOON,
) -> dict[str, str]:
    lamps = station_lamps(groups, calls, post, hours, now).lamps
    return {colour: str(pattern) for colour, pattern in lamps.items() if pattern is not Pattern.OFF}


def test_a_station_shows_the_worst_of_its_groups() -> None:
    assert burning(ON_GREEN, ON_AMBER) == {"amber": "on"}
    assert burning(ON_AMBER, ON_RED, ON_GREEN) == {"red": "on"}


def test_red_is_fast_while_one_of_its_calls_is_unacknowledged() -> None:
    owned = call_of(CallType.MATERIAL, CallState.AT_STATION, pressed=())
    raised = call_of(CallType.MATERIAL, pressed=())
    assert burning((ON_RED[0], owned)) == {"red": "on"}
    assert burning((ON_RED[0], owned), (ON_RED[0], raised)) == {"red": "fast"}


def test_a_call_behind_a_group_that_is_red_no_more_does_not_flash_another() -> None:
    raised = call_of(CallType.MATERIAL, pressed=())
    assert burning(ON_RED, (ON_GREEN[0], raised)) == {"red": "on"}


@pytest.mark.parametrize("type_", [CallType.QUALITY, CallType.LINE_STOP])
def test_quality_and_line_stop_are_red_until_resolved(type_: CallType) -> None:
    assert burning(ON_GREEN, calls=(call_of(type_),)) == {"red": "fast"}
    for state in (CallState.ACKNOWLEDGED, CallState.AT_STATION):
        assert burning(ON_GREEN, calls=(call_of(type_, state),)) == {"red": "on"}
    for state in (CallState.RESOLVED, CallState.CLOSED):
        assert burning(ON_GREEN, calls=(call_of(type_, state),)) == {"green": "on"}


def test_maintenance_is_white_and_slow_until_resolved_and_a_supervisor_has_no_lamp() -> None:
    assert burning(ON_GREEN, calls=(call_of(CallType.MAINTENANCE),)) == {
        "green": "on",
        "white": "slow",
    }
    done = call_of(CallType.MAINTENANCE, CallState.RESOLVED)
    assert burning(ON_GREEN, calls=(done,)) == {"green": "on"}
    assert burning(ON_GREEN, calls=(call_of(CallType.SUPERVISOR),)) == {"green": "on"}


def test_blue_turns_fast_after_five_minutes_of_working_time_and_says_when() -> None:
    raised = call_of(CallType.MATERIAL, raised_at=at("2026-11-23 13:57"))
    now = at("2026-11-23 13:58")
    first = station_lamps([ON_GREEN], [raised], Post(), EARLY, now)
    assert (first.lamps["blue"], first.until) == (Pattern.SLOW, at("2026-11-23 14:00"))
    night = station_lamps([ON_GREEN], [raised], Post(), EARLY, at("2026-11-23 14:00"))
    assert (night.lamps["blue"], night.until) == (Pattern.ON, at("2026-11-24 06:00"))
    morning = station_lamps([ON_GREEN], [raised], Post(), EARLY, at("2026-11-24 06:00"))
    assert (morning.lamps["blue"], morning.until) == (Pattern.SLOW, at("2026-11-24 06:02"))
    assert (
        burning(ON_GREEN, calls=(raised,), hours=EARLY, now=at("2026-11-24 06:02"))["blue"]
        == "fast"
    )


def test_blue_is_for_a_person_who_pressed() -> None:
    alone = call_of(CallType.MATERIAL, pressed=(), auto=True)
    assert burning(ON_GREEN, calls=(alone,)) == {"green": "on"}


def test_an_unanswered_press_speaks_before_an_answered_one() -> None:
    owned = call_of(CallType.MATERIAL, CallState.ACKNOWLEDGED, id="c2")
    assert burning(ON_GREEN, calls=(owned,))["blue"] == "on"
    assert burning(ON_GREEN, calls=(owned, call_of(CallType.MATERIAL)))["blue"] == "slow"


def test_a_press_to_be_confirmed_never_turns_fast() -> None:
    old = call_of(CallType.MATERIAL, CallState.TO_CONFIRM, raised_at=NOON - 8 * HOUR)
    assert station_lamps([ON_GREEN], [old], Post(), None, NOON).until is None
    assert burning(ON_GREEN, calls=(old,))["blue"] == "slow"


def test_a_call_raised_again_has_its_five_minutes_again() -> None:
    again = call_of(CallType.MATERIAL, raised_at=NOON - HOUR, reopened_at=NOON - MINUTE)
    assert burning(ON_GREEN, calls=(again,))["blue"] == "slow"


def test_white_says_what_the_post_needs_and_what_is_done_now_goes_first() -> None:
    assert burning(ON_GREEN, post=Post(cards_wait=True))["white"] == "on"
    assert burning(ON_GREEN, post=Post(filling=True))["white"] == "on"
    assert burning(ON_GREEN, post=Post(cards_wait=True, take_out=True))["white"] == "slow"
    assert burning(ON_GREEN, post=Post(selftest=True))["white"] == "slow"


def test_a_station_without_a_judged_group_shows_white_alone() -> None:
    assert burning((Settled(None, None), None)) == {"white": "on"}
    assert burning() == {"white": "on"}
    assert burning((Settled(None, None), None), calls=(call_of(CallType.QUALITY),)) == {
        "red": "fast",
        "white": "on",
    }


def test_nothing_flashes_at_night_and_it_begins_again_with_the_shift() -> None:
    raised = call_of(CallType.MATERIAL)
    night = at("2026-11-23 20:00")
    shown = station_lamps([(ON_RED[0], raised)], [raised], Post(take_out=True), EARLY, night)
    assert {str(p) for p in shown.lamps.values()} == {"on", "off"}
    assert shown.until == at("2026-11-24 06:00")
    assert shown.lamps["red"] is shown.lamps["blue"] is shown.lamps["white"] is Pattern.ON


def test_where_nothing_flashes_the_end_of_the_shift_changes_nothing() -> None:
    assert station_lamps([ON_AMBER], [], Post(), EARLY, NOON).until is None


# --- a day, driven by what judgement and settling say of themselves ----------------------------


def moments(story: list[tuple[str, LoopView]], until: str) -> list[tuple[str, str]]:
    """When the colour of a group changes, with every timer set as `until` says."""
    changes: list[tuple[str, str]] = []
    settled: Settled | None = None
    for index, (begin, seen) in enumerate(story):
        now, end = at(begin), at(story[index + 1][0] if index + 1 < len(story) else until)
        while now < end:
            judgement = judge([seen], now)
            settled = settle(settled, judgement, now)
            if settled.colour and (not changes or changes[-1][1] != settled.colour):
                shown_at = datetime.fromtimestamp(now / 1000, UTC).strftime("%d %H:%M:%S")
                changes.append((shown_at, settled.colour.value))
            now = min(t for t in (judgement.until, settled.until, end) if t is not None)
    return changes


def test_a_day_late_starved_and_delivered() -> None:
    drops = ["06:10", "06:30", "06:50", "07:10", "07:30", "07:50"]
    day = "2026-11-23 "
    orders = tuple(Expected(at(day + drop) + 45 * MINUTE, 20) for drop in drops)
    story = [(day + "06:00", LoopView(loop_of(), full=(20,) * 6))]
    for n, drop in enumerate(drops, start=1):
        seen = LoopView(loop_of(), (20,) * (6 - n), orders[:n], withdrawn_at=at(day + drop))
        story.append((day + drop, seen))
    starved = story[-1][1]
    story.append((day + "08:00", replace(starved, full=(20,), orders=orders[1:])))
    story.append((day + "08:02", replace(starved, full=(20,) * 6, orders=())))
    assert moments(story, day + "08:30") == [
        ("23 06:00:00", "green"),
        ("23 07:00:30", "amber"),
        ("23 07:50:00", "red"),
        ("23 08:00:00", "amber"),
        ("23 08:03:00", "green"),
    ]


def test_a_card_dropped_before_the_end_of_the_shift_makes_no_red_night() -> None:
    early = LoopView(loop_of(), (20,) * 6, source_hours=EARLY, place_hours=EARLY)
    dropped = at("2026-11-23 13:50")
    order = Expected(calendar.add(EARLY, dropped, 45 * MINUTE), 20)
    seen = replace(early, full=(20,) * 5, orders=(order,), withdrawn_at=dropped)
    story = [("2026-11-23 13:50", seen), ("2026-11-24 06:44", early)]
    assert moments(story, "2026-11-24 08:00") == [
        ("23 13:50:00", "green"),
        ("24 06:40:30", "amber"),
        ("24 06:45:00", "green"),
    ]
