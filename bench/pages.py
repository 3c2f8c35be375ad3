"""Pages and collections over a big plant's database: how long the server takes for each."""

import http.client
import json
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, insert
from sqlmodel import SQLModel

from bench.host import load
from bench.plant import Measured
from bench.stack import Ours
from bench.table import Goal, Measure
from pullcord_server.storage import model
from pullcord_server.storage.rows import Row, table_of
from support.house import fact, finding, order

ROW = "pages"
AT_ONCE = 20_000
DAY = 86_400_000
DEEP = 20
"""So many pages of a collection are turned."""


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
            station = f"post-{number % 50:02d}"
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
    """A plant is applied, a past written into its database, and every page asked for five times."""
    plant = (
        Measured(posts=5, loops=4, cards=10) if quick else Measured(posts=50, loops=50, cards=64)
    )
    with ExitStack() as stack:
        began = time.monotonic()
        ours = Ours(folder / "ours", plant, bound=False)
        stack.callback(ours.close)
        count = plant.posts * plant.loops * plant.cards
        yield Measure(
            ROW,
            f"plant of {count:,} cards applied, server ready",
            "s",
            time.monotonic() - began,
            load=load(),
        )
        ours.server.stop()
        facts = 5_000 if quick else 1_000_000
        fill(ours.server.database, past(plant, facts))
        ours.server.start()
        connection = http.client.HTTPConnection("127.0.0.1", ours.server.port, timeout=60)
        stack.callback(connection.close)
        yield from ask_all(connection, plant, f"{count:,} cards, {facts:,} facts")


def past(plant: Measured, facts: int) -> Past:
    """The past of a plant, up to now."""
    loops = [f"L{post:02d}{loop:02d}" for post in range(plant.posts) for loop in range(plant.loops)]
    return Past(facts, loops, plant.cards, time.time_ns() // 1_000_000 - facts * 300 - DAY // 24)


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
            connection.execute(insert(table_of(kind)), whole(kind, rows))
    engine.dispose()


def whole(kind: type[SQLModel], rows: list[Row]) -> list[Row]:
    """Every row with every column, as one statement needs them."""
    columns = table_of(kind).c
    standard = {c.name: getattr(c.default, "arg", None) for c in columns if c.default is not None}
    names = sorted({name for row in rows for name in row} | standard.keys())
    return [{name: row.get(name, standard.get(name)) for name in names} for row in rows]


def paths(plant: Measured) -> list[str]:
    """Everything a person or a program may ask for."""
    loop, card = "L0102", "L0102-003"
    api = [
        "cards",
        "cards?limit=1000",
        f"cards?loop={loop}",
        "cards?state=in_transit",
        f"cards/{card}",
        "tags",
        "loops",
        f"loops/{loop}",
        "stations",
        "orders",
        "orders?limit=1000",
        "orders?state=open",
        f"orders?loop={loop}&state=open",
        f"orders?card={card}",
        "orders/J00000.5",
        "findings",
        "findings?state=open",
        f"findings?card={card}",
        "calls",
        "andon",
        "journal",
        "journal?limit=1000",
        f"journal?card={card}",
        f"journal?loop={loop}",
        "journal?station=post-01",
        "journal?station=post-01&since=2020-01-01T00:00:00Z",
        "journal/J00000.77",
    ]
    return ["/", "/andon", "/livez", "/readyz", "/metrics", *(f"/api/v1/{path}" for path in api)]


def ask_all(
    connection: http.client.HTTPConnection, plant: Measured, what: str
) -> Iterator[Measure]:
    """The worst of all pages, the worst deep page, and each page beyond the goal by name."""
    taken = {path: min(ask(connection, path)[0] for _ in range(5)) for path in paths(plant)}
    deep = {path: turn_pages(connection, path) for path in taken if path.startswith("/api/v1/")}
    goals = (Goal(200),)
    slow = max(taken, key=lambda path: taken[path])
    yield Measure(
        ROW,
        f"{what}: slowest of {len(taken)} pages ({slow})",
        "ms",
        taken[slow],
        None,
        goals,
        load(),
    )
    last = max(deep, key=lambda path: deep[path])
    yield Measure(
        ROW, f"{what}: slowest page turned ({last})", "ms", deep[last], None, goals, load()
    )
    for path, ms in sorted(taken.items(), key=lambda item: -item[1]):
        if path != slow and ms > 200:
            yield Measure(ROW, f"{what}: {path}", "ms", ms, None, goals, load())


def turn_pages(connection: http.client.HTTPConnection, path: str) -> float:
    """The slowest of the pages behind the first, ms; 0 where there is none."""
    worst, after = 0.0, ask(connection, path)[1]
    for _ in range(DEEP):
        if after is None:
            break
        ms, after = ask(connection, f"{path}{'&' if '?' in path else '?'}next={after}")
        worst = max(worst, ms)
    return worst


def ask(connection: http.client.HTTPConnection, path: str) -> tuple[float, str | None]:
    """One request: ms, and where the next page begins."""
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    took = (time.perf_counter() - began) * 1000
    if answer.status >= 400:
        raise AssertionError(f"GET {path}: {answer.status} {body[:300]!r}")
    if "application/json" not in (answer.getheader("content-type") or ""):
        return took, None
    found = json.loads(body)
    return took, found.get("next") if isinstance(found, dict) else None
