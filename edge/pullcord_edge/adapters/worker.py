"""A thread that never dies unseen: its crash is reported, and its work begins anew."""

import threading
import traceback
from collections.abc import Callable
from typing import Final

from pullcord_edge.adapters.inbox import Crashed, Inbox

AGAIN_S: Final = 5.0
"""So long after a crash the work begins anew."""


class Worker:
    """Runs `work` on a thread of its own until it returns; `work` ends soon after `stopping` is set."""

    def __init__(
        self, name: str, inbox: Inbox, work: Callable[[], None], again_s: float = AGAIN_S
    ) -> None:
        self.name = name
        self.stopping = threading.Event()
        self._inbox = inbox
        self._work = work
        self._again_s = again_s
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; whether it came."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                self._work()
            except Exception:  # noqa: BLE001  the thread's boundary: the crash is recorded, and seen
                self._inbox.put(Crashed(self.name, traceback.format_exc()))
                self.stopping.wait(self._again_s)
            else:
                return
