"""Asks a reader: the setup questions in order, then the poll for ever; starts anew when it falls silent."""

from collections.abc import Iterable
from dataclasses import dataclass

from .event import CardRead, Event, Measurement, Send, Status, TagsPresent
from .framer import Framer


@dataclass(frozen=True, slots=True)
class Ask:
    """A question: what is sent, and the `command` of the Status that answers it.

    Cards, measurements and presence answer any poll. `stream`: one question, answers without end.
    """

    data: bytes
    answer: str
    timeout_s: float = 1.0
    stream: bool = False


class Dialogue:
    """A driver that asks. Without `setup` and `poll` it only listens.

    A question that stays unanswered is asked again, the dialogue from its beginning, and the
    silence is said once: Status `silent` true, and false when the reader is heard again.
    """

    def __init__(
        self,
        framer: Framer,
        *,
        setup: tuple[Ask, ...] = (),
        poll: Ask | None = None,
        pause_s: float = 0.1,
        abort: bytes = b"",
    ) -> None:
        self._framer = framer
        self._script = setup if poll is None else (*setup, poll)
        self._last = len(self._script) - 1 if poll else None
        self._pause_s = pause_s
        self._abort = abort
        self._step = 0
        self._waiting = False
        self._due: float | None = None
        self._silent = False

    @property
    def due_at(self) -> float | None:
        """When the next question, a time-out or an ending by silence falls due."""
        times = [at for at in (self._due, self._framer.due_at) if at is not None]
        return min(times) if times else None

    def start(self, now: float) -> list[Event]:
        """Forget what was half read and begin with the first question."""
        self._framer.start(now)
        self._silent = False
        return self._begin(now)

    def feed(self, data: bytes, now: float) -> list[Event]:
        """Bytes arrived."""
        return self._follow(self._framer.feed(data, now), now)

    def tick(self, now: float) -> list[Event]:
        """Half a frame is given up; the next question; a question again after its time-out."""
        out = self._follow(self._framer.tick(now), now)
        if self._due is None or now < self._due:
            return out
        if not self._waiting:
            return [*out, *self._send(now)]
        if not self._silent:
            self._silent = True
            out.append(Status({"silent": True}))
        if self._abort:
            out.append(Send(self._abort))
        return [*out, *self._begin(now)]

    def _begin(self, now: float) -> list[Event]:
        self._step = 0
        return self._send(now)

    def _send(self, now: float) -> list[Event]:
        if self._step >= len(self._script):
            self._due = None
            return []
        ask = self._script[self._step]
        self._waiting = True
        self._due = now + ask.timeout_s
        return [Send(ask.data)]

    def _follow(self, events: list[Event], now: float) -> list[Event]:
        """The events, and behind them what is to be sent because of them."""
        if self._due is None or not self._waiting or not events:
            return events
        ask = self._script[self._step]
        if not _answers(events, ask.answer, poll=self._step == self._last):
            return events
        out = list(events)
        if self._silent:
            self._silent = False
            out.append(Status({"silent": False}))
        if ask.stream:
            self._due = now + ask.timeout_s
        elif self._step == self._last:
            self._waiting = False
            self._due = now + self._pause_s
        else:
            self._step += 1
            out += self._send(now)
        return out


def _answers(events: Iterable[Event], command: str, *, poll: bool) -> bool:
    for event in events:
        match event:
            case Status(facts) if facts.get("command") == command:
                return True
            case CardRead() | TagsPresent() | Measurement() if poll:
                return True
    return False
