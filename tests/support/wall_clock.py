"""A machine whose clocks the test holds: wall time, its time service, and boots with clocks of their own."""

import fcntl
import secrets
import shlex
import shutil
import subprocess
import time
from enum import IntEnum
from pathlib import Path

import pytest

from pullcord_wire.instant import parse_instant
from support.until import until

_SOURCE = Path(__file__).with_name("wall_clock.c")
#: One boot: time since boot and the boot's id are the process's own; no time service of this machine.
_BOOT = """\
exec unshare -rmT --boottime {since_boot} --monotonic {monotonic} --fork --kill-child sh -c '
mount --bind {id} /proc/sys/kernel/random/boot_id || exit 9
if [ -d /run/systemd/timesync ]; then mount -t tmpfs none /run/systemd/timesync || exit 9; fi
exec "$@"' sh "$@"
"""


class Steering(IntEnum):
    """How the kernel says that its clock is steered: what adjtimex returns."""

    RIGHT = 0
    LEAP_SECOND_TODAY = 1
    LEAP_SECOND_NOW = 3
    LEAP_SECOND_OVER = 4
    NOT_AT_ALL = 5


def now_ms() -> int:
    """The real time, ms since 1970."""
    return time.time_ns() // 1_000_000


class Machine:
    """What a station's process needs to live on it: `environment`, and `before` its command.

    `boot` first; a clock that nobody set shows what `boot` says. Everything may be told while it runs.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            pytest.fail("this test needs a C compiler: apt-get install gcc libc6-dev")
        library = folder / "wall_clock.so"
        built = subprocess.run(
            [compiler, "-shared", "-fPIC", "-O1", "-o", library, _SOURCE, "-ldl"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert built.returncode == 0, built.stderr
        self._told = folder / "wall-clock"
        self._script = folder / "boot.sh"
        self._id = folder / "boot-id"
        self._shift = 0
        self.environment = {"LD_PRELOAD": str(library), "WALL_CLOCK": str(self._told)}
        self.before = ["sh", str(self._script)]

    def boot(self, wall: str | None = None, up_s: int = 12) -> None:
        """The next start is in a boot of its own, `up_s` old, its wall clock at `wall` and not steered.

        None: the wall clock is right, and steered.
        """
        self._id.write_text(f"{secrets.token_hex(16)}\n")
        offsets = {
            name: up_s - int(time.clock_gettime(clock))
            for name, clock in (
                ("since_boot", time.CLOCK_BOOTTIME),
                ("monotonic", time.CLOCK_MONOTONIC),
            )
        }
        self._script.write_text(_BOOT.format(id=shlex.quote(str(self._id)), **offsets))
        if wall is None:
            self.steer(Steering.RIGHT, 0)
        else:
            self.steer(Steering.NOT_AT_ALL, parse_instant(wall) - now_ms())

    def steer(self, steering: Steering, off_ms: int | None = None) -> None:
        """The clock is steered so from now on, and so many ms ahead of the truth; None: as it was."""
        self._shift = self._shift if off_ms is None else off_ms
        fresh = self._told.with_name("wall-clock.new")
        fresh.write_text(f"{self._shift} {steering.value}\n")
        fresh.rename(self._told)

    def step(self, by_ms: int, steering: Steering = Steering.RIGHT) -> None:
        """The wall clock jumps."""
        self.steer(steering, self._shift + by_ms)


def wait_until_free(journal: Path) -> None:
    """Return when the killed program's journal is let go by the system."""
    lock = journal.with_name(f"{journal.name}.lock")

    def free() -> bool:
        if not lock.exists():
            return True
        with lock.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    until(free, f"{lock} is free")
