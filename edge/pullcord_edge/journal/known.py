"""The journals in the file: read with their proofs, begun, renumbered."""

import sqlite3
from dataclasses import dataclass
from zlib import crc32

from pullcord_edge.core.replication import JournalHead
from pullcord_edge.journal.row import HEAD_SEQ, prove
from pullcord_edge.journal.start import Head, read_head, write_head


class Spoiled(Exception):
    """A row of the list of journals does not say what was written."""


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
    rows = connection.execute("SELECT n, head, proof, last, acked FROM journal ORDER BY n")
    return [_known(connection, *row) for row in rows.fetchall()]


def _known(
    connection: sqlite3.Connection, n: int, head: bytes, proof: int, last: int, acked: int
) -> Known:
    if proof != prove_numbers(n, head, last, acked):
        raise Spoiled(f"the row of journal {n} is spoiled")
    first, newest = connection.execute(
        "SELECT (SELECT min(seq) FROM entry WHERE n = :n AND seq > :head),"
        " (SELECT max(seq) FROM entry WHERE n = :n)",
        {"n": n, "head": HEAD_SEQ},
    ).fetchone()
    last = max(last, newest or 0)
    return Known(n, read_head(head), last, first or last + 1, min(acked, last))


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
    at = known.head.at
    connection.execute(
        "INSERT OR REPLACE INTO entry (n, seq, at, body, proof) VALUES (?, ?, ?, ?, ?)",
        (known.n, HEAD_SEQ, at, head, prove(known.n, HEAD_SEQ, at, head)),
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
