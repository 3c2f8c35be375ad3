"""What can go wrong with the journal, and SQLite's errors as such."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Final


class JournalError(Exception):
    """The journal cannot do what it was asked; the text says what, where and the fix."""


class JournalTaken(JournalError):
    """Another process writes this journal."""


class JournalTooNew(JournalError):
    """A newer version of the program wrote this journal."""


class JournalFailed(JournalError):
    """The disk failed: nothing was recorded. The next append may succeed again."""


class JournalFull(JournalFailed):
    """The disk is full: nothing was recorded. The next append may succeed again."""


class JournalDamaged(JournalFailed):
    """The file turned out to be damaged: start again, which sets it aside and saves what it can."""


class Spoiled(Exception):
    """The file can be read, but does not say what was written; only `open_sound` sees this."""


_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY: Final = 0xFF
_FULL: Final = frozenset({ENOSPC, EDQUOT})


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite found the file itself to be damaged."""
    return _code(error) in _DAMAGED


def is_nonsense(error: sqlite3.Error) -> bool:
    """Whether SQLite does not understand what it always understands: the tables are damaged."""
    return _code(error) == sqlite3.SQLITE_ERROR


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Every error of SQLite or the system inside is raised as a JournalFailed that names `path`."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.DatabaseError as error:
        raise _read(error, path) from error
    except OSError as error:
        kind = JournalFull if error.errno in _FULL else JournalFailed
        raise kind(f"{path}: {error.strerror or error}; check the disk and its mount") from error


def _read(error: sqlite3.DatabaseError, path: Path) -> JournalFailed:
    name = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
    if _code(error) == sqlite3.SQLITE_FULL:
        return JournalFull(f"{path}: the disk is full ({error}); free space on it")
    if is_damage(error):
        return JournalDamaged(f"{path}: the file is damaged ({error}); restart the station")
    return JournalFailed(f"{path}: {error} ({name}); check the disk and its mount")


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
