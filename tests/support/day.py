"""A day on a floor, as moves: scans at posts that may be offline, and what people decide meanwhile."""

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from pullcord_server.desk.action import call, card, floor, loop, order, undo
from pullcord_server.desk.refusal import Refused
from pullcord_server.desk.replay import replay
from pullcord_server.desk.state import be_reborn
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.card import Event
from support.desk import SITE, Lines, Server, new_database, read, tag
from support.post import Post

Action = Callable[[Turn], Any]

PLANT = f"""
site = "{SITE}"
[[process]]
id = "assembly"
pacemaker = true
[[process]]
id = "machining"
[[process]]
id = "elsewhere"
[[item]]
id = "hose"
name = "Hose"
[[item]]
id = "gasket"
name = "Gasket"
[[loop]]
id = "BH"
kind = "withdrawal"
item = "hose"
source = "machining"
consumer = "assembly"
quantity = 20
cards = 4
lead_time = "45m"
scans = ["withdrawal", "arrival"]
demand = "60/h"
[[loop]]
id = "GK"
kind = "withdrawal"
item = "gasket"
source = "machining"
consumer = "assembly"
quantity = 100
cards = 3
lead_time = "30m"
scans = ["withdrawal", "dispatch", "arrival"]
strict = true
[[station]]
id = "post"
process = "assembly"
lights = ["stack"]
[[station]]
id = "dock"
process = "assembly"
[[station]]
id = "store"
process = "machining"
[[station]]
id = "wrong"
process = "elsewhere"
"""
STATIONS = ("post", "dock", "store", "wrong")


def tagged(plant: str = PLANT, **cards: int) -> str:
    """The plant with a tag for each of its cards."""
    counts = cards or {"BH": 4, "GK": 3}
    lines = [
        f'[[tag]]\ncode = "{tag(name, n)}"\ncard = "{name}-{n:03d}"\n'
        for name, count in counts.items()
        for n in range(1, count + 1)
    ]
    return plant + "".join(lines)


@dataclass(slots=True)
class Day:
    """A server, its stations, and what happened to them."""

    server: Server
    posts: dict[str, Post] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, engine: Engine, now: str = "06:00", plant: str | None = None) -> "Day":
        """A plant applied, time set, every station online."""
        server = Server(engine)
        server.apply(tagged() if plant is None else plant)
        server.set(now)
        return cls(server, {name: Post(server, name) for name in STATIONS})

    def do(self, action: Action) -> Any:
        """What a person wants; a refusal is noted, as people's wishes often are."""
        try:
            return self.server.act(action)
        except Refused as refused:
            self.refused.append(refused.type)
            return None

    def move(self, move: tuple[Any, ...]) -> None:
        """One move, by its name."""
        name, *values = move
        getattr(self, f"_{name}")(*values)

    def play(self, moves: Iterable[tuple[Any, ...]]) -> "Day":
        """Every move in order."""
        for move in moves:
            self.move(move)
        return self

    def end(self) -> None:
        """Everybody is online and drained."""
        for post in self.posts.values():
            post.come_back()

    # -- moves

    def _wait(self, ms: int) -> None:
        self.server.set(self.server.now + ms)

    def _scan(self, station: str, event: str, name: str, number: int) -> None:
        self.posts[station].scan(event, tag(name, number))

    def _code(self, station: str, event: str, code: str) -> None:
        self.posts[station].scan(event, code)

    def _undo(self, station: str, back: int) -> None:
        post = self.posts[station]
        journal = post.journals[-1]
        seq = len(journal.entries) + 1 - back
        if seq > 0:
            post.undo(f"{journal.id}.{seq}")

    def _press(self, station: str) -> None:
        self.posts[station].press("cord", "material")

    def _offline(self, station: str) -> None:
        self.posts[station].online = False

    def _online(self, station: str) -> None:
        self.posts[station].come_back()

    def _restart(self, station: str) -> None:
        self.posts[station].begin()

    def _change(self, card_id: str, what: str, value: Any) -> None:
        self.do(lambda turn: card.change(turn, card_id, "lead", "so", **{what: value}))

    def _take_back(self, card_id: str) -> None:
        self.do(lambda turn: undo.undo(turn, card_id, "lead", "by mistake", None))

    def _issue(self, name: str, ms: int) -> None:
        expires = self.server.now + ms
        self.do(
            lambda turn: card.issue(
                turn, "lead", "rush", loop=name, kind="express", expires_at=expires
            )
        )

    def _replace(self, card_id: str) -> None:
        self.do(lambda turn: card.issue(turn, "lead", "torn", replaces=card_id))

    def _bind(self, code: str, card_id: str) -> None:
        self.do(lambda turn: card.bind(turn, code, card_id, "lead"))

    def _unbind(self, code: str) -> None:
        self.do(lambda turn: card.unbind(turn, code, "lead"))

    def _print(self, card_id: str) -> None:
        self.do(lambda turn: card.print_card(turn, card_id, "lead", "torn"))

    def _number(self, name: str, cards: int) -> None:
        self.do(lambda turn: loop.change(turn, name, "planner", "advice", cards=cards))

    def _empty(self, name: str) -> None:
        self.do(lambda turn: loop.empty(turn, name, "lead", "label fell off"))

    def _order(self, card_id: str, event: str) -> None:
        open_ = self._open(card_id)
        if open_:
            self.do(lambda turn: order.move(turn, open_, Event(event), "lead", "so"))

    def _close(self, card_id: str) -> None:
        open_ = self._open(card_id)
        if open_:
            self.do(lambda turn: order.close(turn, [open_], "lead", "seen"))

    def _confirm(self, card_id: str, ms: int) -> None:
        open_, promised = self._open(card_id), self.server.now + ms
        if open_:
            self.do(lambda turn: order.confirm(turn, open_, "handler", promised))

    def _resolve(self) -> None:
        still = [f for f in self.server.rows("finding", "at", "id") if f["resolved_at"] is None]
        if still:
            self.do(lambda turn: floor.resolve(turn, still[-1]["id"], "lead", "seen"))

    def _collect(self, station: str) -> None:
        self.do(lambda turn: floor.collect(turn, station, "handler"))

    def _call(self, station: str) -> None:
        calls = self.server.desk.calls
        self.do(lambda turn: call.raise_call(turn, calls, station, "quality", "lead", None))

    def _apply(self, plant: str) -> None:
        self.server.apply(plant)

    def _open(self, card_id: str) -> str | None:
        (row,) = read(self.server.engine, "card", id=card_id)
        found: str | None = row["order"]
        return found


def reborn(engine: Engine, lines: Lines, now: int) -> Server:
    """What `restore` does to a database: a new life, and decisions settled again."""
    with engine.begin() as connection:
        be_reborn(connection, now)
    replay(engine, iter(deepcopy(lines.lines)), now)
    server = Server(engine, Lines(deepcopy(lines.lines)))
    server.set(now)
    return server


def from_nothing(day: Day, path: Path) -> Server:
    """A database made anew from the copy of decisions alone."""
    now = day.server.now
    return reborn(new_database(path, now, "restored"), day.server.copy, now)


def moved_to(day: Day, server: Server) -> Day:
    """The same stations, with what they have and believe, before another server."""
    posts = {}
    for name, post in day.posts.items():
        posts[name] = Post(
            server,
            name,
            journals=deepcopy(post.journals),
            place=post.place,
            asked=post.asked,
        )
    return Day(server, posts)
