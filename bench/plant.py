"""The plant that is measured: posts with loops of their own, and boards whose one card turns them red."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

SITE = "s1"

_HEAD = f"""\
site = "{SITE}"
timezone = "Asia/Tokyo"

[[process]]
id = "store"
"""
_LOOP = """
[[item]]
id = "part-{id}"
name = "Part {id}"

[[loop]]
id = "{id}"
kind = "withdrawal"
item = "part-{id}"
source = "store"
consumer = "{consumer}"
quantity = 20
cards = {cards}
lead_time = "30m"
min_cycle = "1s"
repeat_window = "1s"
scans = ["withdrawal", "arrival"]
demand = "60/h"
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """`posts` stations with `loops` loops of `cards` cards each; `boards` stations of one loop of one card."""

    posts: int = 50
    loops: int = 10
    cards: int = 20
    boards: int = 0

    def names(self) -> list[str]:
        """The stations that read cards."""
        return [f"post-{number:02d}" for number in range(self.posts)]

    def cards_of(self, post: int) -> list[str]:
        """The cards dropped at a post, loop after loop in turn."""
        return [
            f"L{post:02d}{loop:02d}-{card:03d}"
            for card in range(1, self.cards + 1)
            for loop in range(self.loops)
        ]

    def board_cards(self) -> list[str]:
        """The cards that turn a board red; they are dropped at the first post."""
        return [f"B{board:03d}-001" for board in range(self.boards)]

    def tags(self) -> dict[str, str]:
        """Code → card."""
        own = [card for post in range(self.posts) for card in self.cards_of(post)]
        return {f"0A{n:08X}": card for n, card in enumerate([*own, *self.board_cards()])}

    def text(self, *, bound: bool = True) -> str:
        """The plant's file. `bound`: with a tag for each card."""
        return "".join([*self._parts(), *(self._bindings() if bound else ())])

    def _bindings(self) -> Iterator[str]:
        for code, card in self.tags().items():
            yield f'\n[[tag]]\ncode = "{code}"\ncard = "{card}"\n'

    def _parts(self) -> Iterator[str]:
        yield _HEAD
        for post, name in enumerate(self.names()):
            yield f'\n[[process]]\nid = "line-{post:02d}"\n'
            for loop in range(self.loops):
                yield _LOOP.format(
                    id=f"L{post:02d}{loop:02d}", consumer=f"line-{post:02d}", cards=self.cards
                )
            served = [f"line-{post:02d}"]
            if post == 0:
                served += [f"bench-{board:03d}" for board in range(self.boards)]
            yield f'\n[[station]]\nid = "{name}"\nprocesses = {json.dumps(served)}\nlights = ["stack"]\n'
        for board in range(self.boards):
            yield f'\n[[process]]\nid = "bench-{board:03d}"\n'
            yield _LOOP.format(id=f"B{board:03d}", consumer=f"bench-{board:03d}", cards=1)
            yield (
                f'\n[[station]]\nid = "board-{board:03d}"\nprocess = "bench-{board:03d}"\n'
                'lights = ["stack"]\n'
            )
