"""Two servers answer one station: found when the station says so, cleared when it no longer does (DESIGN 7.3).

No decision: it is about the servers, and a restored one has its own word on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from pullcord_server.storage.book import FINDING

from .inbox import StatusIn
from .suspicion import PULLCORD, SUPERSEDED
from .turn import Turn

#: The fault in a station's status.
FAULT = "two servers"


@dataclass(slots=True)
class Rivals:
    """Stations that say so now, each with its finding."""

    open: dict[str, str] = field(default_factory=dict)

    def load(self, connection: Connection) -> None:
        """The findings that stand."""
        standing = (FINDING.c.type == "two_servers") & FINDING.c.resolved_at.is_(None)
        found = connection.execute(select(FINDING.c.station, FINDING.c.id).where(standing))
        self.open = {r.station: r.id for r in found}

    def hear(self, turn: Turn, statuses: Sequence[StatusIn]) -> None:
        """What stations say of it; a retained status and a last will say nothing about now."""
        said = {s.station: FAULT in s.status.faults for s in statuses if _live(s)}
        begun = {s: f"{s}.{turn.now}.two_servers" for s, is_ in said.items() if is_}
        new = {s: id_ for s, id_ in begun.items() if s not in self.open}
        self.open |= new
        for station, id_ in new.items():
            turn.find("two_servers", id_, turn.now, station=station, id_=id_)
        over = [s for s, is_ in said.items() if not is_ and s in self.open]
        for station in over:
            turn.book.resolve(
                self.open.pop(station), turn.now, PULLCORD, f"{SUPERSEDED}: one server answers"
            )


def _live(said: StatusIn) -> bool:
    return said.status.online and not said.retained
