"""Whether a loop is judged: in service, being filled for the first time, or suspended."""

from pullcord_server.domain.group import Service

from .loops import loop_row
from .turn import Turn


def service_of(turn: Turn, loop_id: str) -> Service:
    """In service once somebody says so, or once every box has been filled for the first time."""
    if turn.services is None:
        return _service(turn, loop_id)
    if loop_id not in turn.services:
        turn.services[loop_id] = _service(turn, loop_id)
    return turn.services[loop_id]


def _service(turn: Turn, loop_id: str) -> Service:
    row = loop_row(turn, loop_id)
    if row["in_service"] is not None:
        return Service.IN_SERVICE if row["in_service"] else Service.SUSPENDED
    own = [k.card for k in turn.book.cards_of(loop_id) if k.card.life == "circulating"]
    standing = [c for c in own if c.kind == "standing"]
    filled = all(c.filled for c in standing)
    return Service.IN_SERVICE if filled else Service.FILLING
