"""A device with its driver on a thread of its own: bytes in, values to the inbox, whatever the channel."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from pullcord_edge.adapters.clock import up
from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.adapters.port_worker import PortWorker
from pullcord_edge.adapters.serial_port import PortError
from pullcord_edge.core.input import (
    CardSeen,
    DeviceSaid,
    Input,
    Measured,
    TagsSeen,
)
from pullcord_edge.core.noise import NoiseMeter
from pullcord_edge.readers.event import (
    CardRead,
    Driver,
    Event,
    Measurement,
    Noise,
    Send,
    Status,
    TagsPresent,
)

IDLE_S: Final = 60.0
ROOM: Final = 256
"""So many values of one device may wait; beyond, it is flooding."""
PATIENCE_S: Final = 1.0
CALM_S: Final = 10.0
"""A device that was flooding is well again after so long without."""
VALUE_S: Final = 0.1
"""Measurements are passed on at most this often."""
SILENT: Final = "silent: answers no question"
RANDOM: Final = "random: a number made up for this visit (a phone), never a card"


class Channel(Protocol):
    """An open way to a device. PortError: it is gone."""

    def read(self, timeout_s: float) -> bytes:
        """What arrived, at most after the time-out; nothing is empty."""

    def write(self, data: bytes) -> None:
        """Send."""

    def wake(self) -> None:
        """End a `read` that waits, from any thread."""

    def close(self) -> None:
        """Let it go."""


class Taker(Protocol):
    """What becomes of a driver's good events."""

    def __call__(self, name: str, event: Event, at: float, /) -> Input | None:
        """The input it is; None: nothing the station needs."""


def take_card(name: str, event: Event, at: float) -> Input | None:
    """The input of a reader where one card lies at a time."""
    return CardSeen(name, event.code, at) if isinstance(event, CardRead) else None


def take_tags(name: str, event: Event, at: float) -> Input | None:
    """The input of a reader that sees a set of tags."""
    if isinstance(event, TagsPresent):
        return TagsSeen(name, event.codes, at)
    return take_card(name, event, at)


def take_value(name: str, event: Event, at: float) -> Input | None:
    """The input of a sensor; a value still in motion is none."""
    if isinstance(event, Measurement) and event.stable is not False:
        return Measured(name, event.value, at)
    return None


class Device:
    """Opens the channel, again and again if it must, and runs the driver on it."""

    def __init__(
        self,
        name: str,
        open_channel: Callable[[], Channel],
        make: Callable[[], Driver],
        take: Taker,
        inbox: Inbox,
        clock: Callable[[], float] = up,
    ) -> None:
        self.name = name
        self._open = open_channel
        self._make = make
        self._take = take
        self._lane = inbox.lane(ROOM)
        self._clock = clock
        self._worker = PortWorker(name, inbox, self._attend)
        self._channel: Channel | None = None
        self._noise = NoiseMeter(name)
        self._silent: str | None = None
        self._profile: str | None = None
        self._flooding_until = 0.0
        self._passed_at = 0.0

    def start(self) -> None:
        """Begin."""
        self._worker.start()

    def send(self, data: bytes) -> None:
        """Send these bytes, if the channel is open; from any thread."""
        if (channel := self._channel) is not None:
            with suppress(PortError):
                channel.write(data)

    def stop(self, timeout_s: float) -> bool:
        """End; whether it ended in time."""
        self._worker.stopping.set()
        if (channel := self._channel) is not None:
            channel.wake()
        return self._worker.join(timeout_s)

    def _attend(self) -> None:
        """One opening of the channel, until it is gone (PortError) or the program ends."""
        channel = self._open()
        self._channel = channel
        try:
            driver = self._make()
            self._silent = self._profile = self._noise.fault = None
            self._worker.tell(None)
            events = driver.start(self._clock())
            while not self._worker.stopping.is_set():
                self._pass_on(events, channel)
                data = channel.read(self._wait_s(driver))
                now = self._clock()
                events = [*(driver.feed(data, now) if data else []), *driver.tick(now)]
        finally:
            self._channel = None
            channel.close()

    def _wait_s(self, driver: Driver) -> float:
        flooding = self._flooding_until or None
        times = [at for at in (driver.due_at, self._noise.due_at(), flooding) if at is not None]
        return min(IDLE_S, max(0.0, min(times) - self._clock())) if times else IDLE_S

    def _pass_on(self, events: list[Event], channel: Channel) -> None:
        now = self._clock()
        for event in events:
            match event:
                case Send(data):
                    channel.write(data)
                case Noise(data, reason):
                    self._offer(self._noise.hear(reason, data, now))
                case Status(facts):
                    self._hear_status(dict(facts))
                case CardRead(code, facts=facts) if facts.get("random"):
                    self._noise.good()
                    self._offer(self._noise.hear(RANDOM, code.encode(), now))
                case _:
                    self._noise.good()
                    self._pass_value(self._take(self.name, event, now), now)
        self._offer(self._noise.tick(now))
        if self._flooding_until and now >= self._flooding_until:
            self._flooding_until = 0.0
        flooding = "flooding: more than can be kept" if self._flooding_until else None
        self._worker.tell(self._silent or self._profile or flooding or self._noise.fault)

    def _hear_status(self, facts: dict[str, object]) -> None:
        silent = facts.pop("silent", None)
        if silent is not None:
            self._silent = SILENT if silent else None
        if "profile" in facts:
            refused = facts.pop("profile")
            self._profile = f"profile: {refused}" if refused else None
        if facts:
            self._offer(DeviceSaid(self.name, facts))

    def _pass_value(self, item: Input | None, now: float) -> None:
        if isinstance(item, Measured):
            if now < self._passed_at + VALUE_S:
                return
            self._passed_at = now
        self._offer(item)

    def _offer(self, item: Input | None) -> None:
        if item is not None and not self._lane.offer(item, PATIENCE_S):
            self._flooding_until = self._clock() + CALM_S
