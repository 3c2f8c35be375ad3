"""server.toml and the environment as Settings, or every problem at once (DESIGN 9)."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from .domain.problem import Problem, WrongFile, did_you_mean
from .domain.section import Section, Sheet
from .domain.toml_value import read_name, shown

Choice = TypeVar("Choice", bound=StrEnum)

#: Key → its value where neither the file nor the environment gives one; None: there is none.
DEFAULTS: Mapping[str, str | None] = {
    "site": None,
    "database": "sqlite:///pullcord.db",
    "broker": "mqtt://127.0.0.1:1883",
    "ca": None,
    "cert": None,
    "key": None,
    "username": None,
    "password_file": None,
    "http": "127.0.0.1:8080",
    "access": "users",
    "users": "users.txt",
    "time": "system",
    "decisions_copy": None,
}
PREFIX = "PULLCORD_"
DEFAULT_FILE = Path("server.toml")
EMBEDDED = "embedded"


class Access(StrEnum):
    """Who may use the pages and the API: people with a login, or everybody on this machine."""

    USERS = "users"
    OPEN = "open"


class Time(StrEnum):
    """Where the server's time comes from: the machine's clock, or whoever drives it."""

    SYSTEM = "system"
    DRIVEN = "driven"


@dataclass(frozen=True, slots=True)
class Settings:
    """How one server runs. `users`: the file of those who may log in, None where access is open.

    `ca`, `cert`, `key`, `username`, `password_file` are for the broker.
    """

    site: str
    database: str = field(repr=False)
    broker: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 8080
    users: Path | None = None
    driven: bool = False
    decisions_copy: Path | None = None
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    username: str | None = None
    password_file: Path | None = None


def read_settings(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the file and the environment, which goes first; WrongFile with every problem.

    The file may be absent where it was not named and the environment gives the site.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if path != DEFAULT_FILE or not environ.get(f"{PREFIX}SITE"):
            fix = "write it, or name another with --config"
            raise WrongFile([Problem(str(path), None, "", f"is not there; {fix}")]) from None
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        fix = "make it a readable file in UTF-8"
        raise WrongFile([Problem(str(path), None, "", f"cannot be read: {error}; {fix}")]) from None
    return parse_settings(text, str(path), environ)


def parse_settings(text: str, file: str, environ: Mapping[str, str]) -> Settings:
    """The settings of a text and an environment; the files it names must be there."""
    given = _Given(Sheet(text, file), environ)
    host, port = _http(given)
    access = given.choice("access", Access)
    if access is Access.OPEN and given.good("http") and not _is_loopback(host):
        given.wrong(
            "access", f"open is for a loopback address only, not {host}; use 127.0.0.1 or users"
        )
    time = given.choice("time", Time)
    if time is Time.DRIVEN and access is not Access.OPEN and given.good("access", "time"):
        given.wrong(
            "time", 'must not be "driven" where access is for users; it is for tests, with open'
        )
    if access is Access.OPEN and given.has("users"):
        given.wrong("users", 'has no use where access is "open"; leave it out')
    broker = _broker(given)
    settings = Settings(
        site=_site(given),
        database=_database(given),
        broker=broker,
        host=host,
        port=port,
        users=given.path("users") if access is Access.USERS else None,
        driven=time is Time.DRIVEN,
        decisions_copy=given.path("decisions_copy"),
        ca=given.present("ca"),
        cert=given.present("cert"),
        key=given.present("key"),
        username=given.get("username"),
        password_file=given.present("password_file"),
    )
    given.check()
    return settings


class _Given:
    """What file and environment give, and whose fault a wrong value is."""

    def __init__(self, sheet: Sheet, environ: Mapping[str, str]) -> None:
        names = {f"{PREFIX}{key.upper()}": key for key in DEFAULTS}
        self.sheet = sheet
        self.file: Section = sheet.root(tuple(DEFAULTS))
        self.environ = {names[n]: value for n, value in environ.items() if n in names and value}
        self.bad: set[str] = set()
        for name in environ:
            if name.startswith(PREFIX) and name not in names:
                self._meant(name)

    def _meant(self, name: str) -> None:
        """A variable that is almost a setting was meant to be one."""
        keys = [key.upper() for key in DEFAULTS]
        for key in get_close_matches(name.removeprefix(PREFIX), keys, n=1, cutoff=0.8):
            text = f'is no setting; did you mean "{PREFIX}{key}"?'
            self.sheet.problems.append(Problem("environment", None, name, text))

    def has(self, key: str) -> bool:
        return key in self.environ or self.file.has(key)

    def get(self, key: str) -> str | None:
        """The text of a key; its default where it is not given or wrong."""
        if key in self.environ:
            return self.environ[key]
        if not self.file.has(key):
            return DEFAULTS[key]
        found = self.file.text(key, DEFAULTS[key] or "", "write it in quotes")
        return found or DEFAULTS[key]

    def wrong(self, key: str, text: str) -> None:
        if key in self.environ:
            name = f"{PREFIX}{key.upper()}"
            if key not in self.bad:
                self.sheet.problems.append(Problem("environment", None, name, text))
        else:
            self.file.wrong(key, text)
        self.bad.add(key)

    def good(self, *keys: str) -> bool:
        return not self.bad.intersection(keys) and self.file.good(*keys)

    def choice(self, key: str, kinds: type[Choice]) -> Choice:
        word = self.get(key) or ""
        try:
            return kinds(word)
        except ValueError:
            words = [kind.value for kind in kinds]
            known = " or ".join(f'"{each}"' for each in words)
            meant = did_you_mean(word, words)
            fix = meant if meant.startswith("did") else "write one of them"
            self.wrong(key, f"must be {known}, not {shown(word)}; {fix}")
            return kinds(DEFAULTS[key] or "")

    def path(self, key: str) -> Path | None:
        found = self.get(key)
        return None if found is None else Path(found)

    def present(self, key: str) -> Path | None:
        """A file that must be there."""
        found = self.path(key)
        if found is not None and self.good(key) and not found.is_file():
            self.wrong(key, f"is not there: {shown(str(found))}; give the path of a file")
        return found

    def check(self) -> None:
        self.sheet.check()


def _site(given: _Given) -> str:
    site = given.get("site")
    if site is None:
        given.wrong("site", "is missing; write the site's name, the same as in plant.toml")
    elif given.good("site") and read_name(site) is None:
        given.wrong(
            "site",
            f"must be letters, digits, . _ and - alone (64 at most), not {shown(site)}; rename it",
        )
    return site or ""


def _database(given: _Given) -> str:
    """SQLite in a file, or PostgreSQL. Never shown: it may hold a password."""
    url = given.get("database") or ""
    fix = 'write "sqlite:///pullcord.db" or "postgresql+psycopg://user@host/name"'
    scheme, _, rest = url.partition("://")
    path = rest.removeprefix("/")
    if scheme == "sqlite":
        if not rest.startswith("/") or not path or path.startswith(":memory:"):
            given.wrong("database", f"must name a file, since all is kept in it; {fix}")
    elif scheme == "postgresql+psycopg":
        parts = _split(url)
        if parts is None or not (parts.path.strip("/") or parts.query):
            given.wrong("database", f"is no address with a database's name; {fix}")
    elif given.good("database"):
        given.wrong(
            "database", f"must be SQLite or PostgreSQL by psycopg, not {shown(scheme)}; {fix}"
        )
    return url


def _broker(given: _Given) -> str:
    url = given.get("broker") or ""
    secure = url.startswith("mqtts://")
    if url != EMBEDDED:
        _check_broker(given, url)
    for key in ("ca", "cert", "key"):
        if given.has(key) and given.good("broker") and not secure:
            given.wrong(key, "is for a broker at mqtts:// only; leave it out, or use mqtts://")
    for key, other in (("cert", "key"), ("key", "cert"), ("password_file", "username")):
        if given.has(key) and not given.has(other):
            given.wrong(key, f"needs {other} beside it; give both, or neither")
    if url == EMBEDDED and given.has("username"):
        given.wrong("username", "is not asked for by the embedded broker; leave it out")
    return url


def _check_broker(given: _Given, url: str) -> None:
    fix = 'write "mqtt://host:1883", "mqtts://host:8883" or "embedded"'
    parts = _split(url)
    if parts is None or parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        given.wrong("broker", f"is no broker's address: {shown(url)}; {fix}")
    elif "@" in parts.netloc:
        given.wrong("broker", "must not hold a login; use username and password_file")
    elif parts.port == 0 or parts.path not in ("", "/") or parts.query or parts.fragment:
        given.wrong("broker", f"has more than a host and a port: {shown(url)}; {fix}")


def _http(given: _Given) -> tuple[str, int]:
    text = given.get("http") or ""
    parts = _split(f"//{text}")
    fix = 'write "127.0.0.1:8080", or "0.0.0.0:8080" for every address of this machine'
    if parts is None or not parts.hostname or parts.port is None or parts.netloc != text:
        given.wrong("http", f"must be host:port, not {shown(text)}; {fix}")
        return "127.0.0.1", 0
    if "@" in text:
        given.wrong("http", f"must be host:port without a login; {fix}")
    return parts.hostname, parts.port


def _split(url: str) -> SplitResult | None:
    """The parts of an address; None when it is none, or its port is none."""
    try:
        parts = urlsplit(url)
        return parts if parts.port is None or parts.port >= 0 else None
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
