"""plant.toml: its text as a Plant, or every problem at once (DESIGN 9)."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pullcord_wire.message import WireError
from pullcord_wire.topic import check_station

from .calendar import has_working_time
from .plant import Bin, Calendar, Item, Language, Loop, Plant, Process, Stage, Station, Supplier
from .plant_loop import LOOP_KEYS, read_demand, read_loop
from .plant_rule import check_bin, check_plant, check_station_processes, check_tag
from .problem import did_you_mean
from .section import Section, Sheet
from .toml_value import read_date, read_name, read_span, shown

#: Every key of every table.
KEYS = {
    "": (
        "site",
        "timezone",
        "language",
        "calendar",
        "process",
        "supplier",
        "item",
        "loop",
        "station",
        "bin",
        "tag",
    ),
    "calendar": ("timezone", "days", "shifts", "breaks", "holidays"),
    "process": ("id", "name", "pacemaker", "calendar"),
    "supplier": ("id", "name", "stage", "calendar"),
    "item": ("id", "name", "value"),
    "loop": LOOP_KEYS,
    "station": ("id", "process", "processes", "lights", "language"),
    "bin": ("station", "sensor", "loop", "card"),
    "tag": ("code", "card"),
}
NO_CARDS: frozenset[str] = frozenset()
_LANGUAGE = "write what the workers read"

Named = TypeVar("Named", Process, Supplier, Item, Loop, Station)
#: Tables by id, each with what it says.
Read: TypeAlias = dict[str, tuple[Section, Named]]


def parse_plant(
    text: str, file: str = "plant.toml", issued: Collection[str] | None = NO_CARDS
) -> Plant:
    """The plant that `text` defines; WrongFile with every problem when it defines none.

    `issued`: cards that exist beyond those the file numbers, for `[[tag]]` and `[[bin]]`; None where
    the file was accepted before, and any further card of a loop may have been issued since.
    """
    return read_plant(Sheet(text, file), issued)


def read_plant(sheet: Sheet, issued: Collection[str] | None = NO_CARDS) -> Plant:
    """The plant of a sheet, which may be other than a text; see `parse_plant`."""
    root = sheet.root(KEYS[""])
    site = root.name("site", None, "write the site's name, the same as in server.toml")
    timezone = _timezone(root, "UTC")
    calendar = _calendar(root, timezone)
    language = root.choice("language", Language, Language.EN, _LANGUAGE)
    processes = _named(root, "process", lambda section: _process(section, timezone))
    suppliers = _named(root, "supplier", lambda section: _supplier(section, timezone))
    for name, (section, _) in suppliers.items():
        if name in processes:
            section.wrong("id", f'is a process too: "{name}"; give one of them another name')
    items = _named(root, "item", _item)
    loops = _named(root, "loop", read_loop)
    stations = _named(root, "station", lambda section: _station(section, language))
    plant = Plant(
        site=site,
        calendar=calendar,
        timezone=timezone,
        language=language,
        processes=_values(processes),
        suppliers=_values(suppliers),
        items=_values(items),
        loops=_values(loops),
        stations=_values(stations),
    )
    for name, (section, loop) in loops.items():
        demand = read_demand(section, plant.calendar_of(loop.consumer))
        loops[name] = (section, replace(loop, demand=demand))
    plant = replace(plant, loops=_values(loops))
    check_plant(plant, processes, loops)
    for section, station in stations.values():
        check_station_processes(section, station, plant)
    plant = replace(plant, bins=_bins(root, plant, issued), tags=_tags(root, plant, issued))
    sheet.check()
    return plant


def _named(root: Section, key: str, read: Callable[[Section], Named]) -> Read[Named]:
    """The tables of `[[key]]` by id; one whose id was there before is noted and left out."""
    found: Read[Named] = {}
    for section in root.many(key, KEYS[key]):
        value = read(section)
        if value.id in found and section.good("id"):
            section.wrong("id", f'is there twice: "{value.id}"; give each {key} its own name')
        elif section.good("id"):
            found[value.id] = (section, value)
    return found


def _values(read: Read[Named]) -> dict[str, Named]:
    return {name: value for name, (_, value) in read.items()}


def _timezone(section: Section, default: str) -> str:
    fix = 'write a name such as "Europe/Berlin"'
    name = section.text("timezone", default, fix)
    if not section.has("timezone") or not section.good("timezone"):
        return default
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        known = available_timezones()
        meant = did_you_mean(name, known)
        fix = meant if meant.startswith("did") else fix
        section.wrong("timezone", f"is not known: {shown(name)}; {fix}")
        return default
    return name


def _calendar(above: Section, timezone: str) -> Calendar | None:
    section = above.one("calendar", KEYS["calendar"])
    if section is None:
        return None
    days = section.each("days", "Monday is 0, Sunday is 6", _day, "a day from 0 to 6")
    calendar = Calendar(
        timezone=_timezone(section, timezone),
        days=tuple(sorted(days)) if section.has("days") else Calendar().days,
        shifts=section.each(
            "shifts", 'write [["06:00", "14:00"]]', read_span, "a pair of start and end"
        ),
        breaks=section.each(
            "breaks", 'write [["10:00", "10:15"]]', _break, "a pair of start and end"
        ),
        holidays=section.each("holidays", 'write ["2027-01-01"]', read_date, "a date"),
    )
    if section.good("days", "shifts", "breaks") and not has_working_time(calendar):
        section.wrong("days", "leave no working time at all; give it days, and shorter breaks")
    return calendar if section.good("days", "shifts", "breaks") else None


def _day(value: object) -> int | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 6
    return int(str(value)) if good else None


def _break(value: object) -> tuple[int, int] | None:
    found = read_span(value)
    return None if found is None or found[0] == found[1] else found


def _process(section: Section, timezone: str) -> Process:
    name = section.name("id", None, "give the process a short name")
    return Process(
        id=name,
        name=section.text("name", name, "write what people call it"),
        pacemaker=section.flag("pacemaker", False, "true where the plan is levelled"),
        calendar=_calendar(section, timezone),
    )


def _supplier(section: Section, timezone: str) -> Supplier:
    name = section.name("id", None, "give the supplier a short name")
    return Supplier(
        id=name,
        name=section.text("name", name, "write what people call it"),
        stage=section.choice("stage", Stage, Stage.OBSERVE, "write how far it is with pull"),
        calendar=_calendar(section, timezone),
    )


def _item(section: Section) -> Item:
    name = section.name("id", None, "write the part number")
    fix = "write what one piece is worth"
    worth = section.number("value", Fraction(1), fix, over=0) if section.has("value") else None
    return Item(id=name, name=section.text("name", name, "write what people call it"), value=worth)


def _station(section: Section, language: Language) -> Station:
    name = section.name("id", None, "write the station's name, the same as in its station.toml")
    if section.good("id"):
        try:
            check_station(name)
        except WireError as error:
            section.wrong("id", f"{error.reason}; give the station another name")
    processes: tuple[str, ...] = ()
    if section.has("process") and section.has("processes"):
        section.wrong("processes", "must not stand beside process; write one of them")
    elif section.has("processes"):
        processes = section.each("processes", 'write ["assembly-1", …]', read_name, "an id")
        if not processes and section.good("processes"):
            section.wrong("processes", "must not be empty; write the processes that scan here")
    else:
        processes = (section.name("process", None, "write the process that scans here"),)
    lights = section.each("lights", 'write ["stack"]', read_name, "the name of a light")
    language = section.choice("language", Language, language, _LANGUAGE)
    return Station(name, processes, lights, language)


def _bins(root: Section, plant: Plant, issued: Collection[str] | None) -> tuple[Bin, ...]:
    found: dict[tuple[str, str], Bin] = {}
    for section in root.many("bin", KEYS["bin"], called="sensor"):
        value = Bin(
            station=section.name("station", None, "write the station of the sensor"),
            sensor=section.name("sensor", None, "write the sensor's name in station.toml"),
            loop=section.name("loop", None, "write the loop whose box stands there"),
            card=section.name("card", None, "write the card") if section.has("card") else None,
        )
        if (value.station, value.sensor) in found:
            section.wrong("sensor", "is bound twice; leave one of them out")
        elif check_bin(section, value, plant, issued):
            found[value.station, value.sensor] = value
    return tuple(found.values())


def _tags(root: Section, plant: Plant, issued: Collection[str] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for section in _tag_sections(root):
        code = section.text("code", None, "write what the reader reads")
        card = section.name("card", None, "write the card it is fixed to")
        if code in found and section.good("code"):
            section.wrong("code", f"is bound twice: to {found[code]} and to {card}; leave one out")
        elif check_tag(section, code, card, plant, issued):
            found[code] = card
    return found


def _tag_sections(root: Section) -> Iterator[Section]:
    return root.many("tag", KEYS["tag"], called="code")
