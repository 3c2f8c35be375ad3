"""A real Mosquitto for tests: its own process on a free port, persistence off, and the fixture `broker`."""

import contextlib
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

#: What every broker of the tests says; persistence is off, as the promises must hold without it.
PLAIN = (
    "persistence false",
    "allow_anonymous true",
    "max_queued_messages 0",
    "set_tcp_nodelay true",
)


#: Where a port stays free while a program is down: the system gives none of these to a connection.
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 10_000


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on, and that no outgoing connection will be given."""
    while True:
        port = random.SystemRandom().randrange(LOWEST, int(EPHEMERAL.read_text().split()[0]))
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def find_mosquitto() -> str:
    """The path of the broker's program; the test fails, with the fix, where there is none."""
    path = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if path is None:
        pytest.fail("these tests need Mosquitto: apt install mosquitto")
    return path


class Broker:
    """One Mosquitto on 127.0.0.1: `port` and `url` stay the same over `stop`, `kill` and `start`.

    `settings` are lines of its configuration before the listener, `extra` those behind it; with `tls`
    (ca, cert, key) the port speaks TLS.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        settings: tuple[str, ...] = PLAIN,
        tls: tuple[Path, Path, Path] | None = None,
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.url = f"{'mqtts' if tls else 'mqtt'}://127.0.0.1:{self.port}"
        self._settings = settings
        self.extra: tuple[str, ...] = ()
        self._tls = tls
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the broker wrote so far."""
        path = self.folder / "mosquitto.log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def pid(self) -> int:
        """The process id of the running broker."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it accepts connections; on a port taken meanwhile the test fails."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join(self._lines()) + "\n")
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(
                [find_mosquitto(), "-c", str(config)], stdout=log, stderr=log, cwd=self.folder
            )
        end = time.monotonic() + 10
        while not self._accepts():
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                pytest.fail(f"mosquitto did not start on port {self.port}:\n{self.log}")
            time.sleep(0.01)

    def stop(self) -> None:
        """End it in order (SIGTERM)."""
        self._end(subprocess.Popen.terminate)

    def kill(self) -> None:
        """End it at once (SIGKILL): what it had in memory is gone."""
        self._end(subprocess.Popen.kill)

    def restart(self) -> None:
        """Kill it and start it again on its port, knowing nothing of before."""
        self.kill()
        self.start()

    def _lines(self) -> Iterator[str]:
        # Before 2.1 `set_tcp_nodelay` is a global setting; it and the others precede the listener.
        yield from self._settings
        yield "user root"
        yield "log_type error"
        yield "log_type warning"
        yield "log_type notice"
        yield "log_dest stderr"
        yield f"listener {self.port} 127.0.0.1"
        if self._tls:
            yield from (
                f"{key} {path}"
                for key, path in zip(("cafile", "certfile", "keyfile"), self._tls, strict=True)
            )
        yield from self.extra

    def _accepts(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        process, self._process = self._process, None
        if process is not None:
            how(process)
            process.wait(10)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A running Mosquitto of this test alone."""
    running = Broker(tmp_path / "broker")
    running.start()
    yield running
    running.kill()
