"""The status of a station: what it says, and when it is said. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Final

from pullcord_edge.core.replication import Replication
from pullcord_wire.message import ClockState, LampsMessage, Status

STATUS_S: Final = 2.0
"""It is said so often, and at each change."""


@dataclass(slots=True)
class Teller:
    """`reports`: faults that last as long as this start; `heard`: the `now` of the last answer."""

    run: str
    version: str
    reports: tuple[str, ...] = ()
    heard: int | None = None
    linked: bool = False
    _said: Status | None = None
    _said_at: float = field(default=-inf)

    def link(self, up: bool) -> None:
        """The broker is there, or gone: it may have forgotten what was said."""
        self.linked = up
        self._said = None

    def next_at(self) -> float:
        """When to say it again; `inf`: nobody hears."""
        return self._said_at + STATUS_S if self.linked else inf

    def tell(
        self,
        replication: Replication,
        lamps: LampsMessage | None,
        faults: Mapping[str, str],
        clock: ClockState,
        now: float,
    ) -> Status | None:
        """The status to publish now; None: nothing changed, and it is not time."""
        if not self.linked:
            return None
        status = Status(
            online=True,
            journal=self.run,
            server=replication.server,
            lamps_revision=lamps.revision if lamps else None,
            lamps=lamps.lamps if lamps else {},
            version=self.version,
            clock=clock,
            faults=(
                *(f"{device}: {fault}" for device, fault in sorted(faults.items())),
                *self.reports,
                *replication.faults(now),
            ),
        )
        if status == self._said and now < self._said_at + STATUS_S:
            return None
        self._said, self._said_at = status, now
        return replace(status, backlog=replication.backlog, heard=self.heard)
