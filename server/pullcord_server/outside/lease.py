"""Who decides for a site: a locked file beside SQLite, or a row in PostgreSQL that runs out."""

import fcntl
import os
import threading
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Connection, Engine, Table, text
from sqlalchemy.exc import DBAPIError, OperationalError

LAST_S: Final = 2.5
"""A holder of a row that was not heard for this long has lost it to whoever asks."""
BEAT_S: Final = 0.4
ASK_S: Final = 0.4
"""How often a stand-by should try `acquire`: with it a dead holder is followed within 5 s."""
_LOCK_WAIT_MS: Final = 500
_LOCK_NOT_AVAILABLE: Final = "55P03"
_NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_NAME: Final = text("SELECT set_config('application_name', :name, false)")
_TERMINATE: Final = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks"
    " WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()"
    " AND (classid::bigint << 32 | objid::bigint) = hashtextextended(:lock, 0)"
)


class LeaseTaken(RuntimeError):
    """Somebody else decides on this database; the text names who."""


class LeaseLost(RuntimeError):
    """This process no longer decides for its site: roll back, publish nothing, stand by."""


class Lease(Protocol):
    """The right to decide for a site."""

    def acquire(self) -> bool:
        """Try to get it, without waiting; whether it is held now."""
        ...

    def check(self, connection: Connection) -> None:
        """Within a transaction that decides: LeaseLost unless it is still held until the commit."""
        ...

    def release(self) -> None:
        """Give it up, so that another need not wait until it runs out."""
        ...


class FileLease:
    """A lock file beside an SQLite database, held as long as the process lives."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}.lock")
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Lock the file; LeaseTaken, naming the process, where another one has it."""
        if self._descriptor is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 64).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise LeaseTaken(
                f"{self._path}: the database is in use by process {holder}; end that one first"
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor
        return True

    def check(self, connection: Connection) -> None:
        """The lock ends with the process only: nothing to ask the database."""
        if self._descriptor is None:
            raise LeaseLost(f"{self._path} is not held")

    def release(self) -> None:
        """Unlock the file; it stays, since removing it would race with the next holder."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class RowLease:
    """A row (`site`, `holder`, `until_ms`) by PostgreSQL's own clock; `holder` is a new name a process.

    Each `check` extends the row and keeps it locked until its transaction ends, so nobody takes over in
    the middle of one. A thread beats meanwhile on a connection that carries the holder's name: where a
    long transaction keeps the row locked, that connection's last query is the sign of life. A holder
    that gives none (frozen, unplugged) is cut off by the one who takes over.
    """

    def __init__(self, engine: Engine, table: Table, site: str, holder: str) -> None:
        self._engine = engine
        self._name = f"pullcord {holder}"[:63]
        preparer = engine.dialect.identifier_preparer
        lease = preparer.format_table(table)
        until = f"{_NOW} + {round(LAST_S * 1000)}"
        self._values = {"site": site, "holder": holder, "lock": f"pullcord lease {site}"}
        self._look = text(
            f"SELECT holder = :holder OR (until_ms < {_NOW} AND NOT EXISTS ("
            " SELECT FROM pg_stat_activity WHERE application_name = left('pullcord ' || holder, 63)"
            f" AND clock_timestamp() - query_start < interval '{LAST_S} s'))"
            f" FROM {lease} WHERE site = :site"
        )
        self._take = text(
            f"INSERT INTO {lease} AS l (site, holder, until_ms) VALUES (:site, :holder, {until})"
            f" ON CONFLICT (site) DO UPDATE SET holder = :holder, until_ms = {until}"
            f" WHERE l.until_ms < {_NOW} OR l.holder = :holder RETURNING 1"
        )
        self._extend = text(
            f"UPDATE {lease} SET until_ms = {until}"
            " FROM (SELECT pg_advisory_xact_lock(hashtextextended(:lock, 0))) AS held"
            " WHERE site = :site AND holder = :holder"
        )
        self._beat = text(
            f"UPDATE {lease} SET until_ms = {until} WHERE site = (SELECT site FROM {lease}"
            " WHERE site = :site AND holder = :holder FOR UPDATE SKIP LOCKED)"
        )
        self._give = text(f"DELETE FROM {lease} WHERE site = :site AND holder = :holder")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def acquire(self) -> bool:
        """Take the row when nobody has it, or its holder gave no sign of life for `LAST_S`.

        False also while the database cannot be reached: nobody decides then.
        """
        try:
            return self._acquire()
        except OperationalError:
            return False

    def check(self, connection: Connection) -> None:
        """Extend the row and lock it until this transaction ends; LeaseLost when it is another's."""
        if connection.execute(self._extend, self._values).rowcount != 1:
            raise LeaseLost(f"another server decides for {self._values['site']} now")

    def release(self) -> None:
        """Stop beating and delete the row if it is still ours."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        try:
            with self._engine.begin() as connection:
                connection.execute(self._give, self._values)
        except OperationalError:
            return  # the database is away: the row runs out by itself

    def _acquire(self) -> bool:
        with self._engine.connect() as connection:
            free = connection.execute(self._look, self._values).scalar()
            connection.rollback()
            if free is False:
                return False
            try:
                held = self._try_take(connection)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                    raise
                connection.rollback()
                self._cut_off(connection)
                held = self._try_take(connection)
        if held:
            self._start_beating()
        return held

    def _try_take(self, connection: Connection) -> bool:
        with connection.begin():
            connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_WAIT_MS}"))
            return connection.execute(self._take, self._values).scalar() is not None

    def _cut_off(self, connection: Connection) -> None:
        """End the session whose transaction keeps the row of a holder that gives no sign of life."""
        with connection.begin():
            connection.execute(_TERMINATE, self._values)

    def _start_beating(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._stopping.clear()
            self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._beat_while_connected()
            except DBAPIError:
                self._stopping.wait(BEAT_S)  # the database is away: `check` will say so

    def _beat_while_connected(self) -> None:
        with self._engine.connect() as connection:
            try:
                connection.execute(_NAME, {"name": self._name})
                connection.commit()
                while not self._stopping.wait(BEAT_S):
                    connection.execute(self._beat, self._values)
                    connection.commit()
            finally:
                connection.invalidate()  # its name must not live on in the pool
