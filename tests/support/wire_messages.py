"""Hypothesis strategies for every message of the wire: all that a correct program may send."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pullcord_wire.message import (
    CODE_TYPES,
    JSON,
    Ack,
    Ask,
    Body,
    CallBody,
    ClockState,
    CodeBody,
    Command,
    DeviceBody,
    EmptyBody,
    Entry,
    EntryType,
    Event,
    Follows,
    Lamps,
    LampsMessage,
    LevelBody,
    Message,
    Page,
    Pattern,
    RawBody,
    Report,
    SelftestBody,
    Status,
    UndoBody,
    Verdict,
    VerdictMessage,
)

LAST_INSTANT = 253_402_300_799_999
LARGEST = 2**63 - 1

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
filled = texts.filter(bool)
tokens = st.text(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-", min_size=1, max_size=40
)
counts = st.integers(0, LARGEST)
numbers = st.integers(1, LARGEST)
instants = st.integers(0, LAST_INSTANT)
finite = st.floats(allow_nan=False, allow_infinity=False)
asks = st.builds(Ask, run=tokens, number=counts)
jsons: SearchStrategy[JSON] = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | finite | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
lamps: SearchStrategy[Lamps] = st.dictionaries(
    filled, st.dictionaries(filled, st.sampled_from(Pattern), max_size=5), max_size=3
)
code_bodies = st.builds(CodeBody, reader=filled, code=filled)


def bodies(kind: EntryType) -> SearchStrategy[Body]:
    """Bodies of entries of one type."""
    if kind in CODE_TYPES:
        return code_bodies
    match kind:
        case EntryType.LEVEL:
            return st.builds(LevelBody, sensor=filled, value=finite, empty=st.booleans())
        case EntryType.CALL:
            return st.builds(CallBody, button=filled, call=filled, pressed=st.booleans())
        case EntryType.UNDO:
            return st.builds(lambda journal, seq: UndoBody(f"{journal}.{seq}"), tokens, numbers)
        case EntryType.DEVICE:
            return st.builds(DeviceBody, device=filled, fault=st.none() | filled)
        case EntryType.SELFTEST:
            return st.builds(SelftestBody, report=jsons)
        case EntryType.RAW:
            return st.builds(RawBody, body=texts)
        case _:
            return st.just(EmptyBody())


def entries_of(kind: EntryType, seqs: SearchStrategy[int] = numbers) -> SearchStrategy[Entry]:
    """Entries of one type."""
    return st.builds(
        Entry,
        seq=seqs,
        type=st.just(kind),
        at=instants,
        up=st.floats(0, 1e12),
        clock=st.sampled_from(ClockState),
        body=bodies(kind),
    )


def entries(seqs: SearchStrategy[int] = numbers) -> SearchStrategy[Entry]:
    """Entries of every type."""
    return st.sampled_from(EntryType).flatmap(lambda kind: entries_of(kind, seqs))


@st.composite
def pages(draw: st.DrawFn, max_entries: int = 6) -> Page:
    """Pages with up to `max_entries` consecutive entries."""
    length = draw(st.integers(0, max_entries))
    first = draw(st.integers(1, LARGEST - max_entries))
    return Page(
        journal=draw(tokens),
        follows=draw(st.none() | st.builds(Follows, journal=tokens, upto=counts)),
        held=draw(numbers),
        acked=draw(counts),
        ask=draw(asks),
        station=draw(filled),
        boot=draw(filled),
        entries=tuple(draw(entries(st.just(first + place))) for place in range(length)),
    )


acks = st.builds(Ack, journal=tokens, upto=counts, re=asks, server=filled, now=instants)
wills = st.builds(Status, online=st.just(False), journal=tokens)
statuses = wills | st.builds(
    Status,
    online=st.booleans(),
    journal=tokens,
    backlog=counts,
    server=st.none() | filled,
    heard=st.none() | instants,
    lamps_revision=st.none() | counts,
    lamps=lamps,
    version=st.none() | filled,
    clock=st.sampled_from(ClockState),
    faults=st.lists(filled, max_size=3).map(tuple),
)
verdicts = st.builds(
    VerdictMessage,
    journal=tokens,
    seq=numbers,
    verdict=st.sampled_from(Verdict),
    card=st.none() | filled,
    text=texts,
)
lamps_messages = st.builds(LampsMessage, revision=counts, server=filled, lamps=lamps)
commands = st.builds(Command, id=filled, command=filled, body=jsons)
reports = st.builds(Report, id=filled, command=filled, body=jsons)
events = st.builds(
    Event,
    id=filled,
    source=filled,
    type=filled,
    at=instants,
    subject=st.none() | filled,
    data=jsons,
    refill=st.booleans(),
)
messages: SearchStrategy[Message] = st.one_of(
    pages(), acks, statuses, verdicts, lamps_messages, commands, reports, events
)
