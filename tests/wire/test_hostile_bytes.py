"""A decoder fed with anything at all answers with a value or a WireError, soon and in little memory."""

import json
import random
import sys
import threading
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pullcord_wire.codec import FRAME_BYTES, decode, decode_entry, encode
from pullcord_wire.message import (
    Ack,
    Command,
    Event,
    LampsMessage,
    Message,
    Page,
    Refused,
    Report,
    Status,
    VerdictMessage,
    WireError,
)
from pullcord_wire.topic import parse_topic
from support.wire_messages import messages, pages

KINDS: tuple[type[Message], ...] = (
    Page,
    Ack,
    Status,
    VerdictMessage,
    LampsMessage,
    Command,
    Report,
    Event,
)
SECONDS = 20.0
MEBIBYTES = 100
HEAD = (
    b'{"journal":"j","follows":null,"held":1,"acked":0,"ask":"j.1","station":"s","boot":"b",'
    b'"entries":['
)
ENTRY = (
    b'{"seq":1,"type":"selftest","at":"2026-11-23T08:15:00Z","up":1,"clock":"synced","report":%s}'
)
SPLICES = [
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"-0",
    b"9" * 5000,
    b"1." + b"9" * 5000,
    b"null",
    b"true",
    b"[]",
    b"{}",
    b'""',
    b'"\\ud800"',
    b'"\\u0000"',
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\x00",
    b"[" * 2000,
    b'{"a":' * 2000,
    b",",
    b":",
    b'"',
    b"\\",
]


def answer(kind: type[Message], data: bytes) -> Message | WireError:
    """What the decoder makes of `data`; whatever it reads can be written and read again."""
    try:
        message = decode(kind, data)
    except WireError as error:
        assert len(str(error).encode()) < 1000
        return error
    assert decode(kind, encode(message)) == message
    return message


@given(st.binary(max_size=200), st.sampled_from(KINDS))
def test_any_bytes(data: bytes, kind: type[Message]) -> None:
    answer(kind, data)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(messages, st.sampled_from(KINDS), st.data())
def test_a_real_message_with_one_value_replaced(
    message: Message, kind: type[Message], data: st.DataObject
) -> None:
    fields = json.loads(encode(message))
    fields[data.draw(st.sampled_from(sorted(fields)))] = data.draw(anything)
    answer(kind, json.dumps(fields).encode())


@given(messages, st.integers(0), st.integers(0, 8), st.sampled_from(SPLICES) | st.binary())
def test_a_real_message_with_some_bytes_replaced(
    message: Message, start: int, length: int, splice: bytes
) -> None:
    data = encode(message)
    start %= len(data) + 1
    answer(type(message), data[:start] + splice + data[start + length :])


@given(messages, st.integers(0))
def test_a_real_message_cut_short(message: Message, length: int) -> None:
    data = encode(message)
    cut = length % len(data)
    assert isinstance(answer(type(message), data[:cut]), WireError)


@given(messages, st.sampled_from(["utf-16", "utf-16-be", "utf-32", "utf-8-sig", "utf-7"]))
def test_a_real_message_in_another_encoding(message: Message, encoding: str) -> None:
    data = encode(message).decode()
    reread = answer(type(message), data.encode(encoding))
    assert isinstance(reread, WireError) or encoding == "utf-7"


@given(pages(), st.sampled_from(SPLICES), st.randoms(use_true_random=False))
def test_a_page_with_a_spliced_entry_still_gives_the_others(
    page: Page, splice: bytes, chance: random.Random
) -> None:
    data = encode(page)
    start = data.index(b'"entries":[') + len(b'"entries":[')
    where = chance.randrange(start, len(data))
    reread = answer(Page, data[:where] + splice + data[where:])
    if isinstance(reread, Page) and len(reread.entries) == len(page.entries):
        same = [a == b for a, b in zip(reread.entries, page.entries, strict=True)]
        assert same.count(False) <= 1


@given(st.text())
def test_any_topic(text: str) -> None:
    try:
        parse_topic(text)
    except WireError as error:
        assert len(str(error).encode()) < 1000


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        HEAD + b"[" * 100_000 + b"]" * 100_000 + b"]}",
        HEAD + ENTRY % (b'{"a":' * 100_000 + b"1" + b"}" * 100_000) + b"]}",
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_thousand_levels_deep(kind: type[Message], data: bytes) -> None:
    error = answer(kind, data)
    assert isinstance(error, WireError)
    assert error.reason == "is nested too deeply"


def test_deep_nesting_is_survived_on_a_thread_with_a_small_stack() -> None:
    frames = [b"[" * 9_000 + b"]" * 9_000, b'{"a":' * 9_000 + b"1" + b"}" * 9_000]
    answers: list[Message | WireError] = []
    size = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=lambda: answers.extend(answer(Ack, f) for f in frames))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
    assert [str(error) for error in answers] == ["is nested too deeply"] * 2


def test_brackets_inside_texts_are_not_nesting() -> None:
    code = b'"' + b'[{\\"' * 2_000 + b'"'
    page = decode(Page, HEAD + ENTRY % code + b"]}")
    assert not isinstance(page.entries[0], Refused)


@pytest.mark.parametrize("depth", [1, 31, 32, 33, 100, 400])
def test_a_report_is_kept_to_thirty_two_levels_and_refused_alone_beyond(depth: int) -> None:
    report = b"[" * depth + b"]" * depth
    page = decode(Page, HEAD + ENTRY % report + b"]}")
    assert isinstance(page.entries[0], Refused) == (depth > 32)
    assert decode(Page, encode(page)) == page


@pytest.mark.parametrize("left", range(30, 80))
def test_a_caller_deep_in_its_own_stack_still_gets_a_value_or_a_wire_error(left: int) -> None:
    deep = b"[" * 30 + b"]" * 30
    entries = b"null," + ENTRY.replace(b'"seq":1', b'"seq":2') % deep
    data = b'{"tomorrow":' + deep + b"," + HEAD[1:] + entries + b"]}"

    def dive(levels: int) -> Message | WireError:
        if levels:
            return dive(levels - 1)
        try:
            return decode(Page, data)
        except WireError as error:
            return error

    used, frame = 0, sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]
        used += 1
    try:
        dive(sys.getrecursionlimit() - used - left)
    except RecursionError as error:
        assert left < 40, error


FULL = FRAME_BYTES - len(HEAD) - len(ENTRY) - 10
LARGE = {
    "ten MiB of nothing": b" " * (10 * FRAME_BYTES),
    "ten MiB of brackets": b"[" * (10 * FRAME_BYTES),
    "ten MiB of page": HEAD + ENTRY % (b'"' + b"x" * 10 * FRAME_BYTES + b'"') + b"]}",
    "white space": HEAD + b" " * FULL + b"]}",
    "white space before a bad entry": HEAD + ENTRY % b"0" + b"," + b" \n" * (FULL // 2) + b"0]}",
    "a mebibyte of digits": HEAD + ENTRY % (b"9" * FULL) + b"]}",
    "a mebibyte of decimals": HEAD + ENTRY % (b"1." + b"9" * (FULL - 2)) + b"]}",
    "a mebibyte of exponent": HEAD + ENTRY % (b"1e" + b"9" * (FULL - 2)) + b"]}",
    "empty texts": HEAD + ENTRY % (b"[" + b'"",' * (FULL // 3 - 1) + b'""]') + b"]}",
    "quotes": b'{"' * (FRAME_BYTES // 2),
    "backslashes": HEAD + b"[" * 500 + b'"' + b"\\" * (FULL - 501),
    "empty lists": HEAD + ENTRY % (b"[" + b"[]," * (FULL // 3 - 1) + b"[]]") + b"]}",
    "empty objects": HEAD + ENTRY % (b"[" + b"{}," * (FULL // 3 - 1) + b"{}]") + b"]}",
    "doubled keys": HEAD + ENTRY % (b"{" + b'"":0,' * (FULL // 5 - 1) + b'"":0}') + b"]}",
    "zeros for entries": HEAD + ENTRY % b"0" + b",0" * (FULL // 2) + b"]}",
    "escapes": HEAD + ENTRY % (b'"' + b"\\u00e9" * (FULL // 6 - 1) + b'"') + b"]}",
    "half pairs": HEAD + ENTRY % (b'"' + b"\\ud800" * (FULL // 6 - 1) + b'"') + b"]}",
    "new lines": b"\n" * (FRAME_BYTES - 1) + b"x",
    "many lamps": b'{"revision":1,"server":"s","lamps":{'
    + b",".join(b'"%d":{}' % number for number in range(80_000))
    + b"}}",
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_frame_is_answered_soon_and_in_little_memory(name: str) -> None:
    data = LARGE[name]
    for kind in (Page, LampsMessage, Command):
        begun = time.process_time()
        try:
            decode(kind, data)
        except WireError as error:
            assert len(str(error)) < 500
        assert time.process_time() - begun < SECONDS
    tracemalloc.start()
    try:
        decode(Page, data)
    except WireError:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < MEBIBYTES * 1024 * 1024


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_any_text_as_a_recorded_entry(text: str) -> None:
    try:
        decode_entry(text)
    except WireError:
        pass
