"""The plant in time: which definition, which binding of a code, held at an instant."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pullcord_server.domain import calendar
from pullcord_server.domain.plant import Bin, Loop, Plant
from pullcord_server.domain.plant_file import parse_plant
from pullcord_server.domain.portion import Due


@dataclass(frozen=True, slots=True)
class Binding:
    """From `since` on a code is bound to `card`; None: to no card."""

    since: int
    card: str | None


@dataclass(frozen=True, slots=True)
class Sensors:
    """Bins by station and sensor (or the reader of a rack). `shared`: loops with sensors that know no card."""

    bound: Mapping[tuple[str, str], Bin]
    shared: frozenset[str]

    @classmethod
    def of(cls, plant: Plant) -> "Sensors":
        """Those of a plant."""
        bound = {(b.station, b.sensor): b for b in plant.bins}
        return cls(bound, frozenset(b.loop for b in plant.bins if b.card is None))


@lru_cache(maxsize=1)
def stored_plant(text: str) -> Plant:
    """The plant of a definition that was checked when it was applied."""
    return parse_plant(text, issued=None)


@dataclass(slots=True)
class Version:
    """A plant definition that holds from `at` on. Its text is read when somebody asks."""

    at: int
    text: str | None
    read: Plant | None = None

    @property
    def plant(self) -> Plant:
        """What it defines."""
        if self.read is None:
            self.read = stored_plant(self.text or "")
            self.text = None
        return self.read


@dataclass(slots=True)
class Floor:
    """Every plant definition and binding there was. The first plant applies to all time before it."""

    plants: list[Version] = field(default_factory=list)
    tags: dict[str, list[Binding]] = field(default_factory=dict)
    _sensors: "tuple[Plant, Sensors] | None" = None

    @property
    def plant(self) -> Plant | None:
        """The newest definition."""
        return self.plants[-1].plant if self.plants else None

    def plant_at(self, at: int) -> Plant:
        """The definition that held at `at`."""
        newest = self.plants[-1]
        if at >= newest.at or len(self.plants) == 1:
            return newest.plant
        index = bisect_right(self.plants, at, key=lambda v: v.at) - 1
        return self.plants[max(index, 0)].plant

    def loop_at(self, loop: str, at: int) -> Loop:
        """A loop's definition at `at`; where it had none then, its first or its last."""
        found = self.plant_at(at).loops.get(loop)
        if found is not None:
            return found
        having = [(v.at, v.plant.loops[loop]) for v in self.plants if loop in v.plant.loops]
        before = [known for since, known in having if since <= at]
        return before[-1] if before else having[0][1]

    def due(self, loop: Loop, at: int) -> Due:
        """Release → due instant by the working time of the loop's source."""
        hours = self.plant_at(at).calendar_of(loop.source)
        return lambda released: calendar.add(hours, released, loop.lead_time)

    def sensors_at(self, at: int) -> "Sensors":
        """The bins of the definition that held at `at`."""
        plant = self.plant_at(at)
        if self._sensors is None or self._sensors[0] is not plant:
            self._sensors = (plant, Sensors.of(plant))
        return self._sensors[1]

    def bind(self, code: str, binding: Binding) -> None:
        """A code is bound, or bound to no card."""
        self.tags.setdefault(code, []).append(binding)

    def is_tag(self, code: str) -> bool:
        """Whether the code was ever told to the plant."""
        return code in self.tags

    def card_of(self, code: str, at: int) -> str | None:
        """The card a code meant at `at`: a binding reaches back to the last time it meant another card."""
        return card_at(self.tags.get(code, ()), at)


def card_at(history: Sequence[Binding], at: int) -> str | None:
    """The card of a code's history at `at`, or None."""
    index = max(bisect_right(history, at, key=lambda b: b.since) - 1, 0)
    for binding in history[index:]:
        if binding.card is not None:
            return binding.card
    return None


def reach(history: Sequence[Binding]) -> int:
    """How far back the newest binding of a code reaches, ms; 0 is the beginning."""
    for before in reversed(history[:-1]):
        if before.card is None:
            continue
        later = history[history.index(before) + 1]
        return later.since
    return 0
