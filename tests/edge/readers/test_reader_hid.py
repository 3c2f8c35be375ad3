"""USB keyboards: reports, input events, Alt and numbers, keys that were lost."""

import struct

import pytest

from edge.readers.frame_case import codes, decode_with, noise
from pullcord_edge.readers.catalogue import build
from pullcord_edge.readers.event import CardRead, Status

UP = bytes(8)
ENTER = bytes((0, 0, 0x28, 0, 0, 0, 0, 0)) + UP


def report(usage: int, modifiers: int = 0) -> bytes:
    return bytes((modifiers, 0, usage, 0, 0, 0, 0, 0)) + UP


def typed(digits: str) -> bytes:
    return b"".join(report(0x1E + (int(digit) - 1) % 10) for digit in digits)


def event(kind: int, code: int, value: int, layout: str = "<qqHHi") -> bytes:
    return struct.pack(layout, 1_700_000_000, 5, kind, code, value)


def test_a_code_ends_with_enter() -> None:
    assert codes(build("hid").feed(typed("12") + ENTER, 0.0)) == ["12"]


def test_a_code_without_enter_ends_by_silence_when_it_is_long_enough() -> None:
    assert codes(decode_with("hid", typed("1234"))) == ["1234"]
    assert decode_with("hid", typed("123")) == [Status({"partial": "123"})]


def test_two_keys_in_one_report_are_two_keys_and_a_held_one_is_one() -> None:
    rolling = bytes((0, 0, 0x1E, 0, 0, 0, 0, 0)) + bytes((0, 0, 0x1E, 0x1F, 0, 0, 0, 0))
    assert codes(decode_with("hid", rolling + UP + ENTER)) == ["12"]


def test_shift_gives_the_upper_sign() -> None:
    keys = report(0x05, 0x02) + report(0x2D, 0x20) + report(0x04) + ENTER
    assert codes(decode_with("hid", keys)) == ["B_a"]


@pytest.mark.parametrize("keypad", [True, False])
def test_alt_and_0029_is_a_separator_with_alt_held_or_pressed_for_each_digit(keypad: bool) -> None:
    digits = (0x62, 0x62, 0x5A, 0x61) if keypad else (0x27, 0x27, 0x1F, 0x26)
    each = b"".join(report(digit, 0x04) for digit in digits)
    held = b"".join(bytes((4, 0, digit, 0, 0, 0, 0, 0)) + bytes((4, *bytes(7))) for digit in digits)
    for sequence in (each, held + UP):
        assert codes(decode_with("hid", typed("10") + sequence + typed("30") + ENTER)) == [
            "10\x1d30"
        ]


def test_alt_and_a_short_number_ends_when_alt_is_released() -> None:
    held = b"".join(
        bytes((4, 0, digit, 0, 0, 0, 0, 0)) + bytes((4, *bytes(7))) for digit in (0x5E, 0x5D)
    )
    assert codes(decode_with("hid", held + UP + report(0x04) + ENTER)) == ["Aa"]


def test_ctrl_and_bracket_is_a_separator_and_other_ctrl_keys_are_nothing() -> None:
    keys = report(0x1E) + report(0x30, 0x01) + report(0x0D, 0x03) + report(0x1F) + ENTER
    assert codes(decode_with("hid", keys)) == ["1\x1d2"]


def test_f8_is_a_separator_only_where_that_is_set() -> None:
    keys = report(0x1E) + report(0x41) + report(0x1F) + ENTER
    assert codes(decode_with("hid", keys)) == ["12"]
    assert codes(decode_with("hid", keys, variant="gs-as-f8")) == ["1\x1d2"]


def test_tab_ends_a_code_where_that_is_set() -> None:
    assert codes(build("hid", {"suffix": "tab"}).feed(typed("12") + report(0x2B), 0.0)) == ["12"]


def test_an_aim_identifier_that_was_typed_stands_apart() -> None:
    keys = report(0x30) + report(0x14, 0x02) + report(0x1E) + typed("590") + ENTER
    assert decode_with("hid", keys) == [CardRead("590", "]Q1")]


@pytest.mark.parametrize(("name", "layout"), [("evdev-24", "<qqHHi"), ("evdev-16", "<iiHHi")])
def test_input_events_are_keys_and_repeats_are_not(name: str, layout: str) -> None:
    keys = [(42, 1), (48, 1), (48, 2), (48, 0), (42, 0), (2, 1), (2, 0), (28, 1), (28, 0)]
    data = b"".join(event(1, code, value, layout) + event(0, 0, 0, layout) for code, value in keys)
    assert codes(decode_with("hid", data, format=name)) == ["B1"]


def test_keys_that_the_kernel_dropped_spoil_the_code_and_not_the_next() -> None:
    one = event(1, 2, 1) + event(1, 2, 0)
    enter = event(1, 28, 1) + event(1, 28, 0)
    dropped = event(0, 3, 0)
    events = decode_with("hid", one + dropped + one + enter + one + enter, format="evdev-24")
    assert codes(events) == ["1"]
    assert [each.reason.split(":")[0] for each in noise(events)] == ["truncated", "truncated"]


def test_a_lost_release_does_not_hide_the_next_scan() -> None:
    driver = build("hid")
    driver.feed(bytes((0, 0, 0x1E, 0, 0, 0, 0, 0)), 0.0)
    driver.tick(1.0)
    assert codes(driver.feed(typed("1234") + ENTER, 2.0)) == ["1234"]


def test_too_many_keys_at_once_are_no_key() -> None:
    rollover = b"\x00\x00" + b"\x01" * 6
    assert codes(decode_with("hid", report(0x1E) + rollover + UP + report(0x1F) + ENTER)) == ["12"]


def test_enter_alone_is_nothing() -> None:
    assert decode_with("hid", ENTER + ENTER) == []


def test_endless_typing_is_told_and_bounded() -> None:
    driver = build("hid")
    events = [found for _ in range(10_000) for found in driver.feed(report(0x1E), 0.0)]
    assert noise(events)[0].reason.startswith("framing")
    assert codes(driver.feed(ENTER + typed("77") + ENTER, 0.0)) == ["77"]


def test_a_pos_report_whose_length_contradicts_its_padding_is_refused() -> None:
    text = b"PX27052/C"
    good = bytes((len(text), 0)) + b"]d1" + text + bytes(56 - len(text)) + b"\x77\x00"
    assert codes(decode_with("hid-pos", good, format="no-report-id")) == ["PX27052/C"]
    for length in (5, 10, 57, 0):
        wrong = bytes((length,)) + good[1:]
        events = decode_with("hid-pos", wrong, format="no-report-id")
        assert codes(events) == [] and noise(events)


def test_a_pos_code_that_goes_on_in_the_next_report_is_one_code() -> None:
    first = bytes((2, 56, 0)) + b"]Q1" + b"A" * 56 + b"\x00\x01"
    second = bytes((2, 4, 0)) + b"]Q1" + b"BBBB" + bytes(52) + b"\x00\x00"
    assert codes(decode_with("hid-pos", first + second)) == ["A" * 56 + "BBBB"]
