"""What the routes need of the house they are in, handed in at composition."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Engine

from pullcord_server.desk.calls import Calls
from pullcord_server.desk.tally import Tally
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.plant import Plant

T = TypeVar("T")

#: Before every path of the JSON API.
PREFIX = "/api/v1"


class Door(Protocol):
    """The desk as it is seen from outside: actions go in, their futures come back."""

    tally: Tally
    crashed: str | None

    @property
    def calls(self) -> Calls: ...

    def submit(self, action: Callable[[Turn], T]) -> "Future[T]": ...
    def set_clock(self, now: int) -> "Future[None]": ...
    def ready(self) -> list[str]: ...


class Changes(Protocol):
    """Counts commits; `wait` returns when there is a newer version than `version`, or after `timeout_s`."""

    @property
    def version(self) -> int: ...

    def wait(self, version: int, timeout_s: float) -> int: ...


@dataclass(frozen=True, slots=True)
class House:
    """One server of one site. `now`: None as long as driven time has none; `users`: None is open access.

    `broker_fault`: why the broker cannot be reached, None when it can. `copies`: decisions are copied.
    `demo`: cards can be dropped from the andon page.
    """

    site: str
    engine: Engine
    desk: Door
    changes: Changes
    now: Callable[[], int | None]
    plant: Callable[[], Plant | None]
    broker_fault: Callable[[], str | None]
    driven: bool = False
    users: Path | None = None
    copies: bool = True
    demo: bool = False
