"""Lamps of every station: groups judged when touched or due, settled, sent when they differ (DESIGN 5, 7.3)."""

import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from pullcord_server.domain.call import Call, behind_red, red_began, red_ended, station_of_group
from pullcord_server.domain.group import Colour, Judgement, LoopView, Service, judge, view
from pullcord_server.domain.identity import ulid
from pullcord_server.domain.lamp import Post, Settled, settle, station_lamps
from pullcord_server.domain.plant import Loop, Plant, Station
from pullcord_server.storage.model import GroupRow, StationLampsRow, TaskRow
from pullcord_server.storage.rows import table_of, upsert
from pullcord_wire.message import Lamps as LampsValue
from pullcord_wire.message import LampsMessage, Pattern

from .calls import Calls
from .dues import Dues
from .outlet import Outlet
from .piece import take_piece
from .places import Group, Places
from .release import gathers, has_hours, waiting
from .service import service_of
from .stations import Stations
from .turn import Turn

GROUP, TASK, SENT = table_of(GroupRow), table_of(TaskRow), table_of(StationLampsRow)

#: A station's lamps go out at most this often, but red at once, both ways.
PACE_S = 1.0
#: A station that still says an older revision after this long is told again.
RESEND_S = 2.0


@dataclass(slots=True)
class Wanted:
    """What a station should show, and the revision it was told."""

    lamps: LampsValue
    revision: int = 0
    sent_at: float = float("-inf")
    dirty: bool = True
    red_sent: tuple[Pattern, ...] = ()

    @property
    def red(self) -> tuple[Pattern, ...]:
        """What red does on each of its lights."""
        return tuple(colours.get("red", Pattern.OFF) for colours in self.lamps.values())


@dataclass(slots=True)
class Lamps:
    """Every group's colour and every station's lamps, and the calls behind them.

    `quiet_until`: before it no call is raised or ended, since this database is filled again. `unread`: places
    whose groups were not judged since the start, or under this plant.
    """

    driven: bool
    calls: Calls = field(default_factory=Calls)
    groups: dict[Group, Settled] = field(default_factory=dict)
    wanted: dict[str, Wanted] = field(default_factory=dict)
    next_at: int | None = None
    quiet_until: int = 0
    _plant: Plant | None = None
    _places: Places = field(default_factory=lambda: Places({}, {}))
    unread: list[str] = field(default_factory=list)
    _loops: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    _take_out: dict[str, bool] = field(default_factory=dict)
    _group_dues: Dues[Group] = field(default_factory=Dues)
    _post_dues: Dues[str] = field(default_factory=Dues)

    def load(self, connection: Connection) -> None:
        """Colours and revisions as they were last committed: a restart does not flicker."""
        self.calls.load(connection)
        self._group_dues, self._post_dues, self._take_out = Dues(), Dues(), {}
        self.groups = {}
        for row in connection.execute(select(GROUP)):
            self.groups[(row.item, row.place)] = _settled(json.loads(row.body))
        self.wanted = {}
        for row in connection.execute(select(SENT)):
            self.wanted[row.station] = Wanted(_lamps(json.loads(row.lamps)), row.revision)
        self._plant = None
        self.next_at = 0

    # -- in the turn

    def settle(self, turn: Turn, stations: Stations) -> None:
        """Judge what this turn touched or time made due, raise and end calls, and work out lamps."""
        plant = turn.floor.plant
        if plant is None:
            return
        turn.services = {}
        self.quiet_until = max(self.quiet_until, turn.quiet_until)
        for loop_id in turn.loops:
            self._loops.pop(loop_id, None)
        for entry, station, type_, at in turn.presses:
            self.calls.pressed(turn, entry, station, type_, at)
        for loop_id, entry in turn.holds:
            self.calls.hold(turn, plant, loop_id, entry)
        self.calls.escalate(turn, plant)
        if self._plant is not plant:
            self._plant, self._places, self._loops = plant, Places.of(plant), {}
            turn.groups |= self.groups.keys() - self._places.loops.keys()
            self.unread = sorted(self._places.groups)
            turn.stations |= self._places.idle(plant)
        for place in take_piece(turn, self.unread, self._places.loops_of):
            turn.groups |= set(self._places.groups[place])
        for group in sorted(self._group_dues.take(turn.now) | turn.groups):
            self._judge_group(turn, plant, group)
        touched = sorted(self._post_dues.take(turn.now) | turn.stations)
        self._light_all(turn, plant, [s for s in touched if s in plant.stations], stations)
        self.calls.prune(turn.now)
        dues = (
            self._group_dues.next_at(),
            self._post_dues.next_at(),
            self.calls.next_at(plant),
        )
        self.next_at = min((d for d in dues if d is not None), default=None)
        if self.unread:
            self.next_at = turn.now

    def _judge_group(self, turn: Turn, plant: Plant, group: Group) -> None:
        views = list(self._views(turn, plant, group))
        if not views:
            self._forget(turn, group)
            return
        judgement = judge(views, turn.now)
        before = self.groups.get(group)
        settled = settle(before, judgement, turn.now)
        ends = [judgement.until, settled.until]
        if turn.now < self.quiet_until:
            ends.append(self.quiet_until)
        else:
            self._call(turn, plant, group, judgement)
        self.groups[group] = settled
        self._group_dues.put(group, min((e for e in ends if e is not None), default=None))
        turn.stations |= {s.id for s in plant.stations_at(group[1])}
        if settled != before:
            row = {"item": group[0], "place": group[1], "body": json.dumps(_values(settled))}
            upsert(turn.book.connection, GroupRow, [row])

    def _forget(self, turn: Turn, group: Group) -> None:
        """A group that the plant has no more: its call ends, as soon as calls may."""
        if turn.now < self.quiet_until:
            self._group_dues.put(group, self.quiet_until)
            return
        self.groups.pop(group, None)
        self._group_dues.put(group, None)
        step = red_ended(self.calls.known.values(), group, turn.now)
        if step is not None:
            self.calls.keep(turn, step, settled=True)

    def _views(self, turn: Turn, plant: Plant, group: Group) -> Iterator[LoopView]:
        for loop in self._places.loops.get(group, ()):
            cards = [k.card for k in turn.book.cards_of(loop.id)]
            yield view(loop, cards, service_of(turn, loop.id), plant)

    def _call(self, turn: Turn, plant: Plant, group: Group, judgement: Judgement) -> None:
        if judgement.red:
            station = station_of_group(plant, group[1])
            if station is None:
                return
            loop = next((x.id for x in self._places.loops.get(group, ())), None)
            id_ = ulid(turn.now, secrets.randbits(80))
            known = self.calls.known.values()
            step = red_began(known, id_, group, station.id, turn.now, loop)
        else:
            step = red_ended(self.calls.known.values(), group, turn.now)
        if step is not None:
            self.calls.keep(turn, step, settled=True)

    def _light_all(
        self, turn: Turn, plant: Plant, names: Sequence[str], stations: Stations
    ) -> None:
        self._note_take_outs(turn, names)
        burning = self.calls.burning()
        of_group = behind_red(burning)
        for name in names:
            self._light(turn, plant, plant.stations[name], burning, of_group, stations)

    def _note_take_outs(self, turn: Turn, stations: Sequence[str]) -> None:
        """Which stations have a card to take out: remembered until a task is left or done."""
        if turn.decisions or turn.tasks_left:
            self._take_out.clear()
        unknown = [s for s in stations if s not in self._take_out]
        if unknown:
            found = _take_out(turn, unknown)
            self._take_out |= {s: s in found for s in unknown}

    def _light(
        self,
        turn: Turn,
        plant: Plant,
        station: Station,
        burning: Sequence[Call],
        of_group: Mapping[Group | None, Call],
        stations: Stations,
    ) -> None:
        own = [
            (self.groups[group], of_group.get(group))
            for group in self._places.groups_at(station)
            if group in self.groups
        ]
        calls = [c for c in burning if c.station == station.id or station.id in c.pressed]
        post = self._post(turn, station, self._take_out[station.id])
        hours = plant.calendar_of(station.processes[0]) if station.processes else plant.calendar
        shown = station_lamps(own, calls, post, hours, turn.now)
        lights: LampsValue = dict.fromkeys(station.lights, shown.lamps)
        wanted = self.wanted.setdefault(station.id, Wanted({}))
        self._post_dues.put(station.id, shown.until)
        heard = stations.heard.get(station.id)
        revision = wanted.revision
        if heard is not None and heard.revision is not None and not heard.ahead:
            differs = _values_of(heard.lamps) != _values_of(lights) and not wanted.dirty
            if heard.revision > revision or (differs and heard.revision == revision):
                revision = heard.revision + 1
            behind = heard.revision < revision and time.monotonic() - wanted.sent_at > RESEND_S
            wanted.dirty = wanted.dirty or behind
        if lights != wanted.lamps:
            revision += 1
        if revision == wanted.revision and not (wanted.dirty and revision == 0):
            return
        wanted.lamps, wanted.revision, wanted.dirty = lights, max(revision, 1), True
        row = {
            "station": station.id,
            "revision": wanted.revision,
            "lamps": json.dumps(_values_of(lights)),
        }
        upsert(turn.book.connection, StationLampsRow, [row])

    def _post(self, turn: Turn, station: Station, take_out: bool) -> Post:
        """Cards that wait in the post, loops being filled, cards to take out."""
        loops = [self._loop_at_post(turn, loop) for loop in self._places.loops_at(station)]
        wait, filling = any(w for w, _ in loops), any(f for _, f in loops)
        return Post(cards_wait=wait, filling=filling, take_out=take_out)

    def _loop_at_post(self, turn: Turn, loop: Loop) -> tuple[bool, bool]:
        """Whether cards of the loop wait in posts, and whether it is being filled: remembered until it changes."""
        known = self._loops.get(loop.id)
        if known is None:
            posted = has_hours(loop) or (gathers(loop) and not loop.lot)
            wait = posted and bool(waiting(turn, loop))
            known = self._loops[loop.id] = (
                wait,
                service_of(turn, loop.id) is Service.FILLING,
            )
        return known

    # -- after the commit

    def publish(self, turn: Turn, outlet: Outlet, stations: Stations, server: str) -> None:
        """Send what differs, at most once a second a station, a change of red at once; leave alone who knows more."""
        clock = time.monotonic()
        for station, wanted in self.wanted.items():
            if not wanted.dirty or not wanted.lamps or not _may_send(stations, station):
                continue
            at_once = self.driven or wanted.red != wanted.red_sent
            if not at_once and clock - wanted.sent_at < PACE_S:
                continue
            wanted.dirty, wanted.sent_at, wanted.red_sent = False, clock, wanted.red
            outlet.lamps(station, LampsMessage(wanted.revision, server, wanted.lamps))


def _take_out(turn: Turn, stations: Sequence[str]) -> set[str]:
    """Which of these stations have a card to take out."""
    turn.book.flush()
    query = select(TASK.c.station).where(
        TASK.c.station.in_(stations),
        TASK.c.done_at.is_(None),
        TASK.c.type.in_(("take_out", "take_box_out")),
    )
    return set(turn.book.connection.execute(query).scalars())


def _may_send(stations: Stations, station: str) -> bool:
    heard = stations.heard.get(station)
    return heard is None or not heard.ahead


def _values_of(lamps: LampsValue) -> dict[str, dict[str, str]]:
    return {light: {c: p.value for c, p in shown.items()} for light, shown in lamps.items()}


def _lamps(raw: Mapping[str, Mapping[str, str]]) -> LampsValue:
    return {light: {c: Pattern(p) for c, p in shown.items()} for light, shown in raw.items()}


def _values(settled: Settled) -> dict[str, Any]:
    return {
        "colour": settled.colour,
        "under": settled.under,
        "pending": settled.pending,
        "since": settled.since,
    }


def _settled(raw: Mapping[str, Any]) -> Settled:
    colours = {k: Colour(raw[k]) if raw[k] else None for k in ("colour", "under", "pending")}
    return Settled(colours["colour"], colours["under"], colours["pending"], raw["since"])
