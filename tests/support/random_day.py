"""A day on the random plant: what a story's moves do, over a server that may start again."""

from dataclasses import dataclass, field

from sqlalchemy import Engine

from pullcord_server.desk.action import card, floor, loop, order
from pullcord_server.domain.card import Event
from pullcord_server.domain.code import printed_code
from pullcord_wire.message import CodeBody, EntryType
from support.day import Day
from support.desk import Server, read
from support.post import Post
from support.random_plant import STATIONS, Story, plant


@dataclass(slots=True)
class RandomDay(Day):
    """A day whose plant may be defined anew, and whose server may start again."""

    story: Story = field(default_factory=lambda: Story(0, (), ()))
    text: str = ""

    @classmethod
    def on(cls, engine: Engine, story: Story) -> "RandomDay":
        """The story's plant applied, its time set, every station online."""
        server, text = Server(engine), plant(story.parts)
        server.apply(text)
        server.set(story.begins)
        posts = {name: Post(server, name) for name in STATIONS}
        return cls(server, posts, story=story, text=text)

    # -- moves

    def _reopen(self) -> None:
        """The server ends and starts again on its database."""
        old = self.server
        self.server = Server(old.engine, old.copy)
        self.server.tally = old.tally
        self.server.desk.tally = old.tally
        for post in self.posts.values():
            post.server = self.server
        self.server.set(old.now)

    def _repeat(self, station: str) -> None:
        """The station forgot the last answers: it sends a few entries again."""
        post = self.posts[station]
        post.journals[post.place].told = max(post.journals[post.place].told - 3, 0)
        if post.online:
            post.send()

    def _printed(self, station: str, event: str, card_id: str, version: int) -> None:
        self.posts[station].scan(event, printed_code(card_id, version))

    def _level(self, station: str, sensor: str, empty: bool) -> None:
        self.posts[station].level(sensor, empty)

    def _hang(self, station: str, reader: str, type_: str, code: str) -> None:
        self.posts[station].see(EntryType(type_), CodeBody(reader, code))

    def _scrap(self, card_id: str) -> None:
        self.do(lambda turn: card.change(turn, card_id, "lead", "cracked", scrap=True))

    def _portion(self, card_id: str, event: str, quantity: int) -> None:
        open_ = self._open(card_id)
        if open_:
            self.do(
                lambda turn: order.move(
                    turn, open_, Event(event), "lead", "so", cards=[card_id], quantity=quantity
                )
            )

    def _issue_emergency(self, name: str, ms: int) -> None:
        until = self.server.now + ms
        self.do(
            lambda turn: card.issue(
                turn, "lead", "rush", loop=name, kind="emergency", quantity=7, expires_at=until
            )
        )

    def _release(self, name: str) -> None:
        self.do(lambda turn: loop.release_now(turn, name, "lead", "now"))

    def _in_service(self, name: str, yes: bool) -> None:
        self.do(lambda turn: loop.change(turn, name, "planner", "so", in_service=yes))

    def _trial(self, name: str) -> None:
        self.do(lambda turn: loop.begin_trial(turn, name, "planner", "fewer", 1))

    def _trial_end(self, name: str, number: int, keep: bool) -> None:
        self.do(lambda turn: loop.end_trial(turn, name, number, "planner", "seen", keep))

    def _done(self) -> None:
        open_ = [t for t in self.server.rows("task", "at", "id") if t["done_at"] is None]
        if open_:
            self.do(lambda turn: floor.finish_task(turn, open_[0]["id"], "handler"))

    def _redefine(self, name: str, lead_time: str) -> None:
        head, mark, tail = self.text.partition(f'id = "{name}"\nkind')
        before, lead, rest = tail.partition('lead_time = "')
        self.text = head + mark + before + lead + lead_time + rest[rest.index('"') :]
        self.server.apply(self.text)
        self.server.work()

    def _open(self, card_id: str) -> str | None:
        rows = read(self.server.engine, "card", id=card_id)
        found: str | None = rows[0]["order"] if rows else None
        return found
