"""What the lights should show: the highest revision of the obeyed server. Pure."""

from dataclasses import dataclass, field
from typing import Final

from pullcord_wire.message import LampsMessage

_SERVERS: Final = 4


@dataclass(slots=True)
class WantedLamps:
    """The newest lamps of each server lately heard."""

    _newest: dict[str, LampsMessage] = field(default_factory=dict)

    def hear(self, message: LampsMessage) -> None:
        """A lamps message came, retained or not: the higher revision of its server wins."""
        before = self._newest.pop(message.server, None)
        newer = before is None or message.revision > before.revision
        self._newest[message.server] = message if newer or before is None else before
        while len(self._newest) > _SERVERS:
            del self._newest[next(iter(self._newest))]

    def of(self, server: str | None) -> LampsMessage | None:
        """What this server wants; None: nothing was heard of it."""
        return self._newest.get(server) if server is not None else None
