"""One gesture at a reader is one event, however often the reader says it."""

from hypothesis import given
from hypothesis import strategies as st

from pullcord_edge.config.device import SETS
from pullcord_edge.core.gesture import CONFIRM_S, Doubtful, Dropped, GestureFilter, Left
from pullcord_edge.core.setting import Gesture
from pullcord_edge.readers.catalogue import CATALOGUE

A, B, C = "0A00B41F2C", "0A00B41F2D", "00F00000F000"
PLAIN = Gesture()
WEAK = Gesture(confirm=True)
RACK = Gesture(removed=True)
BOX = Gesture(absence_s=3.0, many=True, removed=True)


def test_a_card_that_rests_is_one_drop() -> None:
    gestures = GestureFilter(PLAIN)
    found = [event for step in range(100) for event in gestures.read(A, step * 0.065)]
    assert found == [Dropped(A)]


def test_a_card_counts_again_when_it_was_gone_for_the_absence() -> None:
    gestures = GestureFilter(PLAIN)
    assert gestures.read(A, 0.0) == [Dropped(A)]
    assert gestures.read(A, 0.9) == []
    assert gestures.read(A, 1.8) == []
    assert gestures.read(A, 2.9) == [Dropped(A)]


def test_another_card_ends_the_one_before_at_once() -> None:
    gestures = GestureFilter(PLAIN)
    found = [*gestures.read(A, 0.0), *gestures.read(B, 0.1), *gestures.read(A, 0.2)]
    assert found == [Dropped(A), Dropped(B), Dropped(A)]


def test_a_tag_never_seen_before_needs_two_equal_frames_where_the_checksum_is_weak() -> None:
    gestures = GestureFilter(WEAK)
    assert gestures.read(A, 0.0) == []
    assert gestures.read(A, 0.065) == [Dropped(A)]
    assert gestures.read(B, 5.0) == []
    assert gestures.read(B, 5.065) == [Dropped(B)]
    assert gestures.read(A, 9.0) == [Dropped(A)]


def test_a_phantom_in_the_middle_of_a_resting_card_is_noise_and_ends_nothing() -> None:
    gestures = GestureFilter(WEAK)
    gestures.read(A, 0.0)
    assert gestures.read(A, 0.065) == [Dropped(A)]
    assert gestures.read(C, 0.13) == []
    assert gestures.read(A, 0.2) == []
    assert gestures.tick(0.13 + CONFIRM_S) == [Doubtful(C)]


def test_one_frame_alone_is_said_to_be_doubtful() -> None:
    gestures = GestureFilter(WEAK)
    gestures.read(A, 0.0)
    assert gestures.due_at == CONFIRM_S
    assert gestures.tick(CONFIRM_S) == [Doubtful(A)]
    assert gestures.due_at is None
    assert gestures.read(A, 10.0) == []


def test_two_different_single_frames_do_not_confirm_each_other() -> None:
    gestures = GestureFilter(WEAK)
    assert gestures.read(A, 0.0) == []
    assert gestures.read(B, 0.1) == [Doubtful(A)]
    assert gestures.read(A, 0.2) == [Doubtful(B)]
    assert gestures.read(A, 0.3) == [Dropped(A)]


def test_a_code_known_from_before_this_start_counts_at_its_first_frame() -> None:
    assert GestureFilter(WEAK, known=[A]).read(A, 0.0) == [Dropped(A)]


def test_in_a_rack_the_leaving_of_a_tag_is_told_when_its_absence_is_over() -> None:
    gestures = GestureFilter(RACK)
    gestures.read(A, 0.0)
    gestures.read(A, 0.5)
    assert gestures.due_at == 1.5
    assert gestures.tick(1.4) == []
    assert gestures.tick(1.5) == [Left(A)]
    assert gestures.read(B, 2.0) == [Dropped(B)]
    assert gestures.read(A, 2.1) == [Left(B), Dropped(A)]


def test_in_a_box_each_tag_comes_and_goes_by_itself() -> None:
    gestures = GestureFilter(BOX)
    assert gestures.see(frozenset({A}), 0.0) == [Dropped(A)]
    assert gestures.see(frozenset({A, B}), 0.5) == [Dropped(B)]
    assert gestures.see(frozenset({B}), 1.0) == []
    assert gestures.see(frozenset({A, B}), 2.0) == []
    assert gestures.see(frozenset({B}), 4.9) == []
    assert gestures.see(frozenset({B}), 5.0) == [Left(A)]
    assert gestures.see(frozenset({A, B}), 6.0) == [Dropped(A)]


def test_a_box_without_a_look_has_lost_nothing() -> None:
    gestures = GestureFilter(BOX)
    gestures.see(frozenset({A}), 0.0)
    assert gestures.due_at is None
    assert gestures.tick(1000.0) == []
    assert gestures.see(frozenset({A}), 1000.0) == []


def test_tags_that_lay_in_a_box_at_the_last_start_are_no_new_drops() -> None:
    gestures = GestureFilter(BOX, resting=[A, B], now=100.0)
    assert gestures.see(frozenset({A}), 100.5) == []
    assert gestures.see(frozenset({A}), 103.0) == [Left(B)]


def test_a_drop_that_could_not_be_kept_counts_at_its_next_frame() -> None:
    gestures = GestureFilter(PLAIN)
    gestures.read(A, 0.0)
    gestures.forget(A)
    assert gestures.read(A, 0.065) == [Dropped(A)]


def test_without_an_absence_every_frame_is_a_drop() -> None:
    gestures = GestureFilter(Gesture(absence_s=0.0))
    assert gestures.read(A, 1.0) == [Dropped(A)]
    assert gestures.read(A, 1.0) == [Dropped(A)]


def test_what_is_known_stays_bounded() -> None:
    gestures = GestureFilter(PLAIN)
    for number in range(30_000):
        gestures.read(f"{number:010}", number * 0.001)
    assert len(gestures._known) <= 10_000


def test_the_readers_of_sets_are_in_the_catalogue() -> None:
    assert set(CATALOGUE) >= SETS


@given(
    st.lists(st.tuples(st.sampled_from([A, B, C]), st.floats(0.0, 2.0)), max_size=40),
    st.booleans(),
)
def test_drops_and_leavings_of_a_tag_alternate(steps: list[tuple[str, float]], many: bool) -> None:
    gestures = GestureFilter(Gesture(many=many, removed=True))
    resting: set[str] = set()
    now = 0.0
    for code, pause in steps:
        now += pause
        events = gestures.see(frozenset({code}), now) if many else gestures.read(code, now)
        for event in events:
            match event:
                case Dropped(dropped):
                    assert dropped not in resting
                    resting.add(dropped)
                case Left(left):
                    resting.remove(left)
                case Doubtful():
                    raise AssertionError("nothing is doubtful here")
        assert code in resting
        assert many or resting == {code}
