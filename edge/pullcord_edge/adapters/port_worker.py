"""Attends to a port on a thread of its own, again and again if it must, and tells its faults once each."""

from collections.abc import Callable
from typing import Final

from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.adapters.serial_port import PortError
from pullcord_edge.adapters.worker import Worker
from pullcord_edge.core.input import DeviceState

AGAIN_S: Final = 1.0
"""So long after a port is gone it is tried again."""


class PortWorker(Worker):
    """Runs `attend`, one opening of the port, until it is gone (PortError) or `stopping` is set."""

    def __init__(self, name: str, inbox: Inbox, attend: Callable[[], None]) -> None:
        super().__init__(name, inbox, self._keep_on)
        self._attend = attend
        self._told: str | None = ""

    def tell(self, fault: str | None) -> None:
        """This is its fault now, None: it works; said when it changes."""
        if fault != self._told:
            self._told = fault
            self._inbox.put(DeviceState(self.name, fault))

    def _keep_on(self) -> None:
        self._told = ""
        while not self.stopping.is_set():
            try:
                self._attend()
            except PortError as error:
                self.tell(error.fault)
                self.stopping.wait(AGAIN_S)
