"""Who decides for a site: one process, and soon another when it is gone, frozen or unplugged."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Column, Engine, MetaData, String, Table, create_engine, text
from sqlalchemy.exc import DBAPIError

from pullcord_server.outside.lease import ASK_S, FileLease, LeaseLost, LeaseTaken, RowLease
from support.postgres import Postgres
from support.until import BUSY_S

FAILOVER_S = 5.0
META = MetaData()
LEASE = Table(
    "lease",
    META,
    Column("site", String, primary_key=True),
    Column("holder", String, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
)

HOLDER = """
import sys, time
from sqlalchemy import BigInteger, Column, MetaData, String, Table, create_engine
from pullcord_server.outside.lease import LeaseLost, RowLease
url, what = sys.argv[1:]
table = Table("lease", MetaData(), Column("site", String), Column("holder", String),
              Column("until_ms", BigInteger))
engine = create_engine(url)
lease = RowLease(engine, table, "s1", "other")
assert lease.acquire()
with engine.connect() as connection:
    connection.begin()
    if what == "deciding":
        lease.check(connection)
    print("holding", flush=True)
    sys.stdin.readline()
    try:
        lease.check(connection)
        connection.commit()
        print("committed", flush=True)
    except Exception as error:
        print(type(error).__name__, flush=True)
"""


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    url = postgres.create()
    engine = create_engine(url)
    META.create_all(engine)
    engine.dispose()
    yield url


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = create_engine(url)
    yield engine
    engine.dispose()


class Other:
    """Another process that holds the lease: idle between transactions, or in the middle of one."""

    def __init__(self, url: str, what: str) -> None:
        command = [sys.executable, "-c", HOLDER, url, what]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.read() == "holding"

    def read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def go_on(self) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self.read()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()


@pytest.fixture
def other(url: str) -> Iterator[Callable[[str], Other]]:
    started: list[Other] = []

    def start(what: str) -> Other:
        started.append(Other(url, what))
        return started[-1]

    yield start
    for process in started:
        process.end()


def seconds_until_held(lease: RowLease) -> float:
    began = time.monotonic()
    while not lease.acquire():
        time.sleep(ASK_S)
        assert time.monotonic() - began < FAILOVER_S + BUSY_S, "nobody took over"
    return time.monotonic() - began


def test_one_of_two_holds_a_site_and_each_site_has_its_own(engine: Engine) -> None:
    first, second = (RowLease(engine, LEASE, "s1", name) for name in ("first", "second"))
    elsewhere = RowLease(engine, LEASE, "s2", "second")
    assert first.acquire()
    assert not second.acquire()
    assert first.acquire()
    assert elsewhere.acquire()
    with engine.begin() as connection:
        first.check(connection)
        with pytest.raises(LeaseLost, match="another server decides for s1"):
            second.check(connection)
    first.release()
    elsewhere.release()


def test_a_lease_that_was_given_up_is_free_at_once(engine: Engine) -> None:
    first, second = (RowLease(engine, LEASE, "s1", name) for name in ("first", "second"))
    assert first.acquire()
    first.release()
    assert second.acquire()
    with engine.begin() as connection, pytest.raises(LeaseLost):
        first.check(connection)
    first.release()  # what is another's now stays
    with engine.begin() as connection:
        second.check(connection)
    second.release()


def test_an_idle_holder_keeps_it(engine: Engine) -> None:
    first, second = (RowLease(engine, LEASE, "s1", name) for name in ("first", "second"))
    assert first.acquire()
    end = time.monotonic() + 4.5
    while time.monotonic() < end:
        assert not second.acquire()
        time.sleep(ASK_S)
    first.release()


def test_a_holder_in_a_long_transaction_keeps_it(engine: Engine) -> None:
    first, second = (RowLease(engine, LEASE, "s1", name) for name in ("first", "second"))
    assert first.acquire()
    with engine.begin() as connection:
        first.check(connection)
        end = time.monotonic() + 4.5
        while time.monotonic() < end:
            assert not second.acquire()
            time.sleep(ASK_S)
    first.release()


@pytest.mark.parametrize("what", ["idle", "deciding"])
def test_a_killed_holder_is_followed(
    engine: Engine, other: Callable[[str], Other], what: str
) -> None:
    holder = other(what)
    standby = RowLease(engine, LEASE, "s1", "standby")
    assert not standby.acquire()
    holder.send(signal.SIGKILL)
    assert seconds_until_held(standby) < FAILOVER_S + BUSY_S
    standby.release()


@pytest.mark.parametrize("what", ["idle", "deciding"])
def test_a_frozen_holder_is_followed_and_cannot_commit_when_it_wakes(
    engine: Engine, other: Callable[[str], Other], what: str
) -> None:
    holder = other(what)
    standby = RowLease(engine, LEASE, "s1", "standby")
    holder.send(signal.SIGSTOP)
    assert seconds_until_held(standby) < FAILOVER_S + BUSY_S
    with engine.begin() as connection:
        standby.check(connection)
    holder.send(signal.SIGCONT)
    assert holder.go_on() in ("LeaseLost", "OperationalError")
    with engine.begin() as connection:
        standby.check(connection)
    standby.release()


def test_a_holder_whose_database_went_away_for_a_moment_beats_again(engine: Engine) -> None:
    first, second = (RowLease(engine, LEASE, "s1", name) for name in ("first", "second"))
    assert first.acquire()
    with engine.connect() as connection:
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name"
        connection.execute(text(f"{cut} = 'pullcord first'"))
    end = time.monotonic() + 4
    while time.monotonic() < end:
        assert not second.acquire()
        time.sleep(ASK_S)
    first.release()


def test_while_the_database_is_away_nobody_holds_and_giving_up_is_quiet(engine: Engine) -> None:
    away = create_engine("postgresql+psycopg://pullcord@/none?host=/nowhere")
    lease = RowLease(away, LEASE, "s1", "first")
    assert not lease.acquire()
    lease.release()


def test_a_database_without_the_table_is_an_error_and_no_lease(postgres: Postgres) -> None:
    engine = create_engine(postgres.create())
    with pytest.raises(DBAPIError, match="lease"):
        RowLease(engine, LEASE, "s1", "first").acquire()
    engine.dispose()


def test_a_locked_file_names_the_process_that_has_it(tmp_path: Path) -> None:
    database = tmp_path / "new folder" / "pullcord.db"
    first, second = FileLease(database), FileLease(database)
    assert first.acquire()
    assert first.acquire()
    with pytest.raises(LeaseTaken, match=f"in use by process {os.getpid()}; end that one first"):
        second.acquire()
    first.release()
    assert second.acquire()
    second.release()


def test_a_locked_file_is_free_when_its_process_was_killed(tmp_path: Path) -> None:
    database = tmp_path / "pullcord.db"
    code = (
        "import sys, pathlib; from pullcord_server.outside.lease import FileLease;"
        "lease = FileLease(pathlib.Path(sys.argv[1])); lease.acquire();"
        "print('held', flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        lease = FileLease(database)
        with pytest.raises(LeaseTaken, match=f"in use by process {process.pid};"):
            lease.acquire()
        process.kill()
        process.wait()
        assert lease.acquire()
        lease.release()


def test_a_file_that_is_not_held_gives_no_right_to_decide(tmp_path: Path) -> None:
    lease = FileLease(tmp_path / "pullcord.db")
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        with pytest.raises(LeaseLost, match="is not held"):
            lease.check(connection)
        assert lease.acquire()
        lease.check(connection)
        lease.release()
        with pytest.raises(LeaseLost):
            lease.check(connection)
