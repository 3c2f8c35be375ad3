"""Golden bytes: what each message is, to the byte. A change here breaks stations in the field."""

import pytest

from pullcord_wire.codec import decode, encode, encode_entry
from pullcord_wire.message import ClockState, DeviceBody, Entry, EntryType, Page
from support.wire_examples import AT, BODIES, MESSAGES, PAGE


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_these_bytes_and_these_bytes_are_the_message(name: str) -> None:
    message, data = MESSAGES[name]
    assert encode(message) == data
    assert decode(type(message), data) == message


@pytest.mark.parametrize("kind", EntryType)
def test_an_entry_of_each_type_is_this_text(kind: EntryType) -> None:
    body, keys = BODIES[kind]
    text = (
        f'{{"seq":9,"type":"{kind.value}",{keys}{"," if keys else ""}'
        '"at":"2026-11-23T08:15:00.123Z","up":5.0,"clock":"unset"}'
    )
    assert encode_entry(Entry(9, kind, AT, 5.0, ClockState.UNSET, body)) == text


def test_a_device_that_healed_has_no_fault() -> None:
    healed = Entry(9, EntryType.DEVICE, AT, 5.0, ClockState.UNSET, DeviceBody("post", None))
    assert '"device":"post","fault":null,' in encode_entry(healed)


def test_a_page_may_be_written_with_spaces_other_key_order_offsets_and_keys_of_tomorrow() -> None:
    data = b"""
    {"entries": [
       {"up": 123.456, "clock": "synced", "at": "2026-11-23T09:15:00.1239+01:00", "code":
        "\\u0030A00B41F2C", "reader": "post", "type": "withdrawal", "seq": 7, "colour": "red"}],
     "boot": "b1f4", "station": "assy1-post", "ask": "01JA.512", "acked": 6, "held": 1,
     "follows": {"journal": "01HZ", "upto": 412, "why": null}, "journal": "01JA", "v": [1, {}]}
    """
    assert decode(Page, data) == PAGE


def test_whole_numbers_stand_for_seconds_and_values() -> None:
    _, data = MESSAGES["page"]
    page = decode(Page, data.replace(b"123.456", b"123"))
    assert isinstance(page.entries[0], Entry)
    assert page.entries[0].up == 123.0
    assert b'"up":123.0' in encode(page)
