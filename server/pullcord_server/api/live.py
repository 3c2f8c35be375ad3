"""The streams: a snapshot on every connect, then changes, a heartbeat every 2 s (docs/andon.md)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from starlette.types import Receive, Scope, Send

from pullcord_server.desk.refusal import not_found

from . import board, work
from .collection import Id
from .feed import Feed, Screen, Values
from .house import PREFIX, House
from .job import process_board
from .metrics import Metrics
from .pick import picks_board

#: How long one message may take to leave before the screen is let go, seconds.
SLOW_S = 10.0
#: Between two boards of a process or a walk at least, seconds: there are many of them.
WORK_GAP_S = 0.5
_END = {"type": "http.response.body", "body": b"", "more_body": False}
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "server-sent events `snapshot`, `change`, `heartbeat`; see docs/andon.md",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@dataclass(slots=True)
class Rooms:
    """A stream for each process and each walk that somebody looks at."""

    house: House
    feeds: dict[tuple[str | None, ...], Feed] = field(default_factory=dict)

    def process(self, id_: str) -> Feed:
        """The work of one process; a refusal where there is none."""
        self._check(id_)
        return self._feed(("process", id_), partial(process_board, self.house, id_))

    def picks(self, source: str | None, consumer: str | None) -> Feed:
        """A handler's walk; a refusal where one of its ends is not there."""
        for place in (source, consumer):
            if place is not None:
                self._check(place)
        read = partial(picks_board, self.house, source, consumer)
        return self._feed(("picks", source, consumer), read)

    def close(self) -> None:
        """The server stops."""
        for feed in self.feeds.values():
            feed.close()

    def _check(self, process: str) -> None:
        plant = self.house.plant()
        if plant is None or process not in plant.processes:
            raise not_found("process", process)

    def _feed(self, key: tuple[str | None, ...], read: Callable[[], Values]) -> Feed:
        if key not in self.feeds:
            self.feeds = {k: f for k, f in self.feeds.items() if f.watched}
            self.feeds[key] = Feed(self.house.changes, read, _content, _pulse, WORK_GAP_S)
        return self.feeds[key]


def _content(board: Values) -> object:
    return {**board, "now": None}


def _pulse(_board: Values) -> Values:
    return {}


@dataclass(frozen=True, slots=True)
class Feeds:
    """The streams of one house."""

    andon: Feed
    board: Feed
    rooms: Rooms

    @classmethod
    def of(cls, house: House) -> "Feeds":
        """Not read before somebody looks."""
        return cls(
            Feed(
                house.changes,
                partial(board.andon, house),
                board.content,
                board.pulse,
                part=board.part,
            ),
            Feed(house.changes, partial(work.read, house), work.content, work.pulse),
            Rooms(house),
        )

    def close(self) -> None:
        """The server stops: every screen is told."""
        self.andon.close()
        self.board.close()
        self.rooms.close()


def router(feeds: Feeds, metrics: Metrics) -> APIRouter:
    """`/andon/stream` and `/board/stream`, and those of each process and of each walk."""
    routes = APIRouter(prefix=PREFIX, tags=["streams"])

    @routes.get("/andon/stream", response_class=Response, responses=_STREAM)
    async def stream_andon() -> Response:
        """The andon board, live."""
        return Stream(feeds.andon, "andon", metrics)

    @routes.get("/board/stream", response_class=Response, responses=_STREAM)
    async def stream_board() -> Response:
        """Open orders and cards on their way, live."""
        return Stream(feeds.board, "board", metrics)

    @routes.get("/processes/{id}/stream", response_class=Response, responses=_STREAM)
    async def stream_process(id: Id) -> Response:
        """The next job and the queue of a process, live."""
        return Stream(feeds.rooms.process(id), "process", metrics)

    @routes.get("/picks/stream", response_class=Response, responses=_STREAM)
    async def stream_picks(source: str | None = None, consumer: str | None = None) -> Response:
        """What a handler fetches and brings, by routes, live."""
        return Stream(feeds.rooms.picks(source, consumer), "picks", metrics)

    return routes


class Stream(Response):
    """The answer that lasts as long as the screen looks."""

    def __init__(self, feed: Feed, name: str, metrics: Metrics) -> None:
        super().__init__()
        self._feed = feed
        self._screens = metrics.screens.labels(name)
        self._dropped = metrics.dropped.labels(name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        screen = self._feed.join()
        self._screens.inc()
        gone = asyncio.create_task(_wait_gone(receive, screen))
        try:
            await _hand(screen, send)
        except asyncio.CancelledError:
            await send(_END)  # the server stops: the screen is told, and comes again
        finally:
            gone.cancel()
            self._feed.leave(screen)
            self._screens.dec()
            if screen.slow:
                self._dropped.inc()


async def _hand(screen: Screen, send: Send) -> None:
    """Everything for `screen`, until it is closed; one that takes nothing for long is slow."""
    while True:
        message = await screen.take()
        if screen.closed:
            break
        try:
            async with asyncio.timeout(SLOW_S):
                await send({"type": "http.response.body", "body": message, "more_body": True})
        except TimeoutError:
            screen.slow = True
            return
    await send(_END)


async def _wait_gone(receive: Receive, screen: Screen) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    screen.close()
