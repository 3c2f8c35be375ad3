"""Kills of broker, server and stations at seeded moments, told by how many cards have beeped."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

STALLED_S: Final = 60.0
"""Nothing beeped for this long: the storm fails instead of waiting for ever."""


class Machine(Protocol):
    """What can be killed and started again."""

    def kill(self) -> None: ...

    def start(self) -> None: ...


@dataclass(slots=True)
class Storm:
    """`beeps` counts cards that beeped so far; between two of `deeds` kills `calm` more do at most."""

    random: random.Random
    broker: Machine
    server: Machine
    stations: Sequence[Machine]
    beeps: Callable[[], int]
    deeds: int
    calm: int
    kills: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)

    def blow(self, working: Callable[[], bool]) -> None:
        """Every kind of kill as often as the others, in any order; then calm until the work is done."""
        kinds = [self._broker, self._server, self._station, self._broker_then_station, self._all]
        deck = [kinds[number % len(kinds)] for number in range(self.deeds)]
        self.random.shuffle(deck)
        for deed in deck:
            self._wait_for_beeps(self.random.randint(1, self.calm), working)
            assert working(), f"the work was done before the storm was over: {dict(self.kills)}"
            deed()
        while working():
            self._wait_for_beeps(1, working)

    def _broker(self) -> None:
        self._kill("broker", self.broker)
        self._pause()
        self.broker.start()

    def _server(self) -> None:
        self._kill("server", self.server)
        self._pause()
        self.server.start()

    def _station(self) -> None:
        station = self.random.choice(self.stations)
        self._kill("station", station)
        self._pause()
        station.start()

    def _broker_then_station(self) -> None:
        """The one that tells a journal from none: scans go on without a broker, then the station dies."""
        station = self.random.choice(self.stations)
        self._kill("broker", self.broker)
        self._wait_for_beeps(self.random.randint(3, 20), lambda: True, 5.0)
        self._kill("station", station)
        self.kills["broker, then station"] += 1
        self._pause()
        station.start()
        self._pause()
        self.broker.start()

    def _all(self) -> None:
        """Power cut."""
        self._kill("server", self.server)
        self._kill("broker", self.broker)
        for station in self.stations:
            self._kill("station", station)
        machines = [self.server, self.broker, *self.stations]
        self.random.shuffle(machines)
        for machine in machines:
            machine.start()

    def _kill(self, kind: str, machine: Machine) -> None:
        machine.kill()
        self.kills[kind] += 1
        self.story.append(f"{self.beeps()} beeps: {kind} {getattr(machine, 'name', '')} killed")

    def _pause(self) -> None:
        time.sleep(self.random.uniform(0.0, 1.0))

    def _wait_for_beeps(
        self, count: int, working: Callable[[], bool], most_s: float = STALLED_S
    ) -> None:
        goal = self.beeps() + count
        give_up = time.monotonic() + most_s
        while self.beeps() < goal and working():
            if time.monotonic() > give_up:
                if most_s >= STALLED_S:
                    raise AssertionError(f"nothing beeps any more after {self.story[-5:]}")
                return
            time.sleep(0.005)
