"""A turn: what one transaction of the deciding thread has at hand, and what it must say afterwards."""

from dataclasses import dataclass, field
from typing import Any

from pullcord_server.domain.call import CallType
from pullcord_server.domain.card import Decision, Item
from pullcord_server.domain.fold import Span
from pullcord_server.domain.group import Service
from pullcord_server.domain.plant import Loop
from pullcord_server.domain.transition import Ground
from pullcord_server.storage.book import Book, finding_id
from pullcord_server.storage.rows import Row
from pullcord_server.storage.shelf import Known
from pullcord_wire.message import Ack, Command

from .floor import Floor
from .tally import Tally

#: How old an entry may be on arrival and still be shown, sounded, mailed.
FRESH = 60_000
#: While stations fill this database again, and for so long after, cards are not yet where they are.
GRACE = 60_000


@dataclass(frozen=True, slots=True)
class Copied:
    """A decision as its line in the copy: everything needed to settle it again."""

    number: int
    id: str
    at: int
    by: str
    action: str
    reason: str | None
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Broken:
    """A step of a card that would break what must always hold: by which entry or decision, and what."""

    card: str
    loop: str
    entry: str
    at: int
    what: str


@dataclass(slots=True)
class Turn:
    """One turn. `now`: the server's clock; `born`: when this database began (creation or restore).
    `quiet`: until when earlier turns want nothing settled, see `quiet_until`.

    `services`: whether loops are judged, remembered once no card changes any more. `late`: card → what of its time must be folded again. `came`: late entries that this turn brought. `issued`: cards of the decision that is carried out. `older`: entries older than this database came.
    """

    book: Book
    floor: Floor
    now: int
    born: int
    tally: Tally
    quiet: int = 0
    acks: list[tuple[str, Ack]] = field(default_factory=list)
    decisions: list[Copied] = field(default_factory=list)
    groups: set[tuple[str, str]] = field(default_factory=set)
    loops: set[str] = field(default_factory=set)
    stations: set[str] = field(default_factory=set)
    late: dict[str, Span] = field(default_factory=dict)
    came: set[str] = field(default_factory=set)
    issued: set[str] = field(default_factory=set)
    rulings: list[tuple[str, Decision]] = field(default_factory=list)
    shown: list[tuple[Row, Known | None]] = field(default_factory=list)
    topics: dict[str, str] = field(default_factory=dict)
    ahead: dict[str, bool] = field(default_factory=dict)
    presses: list[tuple[str, str, CallType, int]] = field(default_factory=list)
    alone: list[tuple[int, str]] = field(default_factory=list)
    parted: list[tuple[str, str]] = field(default_factory=list)
    started: set[str] = field(default_factory=set)
    holds: list[tuple[str, str]] = field(default_factory=list)
    old_prints: set[str] = field(default_factory=set)
    late_verdicts: dict[str, str] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    commands: list[tuple[str, Command]] = field(default_factory=list)
    services: dict[str, Service] | None = None
    next_decision: int | None = None
    older: bool = False
    plant_changed: bool = False
    tasks_left: bool = False
    tags_changed: bool = False

    def ground(self, loop: str, item: Item, serves: bool, ruling: Decision | None = None) -> Ground:
        """What `item` stands on in a card of `loop`."""
        found = self.floor.loop_at(loop, item.at)
        return Ground(found, self.floor.due(found, item.at), serves, ruling)

    def issue(self, known: Known) -> None:
        """A card that did not exist; what was scanned of it before is judged with the decision."""
        self.book.issue(known)
        self.issued.add(known.id)

    def find(
        self,
        type_: str,
        entry: str,
        at: int,
        *,
        station: str | None = None,
        card: str | None = None,
        loop: str | None = None,
        id_: str | None = None,
    ) -> None:
        """Record a finding that `entry` (or an order, or a journal) caused."""
        self.book.find(
            {
                "id": id_ or finding_id(entry, type_),
                "type": type_,
                "card": card,
                "loop": loop,
                "station": station,
                "entry": entry,
                "at": at,
                "written_at": self.now,
                "resolved_at": None,
                "resolved_by": None,
                "reason": None,
            }
        )

    @property
    def refilled(self) -> bool:
        """Whether entries older than this database came again, or will."""
        return self.older or any(self.ahead.values())

    @property
    def quiet_until(self) -> int:
        """Before this nothing is settled for what cards only seem to be; 0: they are where they are."""
        if self.refilled:
            return self.now + GRACE
        restored = self.book.shelf.restored_until >= 0
        return max(self.quiet, self.born + GRACE if restored else 0)

    def shows(self, at: int) -> bool:
        """Whether an entry of then is shown to its worker now, and is this life's to settle."""
        return self.now - at <= FRESH and at > self.book.shelf.restored_until

    def show(self, row: Row, known: Known | None) -> None:
        """The entry's verdict is worth showing once the turn is committed."""
        self.shown.append((row, known))
        self.older = self.older or row["at"] < self.born

    def touch(self, loop: Loop) -> None:
        """The loop's group may show another colour now."""
        self.groups.add(loop.group)
        self.loops.add(loop.id)

    def number(self) -> int:
        """The number of the next decision."""
        if self.next_decision is None:
            self.next_decision = self.book.next_decision()
        number = self.next_decision
        self.next_decision += 1
        return number
