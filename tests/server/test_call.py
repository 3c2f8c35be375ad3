"""Calls: who raises, joins, answers and ends them, what is refused, and when they escalate."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullcord_server.domain.call import (
    Call,
    CallAction,
    CallEvent,
    CallRefusal,
    CallState,
    CallStep,
    CallType,
    act,
    escalate,
    hold_began,
    may_return,
    next_due,
    press,
    red_began,
    red_ended,
    station_of_group,
    station_of_hold,
)
from pullcord_server.domain.plant import HOUR, MINUTE, Calendar, Plant, Station

NOON = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp() * 1000)
GROUP = ("brake-hose", "assembly-1")
EARLY = Calendar("UTC", (0, 1, 2, 3, 4), ((360, 840),))
RAISED = Call("c1", CallType.MATERIAL, CallState.RAISED, "assy1-post", NOON, "assy1-post")
#: The states a call goes through, in order.
ORDER = list(CallState)
TARGET = {
    CallAction.ACKNOWLEDGE: CallState.ACKNOWLEDGED,
    CallAction.ARRIVE: CallState.AT_STATION,
    CallAction.RESOLVE: CallState.RESOLVED,
    CallAction.CLOSE: CallState.CLOSED,
}


def done(result: CallStep | CallRefusal | None) -> Call:
    assert isinstance(result, CallStep), result
    return result.call


def red(calls: tuple[Call, ...], now: int, id_: str = "c1") -> CallStep | None:
    return red_began(calls, id_, GROUP, "assy1-post", now, loop="BH-A1")


# --- what people do ----------------------------------------------------------------------------


def test_a_call_goes_from_raised_to_closed_and_remembers_who_and_when() -> None:
    call = RAISED
    for action, minute in ((CallAction.ACKNOWLEDGE, 1), (CallAction.ARRIVE, 3)):
        call = done(act(call, action, "lead-7", NOON + minute * MINUTE))
    call = done(
        act(call, CallAction.RESOLVE, "handler-3", NOON + 5 * MINUTE, cause="box misplaced")
    )
    call = done(act(call, CallAction.CLOSE, "worker-1", NOON + 6 * MINUTE))
    assert call == replace(
        RAISED,
        state=CallState.CLOSED,
        acknowledged_at=NOON + MINUTE,
        acknowledged_by="lead-7",
        arrived_at=NOON + 3 * MINUTE,
        arrived_by="lead-7",
        resolved_at=NOON + 5 * MINUTE,
        resolved_by="handler-3",
        closed_at=NOON + 6 * MINUTE,
        closed_by="worker-1",
        cause="box misplaced",
    )


def test_each_step_says_what_happened_for_the_record() -> None:
    events = [
        (CallAction.ACKNOWLEDGE, CallEvent.ACKNOWLEDGED),
        (CallAction.ARRIVE, CallEvent.ARRIVED),
        (CallAction.RESOLVE, CallEvent.RESOLVED),
        (CallAction.CLOSE, CallEvent.CLOSED),
    ]
    for action, event in events:
        step = act(RAISED, action, "lead-7", NOON + 1, cause="empty")
        assert isinstance(step, CallStep)
        assert (step.event, step.at, step.by) == (event, NOON + 1, "lead-7")


@pytest.mark.parametrize("action", CallAction)
@pytest.mark.parametrize("state", CallState)
def test_a_call_only_goes_forwards(state: CallState, action: CallAction) -> None:
    result = act(replace(RAISED, state=state), action, "lead-7", NOON, cause="empty")
    if ORDER.index(state) < ORDER.index(TARGET[action]):
        assert done(result).state is TARGET[action]
    else:
        assert isinstance(result, CallRefusal)
        assert result.type == "not-in-state"
        assert "c1" in result.detail and state in result.detail and action in result.detail


def test_whoever_comes_unasked_has_acknowledged_too() -> None:
    call = done(act(RAISED, CallAction.ARRIVE, "lead-7", NOON + MINUTE))
    assert (call.acknowledged_at, call.acknowledged_by) == (NOON + MINUTE, "lead-7")


def test_resolving_asks_for_the_cause() -> None:
    result = act(RAISED, CallAction.RESOLVE, "lead-7", NOON)
    assert isinstance(result, CallRefusal)
    assert result.type == "reason-required"


def test_a_call_nobody_resolved_is_closed_with_a_cause_only() -> None:
    result = act(RAISED, CallAction.CLOSE, "lead-7", NOON)
    assert isinstance(result, CallRefusal)
    assert result.type == "not-in-state"
    call = done(act(RAISED, CallAction.CLOSE, "lead-7", NOON, cause="pulled by mistake"))
    assert (call.resolved_by, call.closed_by, call.cause) == (
        "lead-7",
        "lead-7",
        "pulled by mistake",
    )


def test_whoever_must_act_can_promise_a_time() -> None:
    call = done(act(RAISED, CallAction.ACKNOWLEDGE, "lead-7", NOON, promised_at=NOON + HOUR))
    assert call.promised_at == NOON + HOUR
    assert done(act(call, CallAction.ARRIVE, "lead-7", NOON + 1)).promised_at == NOON + HOUR


# --- the cord ----------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", CallType)
def test_a_press_opens_a_call_of_its_type(type_: CallType) -> None:
    step = press([], "c1", type_, "assy1-post", "assy1-post", NOON)
    assert step.event is CallEvent.RAISED
    expected = Call("c1", type_, CallState.RAISED, "assy1-post", NOON, "assy1-post")
    assert step.call == replace(expected, pressed=("assy1-post",))


@pytest.mark.parametrize("state", [CallState.RAISED, CallState.ACKNOWLEDGED, CallState.AT_STATION])
def test_a_press_joins_an_open_call_and_leaves_its_state(state: CallState) -> None:
    open_ = replace(RAISED, state=state, auto=True)
    step = press([open_], "c2", CallType.MATERIAL, "assy1-post", "assy1-post", NOON + MINUTE)
    assert step.event is CallEvent.JOINED
    assert step.call == replace(open_, pressed=("assy1-post",))
    again = press([step.call], "c3", CallType.MATERIAL, "assy1-post", "assy1-post", NOON + MINUTE)
    assert again.call == step.call


def test_a_second_station_joins_the_same_call() -> None:
    step = press([RAISED], "c2", CallType.MATERIAL, "assy1-dock", "assy1-dock", NOON)
    step = press([step.call], "c3", CallType.MATERIAL, "assy1-post", "assy1-post", NOON)
    assert step.call.id == "c1"
    assert step.call.pressed == ("assy1-dock", "assy1-post")


@pytest.mark.parametrize("state", [CallState.RESOLVED, CallState.CLOSED])
def test_what_was_resolved_is_not_joined(state: CallState) -> None:
    step = press([replace(RAISED, state=state)], "c2", CallType.MATERIAL, "assy1-post", "w", NOON)
    assert (step.event, step.call.id) == (CallEvent.RAISED, "c2")


def test_another_type_is_another_call() -> None:
    step = press([RAISED], "c2", CallType.QUALITY, "assy1-post", "w", NOON)
    assert step.event is CallEvent.RAISED


def test_a_call_about_another_loop_is_another_call() -> None:
    quality = replace(RAISED, type=CallType.QUALITY, loop="BH-A1")
    other = press([quality], "c2", CallType.QUALITY, "assy1-post", "w", NOON, loop="GK-A1")
    same = press([quality], "c2", CallType.QUALITY, "assy1-post", "w", NOON, loop="BH-A1")
    unsaid = press([quality], "c2", CallType.QUALITY, "assy1-post", "w", NOON)
    assert [s.event for s in (other, same, unsaid)] == [
        CallEvent.RAISED,
        CallEvent.JOINED,
        CallEvent.JOINED,
    ]


def test_a_press_that_came_late_is_to_be_confirmed_and_does_not_escalate() -> None:
    step = press([], "c1", CallType.QUALITY, "assy1-post", "w", NOON, to_confirm=True)
    assert step.call.state is CallState.TO_CONFIRM
    assert next_due(step.call, None) is None
    assert escalate(step.call, None, NOON + HOUR) is None
    assert done(act(step.call, CallAction.ACKNOWLEDGE, "lead-7", NOON + HOUR)).state is (
        CallState.ACKNOWLEDGED
    )


def test_a_press_in_time_raises_what_was_pressed_late_and_its_clocks_begin() -> None:
    late = press([], "c1", CallType.QUALITY, "assy1-post", "w", NOON, to_confirm=True).call
    again = press([late], "c2", CallType.QUALITY, "assy1-post", "w", NOON, to_confirm=True)
    assert (again.event, again.call.state) == (CallEvent.JOINED, CallState.TO_CONFIRM)
    live = press([late], "c3", CallType.QUALITY, "assy1-post", "w", NOON + HOUR)
    assert (live.event, live.call.id, live.call.state) == (
        CallEvent.RAISED,
        "c1",
        CallState.RAISED,
    )
    assert next_due(live.call, None) == NOON + HOUR + 5 * MINUTE
    assert [r.raised_at for r in live.call.rounds] == [NOON + HOUR] and not live.call.late


def test_a_press_about_another_loop_of_a_red_group_joins_its_call() -> None:
    step = red((), NOON)
    assert step is not None and step.call.loop == "BH-A1"
    same = press(
        [step.call], "c2", CallType.MATERIAL, "assy1-post", "w", NOON, loop="BH-B1", group=GROUP
    )
    other = press(
        [step.call],
        "c2",
        CallType.MATERIAL,
        "assy1-post",
        "w",
        NOON,
        loop="GK-A1",
        group=("gasket", "assembly-1"),
    )
    assert (same.event, other.event) == (CallEvent.JOINED, CallEvent.RAISED)


# --- red lamps ---------------------------------------------------------------------------------


def test_red_raises_one_call_for_its_group() -> None:
    step = red((), NOON)
    assert step is not None and step.event is CallEvent.RAISED
    call = step.call
    assert (call.type, call.state, call.group) == (CallType.MATERIAL, CallState.RAISED, GROUP)
    assert (call.auto, call.by, call.loop, call.pressed) == (True, "pullcord", "BH-A1", ())
    assert red((call,), NOON + MINUTE) is None


def test_red_joins_no_call_of_another_group_nor_one_that_a_person_raised() -> None:
    other = replace(done(red((), NOON)), group=("gasket", "assembly-1"))
    step = red((RAISED, other), NOON, "c2")
    assert step is not None and (step.event, step.call.id) == (CallEvent.RAISED, "c2")


@pytest.mark.parametrize("state", [CallState.RAISED, CallState.ACKNOWLEDGED, CallState.AT_STATION])
def test_the_call_ends_with_red_whoever_has_it(state: CallState) -> None:
    call = replace(done(red((), NOON)), state=state, pressed=("assy1-post",))
    step = red_ended((call,), GROUP, NOON + MINUTE)
    assert step is not None and step.event is CallEvent.CLOSED
    assert (step.call.state, step.call.cause) == (CallState.CLOSED, "cleared")
    assert (step.call.closed_at, step.call.closed_by) == (NOON + MINUTE, "pullcord")
    assert (step.call.resolved_at, step.call.resolved_by) == (NOON + MINUTE, "pullcord")


def test_a_cause_that_a_person_gave_stays_when_red_ends() -> None:
    call = done(
        act(done(red((), NOON)), CallAction.RESOLVE, "lead-7", NOON + 1, cause="tugger broke")
    )
    ended = done(red_ended((call,), GROUP, NOON + MINUTE))
    assert (ended.cause, ended.resolved_by, ended.resolved_at) == (
        "tugger broke",
        "lead-7",
        NOON + 1,
    )
    assert ended.closed_by == "pullcord"


def test_red_that_ends_without_an_open_call_records_nothing() -> None:
    closed = done(red_ended((done(red((), NOON)),), GROUP, NOON))
    assert red_ended((), GROUP, NOON) is None
    assert red_ended((closed,), GROUP, NOON + 1) is None
    assert red_ended((RAISED,), GROUP, NOON) is None


def test_a_call_that_a_person_closes_stays_closed_while_red_goes_on() -> None:
    call = done(act(done(red((), NOON)), CallAction.CLOSE, "lead-7", NOON + 1, cause="known"))
    assert red((call,), NOON + HOUR, "c2") is None
    step = red_ended((call,), GROUP, NOON + 2 * HOUR)
    assert step is not None and step.event is CallEvent.ENDED
    assert step.call == replace(call, red_ended_at=NOON + 2 * HOUR)
    assert red_ended((step.call,), GROUP, NOON + 2 * HOUR) is None
    back = red((step.call,), NOON + 2 * HOUR + 10 * MINUTE, "c2")
    assert back is not None and (back.event, back.call.id) == (CallEvent.REOPENED, "c1")


def test_a_call_matters_until_its_red_cannot_bring_it_back() -> None:
    call = done(red((), NOON))
    by_hand = done(act(call, CallAction.CLOSE, "lead-7", NOON + 1, cause="known"))
    ended = done(red_ended((call,), GROUP, NOON))
    assert may_return(call, NOON + HOUR) and may_return(by_hand, NOON + HOUR)
    assert may_return(ended, NOON + 10 * MINUTE) and not may_return(ended, NOON + 10 * MINUTE + 1)
    assert not may_return(replace(RAISED, state=CallState.CLOSED), NOON)


def test_red_that_returns_within_ten_minutes_raises_the_same_call_again() -> None:
    call = done(act(done(red((), NOON)), CallAction.ACKNOWLEDGE, "lead-7", NOON + 1))
    ended = done(red_ended((call,), GROUP, NOON + MINUTE))
    back = red((ended,), NOON + 11 * MINUTE, "c2")
    assert back is not None and back.event is CallEvent.REOPENED
    again = back.call
    assert (again.id, again.state, again.raised_at) == ("c1", CallState.RAISED, NOON)
    assert (again.since, again.level, again.cause) == (NOON + 11 * MINUTE, 0, None)
    assert again.acknowledged_at is again.resolved_at is again.closed_at is None
    later = red((ended,), NOON + 11 * MINUTE + 1, "c2")
    assert later is not None and (later.event, later.call.id) == (CallEvent.RAISED, "c2")


def test_the_newest_of_a_group_s_calls_counts() -> None:
    first = done(red_ended((done(red((), NOON)),), GROUP, NOON + MINUTE))
    second = done(red((first,), NOON + HOUR, "c2"))
    assert red((first, second), NOON + HOUR + 1, "c3") is None
    assert done(red_ended((second, first), GROUP, NOON + 2 * HOUR)).id == "c2"


# --- goods on hold -----------------------------------------------------------------------------


def test_goods_on_hold_call_their_source_once_per_loop() -> None:
    step = hold_began([RAISED], "c2", "m3-post", "BH-A1", NOON)
    assert step is not None
    assert (step.call.type, step.call.station, step.call.loop) == (
        CallType.QUALITY,
        "m3-post",
        "BH-A1",
    )
    assert hold_began([step.call], "c3", "m3-post", "BH-A1", NOON) is None
    assert hold_began([step.call], "c3", "m3-post", "GK-A1", NOON) is not None
    resolved = replace(step.call, state=CallState.RESOLVED)
    assert hold_began([resolved], "c3", "m3-post", "BH-A1", NOON) is not None


# --- clocks ------------------------------------------------------------------------------------


def test_a_call_nobody_takes_escalates_after_five_and_fifteen_minutes() -> None:
    call = RAISED
    assert next_due(call, None) == NOON + 5 * MINUTE
    assert escalate(call, None, NOON + 5 * MINUTE - 1) is None
    step = escalate(call, None, NOON + 5 * MINUTE)
    assert step is not None and (step.event, step.call.level) == (CallEvent.ESCALATED, 1)
    assert next_due(step.call, None) == NOON + 15 * MINUTE
    assert escalate(step.call, None, NOON + 10 * MINUTE) is None
    last = done(escalate(step.call, None, NOON + 15 * MINUTE))
    assert last.level == 2
    assert next_due(last, None) is None
    assert escalate(last, None, NOON + HOUR) is None


def test_a_server_that_was_away_finds_the_level_that_is_due() -> None:
    assert done(escalate(RAISED, None, NOON + HOUR)).level == 2


def test_escalation_stands_still_at_night() -> None:
    late = replace(RAISED, raised_at=NOON + 2 * HOUR - 2 * MINUTE)  # 13:58, the shift ends at 14:00
    morning = NOON + 18 * HOUR  # 06:00
    assert next_due(late, EARLY) == morning + 3 * MINUTE
    assert escalate(late, EARLY, morning + 2 * MINUTE) is None
    assert escalate(late, EARLY, morning + 3 * MINUTE) is not None


@pytest.mark.parametrize("state", [s for s in CallState if s is not CallState.RAISED])
def test_a_call_that_somebody_has_does_not_escalate(state: CallState) -> None:
    taken = replace(RAISED, state=state)
    assert next_due(taken, None) is None
    assert escalate(taken, None, NOON + HOUR) is None


@given(st.integers(0, 72 * HOUR), st.integers(0, 2), st.sampled_from([None, EARLY]))
def test_a_call_escalates_exactly_when_it_said(
    wait: int, level: int, hours: Calendar | None
) -> None:
    call = replace(RAISED, level=level)
    due = next_due(call, hours)
    step = escalate(call, hours, NOON + wait)
    assert (step is not None) == (due is not None and NOON + wait >= due)


# --- where calls belong ------------------------------------------------------------------------


def test_a_group_s_call_belongs_to_the_first_station_with_lights_and_a_hold_s_to_the_first() -> (
    None
):
    stations = [
        Station("dock", ("assembly-1",)),
        Station("post", ("assembly-2", "assembly-1"), ("stack",)),
        Station("end", ("assembly-1",), ("stack",)),
        Station("dark", ("press-1",)),
    ]
    plant = Plant("s1", stations={s.id: s for s in stations})
    found = [station_of_group(plant, place) for place in ("assembly-1", "press-1", "paint")]
    assert [s.id if s else None for s in found] == ["post", "dark", None]
    held = [station_of_hold(plant, place) for place in ("assembly-1", "paint")]
    assert [s.id if s else None for s in held] == ["dock", None]
