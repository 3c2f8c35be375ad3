"""What is published and not yet acknowledged by the broker: bounded, retained messages never lost."""

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

WINDOW: Final = 200
"""Messages in flight to the broker; more wait here, so that nothing waits long in a socket."""
WAITING: Final = 20_000
"""Messages waiting behind the window; what is not retained and comes on top is dropped."""

Fate = Future[bool]
"""True: the broker has it (PUBACK), or a newer retained one of its topic. False: dropped."""


@dataclass(slots=True)
class Outgoing:
    """A message on its way out, and who waits for its PUBACK."""

    topic: str
    payload: bytes
    retain: bool
    fates: list[Fate] = field(default_factory=list)


class Outbox:
    """Messages between `offer` and their PUBACK. Not thread-safe; its line holds a lock.

    Of each topic the newest retained message is kept for ever and goes out again at every connect: a
    broker may have forgotten it. Settled fates gather until `take_settled`.
    """

    def __init__(self) -> None:
        self.up = False
        self._kept: dict[str, Outgoing] = {}
        self._sent: dict[int, Outgoing] = {}
        self._waiting: deque[Outgoing] = deque()
        self._settled: list[tuple[Fate, bool]] = []

    def offer(self, topic: str, payload: bytes, retain: bool) -> Fate:
        """Take a message; offline, a retained one waits for the next connect and another is dropped."""
        fate: Fate = Future()
        message = Outgoing(topic, payload, retain, [fate])
        if retain:
            self._keep(message)
        if self.up and (retain or len(self._waiting) < WAITING):
            self._waiting.append(message)
        elif retain:
            self._kept[topic].fates = message.fates
        else:
            self._settle([fate], False)
        return fate

    def next(self) -> Outgoing | None:
        """The message to send now; None when the window is full or nothing waits."""
        if not self._waiting or len(self._sent) >= WINDOW:
            return None
        return self._waiting.popleft()

    def sent(self, mid: int, message: Outgoing) -> None:
        """`message` is under way as number `mid`."""
        self._sent[mid] = message

    def acknowledge(self, mid: int) -> None:
        """The broker has message number `mid`."""
        message = self._sent.pop(mid, None)
        if message is not None:
            self._settle(message.fates, True)

    def rise(self) -> None:
        """The connection is up: what the broker may have forgotten is said again."""
        self.up = True
        for topic, kept in self._kept.items():
            self._waiting.append(Outgoing(topic, kept.payload, True, kept.fates))
            kept.fates = []

    def fall(self) -> None:
        """The connection is lost: retained messages wait for the next one, the others are dropped."""
        self.up = False
        for message in [*self._sent.values(), *self._waiting]:
            kept = self._kept.get(message.topic) if message.retain else None
            if kept is None:
                self._settle(message.fates, False)
            else:
                kept.fates += message.fates
        self._sent.clear()
        self._waiting.clear()

    def forget(self) -> None:
        """Drop the retained messages that are kept."""
        for kept in self._kept.values():
            self._settle(kept.fates, False)
        self._kept.clear()

    def pending(self) -> list[Fate]:
        """The fates of everything that neither arrived nor was dropped."""
        messages = [*self._sent.values(), *self._waiting, *self._kept.values()]
        return [fate for message in messages for fate in message.fates]

    def take_settled(self) -> list[tuple[Fate, bool]]:
        """Fates that were settled since the last call; who takes them tells them, holding no lock."""
        settled, self._settled = self._settled, []
        return settled

    def _keep(self, message: Outgoing) -> None:
        """Remember a retained message; who waited for its predecessor now waits for it."""
        older = self._kept.get(message.topic)
        if older is not None:
            message.fates += older.fates
        self._kept[message.topic] = Outgoing(message.topic, message.payload, True)

    def _settle(self, fates: list[Fate], arrived: bool) -> None:
        self._settled += [(fate, arrived) for fate in fates]
