"""The SQLite file: opened so that a commit is on disk when it returns, and looked over."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pullcord_edge.journal.carve import PAGE_SIZE
from pullcord_edge.journal.error import JournalFailed, JournalTooNew, is_damage

VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE journal (
  n INTEGER PRIMARY KEY, head BLOB NOT NULL, proof INTEGER NOT NULL,
  last INTEGER NOT NULL, acked INTEGER NOT NULL
) STRICT;
CREATE TABLE entry (
  n INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
  body BLOB NOT NULL, proof INTEGER NOT NULL, PRIMARY KEY (n, seq)
) STRICT, WITHOUT ROWID;
"""


def connect(path: Path) -> sqlite3.Connection:
    """A connection whose every commit is synced; used by the thread that opened it alone."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=2.0)
    try:
        _settle(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _settle(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
    connection.execute("PRAGMA cache_size = -1024")
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise JournalFailed(f"{path}: this disk cannot hold the journal (WAL); use a local one")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 128")
    connection.execute("PRAGMA journal_size_limit = 4194304")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise JournalTooNew(
            f"{path}: written by a newer version (format {version}, this one knows {VERSION}); "
            "install the newer version again"
        )
    if version < VERSION:
        with transaction(connection):
            for statement in filter(str.strip, _SCHEMA.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        sync_folder(path.parent)


def damage(connection: sqlite3.Connection) -> str | None:
    """What is wrong with the file's structure; None: nothing."""
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            return str(error)
        raise
    return None if found == "ok" else str(found)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it, on disk when it returns, or nothing of it."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def parts(path: Path) -> tuple[Path, Path, Path]:
    """The files SQLite keeps for `path`: the database, its write-ahead log, its shared memory."""
    return path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def sync_folder(folder: Path) -> None:
    """What was created or renamed in `folder` survives a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
