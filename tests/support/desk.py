"""A desk in this thread: a real database, driven time, and a link that only remembers."""

import json
import os
import sqlite3
import tempfile
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, select
from sqlmodel import SQLModel

from pullcord_server.desk.action.plant import apply_plant
from pullcord_server.desk.desk import Desk
from pullcord_server.desk.inbox import Landed, UnreadablePage, Wake
from pullcord_server.desk.outlet import Outlet
from pullcord_server.desk.state import be_born, birth, load_floor
from pullcord_server.desk.tally import Tally
from pullcord_server.desk.turn import Copied, Turn
from pullcord_server.outside.clock import DrivenClock
from pullcord_server.storage.book import Book
from pullcord_server.storage.engine import IMMEDIATE, open_engine
from pullcord_server.storage.migrate import migrate
from pullcord_server.storage.shelf import Shelf
from pullcord_wire.codec import decode
from pullcord_wire.instant import parse_instant
from pullcord_wire.message import (
    Ack,
    VerdictMessage,
)

T = TypeVar("T")

SITE = "s1"
MINUTE = 60_000
HOUR = 60 * MINUTE


def at(text: str) -> int:
    """`06:10` or `06:10:30.250` of Monday 2026-11-23, or `D+1 06:10`."""
    day, _, clock = text.rpartition(" ")
    number = 23 + int(day.removeprefix("D+") or 0)
    clock = clock if clock.count(":") == 2 else f"{clock}:00"
    return parse_instant(f"2026-11-{number}T{clock}Z")


def tag(loop: str, card: int) -> str:
    """The tag of a loop's card in these tests."""
    return f"{loop}#{card}"


def tags(**cards: int) -> str:
    """`[[tag]]` tables for that many cards of loops (`_` stands for `-`)."""
    lines = []
    for name, count in cards.items():
        loop = name.replace("_", "-")
        for number in range(1, count + 1):
            lines.append(f'[[tag]]\ncode = "{tag(loop, number)}"\ncard = "{loop}-{number:03d}"')
    return "\n".join(lines)


@dataclass(slots=True)
class Memory:
    """The link to the broker: everything said is kept, and arrives."""

    said: list[tuple[str, bytes]] = field(default_factory=list)
    connected: bool = True

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> "Future[bool]":
        """Kept."""
        self.said.append((topic, payload))
        done: Future[bool] = Future()
        done.set_result(True)
        return done

    def flush(self, timeout_s: float) -> bool:
        """Nothing waits."""
        return True

    def forget(self) -> None:
        """Nothing is queued."""

    def of(self, kind: str) -> list[tuple[str, bytes]]:
        """Station and payload of every message of a kind, in order."""
        parts = [(topic.split("/"), payload) for topic, payload in self.said]
        return [(p[3], payload) for p, payload in parts if p[4] == kind]


class NoEvents:
    """The cursor over business events stands still; tests read the table."""

    def wake(self) -> None:
        """Nothing to do."""

    def rest(self) -> None:
        """Nothing to do."""

    def drained(self, timeout_s: float) -> bool:
        """Nothing is on its way."""
        return True


class NoLease:
    """The only server there is."""

    def acquire(self) -> bool:
        """Always."""
        return True

    def check(self, connection: Connection) -> None:
        """Held."""

    def release(self) -> None:
        """Nothing to give up."""


@dataclass(slots=True)
class Lines:
    """The copy of decisions, as the lines that would be in the file."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    fault: str | None = None

    def write(self, decisions: list[Copied]) -> None:
        """Each as JSON and back, as a file would have it."""
        self.lines += [json.loads(json.dumps(asdict(d))) for d in decisions]


class Server:
    """A desk over a database, each turn run by the test itself."""

    def __init__(self, engine: Engine, copy: Lines | None = None) -> None:
        self.engine = engine
        self.link = Memory()
        self.copy = copy if copy is not None else Lines()
        self.tally = Tally()
        self.desk = Desk(
            engine,
            SITE,
            DrivenClock(),
            Outlet(self.link, NoEvents(), SITE),
            NoLease(),
            self.copy,
            self.tally,
        )

    @property
    def now(self) -> int:
        """The server's time."""
        now = self.desk.clock.now()
        assert now is not None, "set the clock first"
        return now

    def set(self, now: int | str) -> None:
        """Move driven time; every rule on the way runs."""
        moved = self.desk.set_clock(at(now) if isinstance(now, str) else now)
        self.work()
        moved.result(0)

    def act(self, action: Callable[[Turn], T]) -> T:
        """An action of a person, in a turn; its refusal is raised."""
        future = self.desk.submit(action)
        self.work()
        return future.result(0)

    def land(self, *landed: Landed) -> list[tuple[str, Ack]]:
        """What stations send arrives together; the answers to it."""
        before = len(self.link.said)
        for one in landed:
            self.desk.inbox.put(one)
        self.work()
        said = Memory(self.link.said[before:])
        return [(station, decode(Ack, payload)) for station, payload in said.of("ack")]

    def work(self) -> None:
        """Turns until nothing waits on the desk."""
        self.desk.inbox.put(Wake())
        inbox = self.desk.inbox
        while True:
            if not self.desk._hold_lease():
                raise AssertionError(f"the desk cannot decide: {self.desk.fault}")
            self.desk._work()
            if not (inbox._pages or inbox._rest or inbox._clocks or not inbox._queue.empty()):
                return

    def apply(self, text: str, by: str = "planner") -> Copied:
        """A plant file, applied as the command does it: by a process of its own."""
        connection = self.engine.connect().execution_options(**IMMEDIATE)
        with connection, connection.begin():
            _, born = birth(connection)
            now = self.desk.clock.now() or 0
            turn = Turn(Book(connection, Shelf()), load_floor(connection), now, born, Tally())
            made = apply_plant(turn, text, by)
            turn.book.flush()
        self.copy.write(turn.decisions)
        return made

    def verdicts(self) -> list[VerdictMessage]:
        """Every verdict that was shown."""
        return [decode(VerdictMessage, payload) for _, payload in self.link.of("verdict")]

    def rows(self, name: str, *order: str, **where: Any) -> list[dict[str, Any]]:
        """Rows of a table."""
        return read(self.engine, name, *order, **where)

    def one(self, name: str, **where: Any) -> dict[str, Any]:
        """The only such row."""
        (row,) = self.rows(name, **where)
        return row

    def fact(self, entry: str) -> dict[str, Any]:
        """An entry's row."""
        journal, _, seq = entry.rpartition(".")
        return self.one("fact", journal=journal, seq=int(seq))

    def findings(self, **where: Any) -> list[str]:
        """Types of the findings that stand, by entry."""
        rows = self.rows("finding", "entry", "type", **where)
        return [r["type"] for r in rows if r["resolved_at"] is None]


def unreadable(station: str, raw: bytes, reason: str = "is not JSON") -> UnreadablePage:
    """A frame that the codec refused."""
    return UnreadablePage(station, reason, raw)


@cache
def _empty_database() -> bytes:
    """A migrated SQLite database, once for the run."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        engine = open_engine(f"sqlite:///{path}")
        migrate(engine)
        engine.dispose()
        with sqlite3.connect(path) as raw:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path.read_bytes()


def quick_place() -> str | None:
    """Memory where there is some, for tests that write many databases; else the usual place."""
    memory = Path("/dev/shm")
    return str(memory) if os.access(memory, os.W_OK) else None


def new_database(path: Path, born: int = 0, how: str = "created") -> Engine:
    """An empty database in a file, with its identity."""
    path.write_bytes(_empty_database())
    engine = open_engine(f"sqlite:///{path}")
    be_born(engine, born, how)
    return engine


def new_postgres(url: str, born: int = 0, how: str = "created") -> Engine:
    """An empty database of a cluster, with its identity."""
    engine = open_engine(url)
    migrate(engine)
    be_born(engine, born, how)
    return engine


def table(name: str) -> Table:
    """A table by its name."""
    return SQLModel.metadata.tables[name]


def read(engine: Engine, name: str, *order: str, **where: Any) -> list[dict[str, Any]]:
    """Rows of a table, in the order of these columns."""
    source = table(name)
    query = select(source)
    for column, value in where.items():
        query = query.where(source.c[column] == value)
    by = order or [c.name for c in source.primary_key.columns]
    with engine.connect() as connection:
        rows = [dict(r._mapping) for r in connection.execute(query)]
    return sorted(rows, key=lambda r: [(r[c] is not None, r[c]) for c in by])
