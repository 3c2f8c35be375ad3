"""What a script of settings does next, and what comes of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Answer:
    """The reader answered; `data` is what it said, without frame and command."""

    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Refused:
    """The reader answered that it will not."""

    reason: str


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer came, however often it was asked."""


Reply: TypeAlias = Answer | Refused | Silence


def answer_of(data: bytes, least: int) -> Answer | Refused:
    """The answer, if it has at least so many bytes."""
    if len(data) >= least:
        return Answer(data)
    return Refused(f"the answer is too short: {data.hex().upper() or 'empty'}")


@dataclass(frozen=True, slots=True)
class Ask:
    """Send, and wait for the frame of which `take` says that it is the answer.

    `settle_s`: so long after it nothing is taken for the next question's answer, where answers do
    not say to what.
    """

    send: bytes
    take: Callable[[bytes], Answer | Refused | None]
    timeout_s: float = 0.5
    tries: int = 3
    settle_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Watch:
    """Listen for so long; `mean` makes of the frames and the seconds what a register holds."""

    seconds: float
    mean: Callable[[Sequence[bytes], float], bytes]


@dataclass(frozen=True, slots=True)
class Tell:
    """Send without waiting for an answer, and rest for so long; what comes then is no answer."""

    send: bytes
    rest_s: float = 0.2


@dataclass(frozen=True, slots=True)
class Reopen:
    """Open the port anew at this speed."""

    baud: int


Step: TypeAlias = Ask | Watch | Tell | Reopen
