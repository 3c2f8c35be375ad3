"""An entry as a row: its JSON text and a proof, by which a row the disk spoiled is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from zlib import crc32

from pullcord_wire.codec import PAGE_ROOM, decode_entry, encode_entry
from pullcord_wire.message import Body, ClockState, EmptyBody, Entry, EntryType, RawBody

HEAD_SEQ: Final = 0
"""The number under which a journal keeps a second copy of its head."""
SEQ_BITS: Final = 40
"""So many bits of a key are the entry's number, those before the journal's."""
RowValues: TypeAlias = tuple[int, int, bytes, int]
"""A row of the table `entry`: key, time, text, proof."""


def key(journal: int, seq: int) -> int:
    """Where entry `seq` of the journal with number `journal` stands."""
    return journal << SEQ_BITS | seq


def unkey(key: int) -> tuple[int, int]:
    """The number of the journal, and the entry's number in it."""
    return key >> SEQ_BITS, key & (1 << SEQ_BITS) - 1


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before the journal numbers it. `at`: ms since 1970; `up`: seconds since boot."""

    type: EntryType
    at: int
    up: float
    clock: ClockState
    body: Body


def prove(key: int, at: int, body: bytes) -> int:
    """The proof of a row: CRC-32 over all it says."""
    return crc32(b"%d.%d." % (key, at) + body)


def write_row(journal: int, seq: int, draft: Draft) -> RowValues:
    """The row of `draft` as entry `seq`; WireError unless a server will read it."""
    entry = Entry(seq, draft.type, draft.at, draft.up, draft.clock, draft.body)
    body = encode_entry(entry).encode()
    place = key(journal, seq)
    return place, draft.at, body, prove(place, draft.at, body)


def is_good(row: RowValues) -> bool:
    """Whether a row says what was written."""
    place, at, body, proof = row
    return proof == prove(place, at, body)


def page_texts(
    rows: Mapping[int, RowValues], numbers: range, at: int, room: int = PAGE_ROOM
) -> list[str]:
    """The entries `numbers` as JSON texts, as many as fit, at least one.

    What is missing or spoiled becomes `lost`, at the time of the good entry before it, or `at`.
    """
    texts: list[str] = []
    for seq in numbers:
        row = rows.get(seq)
        if row is not None and is_good(row):
            at, text = row[1], row[2].decode()
        else:
            text = encode_entry(Entry(seq, EntryType.LOST, at, 0.0, ClockState.UNSET, EmptyBody()))
        room -= len(text.encode()) + 1
        if texts and room < 0:
            break
        texts.append(text)
    return texts


def raw_text(text: str) -> str:
    """An entry's text as the body of a `raw` entry with its number and times."""
    entry = decode_entry(text)
    return encode_entry(
        Entry(entry.seq, EntryType.RAW, entry.at, entry.up, entry.clock, RawBody(text))
    )
