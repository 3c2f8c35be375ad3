"""What is old enough to be trimmed is asked of a clock that may be believed, and of no other."""

import sqlite3
import threading
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from pullcord_edge.adapters.clock import Clock
from pullcord_edge.adapters.inbox import Inbox, Stop
from pullcord_edge.adapters.log import Log
from pullcord_edge.agent import Agent
from pullcord_edge.config import parse
from pullcord_edge.core.input import Instant
from pullcord_edge.journal import journal as journals
from support.answering import Answering
from support.broker import Broker
from support.journal_bench import draft, start
from support.until import until

DAY = 86_400_000


class Told(Clock):
    """A clock that is off by what the test says, and is set, or not."""

    def __init__(self, off_ms: int, synced: bool) -> None:
        super().__init__()
        self._off_ms, self._told = off_ms, synced

    def now(self) -> Instant:
        """So."""
        real = super().now()
        return Instant(real.at + self._off_ms, real.up, self._told)


class Dark:
    """No pins."""

    def start(self) -> None: ...
    def light(self, lit: object) -> None: ...
    def sound(self, sounds: bool) -> None: ...
    def write(self, rows: object) -> None: ...
    def check(self) -> None: ...
    def stop(self) -> None: ...


def held_after(folder: Path, broker: str, clock: Clock, enough: Callable[[Path], bool]) -> int:
    """How many of 50 acked entries are on disk when a station with this clock has tended them."""
    path = folder / "journal.db"
    journal = start(path, "s1", "a1", time.time_ns() // 1_000_000)
    journal.append([draft(f"C{number}", time.time_ns() // 1_000_000) for number in range(50)])
    journal.store({journal.run: 50})
    journal.close()
    text = f'site = "s1"\nstation = "a1"\nbroker = {{ url = "{broker}" }}\njournal = {{ path = "{path}" }}\n'
    inbox, log = Inbox(), StringIO()
    agent = Agent(parse(text), inbox, Dark(), (), Log(log), clock)
    thread = threading.Thread(target=agent.run)
    thread.start()
    until(lambda: "event=ready" in log.getvalue() and enough(path), "the journal is tended", 60)
    inbox.put(Stop("test"))
    thread.join(60)
    journal = start(path, "s1", "a1")
    held = journal.held
    journal.close()
    return held


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten entries are enough."""
    monkeypatch.setattr(journals, "KEEP_ENTRIES", 10)


def count(path: Path) -> int:
    """Entries on disk at this moment."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    found: int = connection.execute("SELECT count(*) FROM entry").fetchone()[0]
    connection.close()
    return found


def test_by_a_clock_that_nobody_set_nothing_is_old(tmp_path: Path, broker: Broker) -> None:
    server = Answering(broker.port)

    def tended(_path: Path) -> bool:
        return len(server.statuses) > 0  # its first turn is over

    assert held_after(tmp_path, broker.url, Told(73 * 365 * DAY, synced=False), tended) >= 50
    server.close()


def test_by_a_clock_that_is_set_what_is_old_goes(tmp_path: Path, broker: Broker) -> None:
    held = held_after(
        tmp_path, broker.url, Told(40 * DAY, synced=True), lambda path: count(path) < 50
    )
    assert held < 20
