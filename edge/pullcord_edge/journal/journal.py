"""The journals of a station, of which the running start's one is written. One thread uses it."""

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from pullcord_edge.core.replication import JournalHead, Question
from pullcord_edge.journal import rescue
from pullcord_edge.journal.error import JournalFailed, told
from pullcord_edge.journal.file import parts, transaction
from pullcord_edge.journal.known import Known, insert, update
from pullcord_edge.journal.lock import Lock
from pullcord_edge.journal.row import (
    Draft,
    RowValues,
    is_good,
    key,
    page_texts,
    raw_text,
    unkey,
    write_row,
)
from pullcord_edge.journal.start import Head, Start, new_id
from pullcord_wire.codec import encode
from pullcord_wire.message import Follows, Page

KEEP_ENTRIES: Final = 100_000
"""So many of the newest entries stay although they are acked …"""
KEEP_MS: Final = 30 * 86_400_000
"""… and so does everything that is not as old as this."""
TRIM_ENTRIES: Final = 1_000
"""So many entries go at once at most, so that no scan waits long."""


class Journal:
    """Appends to the running journal, reads pages of every one, trims what is long acked."""

    def __init__(
        self, path: Path, start: Start, entropy: Callable[[int], bytes] = os.urandom
    ) -> None:
        """Open `path` and begin a new journal in it; a damaged file is set aside (`reports`).

        JournalTaken when another process writes it, JournalTooNew, JournalFailed, JournalFull.
        """
        self._path = path
        with told(path):
            self._lock = Lock(path.with_name(path.name + ".lock"))
            try:
                self._connection, known = rescue.open_sound(path)
                self._begin(known, start, entropy)
            except BaseException:
                self._lock.release()
                raise

    def _begin(self, known: Sequence[Known], start: Start, entropy: Callable[[int], bytes]) -> None:
        try:
            self.last_known_at = self._newest_at(known)
            self._running = _following(known, start, entropy)
            with transaction(self._connection):
                if known:
                    update(self._connection, known[-1])
                insert(self._connection, self._running)
        except BaseException:
            self._connection.close()
            raise
        self._known = {one.head.id: one for one in [*known, self._running]}
        self._moved: set[str] = set()

    @property
    def run(self) -> str:
        """The id of the running journal."""
        return self._running.head.id

    @property
    def heads(self) -> tuple[JournalHead, ...]:
        """Every journal, oldest first, the running one last: what replication starts with."""
        return tuple(known.as_head() for known in self._known.values())

    @property
    def held(self) -> int:
        """How many entries are on disk."""
        return sum(known.last + 1 - known.held for known in self._known.values())

    @property
    def reports(self) -> tuple[str, ...]:
        """What people must see: damaged files that were set aside and still lie there."""
        return rescue.reports(self._path)

    @property
    def size(self) -> int:
        """Bytes of the file and its write-ahead log."""
        return sum(part.stat().st_size for part in parts(self._path) if part.exists())

    def append(self, drafts: Sequence[Draft]) -> range:
        """The numbers of `drafts`, which are on disk, all of them, when this returns.

        JournalFull, JournalFailed: none is, the next append may succeed. WireError: no server
        would read one of them.
        """
        running = self._running
        numbers = range(running.last + 1, running.last + 1 + len(drafts))
        rows = [
            write_row(running.n, seq, draft) for seq, draft in zip(numbers, drafts, strict=True)
        ]
        with told(self._path), transaction(self._connection):
            self._connection.executemany("INSERT INTO entry VALUES (?, ?, ?, ?)", rows)
        running.last = numbers.stop - 1
        return numbers

    def page(self, question: Question) -> bytes:
        """The page that asks `question`, with as many of its entries as fit; JournalFailed."""
        known = self._known[question.journal]
        head = encode(
            Page(
                journal=question.journal,
                follows=question.follows,
                held=question.held,
                acked=question.acked,
                ask=question.ask,
                station=known.head.station,
                boot=known.head.boot,
            )
        )
        if not question.count:
            return head
        numbers = range(question.first, min(question.first + question.count, known.last + 1))
        texts = page_texts(self._rows(known.n, numbers), numbers, known.head.at)
        if question.raw:
            texts = [raw_text(texts[0])]
        return head.removesuffix(b"]}") + ",".join(texts).encode() + b"]}"

    def store(self, marks: Mapping[str, int]) -> None:
        """Take marks that moved; they are written by `settle`, losing them costs a repeat only."""
        for id, upto in marks.items():
            self._known[id].acked = upto
            self._moved.add(id)

    def settle(self) -> None:
        """Write the marks that moved (once a minute is enough); JournalFailed, JournalFull."""
        if not self._moved:
            return
        with told(self._path), transaction(self._connection):
            for id in self._moved:
                update(self._connection, self._known[id])
        self._moved.clear()

    def trim(self, now: int) -> JournalHead | None:
        """Drop some of the oldest entries if they are acked, old (`now`: ms since 1970) and many.

        The journal that lost some, None when there is nothing to trim; JournalFailed.
        """
        excess = self.held - KEEP_ENTRIES
        oldest = next((one for one in self._known.values() if one.held <= one.last), None)
        if excess <= 0 or oldest is None:
            return None
        top = min(oldest.acked, oldest.held + min(excess, TRIM_ENTRIES) - 1)
        with told(self._path):
            held = self._first_young(oldest, top, now - KEEP_MS)
            if held == oldest.held:
                return None
            with transaction(self._connection):
                self._connection.execute(
                    "DELETE FROM entry WHERE key BETWEEN ? AND ?",
                    (key(oldest.n, oldest.held), key(oldest.n, held - 1)),
                )
        oldest.held = held
        return oldest.as_head()

    def close(self) -> None:
        """Write what is pending and let others have the file."""
        with suppress(JournalFailed):
            self.settle()
        with suppress(sqlite3.Error):
            self._connection.close()
        self._lock.release()

    def _rows(self, n: int, numbers: range) -> dict[int, RowValues]:
        with told(self._path):
            rows: list[RowValues] = self._connection.execute(
                "SELECT key, at, body, proof FROM entry WHERE key BETWEEN ? AND ?",
                (key(n, numbers.start), key(n, numbers.stop - 1)),
            ).fetchall()
        return {unkey(row[0])[1]: row for row in rows}

    def _first_young(self, known: Known, top: int, before: int) -> int:
        """The first entry up to `top` that is not older than `before`, else the one behind it."""
        young: int | None = self._connection.execute(
            "SELECT min(key) FROM entry WHERE key BETWEEN ? AND ? AND at >= ?",
            (key(known.n, known.held), key(known.n, top), before),
        ).fetchone()[0]
        return max(top + 1, known.held) if young is None else unkey(young)[1]

    def _newest_at(self, known: Sequence[Known]) -> int | None:
        """When the newest readable entry was recorded, ms since 1970."""
        for one in filter(lambda one: one.last, reversed(known)):
            rows = self._rows(one.n, range(max(one.held, one.last), one.last + 1))
            for row in filter(is_good, rows.values()):
                return row[1]
        return None


def _following(known: Sequence[Known], start: Start, entropy: Callable[[int], bytes]) -> Known:
    """A new journal behind those that are known; it follows the newest of its own site."""
    newest = known[-1] if known else None
    before = next((one for one in reversed(known) if one.head.site == start.site), None)
    head = Head(
        id=new_id(start.at, newest.head.id if newest else None, entropy),
        site=start.site,
        station=start.station,
        boot=start.boot,
        at=start.at,
        follows=Follows(before.head.id, before.last) if before else None,
    )
    return Known(newest.n + 1 if newest else 1, head, last=0, held=1, acked=0)
