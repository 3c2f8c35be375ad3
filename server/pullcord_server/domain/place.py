"""Where a card belongs: which stations may scan which step of a loop (DESIGN 3.2, *Places*)."""

from .card import Event
from .plant import Kind, Loop, Plant


def serves(plant: Plant, loop: Loop, station: str, event: Event) -> bool:
    """Whether this station's process is where `event` of a card of `loop` happens."""
    known = plant.stations.get(station)
    if known is None:
        return False
    if loop.kind in (Kind.PRODUCTION, Kind.SIGNAL) or event is Event.DISPATCH:
        return loop.source in known.processes
    if event in (Event.START, Event.FINISH):  # no step of this loop, so either end may say so
        return loop.source in known.processes or loop.consumer in known.processes
    return loop.consumer in known.processes
