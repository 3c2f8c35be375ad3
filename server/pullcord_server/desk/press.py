"""A cord or button at a station."""

from pullcord_server.domain.call import CallType
from pullcord_wire.message import CallBody

from .turn import Turn


def press(turn: Turn, entry: str, station: str, body: CallBody, at: int) -> None:
    """A press calls; letting go does nothing. A type this version does not know calls for the supervisor."""
    if not body.pressed:
        return
    try:
        type_ = CallType(body.call)
    except ValueError:
        type_ = CallType.SUPERVISOR
    turn.presses.append((entry, station, type_, at))
