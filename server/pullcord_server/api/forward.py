"""A change asked of a stand-by server goes to the one that decides, and its answer comes back."""

import asyncio
import http.client
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

#: How long the deciding server may take, seconds.
PATIENCE_S = 20.0
#: Marks a request that was handed on, so that two stand-by servers never play with it.
MARK = "x-pullcord-forwarded"
_KEPT = ("authorization", "content-type", "origin")


class Forward:
    """Hands changes on while this server stands by. `leader`: where the deciding one is; None: here."""

    def __init__(self, app: ASGIApp, leader: Callable[[], str | None]) -> None:
        self._app = app
        self._leader = leader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        change = scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS")
        if not change:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        leader = None if MARK in request.headers else await asyncio.to_thread(self._leader)
        if leader is None:
            await self._app(scope, receive, send)
            return
        body = await request.body()
        try:
            response = await asyncio.to_thread(_ask, leader, request, body)
        except OSError:
            # it is gone: this server, or the next, decides within seconds
            await self._app(scope, _again(body), send)
            return
        await response(scope, receive, send)


def _ask(leader: str, request: Request, body: bytes) -> Response:
    where = urlsplit(leader)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE_S)
    headers = {name: request.headers[name] for name in _KEPT if name in request.headers}
    try:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        connection.request(request.method, path, body, {**headers, MARK: "1"})
        answer = connection.getresponse()
        content = answer.read()
        kept = {"content-type": answer.headers.get("content-type", "application/json")}
        return Response(content, answer.status, kept)
    finally:
        connection.close()


def _again(body: bytes) -> Receive:
    """The request's body once more, for the application after all."""
    done = False

    async def receive() -> dict[str, object]:
        nonlocal done
        if done:
            return {"type": "http.disconnect"}
        done = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
