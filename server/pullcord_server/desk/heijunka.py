"""The heijunka box at the desk: waiting cards of a pacemaker are released in its slots. Decisions, made once (DESIGN 4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from pullcord_server.domain.card import Event
from pullcord_server.domain.planning.box import Line, Plan, Slot, box_loops, line_of, next_slot
from pullcord_server.domain.plant import Loop, Plant
from pullcord_server.storage.shelf import Known

from .decide import Settled, decide, touch
from .floor import Floor
from .plan_effect import read_plans, read_served
from .release import waiting
from .turn import Turn

#: Process → month → plan.
Plans = Mapping[str, Mapping[str, Plan]]


@dataclass(slots=True)
class Heijunka:
    """The boxes of all pacemakers. `next_at`: when a card that waits now is released."""

    plans: Plans = field(default_factory=dict)
    next_at: int | None = None
    _plant: Plant | None = None
    _loops: Mapping[str, list[Loop]] = field(default_factory=dict)
    _look: bool = True

    def load(self, connection: Connection) -> None:
        """Begin with what the database has."""
        self.plans = read_plans(connection)
        self._plant, self._look, self.next_at = None, True, None

    def see(self, floor: Floor) -> None:
        """Follow the plant."""
        plant = floor.plant
        if plant is None or plant is self._plant:
            return
        boxes = {p.id: box_loops(plant, p.id) for p in plant.processes.values() if p.pacemaker}
        self._plant, self._look = plant, True
        self._loops = {process: loops for process, loops in boxes.items() if loops}

    def run(self, turn: Turn) -> None:
        """Release what waits in every slot that has come."""
        self.see(turn.floor)
        if any("levelling" in made.body for made in turn.decisions):
            self.plans, self._look = read_plans(turn.book.connection), True
        touched = any(loop.id in turn.loops for loops in self._loops.values() for loop in loops)
        due = self.next_at is not None and self.next_at <= turn.now
        if self._plant is None or not (self._look or touched or due):
            return
        self._look = False
        found = [self._empty(turn, self._plant, process) for process in self._loops]
        self.next_at = min((at for at in found if at is not None), default=None)

    def _empty(self, turn: Turn, plant: Plant, process: str) -> int | None:
        """Release what is due at one pacemaker; when the next slot of a waiting card comes."""
        line = line_of(plant, process)
        while True:
            found = self._next(turn, line, process)
            if found is None or found[0].at > turn.now:
                return None if found is None else found[0].at
            slot, loop, card = found
            due = turn.floor.due(loop, slot.at)(slot.at)
            place = {"process": process, "at": slot.at, "card": card.id}
            part = touch(Event.RELEASE, due_at=due)
            decide(
                turn, Settled("release", "pullcord", cards={card.id: part}, other={"slot": place})
            )

    def _next(self, turn: Turn, line: Line, process: str) -> tuple[Slot, Loop, Known] | None:
        """The first slot that is left for a card that waits: the oldest drop of its item goes first."""
        plans = self.plans.get(process, {})
        if not plans:
            return None
        served = max(read_served(turn.book.connection, process).at, turn.book.shelf.restored_until)
        oldest: dict[str, tuple[Loop, Known]] = {}
        for loop in self._loops[process]:
            cards = waiting(turn, loop)
            if cards and _older(cards[0], oldest.get(loop.item)):
                oldest[loop.item] = (loop, cards[0])
        found = []
        for item, (loop, card) in oldest.items():
            slot = next_slot(plans, line, item, max(served + 1, card.card.since or 0))
            if slot is not None:
                found.append((slot, loop, card))
        return min(found, key=lambda f: f[0].at, default=None)


def _older(card: Known, other: tuple[Loop, Known] | None) -> bool:
    if other is None:
        return True
    urgent = (not card.card.urgent, card.card.since or 0)
    return urgent < (not other[1].card.urgent, other[1].card.since or 0)
