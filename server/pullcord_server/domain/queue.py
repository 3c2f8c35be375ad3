"""The queue of a process: what it makes next, in card order (DESIGN 3.3, rule 2). Instants are ms."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """An order that a process makes. `cards`: those still to be made; `done`: how many of it are.

    `urgent`: a card of it is express or emergency, or its goods were scrapped.
    """

    id: str
    loop: str
    item: str
    source: str
    consumer: str
    kind: str
    state: str
    quantity: int
    cards: tuple[str, ...]
    opened_at: int
    released_at: int | None
    due_at: int | None = None
    promised_at: int | None = None
    done: int = 0
    urgent: bool = False


def in_turn(jobs: Iterable[Job]) -> list[Job]:
    """Urgent ones, then first in, first out. A heijunka box releases slot by slot, so its order is that of release."""
    return sorted(jobs, key=_turn)


def _turn(job: Job) -> tuple[bool, int, int, str]:
    released_at = job.opened_at if job.released_at is None else job.released_at
    return (not job.urgent, released_at, job.opened_at, job.id)
