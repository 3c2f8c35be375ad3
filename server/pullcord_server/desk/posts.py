"""Posts: dead ones that read nothing while the pull goes on, and drops in batches as a shift ends (DESIGN 3.5)."""

from collections import Counter, deque
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from pullcord_server.domain import calendar
from pullcord_server.domain.audit import (
    BATCH,
    BATCH_WINDOW,
    DEAD_AT_LEAST,
    DROPS,
    batched,
    box_every,
    silence,
)
from pullcord_server.domain.plant import Calendar, Plant, Station
from pullcord_server.domain.shift import Shift, next_shift_end
from pullcord_server.storage.book import CARD, FINDING
from pullcord_server.storage.model import FactRow, StationRow
from pullcord_server.storage.rows import Row, table_of

from .suspicion import clear, suspect
from .turn import Turn

FACT, STATION = table_of(FactRow), table_of(StationRow)
#: A station whose status is older is not online, ms.
SILENT = 5000
#: So many last drops of a post say what its pull is.
REMEMBERED = 4 * DROPS
_LATEST = 20_000
_EFFECTIVE = ("accepted", "misplaced")


@dataclass(slots=True)
class Posts:
    """The last drops and the last read of each post. `driven`: silence of a station cannot be told."""

    driven: bool
    drops: dict[str, "deque[int]"] = field(default_factory=dict)
    read_at: dict[str, int] = field(default_factory=dict)
    looks: dict[str, int] = field(default_factory=dict)
    dead: dict[str, str] = field(default_factory=dict)
    shifts: dict[Calendar, Shift] = field(default_factory=dict)

    def load(self, connection: Connection, plant: Plant, served: int) -> None:
        """The newest drops, open findings, and the shifts that end next after `served`."""
        self.drops, self.read_at, self.looks = {}, {}, {}
        query = (
            select(FACT.c.station, FACT.c.at)
            .where(FACT.c.event == "withdrawal")
            .order_by(FACT.c.at.desc())
            .limit(_LATEST)
        )
        for row in reversed(connection.execute(query).all()):
            self._note(row.station, row.at, drop=True)
        standing = (FINDING.c.type == "dead_post") & FINDING.c.resolved_at.is_(None)
        found = connection.execute(select(FINDING.c.station, FINDING.c.id).where(standing))
        self.dead = {r.station: r.id for r in found}
        places = {loop.place for loop in plant.loops.values()}
        hours = {plant.calendar_of(p) for p in places}
        ends = {h: next_shift_end(h, served) for h in hours if h is not None}
        self.shifts = {h: shift for h, shift in ends.items() if shift is not None}

    @property
    def next_at(self) -> int | None:
        """When a post may be dead, or a shift ends."""
        ends = (shift.end for shift in self.shifts.values())
        return min((*self.looks.values(), *ends), default=None)

    def remember(self, turn: Turn) -> None:
        """What posts read in this turn."""
        for row, _ in turn.shown:
            if row["code"] is not None:
                self._note(row["station"], row["at"], drop=row["event"] == "withdrawal")

    def note(self, turn: Turn) -> None:
        """What posts read in this turn; one that reads is not dead."""
        self.remember(turn)
        alive = [s for s in self.dead if self.read_at.get(s, 0) > _told(self.dead[s])]
        clear(turn, [self.dead.pop(s) for s in alive], "the post reads again")

    def _note(self, station: str, at: int, *, drop: bool) -> None:
        if at >= self.read_at.get(station, 0):
            self.read_at[station] = at
            self.looks[station] = at + DEAD_AT_LEAST
        if drop:
            self.drops.setdefault(station, deque(maxlen=REMEMBERED)).append(at)

    def run(self, turn: Turn, plant: Plant) -> None:
        """Judge every post that is due, and every shift that ended."""
        rows = [
            row
            for station, at in list(self.looks.items())
            if at <= turn.now and (row := self._dead(turn, plant, station)) is not None
        ]
        for hours, shift in list(self.shifts.items()):
            if shift.end <= turn.now:
                rows += _batches(turn, plant, hours, shift)
                following = next_shift_end(hours, shift.end)
                if following is None:
                    del self.shifts[hours]
                else:
                    self.shifts[hours] = following
        suspect(turn, rows)

    def _dead(self, turn: Turn, plant: Plant, station_id: str) -> Row | None:
        del self.looks[station_id]
        station = plant.stations.get(station_id)
        if station is None or not station.processes or station_id in self.dead:
            return None
        hours = plant.calendar_of(station.processes[0])
        lasts = silence(tuple(self.drops.get(station_id, ())), hours)
        if lasts is None:
            return None
        read_at = self.read_at[station_id]
        over = calendar.add(hours, read_at, lasts)
        if over > turn.now:
            self.looks[station_id] = over
            return None
        if not (_pulled(turn, plant, station) and self._online(turn, station_id)):
            self.looks[station_id] = turn.now + lasts
            return None
        finding = f"{station_id}.{read_at}.dead_post"
        self.dead[station_id] = finding
        return {"id": finding, "type": "dead_post", "station": station_id, "at": turn.now}

    def _online(self, turn: Turn, station: str) -> bool:
        """A station that is known to be away is no dead post: it is away."""
        query = select(STATION).where(STATION.c.id == station)
        said = turn.book.connection.execute(query).one_or_none()
        if said is None or not said.online or said.backlog:
            return False
        return self.driven or turn.now - (said.status_at or 0) <= SILENT


def _told(finding: str) -> int:
    """The last read that a dead post's finding is about."""
    return int(finding.split(".")[-2])


def _pulled(turn: Turn, plant: Plant, station: Station) -> bool:
    """Whether any box is left whose card could be dropped there."""
    return any(
        k.card.usable
        for loop in plant.loops.values()
        if loop.place in station.processes
        for k in turn.book.cards_of(loop.id)
    )


def _batches(turn: Turn, plant: Plant, hours: Calendar, shift: Shift) -> list[Row]:
    """Loops whose cards were dropped in a batch as this shift ended, by post."""
    turn.book.flush()
    drops = (FACT.c.event == "withdrawal") & FACT.c.verdict.in_(_EFFECTIVE)
    where = select(FACT.c.station, CARD.c.loop).join(CARD, CARD.c.id == FACT.c.card)
    window = FACT.c.at.between(shift.end - BATCH_WINDOW, shift.end)
    late = Counter(
        (r.station, r.loop) for r in turn.book.connection.execute(where.where(drops & window))
    )
    rows: list[Row] = []
    for (station, loop_id), number in sorted(late.items()):
        loop = plant.loops.get(loop_id)
        if number < BATCH or loop is None or plant.calendar_of(loop.place) != hours:
            continue
        query = (
            select(FACT.c.at)
            .join(CARD, CARD.c.id == FACT.c.card)
            .where(drops, FACT.c.at.between(shift.start, shift.end))
            .where(FACT.c.station == station, CARD.c.loop == loop_id)
        )
        all_drops = list(turn.book.connection.execute(query).scalars())
        if batched(all_drops, shift, box_every(loop)):
            rows.append(
                {
                    "id": f"{station}.{loop_id}.{shift.end}.batched_drops",
                    "type": "batched_drops",
                    "station": station,
                    "loop": loop_id,
                    "at": shift.end,
                }
            )
    return rows
