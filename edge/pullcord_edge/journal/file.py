"""The SQLite file: opened so that a commit is on disk when it returns, and looked over."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pullcord_edge.journal.carve import PAGE_SIZE
from pullcord_edge.journal.error import JournalFailed, JournalTooNew, Spoiled, is_damage

VERSION: Final = 1
_VERSION_MAX: Final = 100
_CACHE_KIB: Final = 256
_SCHEMA: Final = """
CREATE TABLE journal (
  n INTEGER PRIMARY KEY, head BLOB NOT NULL, proof INTEGER NOT NULL,
  last INTEGER NOT NULL, acked INTEGER NOT NULL
) STRICT;
CREATE TABLE entry (
  key INTEGER PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL, proof INTEGER NOT NULL
) STRICT;
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
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise JournalFailed(f"{path}: this disk cannot hold the journal (WAL); use a local one")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 256")
    connection.execute("PRAGMA journal_size_limit = 1048576")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if VERSION < version < _VERSION_MAX:
        raise JournalTooNew(
            f"{path}: written by a newer version (format {version}, this one knows {VERSION}); "
            "install the newer version again"
        )
    if version != VERSION:
        _create(connection, version)
        sync_folder(path.parent)


def _create(connection: sqlite3.Connection, version: int) -> None:
    with transaction(connection):
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version != 0 or tables:
            raise Spoiled(f"it claims to have format {version}")
        for statement in filter(str.strip, _SCHEMA.split(";")):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")


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
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
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
