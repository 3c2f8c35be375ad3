"""A two-line display on a port: told its rows at each change, and again every so often."""

import threading
from collections.abc import Callable
from typing import Final

from pullcord_edge.adapters.device import Channel
from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.adapters.port_worker import PortWorker
from pullcord_edge.core.display import DISPLAYS, Rows
from pullcord_edge.core.setting import Display

REFRESH_S: Final = 5.0
"""A display that lost its power for a moment is right again after this."""
BLANK: Final = ("", "")


class PortDisplay:
    """One display. It is blank at the start and at the end; while the port is gone it shows what it did."""

    def __init__(self, display: Display, open_channel: Callable[[], Channel], inbox: Inbox) -> None:
        self._spec = DISPLAYS[display.driver]
        self._open = open_channel
        self._worker = PortWorker(display.name, inbox, self._attend)
        self._changed = threading.Event()
        self._wanted: Rows = BLANK

    def start(self) -> None:
        """Begin."""
        self._worker.start()

    def write(self, rows: Rows) -> None:
        """These are its rows."""
        self._wanted = rows
        self._changed.set()

    def stop(self, timeout_s: float = 1.0) -> bool:
        """Blank, and the port let go; whether that was done in time."""
        self._wanted = BLANK
        self._worker.stopping.set()
        self._changed.set()
        return self._worker.join(timeout_s)

    def _attend(self) -> None:
        """One opening of the port, until it is gone (PortError) or the program ends."""
        channel = self._open()
        try:
            channel.write(self._spec.begin())
            while True:
                self._changed.clear()
                stopping = self._worker.stopping.is_set()
                channel.read(0.0)
                channel.write(self._spec.rows(*self._wanted))
                self._worker.tell(None)
                if stopping:
                    return
                self._changed.wait(REFRESH_S)
        finally:
            channel.close()
