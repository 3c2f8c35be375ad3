"""The journals in the file: read with their proofs, begun, renumbered."""

import sqlite3
from dataclasses import dataclass
from zlib import crc32

from pullcord_edge.core.replication import JournalHead
from pullcord_edge.journal.error import Spoiled
from pullcord_edge.journal.row import HEAD_SEQ, SEQ_BITS, is_good, key, prove, unkey
from pullcord_edge.journal.start import Head, read_head, write_head


@dataclass(slots=True)
class Known:
    """A journal, its number in the file, its last entry, the oldest still there, its mark."""

    n: int
    head: Head
    last: int
    held: int
    acked: int

    def as_head(self) -> JournalHead:
        """The journal as replication wants it."""
        return JournalHead(
            self.head.id, self.head.follows, self.last, self.held, self.acked, self.head.site
        )


def read_known(connection: sqlite3.Connection) -> list[Known]:
    """Every journal, oldest first; Spoiled when one cannot be trusted."""
    rows = connection.execute(
        "SELECT n, head, proof, last, acked,"
        " (SELECT min(key) FROM entry WHERE key > n << :bits AND key < n + 1 << :bits)"
        " FROM journal ORDER BY n",
        {"bits": SEQ_BITS},
    )
    known = [_known(*row) for row in rows]
    newest = connection.execute("SELECT max(key) FROM entry").fetchone()[0]
    if newest is not None and unkey(newest)[0] != (known[-1].n if known else None):
        raise Spoiled("it ends with an entry of no journal")
    if known and known[-1].last < unkey(newest or 0)[1]:
        row = connection.execute("SELECT key, at, body, proof FROM entry WHERE key = ?", (newest,))
        if not is_good(row.fetchone()):
            raise Spoiled("its newest entry is spoiled")
        known[-1].last = unkey(newest)[1]
    return known


def _known(n: int, head: bytes, proof: int, last: int, acked: int, oldest: int | None) -> Known:
    if proof != prove_numbers(n, head, last, acked):
        raise Spoiled(f"the row of journal {n} is spoiled")
    held = last + 1 if oldest is None else unkey(oldest)[1]
    return Known(n, read_head(head), last, held, min(acked, last))


def span(connection: sqlite3.Connection, n: int) -> tuple[int | None, int | None]:
    """The oldest and the newest entry a journal has on disk."""
    first, newest = connection.execute(
        "SELECT (SELECT min(key) FROM entry WHERE key BETWEEN :first AND :last),"
        " (SELECT max(key) FROM entry WHERE key BETWEEN :first AND :last)",
        {"first": key(n, HEAD_SEQ + 1), "last": key(n + 1, 0) - 1},
    ).fetchone()
    return first and unkey(first)[1], newest and unkey(newest)[1]


def insert(connection: sqlite3.Connection, known: Known) -> None:
    """Write a journal down, its head twice."""
    head = write_head(known.head)
    connection.execute(
        "INSERT INTO journal (n, head, proof, last, acked) VALUES (?, ?, ?, ?, ?)",
        (
            known.n,
            head,
            prove_numbers(known.n, head, known.last, known.acked),
            known.last,
            known.acked,
        ),
    )
    place, at = key(known.n, HEAD_SEQ), known.head.at
    connection.execute(
        "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?)",
        (place, at, head, prove(place, at, head)),
    )


def update(connection: sqlite3.Connection, known: Known) -> None:
    """Write down the numbers of a journal that moved."""
    proof = prove_numbers(known.n, write_head(known.head), known.last, known.acked)
    connection.execute(
        "UPDATE journal SET last = ?, acked = ?, proof = ? WHERE n = ?",
        (known.last, known.acked, proof, known.n),
    )


def prove_numbers(n: int, head: bytes, last: int, acked: int) -> int:
    """The proof of a row of the list of journals."""
    return crc32(b"%d.%d.%d." % (n, last, acked) + head)
