"""Inputs that tremble are judged when they have settled, and glitches are no judgement."""

from hypothesis import given
from hypothesis import strategies as st

from pullcord_edge.core.level import Debounce, Judged, LevelFilter
from pullcord_edge.core.setting import Level

SCALE = Level(settle_s=1.0, empty_below=100.0, hysteresis=20.0, median=5)


def test_a_state_counts_when_it_stayed() -> None:
    button = Debounce(0.03, False)
    assert button.feed(True, 1.0) is None
    assert button.due_at == 1.03
    assert button.tick(1.02) is None
    assert button.tick(1.03) is True
    assert button.tick(2.0) is None
    assert button.feed(False, 2.0) is None
    assert button.feed(True, 2.01) is None
    assert button.tick(3.0) is None


def test_without_settling_every_change_counts_at_once() -> None:
    button = Debounce(0.0, False)
    assert button.feed(True, 1.0) is True
    assert button.feed(False, 1.0) is False


def test_a_late_tick_still_tells_of_a_state_that_stayed_long_enough() -> None:
    button = Debounce(0.03, False)
    button.feed(True, 1.0)
    assert button.feed(False, 5.0) is True
    assert button.tick(5.03) is False


@given(st.lists(st.tuples(st.booleans(), st.floats(0.0, 0.1)), max_size=50))
def test_settled_states_alternate_and_never_come_early(steps: list[tuple[bool, float]]) -> None:
    button, now, said, raw_since = Debounce(0.05, False), 0.0, False, 0.0
    raw = False
    for state, pause in steps:
        now += pause
        told = [button.tick(now)]
        if state != raw:
            raw, raw_since = state, now
        told.append(button.feed(state, now))
        for each in told:
            if each is not None:
                assert each is not said
                said = each
    assert button.tick(raw_since + 10) in (None, not said)


def test_a_switch_says_empty_by_its_wiring() -> None:
    closed_is_empty = LevelFilter(Level(settle_s=0.5), empty=False)
    assert closed_is_empty.close(True, 1.0) is None
    assert closed_is_empty.tick(1.5) == Judged(1.0, True)
    open_is_empty = LevelFilter(Level(settle_s=0.5, empty_when_closed=False), empty=True)
    assert open_is_empty.close(True, 1.0) is None
    assert open_is_empty.tick(1.5) == Judged(1.0, False)


def test_the_first_judgement_of_an_unknown_place_is_said() -> None:
    place = LevelFilter(Level(settle_s=0.5))
    place.close(False, 1.0)
    assert place.tick(1.5) == Judged(0.0, False)
    assert place.empty is False


def weigh(scale: LevelFilter, values: list[float], begun: float = 0.0) -> list[Judged]:
    """The judgements of ten values a second."""
    found = [scale.measure(value, begun + place / 10) for place, value in enumerate(values)]
    return [judged for judged in found if judged is not None]


def test_a_glitch_among_good_values_changes_nothing() -> None:
    scale = LevelFilter(SCALE, empty=False)
    assert weigh(scale, [500, 500, 500, 0, 500, 500, 16777215, 500] * 10) == []


def test_a_scale_says_empty_below_its_limit_and_full_only_beyond_the_hysteresis() -> None:
    scale = LevelFilter(SCALE, empty=False)
    assert weigh(scale, [90.0] * 20) == [Judged(90.0, True)]
    assert weigh(scale, [110.0] * 30, 10) == []
    assert weigh(scale, [130.0] * 30, 20) == [Judged(130.0, False)]


def test_a_distance_says_empty_above_its_limit() -> None:
    place = LevelFilter(Level(settle_s=0.0, empty_above=300.0, hysteresis=50.0), empty=False)
    assert place.measure(301.0, 0.0) == Judged(301.0, True)
    assert place.measure(260.0, 1.0) is None
    assert place.measure(249.0, 2.0) == Judged(249.0, False)


def test_a_value_that_swings_around_the_limit_never_settles() -> None:
    scale = LevelFilter(Level(settle_s=1.0, empty_below=100.0), empty=False)
    assert weigh(scale, [90.0, 110.0] * 100) == []
