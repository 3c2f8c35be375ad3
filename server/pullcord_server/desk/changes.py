"""Commits are counted, for whoever waits for the next."""

import threading


class Changes:
    """Counts commits, so that screens know when to look again."""

    def __init__(self) -> None:
        self.version = 0
        self._moved = threading.Condition()

    def bump(self) -> None:
        """Something was committed."""
        with self._moved:
            self.version += 1
            self._moved.notify_all()

    def wait(self, version: int, timeout_s: float) -> int:
        """Return when there is a newer version than `version`, or after `timeout_s`; the version then."""
        with self._moved:
            self._moved.wait_for(lambda: self.version != version, timeout_s)
            return self.version
