"""What a damaged file still says, written into a new one: journals by their heads, entries by proof."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from pullcord_edge.journal.carve import PAGE_SIZE, Value, carve
from pullcord_edge.journal.file import transaction
from pullcord_edge.journal.known import Known, insert, prove_numbers, span
from pullcord_edge.journal.log import Log
from pullcord_edge.journal.row import HEAD_SEQ, SEQ_BITS, RowValues, is_good, key, unkey
from pullcord_edge.journal.start import Head, read_head
from pullcord_wire.message import Follows

_BATCH: Final = 2_000


@dataclass(slots=True)
class _Found:
    """What the pages said: heads and numbers of journals, by their number in the file."""

    heads: dict[int, Head] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    acked: dict[int, int] = field(default_factory=dict)


def salvage(path: Path, log: Log, connection: sqlite3.Connection) -> str:
    """Carry over into the empty file of `connection` what can be proved; says how much that is."""
    found = _Found()
    batch: list[RowValues] = []
    for rowid, columns in _rows(path, log):
        match columns:
            case (None, int(at), bytes(body), int(proof)):
                if is_good((rowid, at, body, proof)):
                    batch.append((rowid, at, body, proof))
                    n, seq = unkey(rowid)
                    if seq == HEAD_SEQ:
                        found.heads[n] = read_head(body)
            case (None, bytes(head), int(proof), int(last), int(acked)):
                if proof == prove_numbers(rowid, head, last, acked):
                    found.heads[rowid] = read_head(head)
                    found.last[rowid] = max(last, found.last.get(rowid, 0))
                    found.acked[rowid] = acked
        if len(batch) >= _BATCH:
            _write(connection, batch)
    _write(connection, batch)
    return _write_journals(connection, found)


def _rows(path: Path, log: Log) -> Iterator[tuple[int, tuple[Value, ...]]]:
    """Every row of every page of the file, then of the log: what is newer comes later."""
    newest = {frame.page: frame.data for frame in log.frames}
    with ExitStack() as stack:
        file = stack.enter_context(path.open("rb")) if path.exists() else None

        def fetch(number: int) -> bytes:
            if number in newest:
                return newest[number]
            return _page(file, number)

        count = path.stat().st_size // PAGE_SIZE if path.exists() else 0
        for number in range(1, count + 1):
            yield from carve(_page(file, number), fetch)
        for frame in log.frames:
            yield from carve(frame.data, fetch)


def _page(file: BinaryIO | None, number: int) -> bytes:
    if file is None or number < 1:
        raise IndexError("no such page")
    file.seek((number - 1) * PAGE_SIZE)
    page = file.read(PAGE_SIZE)
    if len(page) < PAGE_SIZE:
        raise IndexError("no such page")
    return page


def _write(connection: sqlite3.Connection, batch: list[RowValues]) -> None:
    with transaction(connection):
        connection.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)", batch)
    batch.clear()


def _write_journals(connection: sqlite3.Connection, found: _Found) -> str:
    counts: dict[int, int] = dict(
        connection.execute(
            "SELECT key >> :bits, count(*) FROM entry WHERE key & (1 << :bits) - 1 <> :head GROUP BY 1",
            {"bits": SEQ_BITS, "head": HEAD_SEQ},
        ).fetchall()
    )
    for n in counts:
        found.last[n] = max(span(connection, n)[1] or 0, found.last.get(n, 0))
    _name_the_nameless(found)
    saved = missing = nameless = 0
    with transaction(connection):
        for n, head in sorted(found.heads.items()):
            last = found.last.get(n, 0)
            insert(connection, Known(n, head, last, 1, min(found.acked.get(n, 0), last)))
            saved += counts.get(n, 0)
            missing += last + 1 - (span(connection, n)[0] or last + 1) - counts.get(n, 0)
        for n in counts.keys() - found.heads.keys():
            nameless += counts[n]
            connection.execute(
                "DELETE FROM entry WHERE key BETWEEN ? AND ?", (key(n, 0), key(n + 1, 0) - 1)
            )
    text = f"{saved} entries of {len(found.heads)} journals saved, {missing} between them lost"
    return f"{text}, {nameless} of journals whose name is lost" if nameless else text


def _name_the_nameless(found: _Found) -> None:
    """Give a journal without head the name by which the one after it follows it.

    Its server may ask for it: without the name all that follow would wait for ever.
    """
    for n in sorted(found.heads, reverse=True):
        after = found.heads[n]
        follows = after.follows
        if follows is None or any(head.id == follows.journal for head in found.heads.values()):
            continue
        free = next((m for m in range(n - 1, 0, -1) if m not in found.heads), None)
        if free is None:
            continue
        found.last[free] = max(follows.upto, found.last.get(free, 0))
        found.heads[free] = Head(
            id=follows.journal,
            site=after.site,
            station=after.station,
            boot=f"lost.{follows.journal}",
            at=after.at,
            follows=_before(found, free, after.site),
        )


def _before(found: _Found, n: int, site: str) -> Follows | None:
    """The newest journal of `site` with a smaller number."""
    for m in sorted((m for m in found.heads if m < n), reverse=True):
        if found.heads[m].site == site:
            return Follows(found.heads[m].id, found.last.get(m, 0))
    return None
