"""Pages and collections over a big plant's database: how long the server takes for each."""

import http.client
import json
import random
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import create_engine, insert
from sqlmodel import SQLModel

from bench import day, proc
from bench.host import load
from bench.plant import SITE
from bench.table import Goal, Measure
from pullcord_server.storage import model
from pullcord_server.storage.rows import Row, table_of
from support.broker import Broker
from support.house import fact, finding, order
from support.server_process import ServerProcess

ROW = "pages"
AT_ONCE = 20_000
DAY = 86_400_000
DEEP = 20
"""So many pages of a collection are turned."""
MOST_PAGES = 60
"""So many pages for people are looked at."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is written into the database beside the plant's cards."""

    facts: int
    loops: list[str]
    cards: int
    began: int

    def rows(self) -> Iterator[tuple[type[SQLModel], Row]]:
        """Facts, an order for every fourth, a finding for every fiftieth; the newest are open."""
        dice = random.Random(1)
        at = self.began
        for number in range(self.facts):
            at += dice.randrange(600)
            loop = dice.choice(self.loops)
            card = f"{loop}-{dice.randrange(1, self.cards + 1):03d}"
            station = f"P{number % 100:03d}-A"
            journal, seq = f"J{number // 5000:05d}", number % 5000 + 1
            entry = f"{journal}.{seq}"
            yield model.FactRow, fact(journal, seq, at, card=card, station=station, code="X")
            closed = at if number < self.facts * 0.98 else None
            if number % 4 == 0:
                state = "closed" if closed else "released"
                yield (
                    model.OrderRow,
                    order(entry, at, card, loop=loop, state=state, closed_at=closed),
                )
            if number % 50 == 0:
                yield (
                    model.FindingRow,
                    finding(
                        f"{entry}.x", at, card=card, loop=loop, station=station, resolved_at=closed
                    ),
                )


def run(folder: Path, quick: bool) -> Iterator[Measure]:
    """A day is played, a longer past written behind it, and every page asked for."""
    size = (40, 10, 500) if quick else (2_500, 64, 20_000)
    facts = 5_000 if quick else 1_000_000
    database = folder / "day.db"
    told, ended = day.played(database, *size)
    yield from told
    loops = [f"L{number:04d}" for number in range(size[0])]
    fill(f"sqlite:///{database}", Past(facts, loops, size[1] - 2, ended - facts * 300 - DAY))
    with ExitStack() as stack:
        broker = Broker(folder / "broker")
        broker.start()
        stack.callback(broker.kill)
        server = ServerProcess(
            folder / "server", broker=broker.url, site=SITE, database=f"sqlite:///{database}"
        )
        stack.callback(server.close)
        began = time.monotonic()
        server.start(ready=False)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        stack.callback(connection.close)
        wait_ready(connection)
        taken = time.monotonic() - began
        yield Measure(ROW, "server ready on it", "s", taken, load=load())
        what = f"{size[0]:,} loops, {size[0] * size[1]:,} cards, {facts:,} facts"
        yield from ask_all(connection, what)
        memory = proc.resident_mib(server.process.pid)
        yield Measure(ROW, "memory of the server then", "MiB", memory, load=load())


def wait_ready(connection: http.client.HTTPConnection, within_s: float = 120.0) -> None:
    """Until the server answers that it decides."""
    give_up = time.monotonic() + within_s
    while time.monotonic() < give_up:
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            answer.read()
        except OSError:
            connection.close()
        else:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise TimeoutError("the server is not ready")


def fill(database: str, past: Past) -> None:
    """Write it, in bulk."""
    engine = create_engine(database)
    waiting: dict[type[SQLModel], list[Row]] = {}
    with engine.begin() as connection:
        for kind, row in past.rows():
            rows = waiting.setdefault(kind, [])
            rows.append(row)
            if len(rows) == AT_ONCE:
                connection.execute(insert(table_of(kind)), whole(kind, rows))
                rows.clear()
        for kind, rows in waiting.items():
            if rows:
                connection.execute(insert(table_of(kind)), whole(kind, rows))
    engine.dispose()


def whole(kind: type[SQLModel], rows: list[Row]) -> list[Row]:
    """Every row with every column, as one statement needs them."""
    columns = table_of(kind).c
    standard = {c.name: getattr(c.default, "arg", None) for c in columns if c.default is not None}
    names = sorted({name for row in rows for name in row} | standard.keys())
    return [{name: row.get(name, standard.get(name)) for name in names} for row in rows]


LOOP, CARD, STATION = "L0016", "L0016-003", "P001-A"
#: What may be asked of collections, beside all of them.
FILTERS = (
    *("cards?limit=1000", f"cards?loop={LOOP}", "cards?state=in_transit", "cards?life=lost"),
    *(
        "cards?since=2020-01-01T00:00:00Z",
        f"tags?card={CARD}",
        f"tags?loop={LOOP}",
        "tags?limit=1000",
    ),
    *("loops?limit=1000", f"loops?station={STATION}", "loops?kind=signal", "andon?limit=1000"),
    *("andon?state=red", f"andon?station={STATION}", "stations?limit=1000"),
    *("orders?limit=1000", "orders?state=open", "orders?state=released", "orders?state=closed"),
    *(f"orders?loop={LOOP}", f"orders?loop={LOOP}&state=open", f"orders?card={CARD}"),
    *(
        "findings?limit=1000",
        "findings?state=open",
        f"findings?card={CARD}",
        f"findings?loop={LOOP}",
    ),
    *(f"findings?station={STATION}", "findings?type=cloned", "findings?state=resolved"),
    *("calls?state=open", f"calls?station={STATION}", f"calls?loop={LOOP}"),
    *("tasks?state=open", f"tasks?station={STATION}", f"tasks?card={CARD}", f"tasks?loop={LOOP}"),
    *("journal?limit=1000", f"journal?card={CARD}", f"journal?loop={LOOP}"),
    *(f"journal?station={STATION}", f"journal?station={STATION}&since=2020-01-01T00:00:00Z"),
)
#: Names in paths, and one of each.
NAMED = {"tags/{code}": f"tags/T{CARD}", "stations/{id}": f"stations/{STATION}"}
LINK = re.compile(r'href="(/[^"#]*)"')


def paths(connection: http.client.HTTPConnection) -> list[str]:
    """Everything a person or a program may ask for: what the API describes, its filters, pages that link pages."""
    described = json.loads(fetch(connection, "/openapi.json"))["paths"]
    api = [p for p, ways in described.items() if "get" in ways and "stream" not in p]
    found = [named for path in api if (named := _named(connection, path)) is not None]
    found += [f"/api/v1/{path}" for path in FILTERS]
    pages = ["/", "/andon"]
    for page in pages:
        links = LINK.findall(fetch(connection, page).decode())
        pages += [p for p in dict.fromkeys(links) if p not in pages and not p.startswith("/static")]
        if len(pages) > MOST_PAGES:
            break
    return list(dict.fromkeys([*pages[:MOST_PAGES], *found]))


def _named(connection: http.client.HTTPConnection, path: str) -> str | None:
    """The path with the name of a row that is there; None where the collection is empty."""
    collection, brace, rest = path.partition("/{")
    if not brace:
        return path
    key = path.removeprefix("/api/v1/")
    if key in NAMED:
        return f"/api/v1/{NAMED[key]}"
    rows = json.loads(fetch(connection, f"{collection}?limit=1")).get("items")
    return collection + "/" + quote(rows[0]["id"]) + rest.partition("}")[2] if rows else None


def ask_all(connection: http.client.HTTPConnection, what: str) -> Iterator[Measure]:
    """The middle and the worst of all pages, the worst page turned, and each page beyond the goal by name."""
    taken = {path: min(ask(connection, path)[0] for _ in range(3)) for path in paths(connection)}
    deep = {path: turn_pages(connection, path) for path in taken if path.startswith("/api/v1/")}
    goals = (Goal(200),)
    middle = statistics.median(taken.values())
    yield Measure(ROW, f"{what}: {len(taken)} pages, p50", "ms", middle, load=load())
    slow, last = max(taken, key=taken.__getitem__), max(deep, key=deep.__getitem__)
    for name, ms in ((f"slowest ({slow})", taken[slow]), (f"slowest turned ({last})", deep[last])):
        yield Measure(ROW, name, "ms", ms, None, goals, load())
    for path, ms in sorted(taken.items(), key=lambda item: -item[1]):
        if path != slow and ms > 200:
            yield Measure(ROW, path, "ms", ms, None, goals, load())


def turn_pages(connection: http.client.HTTPConnection, path: str) -> float:
    """The slowest of the pages behind the first, ms; 0 where there is none."""
    worst, after = 0.0, ask(connection, path)[1]
    for _ in range(DEEP):
        if after is None:
            break
        page = f"{path}{'&' if '?' in path else '?'}next={after}"
        asked = [ask(connection, page) for _ in range(3)]
        worst, after = max(worst, min(ms for ms, _ in asked)), asked[0][1]
    return worst


def ask(connection: http.client.HTTPConnection, path: str) -> tuple[float, str | None]:
    """One request: ms, and where the next page begins."""
    began = time.perf_counter()
    body = fetch(connection, path)
    took = (time.perf_counter() - began) * 1000
    if not body.startswith(b"{"):
        return took, None
    found = json.loads(body)
    return took, found.get("next")


def fetch(connection: http.client.HTTPConnection, path: str) -> bytes:
    """What a page holds; every one of them must be there."""
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status >= 400:
        raise AssertionError(f"GET {path}: {answer.status} {body[:300]!r}")
    return body
