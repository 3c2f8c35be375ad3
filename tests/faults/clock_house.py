"""A broker and a server with the right time, and posts whose machines have any."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from faults.crew import Worker
from pullcord_wire.instant import parse_instant
from support.broker import Broker
from support.cable import Cable
from support.hose_loop import hose_loop
from support.process import wait_while_running
from support.server_process import ServerProcess
from support.station_process import StationProcess
from support.until import until
from support.wall_clock import Machine, now_ms, wait_until_free

LONG_S = 60.0
CODES = {f"{number:010X}": f"BH-A1-{number:03}" for number in range(1, 900)}
POSTS = tuple(f"post-{number}" for number in range(1, 13))


@dataclass(frozen=True, slots=True)
class Drop:
    """A card that was dropped and beeped, and the real time before and after, ms since 1970."""

    code: str
    after: int
    before: int


class Post:
    """One station on a machine of its own, which is off until `boot`; its cable can be cut."""

    def __init__(self, folder: Path, name: str, broker: Broker) -> None:
        self.name = name
        self.cable = Cable(broker.port)
        self.machine = Machine(folder / "machine")
        self.station = StationProcess(
            folder,
            station=name,
            broker=self.cable.url,
            driver="line",
            before=self.machine.before,
            environment=self.machine.environment,
        )
        self.drops: list[Drop] = []

    def boot(self, wall: str | None = None, up_s: int = 12) -> None:
        """Power on, after a power cut if it ran; see Machine.boot."""
        self.power_off()
        self.machine.boot(wall, up_s)
        self.station.start()

    def restart(self) -> None:
        """The program dies and is started again in the same boot."""
        self.power_off()
        self.station.start()

    def power_off(self) -> None:
        """At once."""
        self.station.kill()
        wait_until_free(self.station.journal)

    def drop(self, codes: list[str]) -> list[Drop]:
        """Each card until it beeped."""
        found = []
        for code in codes:
            after = now_ms()
            worker = Worker(self.station, [code], 0.0)
            worker.start()
            until(lambda worker=worker: worker.done, f"{self.name} beeps for {code}", LONG_S)  # type: ignore[misc]
            assert worker.crash is None
            found.append(Drop(code, after, now_ms()))
        self.drops += found
        return found

    def told(self, words: str) -> None:
        """Wait until the station's log has these words."""
        until(lambda: words in self.station.process.said(100_000), f"{self.name}: {words}", LONG_S)

    def close(self) -> None:
        """Power off, for good."""
        self.station.close()
        self.cable.close()


@dataclass(slots=True)
class House:
    """`post` for a new post, `cards` for new cards."""

    folder: Path
    broker: Broker
    server: ServerProcess
    _codes: Iterator[str]
    posts: list[Post] = field(default_factory=list)

    def post(self) -> Post:
        """A new one."""
        name = POSTS[len(self.posts)]
        post = Post(self.folder / name, name, self.broker)
        self.posts.append(post)
        return post

    def cards(self, count: int) -> list[str]:
        """Codes of cards that nobody dropped yet."""
        return [next(self._codes) for _ in range(count)]

    def entries(self, post: Post) -> dict[str, dict[str, Any]]:
        """The first entry of each card dropped at a post, as the server has it, once it has them all."""
        wanted = {drop.code for drop in post.drops}
        found: dict[str, dict[str, Any]] = {}

        def all_there() -> bool:
            rows = [row for row in self.rows(post) if row["type"] == "withdrawal"]
            found.clear()
            for row in rows:
                found.setdefault(row["code"], row)
            return found.keys() == wanted

        until(all_there, f"the server has every drop of {post.name}", LONG_S, every_s=0.1)
        return found

    def rows(self, post: Post) -> list[dict[str, Any]]:
        """Every entry of a post as the server has it: journals in their order, numbers in theirs."""
        rows = self.server.collection("journal", station=post.name)
        return sorted(rows, key=lambda row: (row["journal"], row["seq"]))

    def findings(self, post: Post) -> list[str]:
        """The types of the findings that name this post or its cards, and are open."""
        cards = {CODES[drop.code] for drop in post.drops}
        return sorted(
            row["type"]
            for row in self.server.collection("findings")
            if row["resolved_at"] is None and (row["card"] in cards or row["station"] == post.name)
        )

    def check(self, post: Post) -> dict[str, dict[str, Any]]:
        """One order a card, opened when the entry says; numbers whole, time never back in a journal."""
        wrong: list[str] = ["nothing was looked at"]

        def agree() -> bool:  # a clock may become right between two looks
            wrong[:] = self._disagreements(post)
            return not wrong

        try:
            until(agree, "orders and entries agree", LONG_S, every_s=0.5)
        except AssertionError as error:
            error.add_note("\n".join(wrong))
            raise
        entries = self.entries(post)
        assert [row["verdict"] for row in entries.values()] == ["accepted"] * len(entries)
        journals: dict[str, list[dict[str, Any]]] = {}
        for row in self.rows(post):
            journals.setdefault(row["journal"], []).append(row)
        for rows in journals.values():
            assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
            times = [parse_instant(row["at"]) for row in rows]
            assert times == sorted(times), f"time goes back: {rows}"
        numbers = [(entries[d.code]["journal"], entries[d.code]["seq"]) for d in post.drops]
        assert numbers == sorted(numbers), "the order of the drops is not the order of the entries"
        return entries

    def _disagreements(self, post: Post) -> list[str]:
        """Cards without exactly one order, and orders not opened when the card's first entry says."""
        entries = {CODES[code]: row for code, row in self.entries(post).items()}
        orders: dict[str, list[dict[str, Any]]] = {card: [] for card in entries}
        for order in self.server.collection("orders"):
            for card in order["cards"]:
                if card in orders:
                    orders[card].append(order)
        return [
            f"{card}: {entries[card]} has {found}"
            for card, found in orders.items()
            if [one["opened_at"] for one in found] != [entries[card]["at"]]
        ]

    def close(self) -> None:
        """End everything."""
        for post in self.posts:
            post.close()
        self.server.close()
        self.broker.kill()


def open_house(folder: Path, cards: int) -> House:
    """Everything started, no post yet; so many cards can be dropped."""
    broker = Broker(folder / "broker")
    broker.start()
    server = ServerProcess(folder / "server", broker=broker.url)
    codes = dict(islice(CODES.items(), cards))
    tags = "".join(f'[[tag]]\ncode = "{code}"\ncard = "{card}"\n' for code, card in codes.items())
    places = "".join(
        f'[[station]]\nid = "{name}"\nprocess = "assembly-1"\nlights = ["stack"]\n'
        for name in POSTS
    )
    server.apply(hose_loop(cards, "8h") + places + tags)
    server.process.start()
    wait_while_running(server.process, "/readyz", lambda: server.answers("/readyz"), 2 * LONG_S)
    return House(folder, broker, server, iter(codes))
