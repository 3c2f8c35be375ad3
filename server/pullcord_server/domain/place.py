"""Where a card belongs: which stations may scan which step of a loop (DESIGN 3.2, *Places*)."""

from .card import Event
from .plant import Kind, Loop, Plant


def serves(plant: Plant, loop: Loop, station: str, event: Event) -> bool:
    """Whether this station's process is where `event` of a card of `loop` happens."""
    known = plant.stations.get(station)
    if known is None:
        return False
    in_house = loop.kind in (Kind.PRODUCTION, Kind.SIGNAL)
    at_source = in_house or event is Event.DISPATCH
    return (loop.source if at_source else loop.consumer) in known.processes
