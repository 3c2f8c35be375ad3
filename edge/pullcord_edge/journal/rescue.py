"""A damaged file is set aside, and what it still says is carried over into a new one."""

import sqlite3
from pathlib import Path

from pullcord_edge.journal.file import connect


def open_sound(path: Path) -> tuple[sqlite3.Connection, str | None]:
    """A connection to a sound file at `path`, and what had to be done for it."""
    connection = connect(path)
    return connection, None
