"""Line scanners: endings, prefixes, AIM identifiers, silence; nothing inside a code is touched."""

import pytest

from edge.readers.frame_case import FrameCase, cases, codes, decode_with, noise
from pullcord_edge.readers import gs1
from pullcord_edge.readers.catalogue import build
from pullcord_edge.readers.event import CardRead


@pytest.mark.parametrize(
    ("suffix", "ending"),
    [("cr", "\r"), ("lf", "\n"), ("crlf", "\r\n"), ("tab", "\t"), ("etx", "\x03"), ("auto", "\r")],
)
def test_a_set_suffix_ends_a_code_at_once(suffix: str, ending: str) -> None:
    driver = build("line", {"suffix": suffix})
    assert codes(driver.feed(f"AB{ending}".encode(), 0.0)) == ["AB"]


def test_only_the_set_suffix_ends_a_code() -> None:
    assert codes(decode_with("line", b"A\tB\x1cC\x85D\r", suffix="cr")) == ["A\tB\x1cC\x85D"]
    assert codes(decode_with("line", b"AB\r\nCD\r\n", suffix="crlf")) == ["AB", "CD"]


def test_cr_lf_in_two_reads_is_one_ending() -> None:
    driver = build("line")
    events = driver.feed(b"AB\r", 0.0) + driver.feed(b"\nCD\r\n", 0.0)
    assert codes(events) == ["AB", "CD"]


def test_without_a_suffix_silence_ends_a_code() -> None:
    driver = build("line", {"gap_s": 0.2})
    assert driver.feed(b"BH-A1", 1.0) == []
    assert driver.feed(b"-003", 1.1) == []
    assert driver.due_at == pytest.approx(1.3)
    assert driver.tick(1.25) == []
    assert codes(driver.tick(1.3)) == ["BH-A1-003"]


def test_bytes_after_the_silence_begin_a_new_code() -> None:
    driver = build("line")
    driver.feed(b"FIRST", 1.0)
    assert codes(driver.feed(b"SECOND\r", 2.0)) == ["FIRST", "SECOND"]


def test_a_set_suffix_that_does_not_come_is_told() -> None:
    events = decode_with("line", b"BH-A1-003", suffix="cr")
    assert codes(events) == []
    assert noise(events)[0].reason.startswith("truncated")


def test_a_few_characters_and_silence_are_no_code() -> None:
    events = decode_with("line", b"ABC")
    assert codes(events) == []
    assert noise(events)[0].reason.startswith("truncated")


def test_a_set_prefix_is_taken_off_and_a_line_without_it_is_told() -> None:
    events = decode_with("line", b"\x02AB\rCD\r", prefix="\x02")
    assert codes(events) == ["AB"]
    assert "prefix" in noise(events)[0].reason


def test_the_aim_identifier_stands_apart_from_the_code() -> None:
    assert decode_with("line", b"]d1010123\r") == [CardRead("010123", "]d1")]
    assert decode_with("line", b"]-12\r") == [CardRead("]-12")]


def test_blanks_are_part_of_a_code() -> None:
    assert codes(decode_with("line", b"  A B \r")) == ["  A B "]


def test_text_is_utf_8_where_it_is_and_latin_1_elsewhere() -> None:
    assert codes(decode_with("line", "Grün\r".encode())) == ["Grün"]
    assert codes(decode_with("line", b"Gr\xfcn\r")) == ["Grün"]


def test_a_line_longer_than_any_symbol_is_told_and_the_next_is_read() -> None:
    driver = build("line")
    events = driver.feed(b"X" * 20_000 + b"\rAB\r", 0.0)
    assert codes(events) == ["AB"]
    assert sum(len(each.data) for each in noise(events)) == 20_000


@pytest.mark.parametrize(
    "case",
    [case for case in cases() if "check_valid" in case.raw or "gtin_valid" in case.raw],
    ids=lambda case: case.id,
)
def test_a_check_digit_is_judged_and_the_code_delivered_all_the_same(case: FrameCase) -> None:
    [read] = decode_with("line", case.data)
    assert isinstance(read, CardRead)
    assert read.facts["check_valid"] == case.raw.get("check_valid", case.raw.get("gtin_valid"))


@pytest.mark.parametrize(
    ("symbology", "code", "right"),
    [
        ("]C1", "0105901234123457" + "15210526", True),
        ("]C1", "0105901234123458" + "15210526", False),
        ("]C1", "15210526" + "0105901234123457", True),
        ("]d2", "10ABC\x1d0105901234123457", True),
        ("]d2", "10ABC\x1d010590123412345", False),
        ("]C1", "90MPT000341", None),
        ("]Q1", "5901234123457", None),
        ("]E0", "59012341234X7", False),
        (None, "5901234123457", None),
        (None, "\x1d\x1d", None),
        ("]C1", "", None),
    ],
)
def test_check_digits_are_found_in_element_strings(
    symbology: str | None, code: str, right: bool | None
) -> None:
    assert gs1.check(symbology, code) is right
