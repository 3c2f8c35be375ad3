"""Stations and servers through any weather: nothing kept is lost, nothing has two effects."""

import os
from copy import deepcopy

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from wire_model.world import Database, Disk, Letter, Server, Station, World

PICK = st.integers(0, 5)
PAUSES = st.sampled_from([0.0, 0.01, 0.25, 0.3, 1.0, 1.1, 2.0, 4.5, 8.0, 11.0])


class Weather(RuleBasedStateMachine):
    """Every step is one thing that can happen; at the end it all must come out right."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.images: list[tuple[Station, Disk]] = []
        self.backups: list[Database] = []

    @initialize(scans=st.integers(0, 2))
    def begin(self, scans: int) -> None:
        station = self.world.add()
        for _ in range(scans):
            self.world.beep(station)

    def station(self, pick: int) -> Station:
        return self.world.stations[pick % len(self.world.stations)]

    def server(self, pick: int) -> Server:
        return self.world.servers[pick % len(self.world.servers)]

    def letter(self, pick: int) -> Letter:
        return self.world.letters[pick % len(self.world.letters)]

    @rule(pick=PICK)
    def beep(self, pick: int) -> None:
        self.world.beep(self.station(pick))

    @rule(pick=PICK)
    def publish(self, pick: int) -> None:
        self.world.publish(self.station(pick))

    @rule(pause=PAUSES)
    def pass_time(self, pause: float) -> None:
        self.world.pass_time(pause)

    @precondition(lambda self: self.world.letters)
    @rule(pick=PICK, server=PICK, again=st.booleans())
    def take(self, pick: int, server: int, again: bool) -> None:
        letter = self.letter(pick)
        self.world.take(self.server(server), letter)
        if not again:
            self.world.letters.remove(letter)

    @precondition(lambda self: self.world.answers)
    @rule(pick=PICK, again=st.booleans())
    def hear(self, pick: int, again: bool) -> None:
        ack = self.world.answers[pick % len(self.world.answers)]
        self.world.hear(ack)
        if not again:
            self.world.answers.remove(ack)

    @rule(pick=PICK, server=PICK)
    def round_trip(self, pick: int, server: int) -> None:
        letter = self.world.publish(self.station(pick))
        if letter is not None:
            self.world.hear(self.world.take(self.server(server), letter))

    @rule(pick=PICK, kept=st.booleans())
    def restart(self, pick: int, kept: bool) -> None:
        if kept:
            self.world.beep(self.station(pick), recorded=False)
        self.world.restart(self.station(pick))

    @rule(pick=PICK)
    def reconnect(self, pick: int) -> None:
        self.station(pick).replication.disconnected(self.world.now)
        self.station(pick).replication.connected(self.world.now)

    @rule(pick=PICK)
    def image(self, pick: int) -> None:
        station = self.station(pick)
        self.images.append((station, deepcopy(station.disk)))
        self.world.tell(f"{station.name}: card copied")

    @precondition(lambda self: self.images)
    @rule(pick=PICK)
    def boot_image(self, pick: int) -> None:
        station, disk = self.images[pick % len(self.images)]
        self.world.boot_image(station, disk)

    @precondition(lambda self: self.images and len(self.world.stations) < 3)
    @rule(pick=PICK)
    def clone(self, pick: int) -> None:
        self.world.add(self.images[pick % len(self.images)][1])

    @rule(pick=PICK, count=st.integers(1, 3))
    def trim(self, pick: int, count: int) -> None:
        self.world.trim(self.station(pick), count)

    @rule(pick=PICK)
    def backup(self, pick: int) -> None:
        self.backups.append(deepcopy(self.server(pick).database))
        self.world.tell(f"{self.server(pick).name}: backed up")

    @precondition(lambda self: self.backups)
    @rule(pick=PICK, server=PICK)
    def restore(self, pick: int, server: int) -> None:
        self.world.restore(self.server(server), self.backups[pick % len(self.backups)])

    @rule(server=PICK)
    def delete(self, server: int) -> None:
        self.world.restore(self.server(server), Database())

    @precondition(lambda self: len(self.world.servers) < 2)
    @rule()
    def second_server(self) -> None:
        self.world.servers.append(Server(self.world, "S1"))

    @invariant()
    def links_are_true(self) -> None:
        self.world.check_links()

    def teardown(self) -> None:
        if not self.world.stations:
            return
        try:
            for server in self.world.servers:
                self.world.settle(server)
                self.world.check(server)
        finally:
            note("\n".join(self.world.story))


def run(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Weather,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_nothing_kept_is_lost_and_nothing_has_two_effects_in_any_weather() -> None:
    run(examples=120, steps=40)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_nothing_is_lost_in_a_long_season_of_bad_weather() -> None:
    run(examples=int(os.environ.get("PULLCORD_SOAK", "5000")), steps=80)
