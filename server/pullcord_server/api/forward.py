"""A change asked of a stand-by server goes to the one that decides, and its answer comes back."""

import asyncio
import http.client
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from . import problem

#: How long the deciding server may take, seconds.
PATIENCE_S = 20.0
#: Marks a request that was handed on, so that two stand-by servers never play with it.
MARK = "x-pullcord-forwarded"
#: Not the origin: it was judged here, where the browser looked.
_SENT = ("authorization", "content-type")
_KEPT = ("content-type", "www-authenticate", "retry-after", "allow")


class Gone(Exception):
    """The deciding server cannot be reached: it was not asked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A change to be handed on."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Forward:
    """Hands changes on while this server stands by. `leader`: where the deciding one is; None: here.

    Stands behind the guard: what comes here has its login, its origin and its size.
    """

    def __init__(self, app: ASGIApp, leader: Callable[[], str | None]) -> None:
        self._app = app
        self._leader = leader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            leader = None if MARK in request.headers else await asyncio.to_thread(self._leader)
        except DBAPIError as error:
            text = f"the database does not answer: {error.orig}"
            await problem.answer(503, "database", text, {"Retry-After": "1"})(scope, receive, send)
            return
        if leader is None:
            await self._app(scope, receive, send)
            return
        try:
            asked = await _asked(request)
            response = await asyncio.to_thread(_ask, leader, asked)
        except HTTPException as error:
            response = problem.answer(error.status_code, "too-large", error.detail)
        except Gone:
            # this server, or the next, decides within seconds
            await self._app(scope, _again(asked.body), send)
            return
        await response(scope, receive, send)


async def _asked(request: Request) -> Asked:
    query = f"?{request.url.query}" if request.url.query else ""
    headers = {name: request.headers[name] for name in _SENT if name in request.headers}
    path = request.scope["raw_path"].decode("ascii") + query
    return Asked(request.method, path, {**headers, MARK: "1"}, await request.body())


def _ask(leader: str, asked: Asked) -> Response:
    """The deciding server's answer. Once it was asked, nobody else is: it may have done it."""
    where = urlsplit(leader)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE_S)
    try:
        try:
            connection.connect()
        except OSError as error:
            raise Gone(leader) from error
        connection.request(asked.method, asked.path, asked.body, asked.headers)
        answer = connection.getresponse()
        kept = {name: value for name in _KEPT if (value := answer.headers.get(name)) is not None}
        return Response(answer.read(), answer.status, kept)
    except (OSError, http.client.HTTPException):
        text = f"{leader} decides and gave no answer; it may still do it: look before you ask again"
        return problem.answer(503, "no-answer", text)
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
