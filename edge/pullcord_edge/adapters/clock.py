"""The machine's clocks: wall time, time since boot, whether the wall is right; its boot's id, its number."""

import ctypes
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from pullcord_edge.core.input import Instant

_TIMESYNCD: Final = Path("/run/systemd/timesync/synchronized")
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_SERIAL: Final = Path("/proc/device-tree/serial-number")
_MACHINE: Final = Path("/etc/machine-id")
_CHECK_S: Final = 2.0
_STA_UNSYNC: Final = 0x0040
_TIME_ERROR: Final = 5


class _Timex(ctypes.Structure):
    """The kernel's `struct timex`: how its clock is steered."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time_s", ctypes.c_long),
        ("time_us", ctypes.c_long),
        ("tick", ctypes.c_long),
        ("rest", ctypes.c_byte * 160),
    )


def up() -> float:
    """Seconds since boot, sleep included; it never goes back."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """This boot's own id; of a kernel that tells none, the second it began."""
    with suppress(OSError):
        if text := _BOOT_ID.read_text().strip():
            return text
    return f"boot-{round(time.time() - up())}"


def serial_number() -> str:
    """The machine's own number: a Pi's serial number, else the system's id."""
    for path in (_SERIAL, _MACHINE):
        with suppress(OSError):
            if text := path.read_text(errors="replace").strip().strip("\0"):
                return text
    return "unknown"


class Clock:
    """Looks at the clocks. Chrony, ntpd and timesyncd all tell the kernel that its clock is right."""

    def __init__(self, timesyncd: Path = _TIMESYNCD) -> None:
        self._timesyncd = timesyncd
        self._synced = False
        self._checked_at = float("-inf")
        self._adjtimex = getattr(ctypes.CDLL(None, use_errno=True), "adjtimex", None)

    def now(self) -> Instant:
        """One look at all of them."""
        since_boot = up()
        if not self._synced and since_boot >= self._checked_at + _CHECK_S:
            self._checked_at = since_boot
            self._synced = self.is_synced()
        return Instant(time.time_ns() // 1_000_000, since_boot, self._synced)

    def is_synced(self) -> bool:
        """Whether a time service says that the wall clock is right."""
        return self._timesyncd.exists() or self._kernel_is_synced()

    def _kernel_is_synced(self) -> bool:
        if self._adjtimex is None:
            return False
        state = _Timex()
        result = self._adjtimex(ctypes.byref(state))
        return result not in (-1, _TIME_ERROR) and not state.status & _STA_UNSYNC
