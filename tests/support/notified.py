"""What a program tells systemd, heard by the test in systemd's place."""

import os
import socket
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self


class Notified:
    """Listens; `environment` is what systemd gives a service with this `watchdog_s`."""

    def __init__(self, watchdog_s: float | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="pullcord-notify-")
        path = Path(self._folder.name) / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self.heard: list[tuple[float, str]] = []
        self.environment = {"NOTIFY_SOCKET": str(path)}
        if watchdog_s is not None:
            self.environment["WATCHDOG_USEC"] = str(round(watchdog_s * 1e6))
        threading.Thread(target=self._listen, daemon=True).start()

    def count(self, word: str) -> int:
        """How often this line was said."""
        return sum(word in text.splitlines() for _, text in self.heard)

    def feeds(self) -> list[float]:
        """When the watchdog was fed, by the monotonic clock."""
        return [at for at, text in self.heard if "WATCHDOG=1" in text.splitlines()]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()
        self._folder.cleanup()

    def _listen(self) -> None:
        while True:
            try:
                data = os.read(self._socket.fileno(), 4096)
            except (OSError, ValueError):
                return  # closed
            self.heard.append((time.monotonic(), data.decode()))
