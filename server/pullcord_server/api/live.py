"""The streams: a snapshot on every connect, then changes, a heartbeat every 2 s (docs/andon.md)."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from starlette.types import Receive, Scope, Send

from . import board, work
from .feed import Feed, Screen
from .house import PREFIX, House
from .metrics import Metrics

#: How long one message may take to leave before the screen is let go, seconds.
SLOW_S = 10.0
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


@dataclass(frozen=True, slots=True)
class Feeds:
    """The streams of one house."""

    andon: Feed
    board: Feed

    @classmethod
    def of(cls, house: House) -> "Feeds":
        """Not read before somebody looks."""
        return cls(
            Feed(house.changes, partial(board.andon, house), board.content, board.pulse),
            Feed(house.changes, partial(work.read, house), work.content, work.pulse),
        )

    def close(self) -> None:
        """The server stops: every screen is told."""
        self.andon.close()
        self.board.close()


def router(feeds: Feeds, metrics: Metrics) -> APIRouter:
    """`/andon/stream` and `/board/stream`."""
    routes = APIRouter(prefix=PREFIX, tags=["streams"])

    @routes.get("/andon/stream", response_class=Response, responses=_STREAM)
    async def stream_andon() -> Response:
        """The andon board, live."""
        return Stream(feeds.andon, "andon", metrics)

    @routes.get("/board/stream", response_class=Response, responses=_STREAM)
    async def stream_board() -> Response:
        """Open orders and cards on their way, live."""
        return Stream(feeds.board, "board", metrics)

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
