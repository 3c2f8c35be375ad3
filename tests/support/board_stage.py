"""A board without a plant: the real pages, and a stream that says what a test tells it to."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse

from pullcord_server.web.pages import add_pages

Board = dict[str, Any]


@dataclass
class Stage:
    """What the pages are fed with. `silent`: streams are taken and nothing is ever said."""

    board: Board
    overview: Mapping[str, Any] = field(default_factory=dict)
    silent: bool = False
    refusal: tuple[int, dict[str, str]] | None = None
    url: str = ""
    connects: int = 0
    posts: list[tuple[str, Any]] = field(default_factory=list)
    _said: list[tuple[str, str]] = field(default_factory=list)

    def change(self, **values: Any) -> None:
        """The board with other values, told to every screen."""
        self.board = self.board | values | {"version": self.board["version"] + 1}
        self.say("change", self.board)

    def beat(self, **values: Any) -> None:
        """A heartbeat, with other values than the board's where the test says so."""
        known = {key: self.board[key] for key in ("version", "now", "broker")}
        self.say("heartbeat", known | {"stale": []} | values)

    def say(self, event: str, data: Any) -> None:
        """One message to every screen."""
        self._said.append((event, json.dumps(data)))

    async def stream(self) -> AsyncIterator[str]:
        """What one screen hears."""
        self.connects += 1
        told = len(self._said)
        if not self.silent:
            yield _message("snapshot", json.dumps(self.board))
        while True:
            for event, data in self._said[told:]:
                told += 1
                if not self.silent:
                    yield _message(event, data)
            await asyncio.sleep(0.02)

    async def post(self, path: str, body: Any) -> JSONResponse:
        """What a button did, kept for the test."""
        self.posts.append((path, body))
        if self.refusal is not None:
            status, problem = self.refusal
            return JSONResponse(problem, status, media_type="application/problem+json")
        return JSONResponse({})

    def application(self) -> FastAPI:
        """The pages, the stream, and a place for what is posted."""
        app = FastAPI()
        add_pages(app, "tsutsumi", lambda: "Asia/Tokyo", lambda: self.overview)

        @app.get("/api/v1/andon/stream")
        async def stream() -> StreamingResponse:
            return StreamingResponse(self.stream(), media_type="text/event-stream")

        @app.post("/{path:path}")
        async def post(path: str, request: Request) -> JSONResponse:
            return await self.post(f"/{path}", await request.json())

        return app


@contextmanager
def on_stage(stage: Stage) -> Iterator[Stage]:
    """The stage served on a port of its own."""
    settings = uvicorn.Config(
        stage.application(), log_level="critical", lifespan="off", timeout_graceful_shutdown=0
    )
    server = uvicorn.Server(settings)
    listener = socket.create_server(("127.0.0.1", 0))
    stage.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield stage
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listener.close()
        assert not thread.is_alive(), "the stage did not end"


def _message(event: str, data: str) -> str:
    return f"event: {event}\ndata: {data}\n\n"
