"""How calls are answered, what they were about, how many a lead has, what a shift leaves: by hand-made days."""

import json
from dataclasses import replace
from itertools import product

import pytest

from pullcord_server.domain import alarm_load, calendar
from pullcord_server.domain.alarm_load import Grade
from pullcord_server.domain.call import Call, CallState, CallType, act, press, red_began, red_ended
from pullcord_server.domain.call import CallAction as Action
from pullcord_server.domain.hand_over import handed_over
from pullcord_server.domain.plant import MINUTE, Calendar
from pullcord_server.domain.response import (
    Raised,
    Raising,
    Times,
    pareto,
    raisings,
    responses,
    times,
)
from pullcord_server.domain.shift import Shift, last_shift_end, running_shift
from pullcord_server.domain.stretch import NONE, Stretch
from pullcord_server.storage.call_json import call_values, load_call, load_raised
from support.desk import at

#: Two shifts with a break, Monday to Friday; 2026-11-23 is a Monday.
HOURS = Calendar(days=(0, 1, 2, 3, 4), shifts=((360, 840), (840, 1320)), breaks=((600, 615),))
NIGHT = Calendar(shifts=((1320, 360),))


def call(raised: str, **more: int | str | None) -> Call:
    known = Call("c1", CallType.MATERIAL, CallState.RAISED, "post", at(raised), "op-2")
    return replace(known, **more)  # type: ignore[arg-type]


def one(found: Call, now: str = "20:00", hours: Calendar | None = HOURS) -> Raising:
    (raising,) = raisings(Raised.of(found), stretch(hours), at(now))
    return raising


def stretch(hours: Calendar | None = HOURS) -> Stretch:
    return Stretch.of(hours, at("00:00"), at("D+1 00:00"))


def done(found: Call, action: Action, when: str, cause: str | None = None) -> Call:
    step = act(found, action, "lead-7", at(when), cause)
    assert not isinstance(step, str)
    return step.call  # type: ignore[union-attr]


# -- times


def test_times_run_from_the_raising_and_stand_still_outside_of_working_time() -> None:
    """Raised 09:55, taken 09:58, there 10:20 (a break of 15 min), resolved 14:05."""
    found = call("09:55")
    for action, when in ((Action.ACKNOWLEDGE, "09:58"), (Action.ARRIVE, "10:20")):
        found = done(found, action, when)
    raising = one(done(found, Action.RESOLVE, "14:05", "machine down"))
    assert raising.acknowledge == 3 * MINUTE
    assert raising.arrive == 10 * MINUTE
    assert raising.resolve == raising.lasted == (4 * 60 + 10 - 15) * MINUTE
    assert (raising.cause, raising.shift, raising.answered_by) == (
        "machine down",
        "06:00-14:00",
        "lead-7",
    )


def test_the_night_does_not_count() -> None:
    """Raised 21:58 on Monday, taken 06:03 on Tuesday: five minutes."""
    raising = one(done(call("21:58"), Action.ACKNOWLEDGE, "D+1 06:03"), "D+1 08:00")
    assert raising.acknowledge == 5 * MINUTE
    assert raising.resolve is None
    assert raising.lasted == (2 + 120) * MINUTE


def test_a_call_that_ended_by_itself_was_answered_by_nobody() -> None:
    raised = red_began((), "c1", ("hose", "assembly"), "post", at("08:00"))
    assert raised is not None
    ended = red_ended([raised.call], ("hose", "assembly"), at("08:07"))
    assert ended is not None
    raising = one(ended.call)
    assert (raising.acknowledge, raising.resolve, raising.cleared) == (None, 7 * MINUTE, True)
    assert raising.cause == "cleared"


def test_a_call_that_is_raised_again_is_two_raisings() -> None:
    """The first keeps its own times and cause."""
    group = ("hose", "assembly")
    raised = red_began((), "c1", group, "post", at("08:00"))
    assert raised is not None
    first = done(done(raised.call, Action.ACKNOWLEDGE, "08:02"), Action.RESOLVE, "08:05", "late")
    ended = red_ended([first], group, at("08:06"))
    assert ended is not None
    again = red_began([ended.call], "c2", group, "post", at("08:10"))
    assert again is not None
    assert again.call.id == "c1"
    again_taken = done(again.call, Action.ACKNOWLEDGE, "08:14")
    kept = json.loads(json.dumps(call_values(again_taken)["body"]))
    assert load_raised(kept) == Raised.of(again_taken) == Raised.of(load_call(kept))
    found = raisings(Raised.of(again_taken), stretch(), at("08:20"))
    assert [(r.raised_at, r.acknowledge, r.resolve, r.cause) for r in found] == [
        (at("08:00"), 2 * MINUTE, 5 * MINUTE, "late"),
        (at("08:10"), 4 * MINUTE, None, NONE),
    ]


def test_a_press_that_came_late_says_nothing_about_who_answered() -> None:
    """It is counted, and its times are not."""
    late = press([], "c1", CallType.MATERIAL, "post", "post", at("06:10"), to_confirm=True).call
    taken = done(late, Action.ACKNOWLEDGE, "11:00")
    (row,) = [r for r in responses([one(taken)]) if r.by == "type"]
    assert (row.calls, row.unanswered, row.acknowledge.count) == (1, 0, 0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], Times(0, None, None)),
        ([None, None], Times(0, None, None)),
        ([4], Times(1, 4, 4)),
        ([1, 2, 3, 4], Times(4, 2, 4)),
        ([10, 20, 30, None], Times(3, 20, 30)),
        (list(range(1, 11)), Times(10, 6, 9)),
        (list(range(1, 12)), Times(11, 6, 10)),
    ],
)
def test_the_median_and_the_value_that_nine_of_ten_do_not_exceed(
    values: list[int | None], expected: Times
) -> None:
    """p90 by nearest rank; the median of an even number lies between (rounded to even)."""
    assert times(values) == expected


@pytest.mark.parametrize("hours", [HOURS, NIGHT, None, Calendar(days=(6,)), Calendar()])
def test_a_stretch_of_time_says_what_the_calendar_says(hours: Calendar | None) -> None:
    """Within and beyond its ends."""
    start, end = at("05:00"), at("D+2 03:00")
    made = Stretch.of(hours, start, end)
    instants = [start + n * 47 * MINUTE for n in range(-5, 70)]
    for first, last in product(instants[::3], instants[::4]):
        if first <= last:
            assert made.between(first, last) == calendar.between(hours, first, last)
    for instant in instants[5:64]:
        assert made.shift(instant) == running_shift(hours, instant)


# -- Pareto


def test_the_few_that_make_most_calls_come_first_with_their_shares() -> None:
    """Four calls: three about machines, one about boxes."""
    causes = ["machine down", "box late", "machine down", "machine down"]
    found = [
        one(done(call("08:00", id=f"c{n}"), Action.RESOLVE, f"08:0{n}", cause))
        for n, cause in enumerate(causes, 1)
    ]
    rows = [r for r in pareto(found) if r.by == "cause"]
    assert [(r.key, r.calls, r.share, r.cumulative, r.lasted) for r in rows] == [
        ("machine down", 3, 0.75, 0.75, 8 * MINUTE),
        ("box late", 1, 0.25, 1.0, 2 * MINUTE),
    ]
    assert [(r.by, r.key, r.calls) for r in pareto(found) if r.by != "cause"] == [
        ("loop", NONE, 4),
        ("station", "post", 4),
    ]
    assert pareto([]) == []


# -- alarm load


def test_one_call_in_ten_minutes_is_healthy_two_are_the_most() -> None:
    """ISA-18.2: 48 in 8 h are 1 per 10 min."""
    shift = 480 * MINUTE
    evenly = [n * 10 * MINUTE for n in range(48)]
    found = alarm_load.load(evenly, shift)
    assert (found.per_hour, found.per_span, found.peak, found.grade) == (6, 1, 1, Grade.HEALTHY)
    assert alarm_load.load([*evenly, 1], shift).grade is Grade.BUSY
    assert alarm_load.load(evenly * 2, shift).grade is Grade.BUSY
    assert alarm_load.load([*evenly, *evenly, 1], shift).grade is Grade.OVERLOADED


def test_more_than_ten_in_any_ten_minutes_are_a_flood_whatever_the_mean_says() -> None:
    """The ten minutes begin anywhere."""
    minutes = [n * MINUTE for n in range(11)]
    assert alarm_load.load(minutes, 10**9).peak == 10
    assert alarm_load.load(minutes, 10**9).grade is Grade.HEALTHY
    flood = [n * (MINUTE - 6000) for n in range(11)]
    assert alarm_load.load(flood, 10**9).peak == 11
    assert alarm_load.load(flood, 10**9).grade is Grade.OVERLOADED


def test_without_working_time_there_is_no_rate() -> None:
    found = alarm_load.load([1, 2], 0)
    assert (found.calls, found.per_hour, found.per_span, found.peak) == (2, None, None, 2)
    assert alarm_load.load([], MINUTE).grade is Grade.HEALTHY


# -- shifts, hand-over


def test_the_shift_that_runs_and_the_one_that_ended_last() -> None:
    """Its first instant is its own, its last is the next one's; over a weekend it was Friday's."""
    early, late = Shift(at("06:00"), at("14:00")), Shift(at("14:00"), at("22:00"))
    assert running_shift(HOURS, at("06:00")) == early
    assert running_shift(HOURS, at("14:00")) == late
    assert running_shift(HOURS, at("22:00")) is None
    assert last_shift_end(HOURS, at("14:00")) == early
    assert last_shift_end(HOURS, at("13:59")) == Shift(
        at("14:00") - 72 * 60 * MINUTE, at("22:00") - 72 * 60 * MINUTE
    )
    assert last_shift_end(HOURS, at("D+1 05:00")) == late
    assert stretch().shift_name(at("05:59")) == NONE


def test_a_night_shift_belongs_to_both_days() -> None:
    night = Shift(at("22:00"), at("D+1 06:00"))
    assert running_shift(NIGHT, at("D+1 01:00")) == night
    assert last_shift_end(NIGHT, at("D+1 06:00")) == night
    assert stretch(NIGHT).shift_name(at("23:00")) == "22:00-06:00"
    for hours in (None, Calendar()):
        assert running_shift(hours, 0) is None
        assert last_shift_end(hours, 0) is None


def test_what_a_shift_left_open_is_handed_over_with_who_has_it_and_since_when() -> None:
    """A call raised in the present shift is not; a closed one is not; a resolved one still is."""
    left = call("13:50", id="left")
    taken = done(call("13:00", id="taken"), Action.ACKNOWLEDGE, "13:05")
    closed = done(call("13:10", id="closed"), Action.CLOSE, "14:05", "box came")
    fresh = call("14:01", id="fresh")
    found = handed_over([left, taken, closed, fresh], lambda _: HOURS, at("14:10"))
    assert [(h.call.id, h.has, h.waited) for h in found] == [
        ("taken", "lead-7", 70 * MINUTE),
        ("left", None, 20 * MINUTE),
    ]
    assert found[0].shift == Shift(at("06:00"), at("14:00"))
    assert handed_over([left], lambda _: None, at("14:10")) == []
    assert handed_over([left], lambda _: HOURS, at("13:59")) == []
