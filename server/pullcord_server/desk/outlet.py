"""What the desk says to the plant: answers, verdicts, lamps, events."""

from concurrent.futures import Future
from typing import Protocol

from pullcord_wire.codec import encode
from pullcord_wire.message import Ack, Command, LampsMessage, VerdictMessage
from pullcord_wire.topic import Kind, topic


class Link(Protocol):
    """The connection to the broker."""

    @property
    def connected(self) -> bool: ...

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> "Future[bool]": ...
    def flush(self, timeout_s: float) -> bool: ...
    def forget(self) -> None: ...


class Events(Protocol):
    """The cursor over the business events."""

    def wake(self) -> None: ...
    def rest(self) -> None: ...
    def drained(self, timeout_s: float) -> bool: ...


class Outlet:
    """Speaks for one site. Nothing here waits for the broker but `flush`."""

    def __init__(self, link: Link, events: Events, site: str) -> None:
        self._link = link
        self._events = events
        self._site = site
        self.server = ""

    def begin(self, server: str) -> None:
        """From now on this database speaks."""
        self.server = server
        self._events.wake()

    def end(self) -> None:
        """Another database's server speaks from now on."""
        self._events.rest()
        self._link.forget()

    def ack(self, station: str, ack: Ack) -> None:
        """Answer a question."""
        self._link.publish(topic(self._site, station, Kind.ACK), encode(ack))

    def verdict(self, station: str, verdict: VerdictMessage) -> None:
        """Show a verdict."""
        self._link.publish(topic(self._site, station, Kind.VERDICT), encode(verdict))

    def lamps(self, station: str, lamps: LampsMessage) -> None:
        """Set a station's lamps."""
        self._link.publish(topic(self._site, station, Kind.LAMPS), encode(lamps), retain=True)

    def command(self, station: str, command: Command) -> None:
        """Ask a station for something."""
        self._link.publish(topic(self._site, station, Kind.COMMAND), encode(command))

    def events_waiting(self) -> None:
        """There may be business events to send."""
        self._events.wake()

    def flush(self, timeout_s: float = 5.0) -> None:
        """Wait until everything said so far has its PUBACK; driven time answers after it."""
        self._events.drained(timeout_s)
        self._link.flush(timeout_s)
