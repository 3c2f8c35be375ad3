"""The broker as the server sees it: pages come in, answers and events go out, each by its own line."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import dataclass
from typing import Final

from paho.mqtt.client import MQTTMessage

from pullcord_server.outside.broker import Broker
from pullcord_server.outside.mqtt_line import Line
from pullcord_server.outside.outbox import Fate
from pullcord_wire.codec import FRAME_BYTES
from pullcord_wire.message import WireError
from pullcord_wire.topic import Address, Kind, events_topic, parse_topic, subscription

__all__ = ["Fate", "Link", "Received"]

_HEARD: Final = (Kind.JOURNAL, Kind.STATUS, Kind.REPORT)


@dataclass(frozen=True, slots=True)
class Received:
    """A message of a station. `retained`: the broker kept it from before; it proves nothing.

    A payload longer than a frame is cut one byte after it, which the codec refuses as too long.
    """

    address: Address
    payload: bytes
    retained: bool


class Link:
    """The server's connections to the broker of a site.

    Pages, answers and events have a connection each: megabytes of pages to one client would hold up the
    PUBACKs of its answers. `deliver` runs on the thread of the pages and should only enqueue. The wire
    bounds what can wait (one page of a journal in flight); where `deliver` blocks, the broker is no
    longer read and keeps the rest, while the other two go on.
    `crashed` is told the connection and the error when a network thread's work failed; it begins anew.
    """

    def __init__(
        self,
        broker: Broker,
        site: str,
        deliver: Callable[[Received], None],
        crashed: Callable[[str, BaseException], None],
    ) -> None:
        self.since = _now()
        self.strays = 0
        self.stray: str | None = None
        self._deliver = deliver
        self._events_prefix = events_topic(site, "x")[:-1]
        self._lock = threading.Lock()
        self._was_connected = False

        self._pages = Line(
            broker,
            "pages",
            subscriptions=[subscription(site, kind) for kind in _HEARD],
            receive=self._on_message,
            changed=self._on_change,
            crashed=crashed,
        )
        self._answers = Line(broker, "answers", changed=self._on_change, crashed=crashed)
        self._events = Line(broker, "events", changed=self._on_change, crashed=crashed)
        self._out = (self._answers, self._events)
        self._lines = (self._pages, *self._out)

    def start(self) -> None:
        """Begin to connect; returns at once, the connections come and go by themselves."""
        for line in self._lines:
            line.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Disconnect and end the threads; what the broker has not acknowledged is dropped."""
        end = time.monotonic() + timeout_s
        for line in self._lines:
            line.stop(max(0.1, end - time.monotonic()))

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> Fate:
        """Publish with QoS 1 from any thread; never waits for the broker, never fails for want of one.

        The fate becomes True at the PUBACK, False when the message was dropped: offline, or lost with
        its connection. A retained one is not dropped: the newest of each topic goes out again at every
        connect, as a broker may have forgotten it; offline its fate waits for that.
        """
        line = self._events if topic.startswith(self._events_prefix) else self._answers
        return line.publish(topic, payload, retain)

    def forget(self) -> None:
        """Drop the retained messages kept for the next connect: another server decides now."""
        for line in self._out:
            line.forget()

    def flush(self, timeout_s: float) -> bool:
        """Wait for the fates of all that was published; whether all of it arrived and the link is up."""
        pending = [fate for line in self._out for fate in line.pending()]
        done, left = wait(pending, timeout=timeout_s)
        return not left and self.connected and all(fate.result() for fate in done)

    @property
    def connected(self) -> bool:
        """Whether all three connections are up and the subscriptions granted."""
        return all(line.connected for line in self._lines)

    @property
    def fault(self) -> str | None:
        """Why the link is not up, in words; None when it is."""
        return next((line.fault for line in self._lines if line.fault is not None), None)

    def _on_change(self) -> None:
        with self._lock:
            connected = self.connected
            if connected != self._was_connected:
                self._was_connected = connected
                self.since = _now()

    def _on_message(self, message: MQTTMessage) -> None:
        try:
            address = parse_topic(message.topic)
        except (WireError, UnicodeDecodeError) as error:
            self.strays += 1
            self.stray = str(error)
            return
        payload = message.payload[: FRAME_BYTES + 1]
        self._deliver(Received(address, bytes(payload), bool(message.retain)))


def _now() -> int:
    """The wall clock, ms since 1970."""
    return time.time_ns() // 1_000_000
