"""Opening the database: SQLite as it must be for a promise, PostgreSQL as it is."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url


def open_engine(url: str) -> Engine:
    """An engine for `url`. SQLite: WAL, `synchronous=FULL`, one writer waits for another at most 10 s."""
    parsed = make_url(url)
    if not parsed.drivername.startswith("sqlite"):
        return create_engine(parsed, pool_pre_ping=True, pool_size=10, max_overflow=20)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": 10}, pool_size=10, max_overflow=20)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-65536")
    cursor.close()


#: Execution options of a connection that is going to write: SQLite takes its lock at once.
IMMEDIATE = {"pullcord_immediate": True}


def _begin(connection: Connection) -> None:
    """SQLAlchemy begins; SQLite's own driver would begin too late for a snapshot of reads."""
    writes = connection.get_execution_options().get("pullcord_immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
