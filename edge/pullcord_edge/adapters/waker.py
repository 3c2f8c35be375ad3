"""Ends the wait of another thread that polls."""

import select
import socket
from contextlib import suppress


class Waker:
    """Poll `fileno` beside what is waited for; `wake` from any thread, even when all is closed."""

    def __init__(self) -> None:
        self._read, self._write = socket.socketpair()
        self._read.setblocking(False)
        self._write.setblocking(False)

    def fileno(self) -> int:
        """What becomes readable."""
        return self._read.fileno()

    def wake(self) -> None:
        """End the wait, or the next one."""
        with suppress(OSError):
            self._write.send(b"\0")

    def was_woken(self) -> bool:
        """Whether somebody woke it since the last look."""
        with suppress(BlockingIOError):
            return bool(self._read.recv(4096))
        return False

    def wait(self, seconds: float) -> bool:
        """Wait for nothing else; whether it was woken."""
        poll = select.poll()
        poll.register(self._read, select.POLLIN)
        poll.poll(max(0.0, seconds) * 1000)
        return self.was_woken()

    def close(self) -> None:
        """No one waits any more."""
        self._read.close()
        self._write.close()
