"""A damaged file is set aside, and what it still says is carried over into a new one."""

import sqlite3
from pathlib import Path
from typing import Final

from pullcord_edge.journal.error import JournalFailed, Spoiled, is_damage, is_nonsense
from pullcord_edge.journal.file import connect, damage, parts, sync_folder
from pullcord_edge.journal.known import Known, read_known
from pullcord_edge.journal.log import Log, read_log
from pullcord_edge.journal.salvage import salvage

_KEPT: Final = 3
"""So many damaged files are kept beside the journal."""


def open_sound(path: Path) -> tuple[sqlite3.Connection, list[Known]]:
    """A sound file at `path` and its journals; a damaged one is set aside first (`reports`)."""
    _finish(path)
    log = read_log(parts(path)[1])
    trouble = _trouble_of(path, log)
    if trouble is None:
        try:
            return _connect_sound(path)
        except (Spoiled, UnicodeDecodeError) as error:
            trouble = str(error)
        except sqlite3.DatabaseError as error:
            if not (is_damage(error) or is_nonsense(error)):
                raise
            trouble = str(error)
    _rescue(path, log, trouble)
    return _connect_sound(path)


def reports(path: Path) -> tuple[str, ...]:
    """What happened to the damaged files that still lie beside the journal, oldest first."""
    texts = (_report(_aside(path, number)) for number in sorted(_asides(path)))
    return tuple(text.read_text(errors="replace").strip() for text in texts if text.exists())


def _trouble_of(path: Path, log: Log) -> str | None:
    if log.spoiled:
        return "its write-ahead log is spoiled"
    if path.exists() and not path.stat().st_size:
        return "it is empty"
    if log.frames and not path.exists():
        return "its write-ahead log is there without it"
    return None


def _connect_sound(path: Path) -> tuple[sqlite3.Connection, list[Known]]:
    """A connection and the journals; when the file is not sound, Spoiled, or what SQLite makes of its texts."""
    connection = connect(path)
    try:
        found = damage(connection)
        if found is not None:
            raise Spoiled(found)
        return connection, read_known(connection)
    except BaseException:
        connection.close()
        raise


def _rescue(path: Path, log: Log, trouble: str) -> None:
    """Build a new file beside the damaged one, and only then let it take that one's place."""
    part = path.with_name(f"{path.name}.rescue-part")
    _remove(part)
    connection = connect(part)
    try:
        saved = salvage(path, log, connection)
        if connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0] != "delete":
            raise JournalFailed(f"{part}: cannot be completed; check the disk")
    finally:
        connection.close()
    aside = _aside(path, max(_asides(path), default=0) + 1)
    _report(aside).write_text(
        f"the journal was damaged ({trouble}) and set aside as {aside.name}: {saved}; "
        "delete that file when nobody needs it\n"
    )
    if not path.exists():
        aside.touch()
    part.rename(_fresh(path))
    if path.exists():
        path.rename(aside)
    _finish(path)
    for old in sorted(_asides(path))[:-_KEPT]:
        _remove(_aside(path, old))
        _report(_aside(path, old)).unlink(missing_ok=True)


def _finish(path: Path) -> None:
    """Put a new file in its place, once the damaged one and its log are out of the way."""
    fresh = _fresh(path)
    if not fresh.exists():
        return
    if path.exists():
        _remove(fresh)
        return
    _, log, memory = parts(path)
    if log.exists():
        log.rename(parts(_aside(path, max(_asides(path))))[1])
    memory.unlink(missing_ok=True)
    fresh.rename(path)
    sync_folder(path.parent)


def _fresh(path: Path) -> Path:
    return path.with_name(f"{path.name}.rescue")


def _aside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.damaged-{number}")


def _report(aside: Path) -> Path:
    return aside.with_name(f"{aside.name}.txt")


def _asides(path: Path) -> set[int]:
    """The numbers of the files that were set aside."""
    names = (each.name for each in path.parent.iterdir())
    rest = (name.partition(f"{path.name}.damaged-")[2] for name in names)
    return {int(number) for number in rest if number.isdecimal()}


def _remove(path: Path) -> None:
    for part in parts(path):
        part.unlink(missing_ok=True)
