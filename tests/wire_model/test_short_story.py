"""Short stories in every order: a small budget of events, shuffled, finds what long weather misses."""

import os
from collections.abc import Callable
from copy import deepcopy

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from wire_model.world import Database, Disk, Server, Station, World

TALK = ["publish"] * 4 + ["take old"] * 2 + ["take new"] * 3 + ["take again"] + ["hear"] * 4
BUDGETS = {
    "a card and a database go back": [
        *TALK, "beep", "beep", "wait", "wait", "restart",
        "image", "boot image", "backup", "restore", "trim", "trim",
    ],
    "a card is copied and a database deleted": [
        *TALK, "beep", "beep", "beep", "wait", "wait",
        "image", "clone", "restart", "restore", "hear again", "next station",
    ],
    "two servers answer": [
        *TALK, "beep", "beep", "wait", "wait", "long wait",
        "second server", "next server", "next server", "backup", "restore", "hear again",
    ],
}  # fmt: skip


class Story:
    """A world, and who is spoken of."""

    def __init__(self) -> None:
        self.world = World()
        self.world.add()
        self.image: Disk | None = None
        self.backup = Database()
        self._station = self._server = 0

    @property
    def station(self) -> Station:
        return self.world.stations[self._station % len(self.world.stations)]

    @property
    def server(self) -> Server:
        return self.world.servers[self._server % len(self.world.servers)]

    def take(self, place: int, again: bool = False) -> None:
        """A page that is on the network reaches the server, which may happen again."""
        if self.world.letters:
            letter = self.world.letters[place]
            self.world.take(self.server, letter)
            if not again:
                self.world.letters.remove(letter)

    def hear(self, again: bool = False) -> None:
        """The oldest answer on the network arrives, which may happen again."""
        if self.world.answers:
            ack = self.world.answers[0]
            self.world.hear(ack)
            if not again:
                self.world.answers.remove(ack)

    def copy_card(self) -> None:
        self.image = deepcopy(self.station.disk)

    def boot_image(self) -> None:
        if self.image is not None:
            self.world.boot_image(self.station, self.image)

    def clone(self) -> None:
        if self.image is not None:
            self.world.add(self.image)

    def back_up(self) -> None:
        self.backup = deepcopy(self.server.database)

    def add_server(self) -> None:
        self.world.servers.append(Server(self.world, "S1"))

    def next(self, station: bool) -> None:
        """From now on another one is spoken of."""
        self._station += station
        self._server += not station


EVENTS: dict[str, Callable[[Story], object]] = {
    "beep": lambda story: story.world.beep(story.station),
    "publish": lambda story: story.world.publish(story.station),
    "take old": lambda story: story.take(0),
    "take new": lambda story: story.take(-1),
    "take again": lambda story: story.take(0, again=True),
    "hear": lambda story: story.hear(),
    "hear again": lambda story: story.hear(again=True),
    "wait": lambda story: story.world.pass_time(2.1),
    "long wait": lambda story: story.world.pass_time(10.1),
    "restart": lambda story: story.world.restart(story.station),
    "image": lambda story: story.copy_card(),
    "boot image": lambda story: story.boot_image(),
    "clone": lambda story: story.clone(),
    "backup": lambda story: story.back_up(),
    "restore": lambda story: story.world.restore(story.server, story.backup),
    "trim": lambda story: story.world.trim(story.station, 1),
    "second server": lambda story: story.add_server(),
    "next server": lambda story: story.next(station=False),
    "next station": lambda story: story.next(station=True),
}


def play(events: list[str]) -> None:
    """Let it all happen in this order; then the weather clears up, and it must have ended well."""
    story = Story()
    try:
        for event in events:
            EVENTS[event](story)
            story.world.check_links()
        for server in story.world.servers:
            story.world.settle(server)
            story.world.check(server)
    finally:
        note("\n".join(story.world.story))


def shuffle(budget: str, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
    )
    @given(events=st.permutations(BUDGETS[budget]))
    def run(events: list[str]) -> None:
        play(events)

    run()


@pytest.mark.parametrize("budget", BUDGETS)
def test_in_whatever_order_a_few_things_happen_it_ends_well(budget: str) -> None:
    shuffle(budget, 250)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("budget", BUDGETS)
def test_in_very_many_orders_it_ends_well(budget: str) -> None:
    shuffle(budget, int(os.environ.get("PULLCORD_SOAK", "20000")))
