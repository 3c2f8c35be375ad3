"""Rules that fall due by time alone, in order: hours of release; lamps and calls bring their own."""

from dataclasses import dataclass, field

from pullcord_server.domain.plant import Plant

from .floor import Floor
from .piece import take_piece
from .release import gathers, has_hours, next_hour, release_gathered, release_hour
from .state import HOURS_SERVED, write_meta
from .turn import Turn


@dataclass(slots=True)
class Hours:
    """When each loop with fixed hours releases next. `since`: up to when all hours were served.

    `changed`: loops that may have gathered enough; while this database is filled again they wait
    until `quiet_until`, since what they gathered was released once.
    """

    plant: Plant | None = None
    since: int | None = None
    next: dict[str, int] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    quiet_until: int = 0

    def load(self, since: str | None) -> None:
        """Begin where the last turn of the database ended."""
        self.since = None if since is None else int(since)
        self.plant = None

    def next_due(self, floor: Floor, now: int) -> int | None:
        """The next hour of any loop."""
        plant = floor.plant
        if plant is None:
            return None
        if self.plant is not plant:
            self.plant = plant
            after = now if self.since is None else self.since
            found = {
                i: next_hour(plant, loop, after)
                for i, loop in plant.loops.items()
                if has_hours(loop)
            }
            self.next = {i: at for i, at in found.items() if at is not None}
            self.changed |= {i for i, loop in plant.loops.items() if gathers(loop)}
        dues = [*self.next.values(), *([self.quiet_until] if self.changed else [])]
        return min(dues, default=None)

    def run(self, turn: Turn) -> None:
        """Serve every hour that has come, and release what gathered in this turn."""
        plant = turn.floor.plant
        if plant is None:
            return
        self.next_due(turn.floor, turn.now)
        for loop_id in sorted(self.next, key=lambda i: self.next[i]):
            while self.next[loop_id] <= turn.now:
                at = self.next[loop_id]
                loop = plant.loops[loop_id]
                release_hour(turn, plant, loop, at)
                following = next_hour(plant, loop, at)
                if following is None:
                    break
                self.next[loop_id] = following
        if self.next and (self.since is None or turn.now - self.since >= 1000):
            self.since = turn.now
            write_meta(turn.book.connection, HOURS_SERVED, str(turn.now))
        self._release_gathered(turn, plant)

    def _release_gathered(self, turn: Turn, plant: Plant) -> None:
        self.quiet_until = turn.quiet_until
        gathering = {i for i in turn.loops if i in plant.loops and gathers(plant.loops[i])}
        self.changed |= gathering
        if turn.now < self.quiet_until:
            return
        rest = sorted(self.changed & plant.loops.keys() - gathering, reverse=True)
        for loop_id in [*sorted(gathering), *take_piece(turn, rest, lambda loop_id: [loop_id])]:
            release_gathered(turn, plant.loops[loop_id])
        self.changed = set(rest)
