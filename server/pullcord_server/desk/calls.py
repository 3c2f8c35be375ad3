"""The andon calls on the desk: kept in memory while they matter, written with what happened to them."""

import json
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from pullcord_server.domain.call import (
    Call,
    CallEvent,
    CallStep,
    CallType,
    escalate,
    hold_began,
    may_return,
    next_due,
    press,
    station_of_hold,
)
from pullcord_server.domain.plant import Calendar, Plant
from pullcord_server.storage.call_json import call_values, load_call
from pullcord_server.storage.model import CallRow
from pullcord_server.storage.rows import table_of

from .decide import Settled, decide
from .effect import keep_call
from .turn import FRESH, Copied, Turn

CALL = table_of(CallRow)


@dataclass(slots=True)
class Calls:
    """Calls that are not closed, and those a red lamp may open again."""

    known: dict[str, Call] = field(default_factory=dict)

    def load(self, connection: Connection) -> None:
        """Read them from the database."""
        query = select(CALL.c.body).order_by(CALL.c.raised_at.desc()).limit(500)
        open_ = select(CALL.c.body).where(CALL.c.state != "closed")
        bodies = [*connection.execute(query).scalars(), *connection.execute(open_).scalars()]
        found = [load_call(json.loads(b)) for b in bodies]
        self.known = {c.id: c for c in found}

    def find(self, turn: Turn, call_id: str) -> Call | None:
        """A call, closed long ago or not."""
        if call_id not in self.known:
            query = select(CALL.c.body).where(CALL.c.id == call_id)
            body = turn.book.connection.execute(query).scalar()
            return None if body is None else load_call(json.loads(body))
        return self.known[call_id]

    def burning(self) -> list[Call]:
        """Calls that count for lamps."""
        return [c for c in self.known.values() if c.burning]

    def keep(self, turn: Turn, step: CallStep, *, settled: bool) -> Copied | None:
        """Write a step down: as a decision where a person or a lamp settled it, plainly where a station saw it."""
        call = step.call
        self.known[call.id] = call
        made = None
        if settled:
            other = {"call": call_values(call)}
            made = decide(turn, Settled(f"call.{step.event}", step.by, call.cause, other=other))
        else:
            keep_call(turn, call_values(call))
        self._tell(turn, step)
        turn.stations |= _shown_at(turn.floor.plant, call)
        return made

    def _tell(self, turn: Turn, step: CallStep) -> None:
        turn.book.tell(
            {
                "id": f"{step.call.id}.{step.at}.andon.{step.event}",
                "type": f"andon.{step.event}",
                "subject": step.call.id,
                "entry": None,
                "at": step.at,
                "refill": step.at < turn.born,
                "waits_for": None,
                "sent": False,
                "data": None,
            }
        )

    def prune(self, now: int) -> None:
        """Forget closed calls that cannot come back."""
        gone = [c.id for c in self.known.values() if not may_return(c, now)]
        for call_id in gone:
            del self.known[call_id]

    def next_at(self, plant: Plant) -> int | None:
        """When the next call escalates."""
        dues = [next_due(c, _hours(plant, c)) for c in self.known.values()]
        return min((d for d in dues if d is not None), default=None)

    def escalate(self, turn: Turn, plant: Plant) -> None:
        """Raise the level of every call whose time has come."""
        for call in list(self.known.values()):
            step = escalate(call, _hours(plant, call), turn.now)
            if step is not None:
                self.keep(turn, step, settled=True)

    def hold(self, turn: Turn, plant: Plant, loop_id: str, id_: str) -> None:
        """Goods on hold were used or passed on: the source is called."""
        station = station_of_hold(plant, turn.floor.loop_at(loop_id, turn.now).source)
        if station is None:
            return
        step = hold_began(self.known.values(), id_, station.id, loop_id, turn.now)
        if step is not None:
            self.keep(turn, step, settled=True)

    def near(self, plant: Plant | None, station: str) -> list[Call]:
        """The calls that a press at the station may join: its own first, then of the groups it shows."""
        own = [c for c in self.known.values() if c.station == station or station in c.pressed]
        served = plant.stations[station].processes if plant and station in plant.stations else ()
        shown = [c for c in self.known.values() if c.group and c.group[1] in served]
        return own + [c for c in shown if c not in own]

    def pressed(self, turn: Turn, entry: str, station: str, type_: CallType, at: int) -> None:
        """A cord was pulled; one pulled long ago is to be confirmed and rings nowhere."""
        if self.find(turn, entry) is not None:
            return
        late = turn.now - at > FRESH
        near = self.near(turn.floor.plant, station)
        step = press(near, entry, type_, station, station, at, to_confirm=late)
        if late and step.event is not CallEvent.RAISED:
            return
        self.keep(turn, step, settled=False)


def _shown_at(plant: Plant | None, call: Call) -> set[str]:
    """The stations whose lamps speak of a call: its own, where it was pressed, where its group shows."""
    stations = {call.station, *call.pressed}
    if plant is not None and call.group is not None:
        stations |= {s.id for s in plant.stations_at(call.group[1])}
    return stations


def _hours(plant: Plant, call: Call) -> Calendar | None:
    station = plant.stations.get(call.station)
    return (
        plant.calendar_of(station.processes[0]) if station and station.processes else plant.calendar
    )
