"""Who may come in: everybody where access is open, else people of the users file, by HTTP Basic."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
import time
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pullcord_server.desk.refusal import Refused

from . import problem
from .user import UserError, read_users, verify

#: Bytes of a request at most.
LARGEST = 1 << 20
#: Paths that machines ask without a login.
_FREE = ("/livez", "/readyz")
_SAFE = ("GET", "HEAD", "OPTIONS")
_REALM = {"WWW-Authenticate": 'Basic realm="pullcord", charset="UTF-8"'}
#: How long a password that was right is known without another scrypt, seconds.
_KNOWN_S = 300.0


class Login:
    """Checks names and passwords against the users file, which may change at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._salt = secrets.token_bytes(16)
        self._known: dict[bytes, tuple[str, int, float]] = {}
        self._turns = asyncio.Semaphore(2)

    async def user(self, header: str | None) -> str | None:
        """The user of an `Authorization` header, or None."""
        found = _basic(header)
        if found is None:
            return None
        name, password = found
        stamp = self._stamp()
        mark = hmac.digest(self._salt, f"{name}\0{password}".encode(), "sha256")
        known = self._known.get(mark)
        if known is not None and known[1] == stamp and known[2] > time.monotonic():
            return known[0]
        async with self._turns:
            right = await asyncio.to_thread(_check, self._path, name, password)
        if not right:
            self._known.pop(mark, None)
            return None
        if len(self._known) > 1000:
            self._known.clear()
        self._known[mark] = (name, stamp, time.monotonic() + _KNOWN_S)
        return name

    def none_yet(self) -> bool:
        """Whether there is no user at all."""
        return not read_users(self._path)

    def _stamp(self) -> int:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0


def _check(path: Path, name: str, password: str) -> bool:
    user = read_users(path).get(name)
    if user is None:
        hashlib.scrypt(password.encode(), salt=b"nobody", n=2**14, r=8, p=1, dklen=32)
        return False
    return verify(password, user.hash)


def _basic(header: str | None) -> tuple[str, str] | None:
    if header is None or not header.lower().startswith("basic "):
        return None
    try:
        text = base64.b64decode(header[6:].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    name, colon, password = text.partition(":")
    return (name, password) if colon else None


class Guard:
    """Stands before every route: login, requests of other sites' pages, size of bodies."""

    def __init__(self, app: ASGIApp, users: Path | None) -> None:
        self._app = app
        self._login = None if users is None else Login(users)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = _foreign(scope, headers) or _too_large(headers)
        if refusal is None and self._login is not None and scope["path"] not in _FREE:
            refusal = await self._admit(self._login, scope, headers)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self._app(scope, _bounded(receive), send)

    async def _admit(self, login: Login, scope: Scope, headers: Headers) -> ASGIApp | None:
        try:
            user = await login.user(headers.get("authorization"))
            if user is not None:
                scope.setdefault("state", {})["user"] = user
                return None
            empty = login.none_yet()
        except UserError as error:
            return problem.answer(503, "users", str(error))
        if empty:
            text = "nobody may log in yet: run `pullcord-server user add NAME` on the server"
        else:
            text = "log in with the name and password of a user (HTTP Basic)"
        return problem.answer(401, "login-required", text, _REALM)


def _foreign(scope: Scope, headers: Headers) -> ASGIApp | None:
    """A page of another site must not change anything with the login a browser keeps."""
    origin = headers.get("origin")
    if origin is None or scope["method"] in _SAFE or urlsplit(origin).netloc == headers.get("host"):
        return None
    return problem.answer(403, "foreign-origin", f"changes are not taken from pages of {origin}")


def _too_large(headers: Headers) -> ASGIApp | None:
    length = headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and int(length) <= LARGEST:
        return None
    return problem.answer(413, "too-large", f"a request has at most {LARGEST} bytes")


def _bounded(receive: Receive) -> Receive:
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST:
            raise HTTPException(413, f"a request has at most {LARGEST} bytes")
        return message

    return take


def person(request: Request, given: str | None) -> str:
    """Who makes a change: the login where there is one, else `by`."""
    login: str | None = request.scope.get("state", {}).get("user")
    if login is not None:
        if given is not None and given != login:
            raise Refused(
                422, "by-differs", f"`by` is {given}, but the login is {login}; leave it out"
            )
        return login
    if given is None:
        raise Refused(422, "by-required", "say who makes this change; send it as `by`")
    return given
