"""A reader's profile: the settings that are to stand in its firmware, as the profile's file says them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pullcord_edge.readers.catalogue import find
from pullcord_edge.readers.option import Value, did_you_mean
from pullcord_edge.readers.r200 import DRESSES

from . import gm65, m6e, r200, scanner, tfmini, uhfreader18
from .family import Family
from .knob import Knob

#: Driver of a profile → the drivers of readers that may have it.
SERVES: Final[Mapping[str, tuple[str, ...]]] = {
    "gm65": ("gm65", "line"),
    "r200": ("r200",),
    "uhfreader18": ("uhfreader18",),
    "m6e": ("m6e",),
    "tfmini": ("tfmini",),
    "scanner-config": ("line",),
    "metroselect": ("line",),
}
_KEYS: Final = ("driver", "about", "identity", "forgets", "settings")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a reader is to hold. `forgets`: it is written again at every start of the station.

    `identity`: a text that the reader's answer about itself must contain. `baud`: the speed it is
    to speak with; None: as it is.
    """

    driver: str
    settings: Mapping[str, Value]
    about: str = ""
    identity: str = ""
    forgets: bool = False
    baud: int | None = None
    file: str = ""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a profile: at which key, what, the fix."""

    path: tuple[str, ...]
    wrong: str
    fix: str


@dataclass(slots=True)
class _Reading:
    """The keys of a profile's file as they are taken, and what is wrong with them."""

    table: Mapping[str, Any]
    flaws: list[Flaw] = field(default_factory=list)

    def text(self, key: str) -> str:
        value = self.table.get(key, "")
        if isinstance(value, str):
            return value
        self.flaws.append(Flaw((key,), f"must be a text, is {value!r}", 'write it in quotes: "…"'))
        return ""

    def flag(self, key: str, default: bool) -> bool:
        value = self.table.get(key, default)
        if isinstance(value, bool):
            return value
        self.flaws.append(
            Flaw((key,), f"must be true or false, is {value!r}", f"write {key} = true")
        )
        return default


def family_of(driver: str, options: Mapping[str, Value] | None = None) -> Family:
    """How to talk to readers of a profile's driver, set as the station's options say. KeyError."""
    given = options or {}
    match driver:
        case "r200":
            return r200.family(DRESSES[str(given.get("variant", "auto"))][0])
        case "uhfreader18":
            return uhfreader18.family(int(given.get("address", 0)))
        case _:
            return _FAMILIES[driver]


_FAMILIES: Final[Mapping[str, Family]] = {
    "gm65": gm65.family(),
    "m6e": m6e.family(),
    "tfmini": tfmini.family(),
    "scanner-config": scanner.menu_family(),
    "metroselect": scanner.metro_family(),
}


def read_profile(table: Mapping[str, Any], file: str = "") -> tuple[Profile | None, list[Flaw]]:
    """The profile of a file's table, and every problem of it; with a problem there is no profile."""
    reading = _Reading(table)
    for key in table:
        if key not in _KEYS:
            reading.flaws.append(
                Flaw((key,), f"unknown key{did_you_mean(key, _KEYS)}", "correct or remove it")
            )
    driver = reading.text("driver")
    if driver not in SERVES:
        wrong = f'"{driver}" is unknown{did_you_mean(driver, SERVES)}' if driver else "is missing"
        reading.flaws.append(Flaw(("driver",), wrong, f"write one of {', '.join(SERVES)}"))
        return None, reading.flaws
    family = family_of(driver)
    settings, baud = _read_settings(reading, family)
    profile = Profile(
        driver=driver,
        settings=settings,
        about=reading.text("about"),
        identity=reading.text("identity"),
        forgets=reading.flag("forgets", family.forgets),
        baud=baud,
        file=file,
    )
    _check_whole(reading, family, profile)
    return (None if reading.flaws else profile), reading.flaws


def _read_settings(reading: _Reading, family: Family) -> tuple[dict[str, Value], int | None]:
    table = reading.table.get("settings")
    if not isinstance(table, Mapping) or not table:
        wrong = "is missing" if table is None else "must be a table with at least one setting"
        reading.flaws.append(Flaw(("settings",), wrong, "add a table [settings]"))
        return {}, None
    settings: dict[str, Value] = {}
    baud = None
    for name, value in table.items():
        if name == "baud":
            baud = _read_baud(reading, family, value)
            continue
        knob = family.find(name)
        if knob is None:
            known = [each.name for each in family.knobs] + ["baud"] * bool(family.set_baud)
            also = f"; {family.spare_about}" if family.spare_about else ""
            wrong = f"{family.name} has no such setting{did_you_mean(name, known)}{also}"
            reading.flaws.append(Flaw(("settings", name), wrong, "correct or remove it"))
            continue
        try:
            settings[name] = knob.kind.take(value)
        except ValueError as error:
            reading.flaws.append(Flaw(("settings", name), str(error), f"write {knob.kind.about}"))
    return settings, baud


def _read_baud(reading: _Reading, family: Family, value: object) -> int | None:
    path = ("settings", "baud")
    if family.set_baud is None:
        wrong = f"the speed of {family.name} is not written"
        reading.flaws.append(Flaw(path, wrong, "remove it; give the port's in the station's file"))
    elif type(value) is not int or value not in family.bauds:
        speeds = ", ".join(str(baud) for baud in sorted(family.bauds))
        wrong = f"{value!r} is no speed of {family.name}"
        reading.flaws.append(Flaw(path, wrong, f"write one of {speeds}"))
    else:
        return value
    return None


def _check_whole(reading: _Reading, family: Family, profile: Profile) -> None:
    if profile.identity and family.identify is None:
        wrong = f"{family.name} does not say what it is"
        reading.flaws.append(Flaw(("identity",), wrong, "remove it"))
    if profile.forgets and profile.driver not in SERVES[profile.driver]:
        wrong = "a scanner keeps what is written, and hears no codes while it is set"
        reading.flaws.append(Flaw(("forgets",), wrong, "remove it"))


def knobs_of(family: Family, profile: Profile) -> tuple[Knob, ...]:
    """The knobs that the profile sets, in the order in which they are written."""
    named = [knob for knob in family.knobs if knob.name in profile.settings]
    names = {knob.name for knob in named}
    spare = [family.find(name) for name in profile.settings if name not in names]
    return (*named, *(knob for knob in spare if knob is not None))


def _default(driver: str, option: str) -> Value:
    return next(each.default for each in find(driver).options if each.name == option)


def conflicts(profile: Profile, driver: str, options: Mapping[str, Value], baud: int) -> list[Flaw]:
    """Where the profile and the station's table of the reader say different things."""
    drivers = SERVES[profile.driver]
    if driver not in drivers:
        wrong = f"is a profile of {profile.driver}, the reader's driver is {driver}"
        return [Flaw(("profile",), wrong, f"use a profile for {driver}, or correct the driver")]
    flaws = []
    if profile.baud is not None and profile.baud != baud:
        wrong = f"{baud} is not what the profile sets the reader to"
        flaws.append(Flaw(("baud",), wrong, f"write baud = {profile.baud}"))
    for knob in knobs_of(family_of(profile.driver, options), profile):
        wanted = profile.settings[knob.name]
        if knob.option:
            said = options.get(knob.option, _default(driver, knob.option))
            if said != wanted:
                wrong = f"the profile sets {knob.name} to {wanted}, the station expects {said}"
                flaws.append(Flaw((knob.option,), wrong, f'write {knob.option} = "{wanted}"'))
        elif knob.name in options:
            wrong = f"the profile sets {knob.name} as well"
            flaws.append(Flaw((knob.name,), wrong, f"remove {knob.name} here"))
    return flaws
