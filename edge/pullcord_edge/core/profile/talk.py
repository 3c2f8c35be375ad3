"""Runs a script of settings over a line without doing the I/O: bytes and the time in, events out."""

from collections.abc import Generator
from typing import Generic, TypeAlias, TypeVar

from pullcord_edge.readers.event import CardRead, Event, Measurement, Noise, Send, Status
from pullcord_edge.readers.framer import Framer, Scan, Take
from pullcord_edge.readers.framer import Step as Cut

from .step import Answer, Ask, Refused, Reopen, Reply, Silence, Step, Tell, Watch

Result = TypeVar("Result")
Script: TypeAlias = Generator[Step, Reply, Result]
Out: TypeAlias = Event | Reopen

_FRAME = "frame"
#: After an answer to a repeated question a late second one may come; it is waited for so long.
LATE_S = 0.3


class Talk(Generic[Result]):
    """A script at work. Cards and measurements that come meanwhile are passed on, not swallowed.

    After a `Reopen` the caller opens the port anew and goes on feeding. `result` is the script's,
    once it has ended.
    """

    def __init__(
        self,
        script: Script[Result],
        scan: Scan,
        *,
        longest: int,
        gap_s: float = 0.1,
        finish: Scan | None = None,
    ) -> None:
        self._script = script
        self._framer = Framer(
            _with_frame(scan),
            longest=longest,
            gap_s=gap_s,
            finish=_with_frame(finish) if finish else None,
        )
        self._step: Step | None = None
        self._due: float | None = None
        self._begun = 0.0
        self._sent = 0
        self._late: Reply | None = None
        self._frames: list[bytes] = []
        self.result: Result | None = None

    @property
    def due_at(self) -> float | None:
        """When the next time-out falls due."""
        times = [at for at in (self._due, self._framer.due_at) if at is not None]
        return min(times) if times else None

    def start(self, now: float) -> list[Out]:
        """The first step."""
        self._framer.start(now)
        return self._resume(None, now)

    def feed(self, data: bytes, now: float) -> list[Out]:
        """Bytes arrived."""
        return self._hear(self._framer.feed(data, now), now)

    def tick(self, now: float) -> list[Out]:
        """Time passed: a question again, or the next step."""
        out = self._hear(self._framer.tick(now), now)
        if self._due is not None and now >= self._due:
            out += self._expire(now)
        return out

    def _hear(self, events: list[Event], now: float) -> list[Out]:
        out: list[Out] = []
        for event in events:
            match event:
                case Status(facts) if _FRAME in facts:
                    out += self._take(bytes.fromhex(str(facts[_FRAME])), now)
                case CardRead() | Measurement() | Noise():
                    out.append(event)
        return out

    def _take(self, frame: bytes, now: float) -> list[Out]:
        match self._step:
            case Watch():
                self._frames.append(frame)
            case Ask(take=take, settle_s=settle_s) if self._late is None:
                reply = take(frame)
                if reply is None:
                    return []
                wait_s = settle_s if self._sent == 1 else max(settle_s, LATE_S)
                if not wait_s:
                    return self._resume(reply, now)
                self._late, self._due = reply, now + wait_s
        return []

    def _expire(self, now: float) -> list[Out]:
        match self._step:
            case Ask() if self._late is not None:
                return self._resume(self._late, now)
            case Ask(send, _, timeout_s, tries) if self._sent < tries:
                self._sent += 1
                self._due = now + timeout_s
                return [Send(send)]
            case Ask():
                return self._resume(Silence(), now)
            case Watch(mean=mean):
                return self._resume(Answer(mean(self._frames, now - self._begun)), now)
            case _:
                return self._resume(Answer(), now)

    def _resume(self, reply: Reply | None, now: float) -> list[Out]:
        """Let the script take its next step, and those after it that need no waiting."""
        self._late, self._frames, self._begun = None, [], now
        try:
            # A generator that has not begun takes nothing but None.
            self._step = next(self._script) if reply is None else self._script.send(reply)
        except StopIteration as end:
            self._step, self._due, self.result = None, None, end.value
            return []
        match self._step:
            case Ask(send, _, timeout_s):
                self._sent, self._due = 1, now + timeout_s
                return [Send(send)]
            case Tell(send, rest_s):
                self._due = now + rest_s
                return [Send(send)]
            case Watch(seconds):
                self._due = now + seconds
                return []
            case Reopen():
                self._framer.start(now)
                return [self._step, *self._resume(Answer(), now)]


def _with_frame(scan: Scan) -> Scan:
    """The scan, which also tells the bytes of each frame that it took, as a Status."""

    def cut(buffer: bytearray, start: int) -> Cut:
        step = scan(buffer, start)
        if not isinstance(step, Take):
            return step
        frame = bytes(buffer[start : start + step.size])
        return Take(step.size, (Status({_FRAME: frame.hex()}), *step.events))

    return cut


__all__ = ["Out", "Refused", "Script", "Talk"]
