"""What every lamp does at every instant: patterns, feedback, and never above 3 Hz."""

from copy import deepcopy
from itertools import pairwise
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullcord_edge.core.feedback import (
    FAILING,
    IDENTIFY,
    LINK_LOST,
    MAINTENANCE,
    NOTICES,
    VERDICTS,
    Notice,
    Show,
)
from pullcord_edge.core.lamp import Beeper, Panel, changes_in, fit, is_lit
from pullcord_edge.core.setting import COLOURS, Light
from pullcord_wire.message import Pattern, Verdict

STACK = Light("stack", pins=dict.fromkeys(COLOURS, 0), colours=COLOURS)
THREE = Light("three", colours=("red", "amber", "green"))
ON, OFF, SLOW, FAST = Pattern.ON, Pattern.OFF, Pattern.SLOW, Pattern.FAST
GREEN = {"stack": {"red": OFF, "amber": OFF, "green": ON, "blue": OFF, "white": OFF}}


def panel(**lamps: Pattern) -> Panel:
    """A panel with a fresh link and these lamps wanted."""
    return Panel((STACK,), {"stack": lamps or GREEN["stack"]}, link_lost=False)


def rises(pattern: Pattern, seconds: int = 100) -> int:
    """How often a lamp of this pattern comes on in so long."""
    lit = [is_lit(pattern, step / 1000) for step in range(seconds * 1000)]
    return sum(after and not before for before, after in pairwise(lit))


def test_slow_and_fast_keep_their_frequencies() -> None:
    assert 0.4 <= rises(SLOW) / 100 <= 0.8
    assert 1.4 <= rises(FAST) / 100 <= 2.8
    assert rises(ON) == rises(OFF) == 0


@given(st.sampled_from(Pattern), st.floats(0, 1e6))
def test_nothing_changes_before_it_is_said_to(pattern: Pattern, since: float) -> None:
    wait = changes_in(pattern, since)
    assert wait > 0
    if wait < inf:
        assert is_lit(pattern, since + wait) != is_lit(pattern, since)
    if wait > 0.01:
        assert is_lit(pattern, since + min(wait, 10) - 0.005) == is_lit(pattern, since)


def test_the_lights_show_what_is_wanted_and_only_that() -> None:
    assert panel().lit(0) == {("stack", "green")}
    assert panel(red=ON, blue=ON).lit(0) == {("stack", "red"), ("stack", "blue")}
    assert Panel((STACK,), {"other": {"red": ON}}, link_lost=False).lit(0) == frozenset()


def test_link_lost_is_white_fast_alone() -> None:
    lights = panel()
    lights.link_lost = True
    assert lights.look(STACK, 0) == LINK_LOST
    lights.maintenance = True
    assert lights.look(STACK, 0) == LINK_LOST


def test_feedback_lies_over_everything_for_its_moment() -> None:
    lights = panel(red=ON)
    lights.show(Show({"green": ON}, 0.7), 10.0)
    assert lights.lit(10.0) == {("stack", "green")}
    assert lights.next_at(10.0) == pytest.approx(10.7)
    assert lights.lit(10.71) == {("stack", "red")}


def test_feedback_that_would_not_be_seen_begins_with_a_dark_moment() -> None:
    lights = panel()
    lights.lit(9.0)
    lights.show(Show({"green": ON}, 0.7), 10.0)
    assert lights.lit(10.0) == frozenset()
    assert lights.lit(10.21) == {("stack", "green")}


def test_failing_is_over_feedback_and_says_red_and_maintenance() -> None:
    lights = panel()
    lights.show(Show({"green": ON}, 0.7), 10.0)
    lights.failing = True
    assert lights.look(STACK, 10.0) == FAILING
    assert FAILING["red"] is ON


def test_maintenance_blinks_white_beside_what_is_wanted() -> None:
    lights = panel()
    lights.maintenance = True
    assert lights.look(STACK, 0) == {**GREEN["stack"], **MAINTENANCE}


def test_a_light_without_the_colour_says_it_with_all_its_lamps() -> None:
    assert fit(LINK_LOST, THREE) == {"red": FAST, "amber": FAST, "green": FAST}
    assert fit({"red": ON, "white": ON}, THREE) == {"red": ON}
    assert fit({}, THREE) == {}


def test_no_two_answers_look_the_same_but_accepted_and_kept() -> None:
    looks = [str(dict(show.look)) for show in (*VERDICTS.values(), *NOTICES.values())]
    assert set(VERDICTS) == set(Verdict)
    assert set(NOTICES) == set(Notice)
    assert len(looks) - len(set(looks)) == 2  # accepted and kept; blocked and refused
    assert VERDICTS[Verdict.ACCEPTED].look == NOTICES[Notice.KEPT].look


def test_kept_duplicate_refused_and_take_out_sound_different_and_failing_is_silent() -> None:
    sounds = {
        NOTICES[Notice.KEPT].beeps,
        VERDICTS[Verdict.DUPLICATE].beeps,
        VERDICTS[Verdict.UNKNOWN].beeps,
        VERDICTS[Verdict.TAKE_OUT].beeps,
    }
    assert len(sounds) == 4
    assert all(sounds)
    assert VERDICTS[Verdict.ACCEPTED].beeps == ()


shows = st.sampled_from([*VERDICTS.values(), *NOTICES.values(), IDENTIFY])
steps = st.lists(
    st.tuples(st.floats(0.001, 0.4), st.one_of(shows, st.booleans(), st.sampled_from(Pattern))),
    max_size=60,
)


@given(steps)
def test_no_lamp_ever_flashes_above_three_hertz(
    steps: list[tuple[float, Show | bool | Pattern]],
) -> None:
    lights, now = panel(), 0.0
    risen: dict[tuple[str, str], float] = {}
    before: frozenset[tuple[str, str]] = frozenset()
    for pause, what in steps:
        end = now + pause
        while now < end:
            lit = lights.lit(now)
            for lamp in lit - before:
                assert now - risen.get(lamp, -inf) >= 1 / 3
                risen[lamp] = now
            before = lit
            now = min(end, max(lights.next_at(now), now + 0.0005))
        match what:
            case Show():
                lights.show(what, now)
            case bool():
                lights.link_lost = what
            case Pattern():
                lights.wanted = {"stack": {"red": what, "white": what}}


@given(steps)
def test_asking_at_next_at_misses_no_change(
    steps: list[tuple[float, Show | bool | Pattern]],
) -> None:
    lights, now = panel(), 0.0
    for pause, what in steps:
        end = now + pause
        at, seen = now, lights.lit(now)
        while now < end:
            if now >= at:
                seen = lights.lit(now)
                at = lights.next_at(now)
            asked = deepcopy(lights).lit(now)
            assert asked == seen or at - now < 0.003
            now += 0.002
        match what:
            case Show():
                lights.show(what, now)
            case bool():
                lights.link_lost = what
            case Pattern():
                lights.wanted = {"stack": {"red": what, "white": what}}


def test_a_beep_sounds_and_ends() -> None:
    beeper = Beeper()
    assert beeper.next_at(0.0) == inf
    beeper.play((0.1, 0.2, 0.1), 5.0)
    heard = [beeper.sounds(5.0 + step) for step in (0.05, 0.15, 0.35, 0.45)]
    assert heard == [True, False, True, False]
    assert beeper.next_at(5.05) == pytest.approx(5.1)
    beeper.play((), 5.05)
    assert beeper.sounds(5.05)
