"""What one side encodes the other decodes: every message, every entry."""

import json

import pytest
from hypothesis import given

from pullcord_wire.codec import decode, decode_entry, encode, encode_entry
from pullcord_wire.message import Entry, EntryType, Message, Page, Refused, Status
from support.wire_messages import entries, entries_of, messages, pages, statuses, wills


@given(messages)
def test_every_message_survives_the_wire(message: Message) -> None:
    assert decode(type(message), encode(message)) == message


@given(messages)
def test_the_same_message_is_the_same_bytes(message: Message) -> None:
    data = encode(message)
    assert encode(decode(type(message), data)) == data


@given(messages)
def test_bytes_are_compact_json_in_utf_8(message: Message) -> None:
    data = encode(message)
    compact = json.dumps(json.loads(data), ensure_ascii=False, separators=(",", ":"))
    assert data.decode("utf-8") == compact


@given(entries())
def test_every_entry_can_be_recorded_and_read_back(entry: Entry) -> None:
    assert decode_entry(encode_entry(entry)) == entry


@pytest.mark.parametrize("kind", EntryType)
def test_entries_of_every_type_survive_the_wire(kind: EntryType) -> None:
    @given(entries_of(kind))
    def survives(entry: Entry) -> None:
        assert decode_entry(encode_entry(entry)) == entry

    survives()


@given(statuses)
def test_a_status_survives_the_wire_online_or_not(status: Status) -> None:
    assert decode(Status, encode(status)) == status


@given(wills)
def test_a_last_will_has_two_keys_only(will: Status) -> None:
    assert json.loads(encode(will)).keys() == {"online", "journal"}


@given(pages(max_entries=4))
def test_a_refused_entry_goes_back_into_its_page_as_it_came(page: Page) -> None:
    raw = '{"seq" : %d, "type":"dance", "\\u00e9":[1,  {"entries": "[}"}]}'
    last = page.entries[-1].seq if page.entries else 6
    broken = raw % (last + 1)
    reason = "type: must be one of " + ", ".join(EntryType) + ", is 'dance'"
    spoiled = Page(
        page.journal,
        page.follows,
        page.held,
        page.acked,
        page.ask,
        page.station,
        page.boot,
        (*page.entries, Refused(last + 1, reason, broken)),
    )
    assert decode(Page, encode(spoiled)) == spoiled
