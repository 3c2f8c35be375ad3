"""A house without a desk's thread: actions run at once in a transaction of their own; time is driven."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine, insert
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlmodel import SQLModel

from pullcord_server.api.application import create_app
from pullcord_server.api.house import House
from pullcord_server.desk.action.plant import apply_plant
from pullcord_server.desk.calls import Calls
from pullcord_server.desk.changes import Changes
from pullcord_server.desk.late import fold_late
from pullcord_server.desk.refusal import Refused
from pullcord_server.desk.state import load_floor
from pullcord_server.desk.tally import Tally
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.plant import Plant
from pullcord_server.domain.plant_file import parse_plant
from pullcord_server.storage.book import Book
from pullcord_server.storage.engine import IMMEDIATE, open_engine
from pullcord_server.storage.rows import Row, table_of
from pullcord_server.storage.shelf import Shelf
from pullcord_wire.instant import parse_instant

T = TypeVar("T")

PLANT = """
site = "s1"
[[process]]
id = "assembly-1"
pacemaker = true
[[process]]
id = "machining-3"
[[supplier]]
id = "seals-ltd"
name = "Seals Ltd"
[[item]]
id = "brake-hose"
name = "Brake hose"
[[item]]
id = "gasket"
name = "Gasket"
[[loop]]
id = "BH-A1"
kind = "withdrawal"
item = "brake-hose"
source = "machining-3"
consumer = "assembly-1"
quantity = 20
cards = 6
lead_time = "45m"
scans = ["withdrawal", "arrival"]
demand = "60/h"
[[loop]]
id = "GK-A1"
kind = "withdrawal"
item = "gasket"
source = "machining-3"
consumer = "assembly-1"
quantity = 100
cards = 3
lead_time = "30m"
scans = ["withdrawal"]
[[station]]
id = "assy1-post"
process = "assembly-1"
lights = ["stack"]
[[station]]
id = "m3-rack"
process = "machining-3"
"""
NOON = parse_instant("2026-11-23T12:00:00Z")
MINUTE = 60_000


@dataclass(slots=True)
class FakeDesk:
    """Answers each action with `answer`, or what it is told to be. `asked`: the actions that came."""

    answer: Any = None
    tally: Tally = field(default_factory=Tally)
    crashed: str | None = None
    problems: list[str] = field(default_factory=list)
    asked: list[Callable[[Turn], Any]] = field(default_factory=list)
    clock: int | None = None
    calls: Calls = field(default_factory=Calls)

    def submit(self, action: Callable[[Turn], T]) -> "Future[T]":
        """Its future has `answer`: a value, an exception, or never anything (None)."""
        self.asked.append(action)
        future: Future[T] = Future()
        if isinstance(self.answer, Exception):
            future.set_exception(self.answer)
        elif self.answer is not None:
            future.set_result(self.answer)
        return future

    def set_clock(self, now: int) -> "Future[None]":
        """Forward only."""
        future: Future[None] = Future()
        if self.clock is not None and now < self.clock:
            future.set_exception(Refused(409, "clock-back", "the clock does not go back"))
        else:
            self.clock = now
            future.set_result(None)
        return future

    def ready(self) -> list[str]:
        """What the test says is wrong."""
        return list(self.problems)


@dataclass(slots=True)
class TurnDesk(FakeDesk):
    """Decides each action at once, in a turn and a transaction of its own."""

    engine: Engine | None = None
    now: int = NOON

    def submit(self, action: Callable[[Turn], T]) -> "Future[T]":
        """As the desk does it, without its thread."""
        assert self.engine is not None
        future: Future[T] = Future()
        connection = self.engine.connect().execution_options(**IMMEDIATE)
        with connection, connection.begin() as transaction:
            floor = load_floor(connection)
            turn = Turn(Book(connection, Shelf()), floor, self.now, 0, self.tally)
            try:
                result = action(turn)
                fold_late(turn)
                turn.book.flush()
            except Refused as refused:
                transaction.rollback()
                future.set_exception(refused)
                return future
        future.set_result(result)
        return future


@dataclass(slots=True)
class Site:
    """A database of its own in `folder` (or at `url`), and everything a `House` is made of."""

    folder: Path
    url: str | None = None
    engine: Engine = field(init=False)
    desk: FakeDesk = field(default_factory=FakeDesk)
    changes: Changes = field(default_factory=Changes)
    now: int | None = NOON
    plant: Plant | None = field(default_factory=lambda: parse_plant(PLANT))
    broker_fault: str | None = None

    def __post_init__(self) -> None:
        self.engine = open_engine(self.url or f"sqlite:///{self.folder}/pullcord.db")
        SQLModel.metadata.create_all(self.engine)

    def house(self, **more: Any) -> House:
        """The house as routes see it."""
        return House(
            site="s1",
            engine=self.engine,
            desk=self.desk,
            changes=self.changes,
            now=lambda: self.now,
            plant=lambda: self.plant,
            broker_fault=lambda: self.broker_fault,
            **more,
        )

    def client(self, **more: Any) -> "Client":
        """A client of the application over this house."""
        return Client(create_app(self.house(**more)))

    def decide(self) -> TurnDesk:
        """From now on actions are carried out; the plant is applied first."""
        desk = TurnDesk(engine=self.engine)
        self.desk = desk
        desk.submit(lambda turn: apply_plant(turn, PLANT, "planner-1")).result()
        return desk

    def write(self, model: type[SQLModel], *rows: Row) -> None:
        """Put rows in a table."""
        names = sorted({name for row in rows for name in row})
        default = {
            c.name: c.default.arg
            for c in table_of(model).c
            if isinstance(c.default, ScalarElementColumnDefault)
        }
        whole = [{n: row.get(n, default.get(n)) for n in names} for row in rows]
        with self.engine.begin() as connection:
            connection.execute(insert(table_of(model)), whole)


@dataclass(slots=True)
class Client:
    """Requests to an application in this process."""

    app: FastAPI

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request and its answer."""

        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://house") as client:
                return await client.request(method, path, **more)

        return asyncio.run(run())

    def get(self, path: str, **params: Any) -> httpx.Response:
        """Read."""
        return self.ask("GET", path, params=params or None)

    def every(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All rows of a collection, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self.get(path, **params)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            found += body["items"]
            if body["next"] is None:
                return found
            params["next"] = body["next"]


def card(id_: str, **more: Any) -> Row:
    """A card's row: full and circulating unless said otherwise."""
    loop, _, number = id_.rpartition("-")
    return {
        "id": id_,
        "loop": loop,
        "number": int(number),
        "kind": "standing",
        "state": "full",
        "life": "circulating",
        "actual": 20,
        "version": 1,
        "since": NOON,
        "start": "{}",
        "after": "{}",
        **more,
    }


def order(id_: str, at: int, *cards: str, **more: Any) -> Row:
    """An order's row: released when opened, unless said otherwise."""
    return {
        "id": id_,
        "loop": "BH-A1",
        "kind": "withdrawal",
        "item": "brake-hose",
        "quantity": 20,
        "source": "machining-3",
        "consumer": "assembly-1",
        "state": "released",
        "cards": json.dumps(cards),
        "opened_at": at,
        "released_at": at,
        "due_at": at + 45 * MINUTE,
        **more,
    }


def fact(journal: str, seq: int, at: int, **more: Any) -> Row:
    """An entry's row: an accepted withdrawal, unless said otherwise."""
    return {
        "journal": journal,
        "seq": seq,
        "station": "assy1-post",
        "type": "withdrawal",
        "event": "withdrawal",
        "code": "0A00B41F2C",
        "card": "BH-A1-001",
        "at": at,
        "seen_at": at,
        "up": 1.0,
        "clock": "synced",
        "boot": "b1",
        "received_at": at + 5,
        "body": '{"reader":"post"}',
        "verdict": "accepted",
        "findings": "",
        **more,
    }


def finding(id_: str, at: int, **more: Any) -> Row:
    """A finding's row: open, unless said otherwise."""
    return {
        "id": id_,
        "type": "arrival_missed",
        "card": "BH-A1-001",
        "loop": "BH-A1",
        "station": "assy1-post",
        "entry": "J.1",
        "at": at,
        "written_at": at + 5,
        **more,
    }


def call(id_: str, at: int, **more: Any) -> Row:
    """A call's row: raised, unless said otherwise."""
    return {
        "id": id_,
        "type": "material",
        "state": "raised",
        "station": "assy1-post",
        "loop": "BH-A1",
        "raised_at": at,
        "body": "{}",
        **more,
    }
