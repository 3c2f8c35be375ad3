"""What replication is begun with, what it asks, and what an answer tells."""

from dataclasses import dataclass

from pullcord_wire.message import Ask, Follows


@dataclass(frozen=True, slots=True)
class JournalHead:
    """A journal as the station's disk has it: numbers up to `last`, from `held` on still there.

    `held` is `last + 1` when nothing is there; `acked` is the mark; `site` it was recorded for.
    """

    id: str
    follows: Follows | None
    last: int
    held: int
    acked: int
    site: str


@dataclass(frozen=True, slots=True)
class Question:
    """The page to publish now: at most `count` entries of `journal` from `first` on.

    `count` 0: an empty page. `raw`: the one entry goes as the body of a `raw` entry.
    """

    journal: str
    follows: Follows | None
    held: int
    acked: int
    ask: Ask
    first: int
    count: int
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """The obeyed server answered a question of this run that was asked at `asked_at`."""

    asked_at: float
