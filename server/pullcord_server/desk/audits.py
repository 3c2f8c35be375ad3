"""Audits on the desk: what falls due by time, what this turn brought, each looked at once (DESIGN 3.5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pullcord_server.domain.plant import HOUR, Plant

from .clones import Clones
from .collected import Collections
from .inbox import StatusIn
from .posts import Posts
from .questions import Questions
from .rivals import Rivals
from .state import read_meta, write_meta
from .stuck import Stuck
from .turn import GRACE, Turn

#: Shifts that ended up to so long before a start are judged after it.
MISSED = 12 * HOUR


@dataclass(slots=True)
class Audits:
    """Everything that expects something. `quiet_until`: before it nothing is judged by time."""

    posts: Posts
    stuck: Stuck = field(default_factory=Stuck)
    clones: Clones = field(default_factory=Clones)
    questions: Questions = field(default_factory=Questions)
    rivals: Rivals = field(default_factory=Rivals)
    collections: Collections = field(default_factory=Collections)
    quiet_until: int | None = None
    _plant: Plant | None = None
    _moved: set[str] = field(default_factory=set)

    def load(self) -> None:
        """Read everything again in the next turn, and give stations time to say what they have."""
        self._plant = None
        self.quiet_until = None

    @property
    def next_at(self) -> int | None:
        """When to look next."""
        dues = [d for d in (self.stuck.next_at, self.posts.next_at) if d is not None]
        if self._moved or self.stuck.unread:
            dues.append(0)
        due = min(dues, default=None)
        return None if due is None else max(due, self.quiet_until or 0)

    def hear(self, turn: Turn, statuses: Sequence[StatusIn]) -> None:
        """What stations say of themselves."""
        plant = turn.floor.plant
        if plant is None:
            return
        if self._plant is not plant:
            self._load(turn, plant)
        if statuses:
            self.rivals.hear(turn, statuses)

    def run(self, turn: Turn) -> None:
        """Look at what changed, and at what is due."""
        plant = turn.floor.plant
        if plant is None:
            return
        if self._plant is not plant:
            self._load(turn, plant)
        if turn.shown or turn.tags_changed:
            self.clones.run(turn)
        self.questions.run(turn)
        self.collections.run(turn)
        self._moved |= turn.book.touched
        self._wait_for_refill(turn)
        self.stuck.read(turn, plant)
        quiet = self.quiet_until is not None and turn.now < self.quiet_until
        if quiet or self.stuck.unread:
            self.posts.remember(turn)
            return
        self.posts.note(turn)
        self.stuck.note(turn, plant, self._moved)
        self._moved = set()
        self.stuck.run(turn, plant)
        self.posts.run(turn, plant)

    def _wait_for_refill(self, turn: Turn) -> None:
        """Nothing is called stuck or dead while cards are not yet where they are."""
        if turn.refilled:
            self.quiet_until = turn.now + GRACE

    def _load(self, turn: Turn, plant: Plant) -> None:
        connection = turn.book.connection
        turn.book.flush()
        since = read_meta(connection, "watched_since")
        if since is None:
            since = str(turn.now)
            write_meta(connection, "watched_since", since)
        if self.quiet_until is None:
            self.quiet_until = turn.now + GRACE
        self._plant = plant
        self.clones.load(connection, turn.now)
        self.questions.load(connection)
        self.rivals.load(connection)
        self.collections.load(connection)
        self.stuck.load(turn, plant, int(since))
        self._moved = set(self.stuck.open)
        self.posts.load(connection, plant, max(int(since), turn.now - MISSED))
