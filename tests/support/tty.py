"""A serial line that can be unplugged: a pty behind a stable name, and what readers send on it."""

import os
import select
import tty
from pathlib import Path


class Tty:
    """A reader's end of a line; `path` is what the station opens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._master: int | None = None
        self._slave: int | None = None
        self.plug()

    def plug(self) -> None:
        """A new device appears under the same name."""
        assert self._master is None, f"{self.path} is plugged in already"
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        aside = self.path.with_name(f"{self.path.name}.new")
        aside.unlink(missing_ok=True)
        aside.symlink_to(os.ttyname(self._slave))
        aside.rename(self.path)

    def unplug(self) -> None:
        """The device is gone, and its name."""
        self.path.unlink(missing_ok=True)
        for descriptor in (self._master, self._slave):
            if descriptor is not None:
                os.close(descriptor)
        self._master = self._slave = None

    def write(self, data: bytes) -> bool:
        """Send bytes; False when nobody reads and the line is full."""
        assert self._master is not None, f"{self.path} is not plugged in"
        try:
            return os.write(self._master, data) == len(data)
        except BlockingIOError:
            return False

    def pour(self, data: bytes, patience_s: float = 60.0) -> None:
        """Send bytes as fast as they are taken; fails when nothing is for so long."""
        assert self._master is not None, f"{self.path} is not plugged in"
        rest = memoryview(data)
        while rest:
            _, ready, _ = select.select([], [self._master], [], patience_s)
            assert ready, f"nobody reads {self.path}"
            try:
                rest = rest[os.write(self._master, rest) :]
            except BlockingIOError:
                continue


def rdm6300_frame(code: str) -> bytes:
    """What an RDM6300 sends for a tag of ten hexadecimal digits."""
    check = 0
    for byte in bytes.fromhex(code):
        check ^= byte
    return b"\x02" + code.encode() + f"{check:02X}".encode() + b"\x03"


def scanner_line(code: str) -> bytes:
    """What a scanner with its suffix set to CR LF sends."""
    return code.encode() + b"\r\n"
