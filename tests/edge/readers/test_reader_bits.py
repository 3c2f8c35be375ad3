"""Readers that give bits: Wiegand frames, and EM4100 streams without a beginning."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.readers.frame_case import codes, decode_with, noise
from pullcord_edge.readers.catalogue import build
from pullcord_edge.readers.event import CardRead


def bits(text: str) -> bytes:
    return bytes(int(char) for char in text)


def wiegand(number: int, size: int) -> bytes:
    data = f"{number:0{size}b}"
    half = size // 2
    even = data[:half].count("1") % 2
    odd = 1 - data[half:].count("1") % 2
    return bits(f"{even}{data}{odd}")


def em4100(code: int) -> bytes:
    rows = [f"{code >> shift & 0xF:04b}" for shift in range(36, -1, -4)]
    text = "1" * 9 + "".join(row + str(row.count("1") % 2) for row in rows)
    text += "".join(str(sum(int(row[at]) for row in rows) % 2) for at in range(4)) + "0"
    return bits(text)


@given(number=st.integers(0, 2**24 - 1))
@settings(deadline=None)
def test_any_26_bit_number_is_read_and_its_complement_is_told_as_swapped_wires(number: int) -> None:
    frame = wiegand(number, 24)
    [read] = decode_with("wiegand26", frame)
    assert isinstance(read, CardRead)
    assert read.code == f"{number:06X}"
    assert read.facts == {"facility": number >> 16, "card": number & 0xFFFF}
    events = decode_with("wiegand26", bytes(1 - bit for bit in frame))
    assert codes(events) == []
    assert f"D0 and D1 swapped it would be {number:06X}" in noise(events)[0].reason


@given(number=st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_any_34_bit_number_is_read(number: int) -> None:
    frame = wiegand(number, 32)
    assert codes(decode_with("wiegand34", frame)) == [f"{number:08X}"]
    assert codes(decode_with("wiegand", frame)) == [f"{number:08X}"]


def test_silence_ends_a_frame_and_begins_the_next() -> None:
    driver = build("wiegand26")
    first, second = wiegand(1, 24), wiegand(2, 24)
    events = [
        found for at, bit in enumerate(first) for found in driver.feed(bytes((bit,)), at / 500)
    ]
    assert events == []
    events = driver.feed(second, 1.0)
    assert codes(events) == ["000001"]
    assert driver.due_at == pytest.approx(1.025)
    assert codes(driver.tick(1.025)) == ["000002"]


def test_a_frame_of_another_length_is_told_with_its_key() -> None:
    assert noise(decode_with("wiegand", bits("11100001")))[0].reason == (
        "unsupported length: 8 bits, key 1 of a keypad"
    )
    assert noise(decode_with("wiegand26", bits("1" * 25)))[0].reason == (
        "unsupported length: 25 bits"
    )


def test_a_reader_without_parity_and_one_with_the_other_byte_order_are_set() -> None:
    data = bits(f"{0x4DE2D147:032b}")
    assert codes(decode_with("wiegand", data, plain_bits=32)) == ["4DE2D147"]
    assert codes(decode_with("wiegand34", wiegand(0x4DE2D147, 32), reverse_bytes=True)) == [
        "47D1E24D"
    ]


def test_bits_without_a_pause_are_told_and_bounded() -> None:
    driver = build("wiegand26")
    assert noise(driver.feed(bytes(1000), 0.0))


@given(code=st.integers(0, 2**40 - 1), turn=st.integers(0, 63))
@settings(deadline=None)
def test_an_em4100_stream_is_read_wherever_it_begins(code: int, turn: int) -> None:
    stream = (em4100(code) * 3)[turn:]
    assert codes(decode_with("em4100", stream))[-2:] == [f"{code:010X}"] * 2


@given(code=st.integers(0, 2**40 - 1), place=st.integers(0, 63))
@settings(deadline=None)
def test_an_em4100_frame_with_a_wrong_bit_is_refused(code: int, place: int) -> None:
    frame = bytearray(em4100(code))
    frame[place] ^= 1
    assert codes(decode_with("em4100", bytes(frame))) == []
