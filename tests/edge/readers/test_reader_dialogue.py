"""Readers that are asked: the order of questions, time-outs, silence told once, rounds of tags."""

import pytest

from edge.readers.frame_case import codes, sent
from pullcord_edge.readers import crc, pn532, r200
from pullcord_edge.readers.catalogue import build
from pullcord_edge.readers.event import Driver, Event, Status, TagsPresent

ACK = bytes.fromhex("0000FF00FF00")
CARD = bytes.fromhex("0000FF0CF4D54B0101000408049EB36E66A900")
NO_CARD = bytes.fromhex("0000FF03FDD54B00E000")
ASK_FOR_CARD = bytes.fromhex("0000FF04FCD44A0100E100")
R200_TAG = bytes.fromhex("BB02220011C9340030751FEB705C5904E3D50D703A76EF7E")
R200_NONE = bytes.fromhex("BB01FF000115167E")
R200_INFO = bytes.fromhex("BB0103000B004D3130302056312E3030227E")
R200_POLL = bytes.fromhex("BB0027000322FFFF4A7E")
M6E_TAG = bytes.fromhex(
    "FF2822000010001B01FF0101C4110E16400000012700000500000F00803000000000000000000000001545E94A561D"
)
TAG = "30751FEB705C5904E3D50D70"


def answer(code: int, data: bytes = b"") -> bytes:
    payload = bytes((0xD5, code)) + data
    size = len(payload)
    return bytes((0, 0, 0xFF, size, -size & 0xFF)) + payload + bytes((-sum(payload) & 0xFF, 0))


def silent(events: list[Event]) -> list[object]:
    return [e.facts["silent"] for e in events if isinstance(e, Status) and "silent" in e.facts]


def awake_pn532(**options: str | float) -> Driver:
    driver = build("pn532", options)
    driver.start(0.0)
    for code, data in ((0x15, b""), (0x33, b""), (0x03, bytes.fromhex("32010607"))):
        driver.feed(ACK + answer(code, data), 0.01)
    return driver


def test_the_chip_is_woken_and_configured_in_one_write_before_anything_else() -> None:
    first = sent(build("pn532").start(0.0))
    assert len(first) == 1
    assert first[0].startswith(b"\x55\x55\x00")
    assert first[0].endswith(bytes.fromhex("0000FF05FBD4140114010200"))


def test_the_retries_are_capped_before_the_first_card_is_asked_for() -> None:
    driver = build("pn532")
    driver.start(0.0)
    assert sent(driver.feed(ACK + answer(0x15), 0.1)) == [pn532.CAP_RETRIES]
    assert bytes.fromhex("0000FF06FAD43205FF0102F300") == pn532.CAP_RETRIES
    driver.feed(ACK + answer(0x33), 0.2)
    events = driver.feed(ACK + answer(0x03, bytes.fromhex("32010607")), 0.3)
    assert {"firmware": "1.6"}.items() <= next(
        e.facts.items() for e in events if isinstance(e, Status) and "firmware" in e.facts
    )
    assert sent(events) == [ASK_FOR_CARD]


def test_a_card_is_asked_for_again_a_pause_after_each_answer() -> None:
    driver = awake_pn532(pause_s=0.2)
    assert codes(driver.feed(ACK + CARD, 1.0)) == ["9EB36E66"]
    assert driver.due_at == pytest.approx(1.2)
    assert sent(driver.tick(1.1)) == []
    assert sent(driver.tick(1.2)) == [ASK_FOR_CARD]
    assert TagsPresent(frozenset()) in driver.feed(ACK + NO_CARD, 1.3)


def test_a_chip_that_falls_silent_is_aborted_woken_anew_and_told_once() -> None:
    driver = awake_pn532()
    events = driver.tick(1.02)
    assert silent(events) == [True]
    assert sent(events) == [ACK, pn532.SAM_CONFIGURATION]
    again = driver.tick(2.1)
    assert silent(again) == []
    assert sent(again) == [ACK, pn532.SAM_CONFIGURATION]
    assert silent(driver.feed(ACK + answer(0x15), 2.2)) == [False]


def test_an_ack_alone_is_no_answer() -> None:
    driver = awake_pn532()
    driver.feed(ACK, 0.5)
    assert silent(driver.tick(1.02)) == [True]


def test_ack_and_the_first_bytes_of_the_answer_in_one_read_lose_nothing() -> None:
    driver = awake_pn532()
    assert codes(driver.feed(ACK + CARD[:7], 0.1)) == []
    assert codes(driver.feed(CARD[7:], 0.11)) == ["9EB36E66"]


def test_a_driver_that_listens_asks_nothing() -> None:
    for name in ("pn532", "r200", "uhfreader18", "m6e"):
        driver = build(name, {"listen": True})
        assert sent(driver.start(0.0)) == []
        assert sent(driver.tick(100.0)) == []


def test_opening_the_port_again_begins_with_the_first_question() -> None:
    driver = awake_pn532()
    assert sent(driver.start(5.0)) == [pn532.SAM_CONFIGURATION]


def test_region_and_power_are_written_at_every_start() -> None:
    driver = build("r200", {"region": "EU", "power_dbm": 20})
    assert sent(driver.start(0.0))[0].endswith(r200.frame(0x03, b"\x00"))
    assert sent(driver.feed(R200_INFO, 0.1)) == [bytes.fromhex("BB00070001030B7E")]
    assert sent(driver.feed(bytes.fromhex("BB01070001000 97E".replace(" ", "")), 0.2)) == [
        bytes.fromhex("BB00B6000207D08F7E")
    ]
    assert sent(driver.feed(bytes.fromhex("BB01B6000100B87E"), 0.3)) == [R200_POLL]


def test_a_poll_that_ran_out_silently_is_asked_again() -> None:
    driver = build("r200")
    driver.start(0.0)
    assert sent(driver.feed(R200_INFO, 0.1)) == [R200_POLL]
    driver.feed(R200_NONE, 1.9)
    assert sent(driver.tick(3.0)) == []
    driver.feed(R200_TAG, 3.5)
    assert sent(driver.tick(5.5))[0].startswith(r200.frame(0x28))


def test_the_other_dress_is_spoken_where_it_is_set() -> None:
    first = sent(build("r200", {"variant": "aa-dd"}).start(0.0))[0]
    assert first.startswith(b"\xaa") and first.endswith(b"\xdd")


def test_a_stream_of_tags_is_told_as_rounds_while_the_reader_looks() -> None:
    driver = build("r200", {"listen": True})
    driver.start(0.0)
    assert codes(driver.feed(R200_TAG, 1.0)) == [TAG]
    driver.feed(R200_TAG, 1.2)
    assert driver.tick(1.4) == []
    assert driver.tick(1.5) == [TagsPresent(frozenset({TAG}))]
    assert driver.feed(R200_NONE, 1.6) == []
    assert driver.tick(2.1) == [TagsPresent(frozenset())]


def test_a_silent_reader_has_not_seen_an_empty_post() -> None:
    driver = build("r200", {"listen": True})
    driver.start(0.0)
    assert driver.tick(100.0) == []
    driver.feed(R200_INFO, 100.0)
    assert driver.tick(200.0) == []


def test_a_thingmagic_module_lives_and_sees_nothing() -> None:
    driver = build("m6e", {"listen": True})
    driver.start(0.0)
    assert codes(driver.feed(M6E_TAG, 1.0)) == ["000000000000000000001545"]
    assert TagsPresent(frozenset({"000000000000000000001545"})) in driver.tick(2.5)
    body = bytes.fromhex("00220400")
    alive = b"\xff" + body + crc.thingmagic(body).to_bytes(2, "big")
    driver.feed(alive, 3.0)
    assert TagsPresent(frozenset()) in driver.tick(4.5)


def test_a_thingmagic_module_is_set_up_in_order() -> None:
    driver = build("m6e", {"region": "EU", "power_dbm": 23.0})
    questions = [driver.start(0.0)]
    for op in (0x03, 0x97, 0x93, 0x91, 0x9A, 0x92):
        body = bytes((0, op, 0, 0))
        frame = b"\xff" + body + crc.thingmagic(body).to_bytes(2, "big")
        questions.append(driver.feed(frame, 0.1))
    ops = [data[-1][2] for data in map(sent, questions)]
    assert ops == [0x2F, 0x97, 0x93, 0x91, 0x9A, 0x92, 0x2F]
    assert bytes.fromhex("FF02930005517D") in sent(questions[2])


def test_an_inventory_of_many_frames_is_one_round() -> None:
    driver = build("uhfreader18")
    driver.start(0.0)
    more = bytes.fromhex("13000103010C0000000000000000000003133F39")
    assert driver.feed(more, 1.0)[-1] != TagsPresent(frozenset())
    body = bytes((5, 0, 0x01, 0xFB))
    none = body + crc.mcrf4xx(body).to_bytes(2, "little")
    assert driver.feed(none, 1.1)[0] == TagsPresent(frozenset({"000000000000000000000313"}))


def test_inventories_follow_each_other_and_power_is_written_first() -> None:
    driver = build("uhfreader18", {"power_dbm": 30, "pause_s": 0.5})
    assert sent(driver.start(0.0)) == [bytes.fromhex("040021D96A")]
    info = bytes.fromhex("1100210000160C034E001E0A01000000E651")
    assert sent(driver.feed(info, 0.1)) == [bytes.fromhex("05002F1E7234")]
    body = bytes((5, 0, 0x2F, 0x00))
    done = body + crc.mcrf4xx(body).to_bytes(2, "little")
    assert sent(driver.feed(done, 0.2)) == [bytes.fromhex("040001DB4B")]
    tags = bytes.fromhex("0700010101001E4B")
    assert sent(driver.feed(tags, 1.0)) == []
    assert sent(driver.tick(1.5)) == [bytes.fromhex("040001DB4B")]


def test_in_scan_mode_silence_is_an_empty_round() -> None:
    driver = build("uhfreader18", {"listen": True})
    driver.start(0.0)
    pushed = bytes.fromhex("1100EE00E20000170014026616706B488337")
    assert codes(driver.feed(pushed, 0.1)) == ["E20000170014026616706B48"]
    assert driver.tick(0.5) == [TagsPresent(frozenset({"E20000170014026616706B48"}))]
    assert driver.tick(1.0) == [TagsPresent(frozenset())]


@pytest.mark.parametrize("name", ["pn532", "r200", "uhfreader18", "m6e"])
def test_any_bytes_leave_a_dialogue_with_a_next_question(name: str) -> None:
    driver = build(name)
    driver.start(0.0)
    now = 0.0
    for noise in (b"\x00\xff" * 9, bytes(range(256)), b"\xbb\x01"):
        now += 0.3
        driver.feed(noise, now)
    for _ in range(40):
        assert driver.due_at is not None
        now = max(now, driver.due_at)
        driver.tick(now)
    assert now > 10
