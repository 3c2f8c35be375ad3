"""Tells systemd that the station starts, is ready, that its loop turns, that it ends. Elsewhere: nothing."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

PATIENCE_S: Final = 30
"""Longer than anything lasts between two words of a start that waits."""


class Watchdog:
    """Fed by the loop alone, so that a loop that stands still is restarted from outside."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        watched = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        limit_us = environment.get("WATCHDOG_USEC", "")
        self.every_s = int(limit_us) / 3e6 if watched and limit_us.isdigit() else None
        self._fed_at = float("-inf")

    def waiting(self, status: str) -> None:
        """The station cannot begin yet, and tries on: it is not to be ended for that."""
        self._notify(f"EXTEND_TIMEOUT_USEC={PATIENCE_S * 1_000_000}\nSTATUS={status}")

    def ready(self, status: str) -> None:
        """The station works."""
        self._notify(f"READY=1\nSTATUS={status}")

    def stopping(self) -> None:
        """The station ends by itself."""
        self._notify("STOPPING=1")

    def feed(self, now: float) -> None:
        """The loop turned; told a third of the limit apart."""
        if self.every_s is not None and now >= self._fed_at + self.every_s:
            self._fed_at = now
            self._notify("WATCHDOG=1")

    def next_at(self) -> float:
        """When to feed it again; `inf`: nobody watches."""
        return float("inf") if self.every_s is None else self._fed_at + self.every_s

    def _notify(self, text: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(text.encode(), self._address)
