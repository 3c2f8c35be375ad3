"""A fake reader at the other end of a pty: it hears only what is sent at its own speed."""

import os
import select
import termios
import threading
import time
import tty
from pathlib import Path
from types import TracebackType
from typing import Self

from .chip import Chip

_SPEEDS = {getattr(termios, f"B{baud}"): baud for baud in (9600, 19200, 38400, 57600, 115200)}
_LOOK_S = 0.02


class OnPty:
    """The chip answers at `path` for as long as the block lasts."""

    def __init__(self, chip: Chip, path: Path) -> None:
        self.chip = chip
        self.path = path
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Self:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path.symlink_to(os.ttyname(self._slave))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        os.close(self._master)
        os.close(self._slave)
        self.path.unlink()

    def _work(self) -> None:
        last = time.monotonic()
        while not self._ended.is_set():
            said = b""
            if select.select([self._master], [], [], _LOOK_S)[0]:
                heard = os.read(self._master, 4096)
                speed = termios.tcgetattr(self._master)[5]
                if _SPEEDS.get(speed) == self.chip.baud:
                    said = self.chip.hear(heard)
            now = time.monotonic()
            said += self.chip.stream(now - last)
            last = now
            if said:
                os.write(self._master, said)
