"""What every driver of the catalogue keeps, whatever arrives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.readers.conformance.subject import (
    CHECKED,
    UNFRAMED,
    Subject,
    feed_at_once,
    feed_with_pauses,
    held,
    is_part_of,
    meaning,
    subjects,
    understood,
)
from edge.readers.frame_case import decode, good, noise
from pullcord_edge.readers.catalogue import CATALOGUE, Source, build
from pullcord_edge.readers.event import CardRead, Measurement

SUBJECTS = subjects()
MOST_HELD = 40_000
every = pytest.mark.parametrize("subject", SUBJECTS, ids=str)
every_framed = pytest.mark.parametrize(
    "subject", [each for each in SUBJECTS if each.name not in UNFRAMED], ids=str
)
every_driver = pytest.mark.parametrize("name", CATALOGUE)
some = settings(max_examples=40, deadline=None)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The data in pieces."""
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [data[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


def any_bytes(name: str) -> st.SearchStrategy[bytes]:
    if CATALOGUE[name].source is Source.BITS:
        return st.lists(st.sampled_from((0, 1, 1, 0, 2)), max_size=200).map(bytes)
    return st.binary(max_size=200)


def test_every_driver_of_the_catalogue_is_a_subject() -> None:
    assert {subject.name for subject in SUBJECTS} == set(CATALOGUE)


@every
@given(data=st.data())
@some
def test_any_split_of_the_bytes_means_the_same(subject: Subject, data: st.DataObject) -> None:
    frames = data.draw(st.lists(st.sampled_from(subject.frames), min_size=1, max_size=3))
    dirt = data.draw(subject.garbage())
    stream = dirt + dirt.join(frames) + dirt
    places = data.draw(st.lists(st.integers(0, len(stream)), max_size=12))
    whole = decode(subject.make(), stream)
    assert feed_at_once(subject.make(), cut(stream, places)) == whole
    assert feed_at_once(subject.make(), [stream[at : at + 1] for at in range(len(stream))]) == whole


@every
@given(data=st.data())
@some
def test_any_split_of_any_bytes_means_the_same(subject: Subject, data: st.DataObject) -> None:
    stream = data.draw(any_bytes(subject.name))
    places = data.draw(st.lists(st.integers(0, len(stream)), max_size=12))
    whole = decode(subject.make(), stream)
    assert feed_at_once(subject.make(), cut(stream, places)) == whole


@every_framed
@given(data=st.data())
@some
def test_garbage_before_between_and_after_hides_no_good_frame(
    subject: Subject, data: st.DataObject
) -> None:
    frames = data.draw(st.lists(st.sampled_from(subject.frames), min_size=1, max_size=3))
    dirt = data.draw(st.lists(subject.garbage(), min_size=4, max_size=4))
    chunks = [dirt[0], *(part for frame in zip(frames, dirt[1:], strict=False) for part in frame)]
    wanted = [event for frame in frames for event in meaning(subject, frame)]
    assert is_part_of(wanted, feed_with_pauses(subject.make(), chunks))
    if not subject.needs_silence:
        assert is_part_of(wanted, feed_at_once(subject.make(), chunks))


@every
def test_a_frame_that_breaks_off_anywhere_does_not_hide_the_next(subject: Subject) -> None:
    frame = min(subject.frames, key=len)
    wanted = meaning(subject, frame)
    for size in range(1, len(frame)):
        chunks = [frame[:size], frame]
        assert is_part_of(wanted, feed_with_pauses(subject.make(), chunks)), size
        if not subject.needs_silence and subject.name != "em4100":
            assert is_part_of(wanted, feed_at_once(subject.make(), chunks)), size


@pytest.mark.parametrize(
    "subject",
    [each for each in SUBJECTS if not each.needs_silence and each.name not in UNFRAMED],
    ids=str,
)
def test_stray_first_bytes_do_not_hide_the_frame(subject: Subject) -> None:
    for frame in subject.frames:
        for count in (1, 2, 5):
            stream = frame[:1] * count + frame
            assert is_part_of(meaning(subject, frame), decode(subject.make(), stream))


@pytest.mark.parametrize(
    "subject",
    [each for each in SUBJECTS if each.name in CHECKED and not each.is_text],
    ids=str,
)
def test_no_single_wrong_bit_makes_another_read_or_value(subject: Subject) -> None:
    bits = 1 if CATALOGUE[subject.name].source is Source.BITS else 8
    for frame in subject.frames[:6]:
        right = good(decode(subject.make(), frame))
        for place in range(len(frame) * bits):
            wrong = bytearray(frame)
            wrong[place // bits] ^= 1 << place % bits
            got = good(decode(subject.make(), bytes(wrong)))
            assert all(event in right for event in got), (frame.hex(), place)


@every_driver
@given(data=st.data())
@some
def test_no_bytes_at_no_time_make_it_raise(name: str, data: st.DataObject) -> None:
    driver, now = build(name), 0.0
    driver.start(now)
    for _ in range(data.draw(st.integers(1, 8))):
        now += data.draw(st.floats(0, 5))
        events = driver.feed(data.draw(any_bytes(name)), now)
        now += data.draw(st.floats(0, 5))
        events += driver.tick(now)
        for event in events:
            match event:
                case CardRead(code):
                    assert code
                case Measurement(value):
                    assert value == value and abs(value) < 1e12


@every
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_no_good_frame_with_wrong_bytes_makes_it_raise(
    subject: Subject, data: st.DataObject
) -> None:
    frame = bytearray(data.draw(st.sampled_from(subject.frames)))
    top = 2 if CATALOGUE[subject.name].source is Source.BITS else 255
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, top))
    for event in good(decode(subject.make(), bytes(frame))):
        assert not isinstance(event, CardRead) or event.code


@every_driver
def test_memory_stays_bounded_when_no_frame_ever_ends(name: str) -> None:
    frame = next(subject.frames[0] for subject in SUBJECTS if subject.name == name)
    for fill in (frame[:-1] or b"\x99", frame[:3], frame[:1], b"\x00", b"1", b"\xf0", b"\xff"):
        driver = build(name)
        for _ in range(12):
            driver.feed((fill * 4096)[:4096], 0.0)
            assert held(driver) < MOST_HELD


@every
def test_opening_the_port_again_forgets_what_was_half_read(subject: Subject) -> None:
    frame = subject.frames[0]
    driver = subject.make()
    driver.feed(frame[: len(frame) // 2], 0.0)
    driver.start(1.0)
    events = [*driver.feed(frame, 1.0), *driver.tick(1.9)]
    assert understood(events) == meaning(subject, frame)
    assert noise(events) == []


@every
def test_half_a_frame_is_due_and_then_gone(subject: Subject) -> None:
    frame = max(subject.frames, key=len)
    driver = subject.make()
    for at in range(len(frame) - 1):
        driver.feed(frame[at : at + 1], 1.0)
        if at >= len(frame) // 2 and driver.due_at:
            break
    due = driver.due_at
    if due is None:
        assert subject.name in UNFRAMED
        return
    assert due > 1.0
    assert driver.tick((1.0 + due) / 2) == []
    for _ in range(3):
        due = driver.due_at
        if due is not None:
            driver.tick(due)
    assert driver.due_at is None


@every_framed
@given(data=st.data())
@some
def test_garbage_alone_is_told_whole(subject: Subject, data: st.DataObject) -> None:
    if subject.needs_silence or subject.name in ("pn532", "uhfreader18"):
        return
    dirt = data.draw(subject.garbage())
    told = noise(decode(subject.make(), dirt))
    assert b"".join(each.data for each in told) == dirt
