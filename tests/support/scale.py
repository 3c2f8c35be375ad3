"""A scale on a pty that says its value ten times a second; it has no idea of units."""

import threading
from pathlib import Path

from support.tty import Tty


class Scale:
    """Speaks SICS without being asked; `value` is what lies on it."""

    def __init__(self, path: Path, value: float) -> None:
        self.value = value
        self._tty = Tty(path)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(0.1):
            self._tty.write(b"S S %10.2f g\r\n" % self.value)

    def end(self) -> None:
        """Take it away."""
        self._ended.set()
        self._thread.join(5)
        self._tty.unplug()
