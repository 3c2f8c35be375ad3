"""The lock beside a journal: one process writes it, and the lock file says which."""

import fcntl
import os
import socket
from pathlib import Path

from pullcord_edge.journal.error import JournalTaken


class Lock:
    """Holds `path` until `release`, or until the process ends in whatever way."""

    def __init__(self, path: Path) -> None:
        """JournalTaken, with the holder's name, when another process holds it."""
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._fd, 200, 0).decode(errors="replace").strip()
            os.close(self._fd)
            raise JournalTaken(
                f"{path}: another process writes this journal ({holder or 'it left no name'}); "
                "end it, or give this station a journal of its own"
            ) from None
        except BaseException:
            os.close(self._fd)
            raise
        self._sign()

    def _sign(self) -> None:
        """Write who holds it; on a full or failing disk the lock holds without a name."""
        try:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, f"pid {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        except OSError:
            return

    def release(self) -> None:
        """Let others have it."""
        os.close(self._fd)
