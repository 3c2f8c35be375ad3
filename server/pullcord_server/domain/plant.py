"""The plant as values: processes, suppliers, items, loops, stations, bins. Durations are ms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Literal

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Kind(StrEnum):
    """The kind of a loop."""

    WITHDRAWAL = "withdrawal"
    PRODUCTION = "production"
    SIGNAL = "signal"
    SUPPLIER = "supplier"


class Release(StrEnum):
    """What releases a card that was dropped."""

    AT_ONCE = "at-once"
    COUNT = "count"
    TIMES = "times"
    HEIJUNKA = "heijunka"


class DropAt(StrEnum):
    """Whether the card is dropped at the first or the last piece of a box."""

    FIRST_PIECE = "first-piece"
    LAST_PIECE = "last-piece"


class Stage(StrEnum):
    """How far a supplier is with pull."""

    OBSERVE = "observe"
    SHADOW = "shadow"
    PILOT = "pilot"
    LIVE = "live"


class Scans(StrEnum):
    """Which scans a loop's floor does: the full table, two of them, or one."""

    FULL = "full"
    TWO = "two_scans"
    ONE = "one_scan"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working time: weekdays (Monday 0), shifts and breaks as minutes of the local day, holidays as ISO dates.

    A shift may pass midnight (end <= start): it belongs to the day it starts on. No shifts: all day.
    """

    timezone: str = "UTC"
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    shifts: tuple[tuple[int, int], ...] = ()
    breaks: tuple[tuple[int, int], ...] = ()
    holidays: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Process:
    """A step that makes or uses items; `pacemaker` is the one that is scheduled."""

    id: str
    name: str
    pacemaker: bool = False
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True)
class Supplier:
    """An outside process."""

    id: str
    name: str
    stage: Stage = Stage.OBSERVE
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A part number; `value` is what one piece is worth, in the plant's currency."""

    id: str
    name: str
    value: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """One item flowing from a source to a consumer, with a fixed quantity per card and a number of cards.

    `demand`: pieces per working minute, None when not stated. `slots`, `release_times`: minutes of the day.
    """

    id: str
    kind: Kind
    item: str
    source: str
    consumer: str
    quantity: int
    cards: int
    lead_time: int
    scans: tuple[str, ...]
    demand: Fraction | None = None
    release: Release = Release.AT_ONCE
    release_count: int | None = None
    release_times: tuple[int, ...] = ()
    strict: bool = False
    min_cycle: int = 0
    repeat_window: int = 5 * MINUTE
    drop_at: DropAt = DropAt.LAST_PIECE
    start_full: bool = True
    stuck_factor: Fraction = Fraction(2)
    lot: int | None = None
    reorder_point: int | None = None
    cycle: tuple[int, int, int] | None = None
    slots: tuple[int, ...] = ()
    cut_off: int = 0
    cycle_start: str | None = None

    @property
    def profile(self) -> Scans:
        """Which table judges this loop (DESIGN 3.2)."""
        in_house = self.kind in (Kind.PRODUCTION, Kind.SIGNAL)
        first, last = ("start", "finish") if in_house else ("dispatch", "arrival")
        if last not in self.scans:
            return Scans.ONE
        return Scans.FULL if first in self.scans else Scans.TWO

    @property
    def shares_orders(self) -> bool:
        """Whether an order of it is of several cards: a lot, a delivery."""
        return self.kind in (Kind.SIGNAL, Kind.SUPPLIER)

    @property
    def place(self) -> str:
        """The process whose stations show this loop's lamps: the consumer, or the store's process."""
        return self.source if self.kind in (Kind.PRODUCTION, Kind.SIGNAL) else self.consumer

    @property
    def group(self) -> tuple[str, str]:
        """Item and place: loops of one group are judged together (DESIGN 5)."""
        return (self.item, self.place)


class Language(StrEnum):
    """What the workers of a station read (ISO 639-1)."""

    EN = "en"
    DE = "de"
    ES = "es"
    FR = "fr"
    JA = "ja"


@dataclass(frozen=True, slots=True)
class Station:
    """One Pi: the processes it serves, the lights it carries, what people there read."""

    id: str
    processes: tuple[str, ...]
    lights: tuple[str, ...] = ()
    language: Language = Language.EN


@dataclass(frozen=True, slots=True)
class Bin:
    """A sensor bound to a loop, or to one card of it."""

    station: str
    sensor: str
    loop: str
    card: str | None = None


@dataclass(frozen=True, slots=True)
class Plant:
    """A whole plant definition, valid by construction (see plant_file)."""

    site: str
    calendar: Calendar | None = None
    timezone: str = "UTC"
    language: Language = Language.EN
    processes: Mapping[str, Process] = field(default_factory=dict)
    suppliers: Mapping[str, Supplier] = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    loops: Mapping[str, Loop] = field(default_factory=dict)
    stations: Mapping[str, Station] = field(default_factory=dict)
    bins: tuple[Bin, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    def calendar_of(self, process: str) -> Calendar | None:
        """Working time of a process or supplier: its own, else the plant's, else None (always working)."""
        place = self.processes.get(process) or self.suppliers.get(process)
        return (place.calendar if place else None) or self.calendar

    def language_at(self, station: str) -> Language:
        """What people at a station read; the plant's where it does not know the station."""
        found = self.stations.get(station)
        return self.language if found is None else found.language

    def stations_at(self, process: str) -> tuple[Station, ...]:
        """Stations that serve a process, in file order."""
        return tuple(s for s in self.stations.values() if process in s.processes)


CardKind = Literal["standing", "express", "emergency", "temporary"]
