"""A Linux input device or hidraw: keyboards that are scanners, taken so that nothing types elsewhere."""

import errno
import fcntl
import os
import select
import struct
from typing import Final

from pullcord_edge.adapters.serial_port import PortError, name_fault
from pullcord_edge.adapters.waker import Waker

_EVIOCGRAB: Final = 0x40044590
_READ: Final = 4096
#: How this system lays out `struct input_event`: two longs, two shorts, an int.
EVENT_FORMAT: Final = f"evdev-{struct.calcsize('@llHHi')}"


def format_of(path: str) -> str | None:
    """The format of what is read from this path; None: the path does not tell."""
    name = os.path.realpath(path)
    if "/input/" in path or "/input/" in name:
        return EVENT_FORMAT
    return "boot-report-8" if "hidraw" in name else None


class InputDevice:
    """An open input device. `grab`: its keys reach this program alone."""

    def __init__(self, path: str, grab: bool = True) -> None:
        """PortError names what is in the way."""
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise PortError(name_fault(error), path) from error
        self._waker = Waker()
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)
        self._poll.register(self._waker, select.POLLIN)
        if grab and format_of(path) == EVENT_FORMAT:
            self._grab()

    def _grab(self) -> None:
        try:
            fcntl.ioctl(self._fd, _EVIOCGRAB, 1)
        except OSError as error:
            self.close()
            if error.errno == errno.ENOTTY:
                raise PortError("not an input device", "") from error
            raise PortError(name_fault(error), "") from error

    def read(self, timeout_s: float) -> bytes:
        """What arrived, at most after the time-out. PortError: it is gone."""
        ready = dict(self._poll.poll(max(0.0, timeout_s) * 1000))
        self._waker.was_woken()
        if self._fd not in ready:
            return b""
        try:
            data = os.read(self._fd, _READ)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise PortError("unplugged", str(error)) from error
        if not data:
            raise PortError("unplugged", "it says no more")
        return data

    def write(self, data: bytes) -> None:
        """Send a report. PortError: it is gone."""
        try:
            os.write(self._fd, data)
        except OSError as error:
            raise PortError("unplugged", str(error)) from error

    def wake(self) -> None:
        """End a `read` that waits, from any thread."""
        self._waker.wake()

    def close(self) -> None:
        """Let it go; its keys type again."""
        os.close(self._fd)
        self._waker.close()
