"""Tells systemd that the server serves, and that what decides still turns. Elsewhere: nothing."""

import os
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

LOOK_S: Final = 0.2
"""Until the server serves it is looked at so often."""


class Supervisor:
    """`serves`: whether pages are answered. `life`: a value that is another whenever the desk turned."""

    def __init__(
        self,
        serves: Callable[[], bool],
        life: Callable[[], object],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        watched = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        limit_us = environment.get("WATCHDOG_USEC", "")
        self._every_s = int(limit_us) / 3e6 if watched and limit_us.isdigit() else None
        self._serves = serves
        self._life = life
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Begin to look; without anybody to tell, nothing begins."""
        if self._address:
            self._thread.start()

    def stop(self) -> None:
        """The server ends by itself."""
        self._stopping.set()
        self._notify("STOPPING=1")

    def _run(self) -> None:
        while not self._serves():
            if self._stopping.wait(LOOK_S):
                return
        self._notify("READY=1")
        seen: object = None
        while not self._stopping.wait(self._every_s):
            life = self._life()
            if life != seen:
                seen = life
                self._notify("WATCHDOG=1")

    def _notify(self, text: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(text.encode(), self._address)
