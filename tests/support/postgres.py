"""A throwaway PostgreSQL of the machine's own version in a folder of its own, and its fixture."""

import getpass
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from uuid import uuid4

import psycopg
import pytest

_FIX = "PostgreSQL is not installed: apt-get install postgresql"
_ROLE = "pullcord"


def find_postgres() -> Path:
    """The folder of `initdb` and `postgres`; a failure that names the fix where there is none."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    found = shutil.which("initdb")
    if found is None:
        raise AssertionError(_FIX)
    return Path(found).resolve().parent


class Postgres:
    """A cluster that is gone after `stop`. `durable`: with fsync, for what is measured."""

    def __init__(self, *, durable: bool = False) -> None:
        self._programs = find_postgres()
        place = "/tmp" if durable else _quick_place()
        self._folder = Path(tempfile.mkdtemp(prefix="pullcord-pg-", dir=place))
        self._durable = durable
        self._as_owner: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self.log = self._folder / "log"

    def start(self) -> Self:
        """Create the cluster and start it; returns when it accepts connections."""
        if os.geteuid() == 0:
            self._give_away()
        self._run("initdb", "-D", f"{self._folder}/data", "-U", _ROLE, "-A", "trust", "--no-sync")
        self.begin()
        return self

    def begin(self) -> None:
        """Start the cluster as it is; returns when it accepts connections."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "max_connections": "200",
            "fsync": "on" if self._durable else "off",
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *self._as_owner,
                    self._programs / "postgres",
                    "-D",
                    f"{self._folder}/data",
                    *options,
                ],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait()

    def create(self) -> str:
        """A new empty database, as settings name it."""
        name = f"d{uuid4().hex}"
        with self._connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"postgresql+psycopg://{_ROLE}@/{name}?host={self._folder}"

    def crash(self) -> None:
        """End it at once, sessions and all; `begin` recovers it."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGQUIT)
            process.wait(20)

    def stop(self) -> None:
        """End it at once and remove everything."""
        self.crash()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _give_away(self) -> None:
        """As root: run as somebody else, since PostgreSQL refuses root."""
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            raise AssertionError(f"the user postgres is missing. {_FIX}") from None
        shutil.chown(self._folder, "postgres", "postgres")
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise AssertionError("setpriv is not installed: apt-get install util-linux")
        self._as_owner = [setpriv, "--reuid=postgres", "--regid=postgres", "--init-groups"]

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_owner, str(self._programs / program), *arguments]
        locale = ["--locale=C", "-E", "UTF8"]
        done = subprocess.run(
            [*command, *locale], cwd=self._folder, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise AssertionError(f"{program} failed as {getpass.getuser()}:\n{done.stderr[-2000:]}")

    def _wait(self) -> None:
        give_up = time.monotonic() + 20
        while True:
            try:
                self._connect().close()
                return
            except psycopg.OperationalError as error:
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > give_up:
                    said = self.log.read_text(errors="replace")[-2000:]
                    self.stop()
                    raise AssertionError(f"PostgreSQL did not start: {error}\n{said}") from None
                time.sleep(0.02)

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self._folder), user=_ROLE, dbname="postgres", autocommit=True
        )


def _quick_place() -> str:
    """Memory where there is enough of it: a database has 300 files, and some disks remove slowly."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 1_000_000_000
    return str(memory) if roomy and os.access(memory, os.W_OK) else "/tmp"


def _version(place: Path) -> int:
    number = place.parent.name.partition(".")[0]
    return int(number) if number.isdigit() else 0


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A cluster for the whole run; `create()` gives a test a database of its own."""
    cluster = Postgres().start()
    yield cluster
    cluster.stop()
