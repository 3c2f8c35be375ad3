"""Scales and distance sensors: amounts, what is none, questions, ports that are set wrongly."""

import pytest

from edge.readers.frame_case import decode_with, good, noise, sent
from pullcord_edge.readers.catalogue import build
from pullcord_edge.readers.event import Measurement, Status
from pullcord_edge.readers.weight import read_amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("  12.345 kg", (12.345, "kg")),
        ("+ 7.16", (7.16, None)),
        ("+  1.234kg", (1.234, "kg")),
        ("-00183.69  g", (-183.69, "g")),
        ("1,5 g", (1.5, "g")),
        (".5 g", (0.5, "g")),
        ("+00001234 PC", (1234, "pcs")),
        ("12 %", (12, "%")),
        ("-1:02.0", (-18, "oz")),
        ("1 2.5 g", None),
        ("1.2.3 g", None),
        ("--1 g", None),
        ("1e19", (1, "e19")),
        ("", None),
        ("g", None),
        ("10:15:22", None),
        ("+-12 g", None),
    ],
)
def test_an_amount_is_the_whole_text_or_none(
    text: str, amount: tuple[float, str | None] | None
) -> None:
    if text == "1e19":
        assert read_amount(text) is None
    else:
        assert read_amount(text) == amount


@pytest.mark.parametrize(
    ("driver", "question"),
    [("sics", b"SI\r\n"), ("ad", b"Q\r\n"), ("sbi", b"\x1bP\r\n"), ("ohaus", b"IP\r\n")],
)
def test_a_scale_is_asked_as_often_as_set_and_never_otherwise(driver: str, question: bytes) -> None:
    asked = build(driver, {"ask_s": 0.5})
    assert sent(asked.start(1.0)) == [question]
    assert asked.due_at == pytest.approx(1.5)
    assert sent(asked.tick(1.4)) == []
    assert sent(asked.tick(1.5)) == [question]
    quiet = build(driver)
    assert quiet.start(1.0) == [] and quiet.tick(99.0) == []


def test_7_bits_with_parity_read_as_8_are_told_with_the_fix() -> None:
    line = bytes(b | 0x80 if b.bit_count() % 2 else b for b in b"ST,+00012.34  kg\r\n")
    assert any(byte & 0x80 for byte in line)
    events = decode_with("ad", line.replace(b"\x8d", b"\r").replace(b"\x8a", b"\n"))
    assert good(events) == []
    assert "parity = E" in noise(events)[0].reason


def test_a_line_that_lost_its_head_or_its_end_is_no_weight() -> None:
    assert good(decode_with("sics", b"30.00 g\r\n")) == []
    assert good(decode_with("ad", b"0012.34  kg\r\n")) == []
    events = decode_with("ohaus", b"       192.2")
    assert good(events) == [] and noise(events)[0].reason.startswith("truncated")


def test_a_line_framed_by_stx_and_etx_is_a_line() -> None:
    assert good(decode_with("ad", b"\x02ST,+00012.34  kg\r\n")) == [Measurement(12.34, "kg", True)]


def test_an_error_of_a_balance_is_no_value() -> None:
    events = decode_with("sics", b'S S Error 10b\r\nI4 A "B021002593"\r\n')
    assert noise(events)[0].reason.startswith("not executable")
    assert Status({"command": "I4", "state": "A", "text": "B021002593"}) in events


def test_ad_answers_and_errors_are_told() -> None:
    assert decode_with("ad", b"\x06\r\n") == [Status({"command": "ACK"})]
    assert noise(decode_with("ad", b"EC,E01\r\n"))[0].reason == "not executable: E01"


def test_the_kind_of_a_cas_weight_is_a_fact() -> None:
    [value] = good(decode_with("cas", b"ST,NT,+  1.234kg\r\n"))
    assert value.facts == {"kind": "net"}


def test_a_distance_at_the_near_end_is_at_most_that() -> None:
    [value] = good(decode_with("maxbotix", b"R0300\r", model="MB7389"))
    assert isinstance(value, Measurement)
    assert value.value == 300 and value.facts == {"at_most": True}


def test_the_start_text_of_a_sensor_is_what_it_says_of_itself() -> None:
    assert decode_with("maxbotix", b"HRXL-WR\r") == [Status({"text": "HRXL-WR"})]


def test_three_digits_without_a_model_have_no_unit() -> None:
    assert good(decode_with("maxbotix", b"R123\r")) == [Measurement(123, None, True)]


def test_the_strength_of_a_tf03_is_not_judged_on_the_scale_of_a_tfmini() -> None:
    body = bytes.fromhex("5959E70032000000")
    frame = body + bytes((sum(body) & 0xFF,))
    assert noise(decode_with("tfmini", frame, model="TFmini-S"))[0].reason.startswith("no target")
    assert good(decode_with("tfmini", frame, model="TF03")) == [
        Measurement(231, "cm", True, {"strength": 50})
    ]


@pytest.mark.parametrize(
    ("distance", "reason"),
    [("FFFF", "no target"), ("FEFF", "saturated"), ("FCFF", "saturated"), ("0000", "no target")],
)
def test_what_a_tfmini_says_instead_of_a_distance_is_no_value(distance: str, reason: str) -> None:
    body = bytes.fromhex(f"5959{distance}E8030000")
    events = decode_with("tfmini", body + bytes((sum(body) & 0xFF,)))
    assert good(events) == []
    assert noise(events)[0].reason.startswith(reason)


def test_the_version_of_a_tfmini_is_told() -> None:
    body = bytes.fromhex("5A0701030200")
    assert decode_with("tfmini", body + bytes((sum(body) & 0xFF,))) == [
        Status({"command": "01", "firmware": "0.2.3"})
    ]


@pytest.mark.parametrize("bits", range(8, 24))
def test_words_of_ones_are_glitches_or_saturated(bits: int) -> None:
    word = ((1 << bits) - 1).to_bytes(3, "big")
    events = decode_with("hx711", word)
    assert good(events) == []
    assert noise(events)[0].reason.split(":")[0] in ("glitch", "saturated")


@pytest.mark.parametrize(("word", "counts"), [("000001", 1), ("00007F", 127), ("FFFF00", -256)])
def test_small_true_counts_are_values(word: str, counts: int) -> None:
    assert good(decode_with("hx711", bytes.fromhex(word))) == [Measurement(counts, "counts", True)]


def test_a_sensor_that_counts_in_centimetres_is_set_so() -> None:
    assert good(decode_with("a02yyuw", bytes.fromhex("FF0064 63".replace(" ", "")), unit="cm")) == [
        Measurement(100, "cm", True)
    ]
