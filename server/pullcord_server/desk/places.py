"""Where lamps stand: a plant's loops by the group that judges them, groups by the stations that show them (DESIGN 5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pullcord_server.domain.plant import Loop, Plant, Station

#: An item, and the process at whose stations it is shown.
Group = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Places:
    """A plant's loops by the group that judges them, and groups by the process whose stations show them."""

    loops: Mapping[Group, Sequence[Loop]]
    groups: Mapping[str, Sequence[Group]]

    @classmethod
    def of(cls, plant: Plant) -> "Places":
        """All of a plant's."""
        loops: dict[Group, list[Loop]] = {}
        groups: dict[str, list[Group]] = {}
        for loop in plant.loops.values():
            if loop.group not in loops:
                groups.setdefault(loop.place, []).append(loop.group)
            loops.setdefault(loop.group, []).append(loop)
        return cls(loops, groups)

    def idle(self, plant: Plant) -> set[str]:
        """The stations that show no group."""
        stations = plant.stations.values()
        return {s.id for s in stations if self.groups.keys().isdisjoint(s.processes)}

    def groups_at(self, station: Station) -> Iterator[Group]:
        """The groups a station shows."""
        for process in dict.fromkeys(station.processes):
            yield from self.groups.get(process, ())

    def loops_of(self, place: str) -> Iterator[str]:
        """The names of the loops that are judged at a place."""
        return (loop.id for group in self.groups[place] for loop in self.loops[group])

    def loops_at(self, station: Station) -> Iterator[Loop]:
        """The loops a station shows."""
        for group in self.groups_at(station):
            yield from self.loops[group]
