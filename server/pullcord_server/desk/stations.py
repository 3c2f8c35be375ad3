"""What stations say of themselves, and the lamps they show."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from pullcord_server.storage.model import StationRow
from pullcord_server.storage.rows import upsert
from pullcord_wire.message import Lamps

from .inbox import StatusIn
from .turn import Turn


@dataclass(slots=True)
class Heard:
    """A station's last live word on its lamps, and whether it knows more than this database."""

    server: str | None = None
    revision: int | None = None
    lamps: Lamps = field(default_factory=dict)
    ahead: bool = False


@dataclass(slots=True)
class Stations:
    """Every station that was heard of."""

    heard: dict[str, Heard] = field(default_factory=dict)

    def hear(self, turn: Turn, statuses: Sequence[StatusIn]) -> None:
        """Keep the newest status of each station; a live one also says what its lamps show."""
        newest = {s.station: s for s in statuses}
        rows = []
        for station, said in newest.items():
            status = said.status
            if not said.retained:
                heard = self.heard.setdefault(station, Heard())
                heard.server, heard.revision = status.server, status.lamps_revision
                heard.lamps = status.lamps
                turn.stations.add(station)
            rows.append(
                {
                    "id": station,
                    "online": status.online,
                    "journal": status.journal,
                    "backlog": status.backlog,
                    "heard": status.heard,
                    "version": status.version,
                    "clock": status.clock.value,
                    "faults": json.dumps(list(status.faults)),
                    "status_at": turn.now,
                    "lamps": json.dumps({k: dict(v) for k, v in status.lamps.items()}),
                    "lamps_revision": status.lamps_revision or 0,
                }
            )
        upsert(turn.book.connection, StationRow, rows)

    def note_ahead(self, turn: Turn) -> None:
        """Whether a station was told more by a database that this one is a past of."""
        for station, ahead in turn.ahead.items():
            heard = self.heard.setdefault(station, Heard())
            if heard.ahead and not ahead:
                turn.stations.add(station)
            heard.ahead = ahead
