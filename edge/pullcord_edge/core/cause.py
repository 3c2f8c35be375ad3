"""Why an entry is recorded: what becomes of it when it is kept, and when it is not."""

from dataclasses import dataclass
from typing import TypeAlias

from pullcord_edge.core.effect import Effect
from pullcord_edge.core.feedback import Notice


@dataclass(frozen=True, slots=True)
class Drop:
    """A card read. Kept: light and beep. Not kept: neither, and the card counts again."""

    reader: str
    code: str


@dataclass(frozen=True, slots=True)
class Wish:
    """A worker takes back his last drop. Not kept: forgotten, he asks again."""


@dataclass(frozen=True, slots=True)
class Owed:
    """Something that is so whether it was kept or not: it is recorded when the disk is back."""

    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A device broke or healed; the newest state is recorded when the disk is back."""

    device: str


@dataclass(frozen=True, slots=True)
class Finished:
    """A self-test is over: whoever asked is told when its report is kept, or cannot be."""

    told: tuple[Effect, ...]


Cause: TypeAlias = Drop | Wish | Owed | Change | Finished
