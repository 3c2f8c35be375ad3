"""A program under test as a real process: started, ended by its id, its words kept for failures."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

END_S = 10.0
_NEVER_KEEP = "PYTHONDONTWRITEBYTECODE"


class Process:
    """`command` under one log; it may be ended and started again."""

    def __init__(
        self, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.log = log
        self.starts = 0
        self._command = list(command)
        self._environment = {**surroundings(), **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id; it must be running."""
        assert self._process is not None, f"{self._command} is not started"
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it runs at this moment."""
        return self._process is not None and self._process.poll() is None

    @property
    def status(self) -> int | None:
        """The exit status of the last run; None while it runs."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start it; it must not be running."""
        assert not self.running, f"{self._command} runs already"
        self.starts += 1
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
            )

    def stop(self) -> int:
        """SIGTERM; its exit status. Fails, and kills it, when it does not end within 10 s."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self._end(signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        """Send a signal and go on."""
        os.kill(self.pid, number)

    def said(self, most: int = 4000) -> str:
        """The end of what it wrote."""
        return self.log.read_text(errors="replace")[-most:] if self.log.exists() else ""

    def failure(self, text: str) -> AssertionError:
        """An error with the end of the log."""
        return AssertionError(f"{text}\n--- {self.log}\n{self.said()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and self.log.exists():
            error.add_note(f"--- {self.log}\n{self.said()}")
        self.kill()

    def _end(self, number: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(number)
        try:
            return process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise self.failure(f"did not end within {END_S:.0f} s of {number.name}") from None


def command(name: str) -> list[str]:
    """A program of the distribution, run by this interpreter: `pullcord-server` or `pullcord-edge`."""
    package = name.replace("-", "_")
    return [
        sys.executable,
        "-c",
        f"import sys; from {package}.commands import main; sys.exit(main())",
    ]


def run(arguments: Sequence[str], within_s: float = 300.0) -> subprocess.CompletedProcess[str]:
    """Run to its end and give back what it said."""
    return subprocess.run(
        arguments,
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
        env=surroundings(),
    )


def surroundings() -> dict[str, str]:
    """This environment, where programs keep what they compiled: it is most of their start."""
    cache = Path(tempfile.gettempdir()) / f"pullcord-compiled-{os.getuid()}"
    kept = {name: value for name, value in os.environ.items() if name != _NEVER_KEEP}
    return {**kept, "PYTHONPYCACHEPREFIX": str(cache)}


def wait_while_running(
    process: Process, condition: str, ready: Callable[[], bool], within_s: float
) -> None:
    """Wait until `ready()`; fail with the log when the process ends or time runs out."""
    give_up = time.monotonic() + within_s
    while not ready():
        if not process.running:
            raise process.failure(f"ended with status {process.status} before it was {condition}")
        if time.monotonic() > give_up:
            raise process.failure(f"was not {condition} within {within_s:g} s")
        time.sleep(0.02)
