"""Every refusal names where and why; a bad entry refuses itself, never its page."""

import json
from typing import Any

import pytest

from pullcord_wire.codec import (
    ENTRY_BYTES,
    FRAME_BYTES,
    PAGE_BYTES,
    PAGE_ENTRIES,
    decode,
    decode_entry,
    encode,
    encode_entry,
    fit,
)
from pullcord_wire.message import (
    Ack,
    Ask,
    ClockState,
    CodeBody,
    Command,
    Entry,
    EntryType,
    Event,
    LampsMessage,
    LevelBody,
    Message,
    Page,
    RawBody,
    Refused,
    SelftestBody,
    Status,
    VerdictMessage,
    WireError,
)

GONE = object()

ENTRY: dict[str, Any] = {
    "seq": 7,
    "type": "withdrawal",
    "reader": "post",
    "code": "0A00B41F2C",
    "at": "2026-11-23T08:15:00.123Z",
    "up": 123.456,
    "clock": "synced",
}
HEADS: dict[type[Message], dict[str, Any]] = {
    Page: {
        "journal": "01JA",
        "follows": {"journal": "01HZ", "upto": 412},
        "held": 1,
        "acked": 6,
        "ask": "01JA.512",
        "station": "assy1-post",
        "boot": "b1f4",
        "entries": [ENTRY],
    },
    Ack: {
        "journal": "01JA",
        "upto": 7,
        "re": "01JA.512",
        "server": "s-1",
        "now": "2026-11-23T08:15:00.140Z",
    },
    Status: {
        "online": True,
        "journal": "01JA",
        "backlog": 0,
        "server": "s-1",
        "heard": "2026-11-23T08:15:00.140Z",
        "lamps_revision": 31,
        "lamps": {"stack": {"red": "fast"}},
        "version": "0.1.0",
        "clock": "synced",
        "faults": ["reader post: gone"],
    },
    VerdictMessage: {
        "journal": "01JA",
        "seq": 7,
        "verdict": "accepted",
        "card": "BH-A1-003",
        "text": "Brake hose 20",
    },
    LampsMessage: {"revision": 31, "server": "s-1", "lamps": {"stack": {"red": "fast"}}},
    Command: {"id": "c-1", "command": "selftest", "body": None},
    Event: {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/pullcord/tsutsumi",
        "type": "order.released",
        "time": "2026-11-23T08:15:00.123Z",
        "subject": "BH-A1-003",
        "datacontenttype": "application/json",
        "data": {"quantity": 20},
        "refill": True,
    },
}
OPTIONAL = {(Command, "body"), (Event, "subject"), (Event, "refill")}
REQUIRED = [
    (kind, key) for kind, head in HEADS.items() for key in head if (kind, key) not in OPTIONAL
]


def frame(kind: type[Message], **changes: Any) -> bytes:
    """A good message of `kind` with some keys changed or GONE."""
    fields = {key: value for key, value in (HEADS[kind] | changes).items() if value is not GONE}
    return json.dumps(fields).encode()


def refusal(kind: type[Message], data: bytes) -> str:
    """The text of the WireError that `data` earns."""
    with pytest.raises(WireError) as caught:
        decode(kind, data)
    assert str(caught.value).encode() and len(str(caught.value)) < 500
    return str(caught.value)


@pytest.mark.parametrize("kind", HEADS)
def test_the_messages_that_are_spoiled_below_are_good(kind: type[Message]) -> None:
    assert isinstance(decode(kind, frame(kind)), kind)


@pytest.mark.parametrize(("kind", "key"), REQUIRED)
def test_every_required_key_is_missed_by_name(kind: type[Message], key: str) -> None:
    assert refusal(kind, frame(kind, **{key: GONE})) == f"{key}: is missing"


@pytest.mark.parametrize(
    ("kind", "key"), [(kind, key) for kind, head in HEADS.items() for key in head if key != "body"]
)
@pytest.mark.parametrize("value", [[], {"a": 1}, 1e400, -1, "\ud800", "\0"])
def test_a_mistyped_key_is_refused_by_name(kind: type[Message], key: str, value: Any) -> None:
    good = {
        ("entries", "[]"),
        ("faults", "[]"),
        ("data", "[]"),
        ("data", "{'a': 1}"),
        ("data", "-1"),
    }
    if (key, repr(value)) in good:
        decode(kind, frame(kind, **{key: value}))
    else:
        assert refusal(kind, frame(kind, **{key: value})).startswith(key)


@pytest.mark.parametrize(
    ("kind", "key", "value", "reason"),
    [
        (Page, "journal", "", "journal: must be 1 to 64 of 0-9 A-Z a-z . _ -, is ''"),
        (
            Page,
            "journal",
            "a" * 65,
            "journal: must be 1 to 64 of 0-9 A-Z a-z . _ -, is a text of 65",
        ),
        (Page, "journal", "01J…", "journal: must be 1 to 64 of"),
        (Page, "journal", "01JA\n", "journal: must be 1 to 64 of"),
        (Page, "journal", "٣", "journal: must be 1 to 64 of"),
        (Page, "follows", True, "follows: must be an object, is true"),
        (Page, "follows", {"upto": 1}, "follows.journal: is missing"),
        (Page, "follows", {"journal": "a", "upto": -1}, "follows.upto: must be from 0 to"),
        (Page, "held", 0, "held: must be from 1 to 9223372036854775807, is 0"),
        (Page, "held", True, "held: must be a whole number, is true"),
        (Page, "held", 1.0, "held: must be a whole number, is 1.0"),
        (Page, "held", "1", "held: must be a whole number, is '1'"),
        (Page, "held", 2**63, "held: must be from 1 to 9223372036854775807"),
        (Page, "acked", None, "acked: must be a whole number, is null"),
        (Page, "ask", "512", "ask: must be <run>.<number>, is '512'"),
        (Page, "ask", ".512", "ask: must be <run>.<number>, is '.512'"),
        (Page, "ask", "01JA.", "ask: must be <run>.<number>, is '01JA.'"),
        (Page, "ask", "01JA.007", "ask: must be <run>.<number>, is '01JA.007'"),
        (Page, "ask", "01JA.-1", "ask: must be <run>.<number>, is '01JA.-1'"),
        (Page, "ask", "01JA.9223372036854775808", "ask: must be <run>.<number>"),
        (Page, "ask", "a" * 60 + ".1234", "ask: must be 1 to 64 of"),
        (Page, "station", "", "station: must not be empty"),
        (Page, "station", "a" * 257, "station: has 257 characters, at most 256 are allowed"),
        (Page, "entries", {}, "entries: must be a list, is an object"),
        (Ack, "upto", -1, "upto: must be from 0 to"),
        (Ack, "re", "01JA", "re: must be <run>.<number>, is '01JA'"),
        (Ack, "now", 1795421700140, "now: must be an RFC 3339 time, is 1795421700140"),
        (Status, "online", 1, "online: must be true or false, is 1"),
        (Status, "online", None, "online: must be true or false, is null"),
        (Status, "clock", "ntp", "clock: must be one of synced, server, unset, is 'ntp'"),
        (Status, "lamps", None, "lamps: must be an object, is null"),
        (Status, "lamps", {"stack": []}, "lamps.stack: must be an object, is a list"),
        (Status, "lamps", {"": {}}, "lamps.'': must be a name of 1 to 256 characters"),
        (Status, "faults", ["a", 1], "faults[1]: must be a text, is 1"),
        (Status, "faults", ["a", ""], "faults[1]: must not be empty"),
        (VerdictMessage, "seq", 0, "seq: must be from 1 to"),
        (VerdictMessage, "verdict", "ok", "verdict: must be one of accepted, duplicate, unknown"),
        (VerdictMessage, "card", "", "card: must not be empty"),
        (
            LampsMessage,
            "lamps",
            {"s": {"red": "blink"}},
            "lamps.s.red: must be one of off, on, slow",
        ),
        (
            Command,
            "body",
            [float("inf")],
            "body: holds a number beyond bounds, which cannot be kept",
        ),
        (Command, "body", {"a\0": 1}, "body: holds an object with an impossible key"),
        (Event, "specversion", "0.3", "specversion: must be 1.0, is '0.3'"),
        (Event, "datacontenttype", "text/xml", "datacontenttype: must be application/json, is"),
        (Event, "refill", "yes", "refill: must be true or false, is 'yes'"),
    ],
)
def test_a_wrong_value_is_refused_with_its_reason(
    kind: type[Message], key: str, value: Any, reason: str
) -> None:
    assert refusal(kind, frame(kind, **{key: value})).startswith(reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": GONE}, "type: is missing"),
        ({"type": "dance"}, "type: must be one of withdrawal, start, finish, dispatch, arrival"),
        ({"type": ["read"]}, "type: must be one of withdrawal"),
        ({"reader": GONE}, "reader: is missing"),
        ({"reader": ""}, "reader: must not be empty"),
        ({"code": GONE}, "code: is missing"),
        ({"code": ""}, "code: must not be empty"),
        ({"code": 12}, "code: must be a text, is 12"),
        ({"code": None}, "code: must be a text, is null"),
        ({"code": "12\0"}, "code: must not hold NUL or half of a surrogate pair"),
        ({"code": "\udc80"}, "code: must not hold NUL or half of a surrogate pair"),
        ({"at": GONE}, "at: is missing"),
        ({"at": 5}, "at: must be an RFC 3339 time, is 5"),
        ({"at": "2026-11-23"}, "at: must be an RFC 3339 time, is '2026-11-23'"),
        ({"at": "2026-11-23T08:15:00.123"}, "at: must be an RFC 3339 time"),
        ({"at": "20261123T081500Z"}, "at: must be an RFC 3339 time"),
        ({"at": "2026-02-30T08:15:00Z"}, "at: must be an RFC 3339 time"),
        ({"at": "1969-12-31T23:59:59.999Z"}, "at: must be of the years 1970 to 9999"),
        ({"at": "9999-12-31T23:59:59-01:00"}, "at: must be of the years 1970 to 9999"),
        ({"at": "0001-01-01T00:00:00+23:59"}, "at: must be of the years 1970 to 9999"),
        ({"at": "9" * 100_000}, "at: must be an RFC 3339 time, is a text of 100000 characters"),
        ({"up": GONE}, "up: is missing"),
        ({"up": True}, "up: must be a number within bounds, is true"),
        ({"up": "1"}, "up: must be a number within bounds, is '1'"),
        ({"up": -0.5}, "up: must not be negative, is -0.5"),
        ({"up": float("nan")}, "up: must be a number within bounds, is a number beyond bounds"),
        ({"up": float("inf")}, "up: must be a number within bounds"),
        ({"up": 10**60}, "up: must be a number within bounds"),
        ({"clock": GONE}, "clock: is missing"),
        ({"clock": "SYNCED"}, "clock: must be one of synced, server, unset, is 'SYNCED'"),
        ({"seq": GONE}, "seq: is missing"),
        ({"seq": 0}, "seq: must be from 1 to"),
        ({"seq": "8"}, "seq: must be a whole number, is '8'"),
        ({"seq": True}, "seq: must be a whole number, is true"),
        ({"seq": 10**500}, "seq: must be a whole number, is a number beyond bounds"),
        ({"type": "level"}, "sensor: is missing"),
        ({"type": "level", "sensor": "b", "value": None}, "value: must be a number within bounds"),
        ({"type": "level", "sensor": "b", "value": 1, "empty": 0}, "empty: must be true or false"),
        ({"type": "call"}, "button: is missing"),
        ({"type": "call", "button": "b"}, "call: is missing"),
        ({"type": "call", "button": "b", "call": "material"}, "pressed: is missing"),
        ({"type": "undo"}, "of: is missing"),
        ({"type": "undo", "of": 7}, "of: must be <journal>.<seq>, is 7"),
        ({"type": "undo", "of": "7"}, "of: must be <journal>.<seq>, is '7'"),
        ({"type": "undo", "of": "01JA.0"}, "of: must be <journal>.<seq>, is '01JA.0'"),
        ({"type": "undo", "of": "01 A.1"}, "of: must be <journal>.<seq>, is '01 A.1'"),
        ({"type": "device"}, "device: is missing"),
        ({"type": "device", "device": "post"}, "fault: is missing"),
        ({"type": "device", "device": "post", "fault": ""}, "fault: must not be empty"),
        ({"type": "selftest"}, "report: is missing"),
        ({"type": "selftest", "report": [1e999]}, "report: holds a number beyond bounds, which"),
        ({"type": "selftest", "report": 2**64}, "report: holds 18446744073709551616, which"),
        ({"type": "raw"}, "body: is missing"),
        ({"type": "raw", "body": 5}, "body: must be a text, is 5"),
    ],
)
def test_a_bad_entry_refuses_itself_only(changes: dict[str, Any], reason: str) -> None:
    before, after = ENTRY | {"seq": 7}, ENTRY | {"seq": 9}
    bad = {k: v for k, v in (ENTRY | {"seq": 8} | changes).items() if v is not GONE}
    page = decode(Page, frame(Page, entries=[before, bad, after]))
    first, refused, last = page.entries
    assert isinstance(first, Entry) and isinstance(last, Entry)
    assert isinstance(refused, Refused)
    assert (first.seq, refused.seq, last.seq) == (7, 8, 9)
    assert refused.reason.startswith(reason)
    assert refused.raw == json.dumps(bad)


def raw_page(entries: str) -> bytes:
    """A page around entries written by hand."""
    head = frame(Page, entries=GONE).decode()
    return f'{head[:-1]}, "entries" : [{entries}] }}'.encode()


GOOD = json.dumps(ENTRY)
EIGHT = json.dumps(ENTRY | {"seq": 8})


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("null", "must be an object, is null"),
        ("[[1]]", "must be an object, is a list"),
        ("NaN", "must be an object, is a number beyond bounds"),
        ("-Infinity", "must be an object, is a number beyond bounds"),
        ("9" * 10_000, "must be an object, is a number beyond bounds"),
        ("1." + "9" * 10_000, "must be an object, is a number beyond bounds"),
        ('"] , {"', "must be an object, is '] , {'"),
        ("{}", "type: is missing"),
        (EIGHT[:-1] + ', "code": "other"}', "code: stands twice"),
        (GOOD[:-1] + ', "s\\u0065q": 9}', "seq: stands twice"),
        (EIGHT[:-1] + ', "x": 1, "x": 1}', "x: stands twice"),
        (
            '{"seq": 8, "type": "selftest", "report": [{"a": 1, "a": 2}]}',
            "report: holds an object with the key 'a' twice",
        ),
        (EIGHT.replace("123.456", "1e999"), "up: must be a number within bounds, is inf"),
        ('{"seq" : 8,"entries":[1 , 2]}', "type: is missing"),
    ],
)
def test_an_entry_that_is_no_entry_takes_its_number_from_its_neighbours(
    raw: str, reason: str
) -> None:
    for entries in (f"{GOOD},\n {raw}\t", f" {raw} ,{GOOD.replace('7', '9', 1)}"):
        page = decode(Page, raw_page(entries))
        refused = [entry for entry in page.entries if isinstance(entry, Refused)]
        assert refused == [Refused(8, reason, raw)] or refused[0].reason.startswith(reason)
        assert (refused[0].seq, refused[0].raw, len(refused)) == (8, raw, 1)
        assert decode(Page, encode(page)) == page


@pytest.mark.parametrize(
    ("seqs", "reason"),
    [
        ([7, 9], "entries[1].seq: must be 8, is 9"),
        ([7, 7], "entries[1].seq: must be 8, is 7"),
        ([8, 7], "entries[1].seq: must be 9, is 7"),
        ([7, None, 8], "entries[2].seq: must be 9, is 8"),
        ([None, 1], "entries: would be numbered 0 to 1"),
        ([2**63 - 1, None], "entries: would be numbered 9223372036854775807"),
        ([None], "entries: hold no readable seq"),
        ([None, True, "3", 0, -1, 4.0], "entries: hold no readable seq"),
    ],
)
def test_entries_that_do_not_count_up_by_one_make_the_frame_unreadable(
    seqs: list[Any], reason: str
) -> None:
    entries = [ENTRY | {"seq": seq} for seq in seqs]
    assert refusal(Page, frame(Page, entries=entries)).startswith(reason)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is not JSON: Expecting value at character 0"),
        (b"{", "is not JSON: "),
        (b"null", "must be an object, is null"),
        (b"[]", "must be an object, is a list"),
        (b"{} {}", "is not JSON: Extra data at character 3"),
        (b"\xef\xbb\xbf{}", "is not JSON: "),
        ('{"journal":"é"}'.encode("latin-1"), "is not UTF-8: invalid continuation byte at byte 12"),
        ("{}".encode("utf-16"), "is not UTF-8: invalid start byte at byte 0"),
        ("{}".encode("utf-16-le"), "is not JSON: "),
        ("{}".encode("utf-32-be"), "is not JSON: "),
        (b'{"journal":"\xed\xa0\x80"}', "is not UTF-8: "),
        (b'{"journal":"a\nb"}', "is not JSON: Invalid control character"),
        (b"{'journal':1}", "is not JSON: "),
        (b'{"journal":"a","journal":"a"}', "journal: stands twice"),
        (b"{" + b" " * FRAME_BYTES, "has 1048577 bytes, at most 1048576 are read"),
    ],
)
@pytest.mark.parametrize("kind", HEADS)
def test_what_is_no_json_object_in_utf_8_is_refused(
    kind: type[Message], data: bytes, reason: str
) -> None:
    assert refusal(kind, data).startswith(reason)


def test_a_page_of_five_hundred_is_read_and_one_more_is_refused() -> None:
    entries = [ENTRY | {"seq": 7 + place} for place in range(PAGE_ENTRIES + 1)]
    page = decode(Page, frame(Page, entries=entries[:PAGE_ENTRIES]))
    assert [entry.seq for entry in page.entries] == list(range(7, 507))
    reason = refusal(Page, frame(Page, entries=entries))
    assert reason == "entries: must hold at most 500, holds 501"


# ---- what is written


def entry(seq: int = 1, code: str = "c") -> Entry:
    """A withdrawal."""
    return Entry(seq, EntryType.WITHDRAWAL, 0, 0.0, ClockState.UNSET, CodeBody("post", code))


def page_of(*entries: Entry | Refused) -> Page:
    """A page that holds them."""
    return Page("01JA", None, 1, 0, Ask("01JA", 1), "post", "b1", entries)


@pytest.mark.parametrize(
    ("unwritable", "reason"),
    [
        (entry(code="\udc80"), "entries[1]: cannot be written as JSON in UTF-8"),
        (
            Entry(2, EntryType.LEVEL, 0, float("nan"), ClockState.UNSET, LevelBody("b", 1, True)),
            "entries[1]: cannot be written as JSON in UTF-8",
        ),
        (
            Entry(2, EntryType.CLOCK, -1, 0.0, ClockState.UNSET, RawBody("")),
            "entries[1].at: must be of the years 1970 to 9999, is -1 ms since 1970",
        ),
        (
            Entry(2, EntryType.CLOCK, 10**15, 0.0, ClockState.UNSET, RawBody("")),
            "entries[1].at: must be of the years 1970 to 9999",
        ),
        (
            Entry(2, EntryType.SELFTEST, 0, 0.0, ClockState.UNSET, SelftestBody([float("inf")])),
            "entries[1].report: holds inf, which cannot be kept",
        ),
        (Refused(2, "", '{"seq":2},{"seq":3}'), "entries[1]: is not JSON"),
    ],
)
def test_what_json_cannot_hold_is_not_written(unwritable: Entry | Refused, reason: str) -> None:
    with pytest.raises(WireError) as caught:
        encode(page_of(entry(), unwritable))
    assert str(caught.value).startswith(reason)


def test_a_body_that_holds_itself_or_is_no_json_is_not_written() -> None:
    loop: list[Any] = []
    loop.append(loop)
    bodies: list[Any] = [loop, {1: 2}, {"a": (1, 2)}, b"bytes", {"a": {1, 2}}]
    for body in bodies:
        with pytest.raises(WireError, match=r"^body: "):
            encode(Command("c", "identify", body))


def test_what_no_server_would_read_is_not_written() -> None:
    with pytest.raises(WireError, match="at most 500 are read"):
        encode(page_of(*(entry(place) for place in range(1, 502))))
    with pytest.raises(WireError, match="at most 1048576 would be read"):
        encode(page_of(entry(code="x" * FRAME_BYTES)))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (entry(code=""), "code: must not be empty"),
        (entry(seq=0), "seq: must be from 1 to"),
        (entry(code="a\0"), "code: must not hold NUL"),
        (entry(code="x" * ENTRY_BYTES), "has 122992 bytes, at most 122880 can be recorded"),
        (
            Entry(1, EntryType.READ, 0, 0.0, ClockState.UNSET, RawBody("x")),
            "reader: is missing",
        ),
        (
            Entry(1, EntryType.CLOCK, 0, 0.0, ClockState.UNSET, RawBody("x")),
            "does not mean the same when read back",
        ),
    ],
)
def test_an_entry_that_no_server_would_read_is_not_recorded(wrong: Entry, reason: str) -> None:
    with pytest.raises(WireError) as caught:
        encode_entry(wrong)
    assert str(caught.value).startswith(reason)


def test_the_longest_entry_fits_a_page_even_as_raw() -> None:
    room = ENTRY_BYTES - len(encode_entry(entry()).encode()) + 1
    longest = encode_entry(entry(code='"' * (room // 2)))
    assert len(longest.encode()) in (ENTRY_BYTES - 1, ENTRY_BYTES)
    raw = Entry(1, EntryType.RAW, 0, 0.0, ClockState.UNSET, RawBody(longest))
    assert decode_entry(encode_entry(raw)) == raw
    assert len(encode(page_of(raw))) <= PAGE_BYTES


# ---- how much fits


def test_small_entries_fit_by_number_and_long_ones_by_size() -> None:
    small = [entry(place) for place in range(1, 700)]
    assert fit([]) == 0
    assert fit(small[:3]) == 3
    assert fit(small) == PAGE_ENTRIES
    long = [entry(place, "ü" * 5_000) for place in range(1, 100)]
    count = fit(long)
    assert len(encode(page_of(*long[:count]))) <= PAGE_BYTES
    assert len(encode(page_of(*long[: count + 1]))) > PAGE_BYTES - 4096


def test_an_entry_too_long_for_any_page_still_goes_alone() -> None:
    huge = [entry(1, "x" * PAGE_BYTES), entry(2)]
    assert fit(huge) == 1
    assert fit(huge[1:] + huge[:1]) == 1


def test_a_narrower_limit_halves_a_page() -> None:
    entries = [entry(place) for place in range(1, 9)]
    size = len(encode_entry(entries[0])) + 1
    assert fit(entries, limit=4 * size) == 4
