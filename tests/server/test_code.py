"""Printed codes survive a round trip, and no single wrong sign passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_37_36

from pullcord_server.domain.code import Misread, Printed, parse, printed_code

SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOOP = st.from_regex(r"[0-9A-Z]([0-9A-Z-]{0,12}[0-9A-Z])?", fullmatch=True)
CARD = st.builds(lambda loop, number: f"{loop}-{number:03}", LOOP, st.integers(1, 1200))


@given(CARD, st.integers(1, 10_000))
def test_a_printed_code_says_its_card_and_version(card: str, version: int) -> None:
    assert parse(printed_code(card, version)) == Printed(card, version)


def test_the_check_is_iso_7064_over_letters_and_digits() -> None:
    code = printed_code("BH-A1-003", 1)
    assert code[:-1] == "PC-BH-A1-003-1-"
    assert mod_37_36.validate(code.replace("-", "")) == code.replace("-", "")


@given(CARD, st.integers(1, 99), st.data())
def test_one_wrong_sign_is_a_misread(card: str, version: int, data: st.DataObject) -> None:
    code = printed_code(card, version)
    place = data.draw(st.integers(3, len(code) - 1).filter(lambda i: code[i] != "-"))
    sign = data.draw(st.sampled_from(SIGNS).filter(lambda s: s != code[place]))
    wrong = code[:place] + sign + code[place + 1 :]
    assert parse(wrong) == Misread(wrong)


@given(CARD, st.integers(1, 99), st.integers(4, 20))
def test_a_code_cut_short_is_a_misread_or_another_form(card: str, version: int, cut: int) -> None:
    code = printed_code(card, version)
    short = code[: max(3, len(code) - cut)]
    assert isinstance(parse(short), Misread) or parse(short) == Printed(*_said(short))


def _said(code: str) -> tuple[str, int]:
    card, version, _ = code.removeprefix("PC-").rsplit("-", 2)
    return card, int(version)


@pytest.mark.parametrize("code", ["0A00B41F2C", "", "PC", "PCBHA10031X", "E28011-606000", "P-C-1"])
def test_a_tag_is_no_printed_code(code: str) -> None:
    assert parse(code) is None


@pytest.mark.parametrize("code", ["PC-", "PC-BH-A1-003-0-X", "PC-BH-A1-003", "PC-BÜ-003-1-A"])
def test_a_damaged_print_is_a_misread(code: str) -> None:
    assert parse(code) == Misread(code)


def test_small_letters_are_read_as_capitals() -> None:
    assert parse(printed_code("BH-A1-003", 2).lower()) == Printed("BH-A1-003", 2)


@pytest.mark.parametrize(("card", "version"), [("BH A1-003", 1), ("bh-003", 1), ("BH-A1-003", 0)])
def test_a_card_that_cannot_be_printed_is_refused(card: str, version: int) -> None:
    with pytest.raises(ValueError, match="no printed code"):
        printed_code(card, version)
