"""An entry as a row: its JSON text and a proof, by which a row the disk spoiled is known."""

from dataclasses import dataclass
from typing import Final
from zlib import crc32

from pullcord_wire.codec import PAGE_ROOM, decode_entry, encode_entry
from pullcord_wire.message import Body, ClockState, EmptyBody, Entry, EntryType, RawBody

HEAD_SEQ: Final = 0
"""The number under which a journal keeps a second copy of its head."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before the journal numbers it. `at`: ms since 1970; `up`: seconds since boot."""

    type: EntryType
    at: int
    up: float
    clock: ClockState
    body: Body


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table `entry`, as it was read."""

    seq: int
    at: int
    body: bytes
    proof: int

    def is_good(self, journal: int) -> bool:
        """Whether it says what was written for the journal with this number."""
        return self.proof == prove(journal, self.seq, self.at, self.body)


def prove(journal: int, seq: int, at: int, body: bytes) -> int:
    """The proof of a row: CRC-32 over all it says."""
    return crc32(b"%d.%d.%d." % (journal, seq, at) + body)


def write_row(journal: int, seq: int, draft: Draft) -> tuple[int, int, int, bytes, int]:
    """The row of `draft` as entry `seq`; WireError unless a server will read it."""
    entry = Entry(seq, draft.type, draft.at, draft.up, draft.clock, draft.body)
    body = encode_entry(entry).encode()
    return journal, seq, draft.at, body, prove(journal, seq, draft.at, body)


def page_texts(
    journal: int, rows: dict[int, Row], numbers: range, at: int, room: int = PAGE_ROOM
) -> list[str]:
    """The entries `numbers` as JSON texts, as many as fit, at least one.

    What is missing or spoiled becomes `lost`, at the time of the good entry before it, or `at`.
    """
    texts: list[str] = []
    for seq in numbers:
        row = rows.get(seq)
        if row is not None and row.is_good(journal):
            at, text = row.at, row.body.decode()
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
