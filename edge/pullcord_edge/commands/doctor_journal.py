"""What the journal file tells, read without disturbing the program that writes it."""

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pullcord_edge.checks.journal import JournalFacts
from pullcord_edge.journal.error import JournalError, Spoiled
from pullcord_edge.journal.file import damage, parts
from pullcord_edge.journal.known import Known, read_known
from pullcord_edge.journal.lock import Lock
from pullcord_edge.journal.rescue import reports
from pullcord_edge.journal.row import key
from pullcord_wire.codec import encode
from pullcord_wire.message import Ask, Page


@dataclass(frozen=True, slots=True)
class JournalLook:
    """The facts, and an empty page to ask the server with while nobody else does."""

    facts: JournalFacts
    question: bytes | None = None

    @property
    def pid(self) -> int | None:
        """The process that writes it."""
        match = re.match(r"pid (\d+)", self.facts.running or "")
        return int(match[1]) if match else None


def look_at_journal(path: Path, site: str, station: str) -> JournalLook:
    """What there is to know of the journal at `path`."""
    running = _holder(path)
    if not path.exists():
        return JournalLook(JournalFacts(str(path), exists=False, running=running))
    try:
        with closing(_connect(path)) as connection:
            found = damage(connection)
            if found is not None:
                raise Spoiled(found)
            known = read_known(connection)
            return _describe(connection, path, known, site, station, running)
    except (sqlite3.Error, Spoiled, ValueError) as error:
        said = _one_line(str(error))
        return JournalLook(JournalFacts(str(path), error=said, running=running))


def _connect(path: Path) -> sqlite3.Connection:
    """The file, to be read; on a disk that is read-only as it lies there, for nobody can change it."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2.0)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        return sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    return connection


def _describe(
    connection: sqlite3.Connection,
    path: Path,
    known: list[Known],
    site: str,
    station: str,
    running: str | None,
) -> JournalLook:
    mine = [one for one in known if one.head.site == site]
    unacked = [one for one in mine if one.acked < one.last]
    held = [one for one in known if one.held <= one.last]
    facts = JournalFacts(
        path=str(path),
        journals=len(known),
        held=sum(one.last + 1 - one.held for one in known),
        unacked=sum(one.last - one.acked for one in unacked),
        oldest_unacked_at=_at(connection, unacked[0], unacked[0].acked + 1) if unacked else None,
        oldest_at=_at(connection, held[0], held[0].held) if held else None,
        trimmed=any(one.held > 1 and one.last for one in known),
        other_sites=tuple(sorted({o.head.site for o in known if o.head.site != site and o.last})),
        other_stations=tuple(sorted({o.head.station for o in mine if o.head.station != station})),
        damaged=tuple(_one_line(report) for report in reports(path)),
        size=sum(part.stat().st_size for part in parts(path) if part.exists()),
        running=running,
    )
    return JournalLook(facts, _question(mine[-1]) if mine else None)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _question(newest: Known) -> bytes:
    """An empty page of the newest journal: it asks, and changes nothing."""
    return encode(
        Page(
            journal=newest.head.id,
            follows=newest.head.follows,
            held=newest.held,
            acked=newest.acked,
            ask=Ask(newest.head.id, 1),
            station=newest.head.station,
            boot=newest.head.boot,
        )
    )


def _at(connection: sqlite3.Connection, known: Known, seq: int) -> int | None:
    """When the first entry from `seq` on was recorded."""
    row = connection.execute(
        "SELECT at FROM entry WHERE key BETWEEN ? AND ? ORDER BY key LIMIT 1",
        (key(known.n, seq), key(known.n, known.last)),
    ).fetchone()
    return None if row is None else int(row[0])


def _holder(path: Path) -> str | None:
    """The program that writes this journal."""
    lock = path.with_name(path.name + ".lock")
    if not lock.exists():
        return None
    try:
        Lock(lock).release()
    except JournalError:
        return lock.read_text(errors="replace").strip() or "another process"
    except OSError:
        return None
    return None
