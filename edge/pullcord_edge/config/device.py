"""The tables of readers and sensors: which driver, on which port or pins, set how."""

from collections.abc import Callable
from typing import Final

from pullcord_edge.config.pin import Pins
from pullcord_edge.config.profile import read_profile
from pullcord_edge.config.section import Section
from pullcord_edge.core.profile.profile import Profile
from pullcord_edge.core.setting import (
    ROLES,
    Contact,
    Gesture,
    Level,
    Port,
    Pull,
    Reader,
    Sensor,
    Value,
)
from pullcord_edge.readers.catalogue import CATALOGUE, DriverSpec, Gives, Source, problems_of
from pullcord_edge.readers.option import did_you_mean, show
from pullcord_wire.message import EntryType

SWITCH: Final = "switch"
#: Drivers of readers that see many tags at once and tell which.
SETS: Final = frozenset({"r200", "uhfreader18", "m6e"})
_PARITIES: Final = {"none": "N", "even": "E", "odd": "O", "mark": "M", "space": "S"}
_SERIAL_KEYS: Final = ("port", "baud", "bits", "parity", "stop", "dtr", "rts")


def read_reader(section: Section, pins: Pins, place: Callable[[str], str]) -> Reader | None:
    """One `[[reader]]`; None where too little of it can be understood."""
    name = section.name("name", "post")
    spec = _read_spec(section, Gives.READS, (), "rdm6300")
    role = section.choice("role", ROLES, None) if section.need("role", '"withdrawal"') else None
    if spec is None:
        section.mark(section.table)
        return None
    gesture = _read_gesture(section, spec)
    port = read_port(section, spec) if spec.source is Source.SERIAL else None
    taken = _take_pins(section, pins, ("d0", "d1")) if spec.source is Source.BITS else ()
    device = _read_device(section) if spec.source is Source.HID else None
    options, profile = _read_options_and_profile(section, spec, port, place)
    reader = Reader(
        name=name or "",
        driver=spec.name,
        type=ROLES.get(role or "none", EntryType.READ),
        gesture=gesture,
        port=port,
        pins=taken,
        device=device,
        options=options,
        profile=profile,
    )
    return reader if name and role else None


def _read_gesture(section: Section, spec: DriverSpec) -> Gesture:
    repeats = section.flag("repeats", spec.repeats)
    many = spec.name in SETS
    gesture = Gesture(
        absence_s=section.seconds("absence", spec.absence_s, 0.0, 3600.0),
        confirm=section.flag("confirm", spec.confirm and repeats),
        repeats=repeats,
        many=many,
        removed=section.flag("removed", many),
    )
    if gesture.removed and not repeats:
        section.wrong(
            "removed",
            "cannot be told by a reader that sends a tag once",
            "write repeats = true where it repeats a resting tag, or removed = false",
        )
    if gesture.confirm and not repeats:
        section.wrong(
            "confirm",
            "would wait for a second frame that never comes: the reader sends a tag once",
            "write confirm = false, or repeats = true",
        )
    return gesture


def read_sensor(section: Section, pins: Pins, place: Callable[[str], str]) -> Sensor | None:
    """One `[[sensor]]`; None where too little of it can be understood."""
    name = section.name("name", "bin-7")
    if section.table.get("driver") == SWITCH:
        section.mark(["driver"])
        return _read_switch(section, pins, name)
    spec = _read_spec(section, Gives.VALUES, (SWITCH,), SWITCH)
    if spec is None:
        section.mark(section.table)
        return None
    level = _read_level(section)
    port = read_port(section, spec) if spec.source is Source.SERIAL else None
    taken = _take_pins(section, pins, ("dout", "sck")) if spec.source is Source.RAW else ()
    calibrated = section.flag("calibrated", False)
    serial = section.text("serial")
    if serial is not None and not calibrated:
        section.wrong("serial", "has no use without a calibration", "add calibrated = true")
    options, profile = _read_options_and_profile(section, spec, port, place)
    sensor = Sensor(
        name=name or "",
        driver=spec.name,
        level=level,
        port=port,
        pins=taken,
        options=options,
        profile=profile,
        calibrated=calibrated,
        serial=serial,
    )
    return sensor if name else None


def _read_switch(section: Section, pins: Pins, name: str | None) -> Sensor | None:
    contact = read_contact(section, pins, f"sensor {name}")
    level = Level(
        settle_s=section.seconds("settle", 0.5, 0.0, 3600.0),
        empty_when_closed=section.choice("empty_when", ("open", "closed"), "closed") != "open",
    )
    section.finish()
    return Sensor(name, SWITCH, level, contact=contact) if name and contact else None


def _read_level(section: Section) -> Level:
    level = Level(
        settle_s=section.seconds("settle", 2.0, 0.0, 3600.0),
        empty_below=section.optional_number("empty_below"),
        empty_above=section.optional_number("empty_above"),
        hysteresis=section.number("hysteresis", 0.0),
        median=section.integer("median", 5, 1, 99),
    )
    if (level.empty_below is None) == (level.empty_above is None):
        section.wrong(
            "empty_below",
            "either empty_below or empty_above must say when the place is empty",
            "add empty_below = … (a scale) or empty_above = … (a distance)",
        )
    return level


def read_contact(section: Section, pins: Pins, use: str) -> Contact | None:
    """The switch of a sensor or button on its pin."""
    pull = Pull(section.choice("pull", tuple(Pull), Pull.UP) or Pull.UP)
    active_high = section.flag("active_high", pull is Pull.DOWN)
    if pull is not Pull.NONE and active_high != (pull is Pull.DOWN):
        section.wrong(
            "active_high", f'contradicts pull = "{pull}"', 'leave it out, or write pull = "none"'
        )
    if not section.need("pin", "17"):
        return None
    pin = pins.take(section, "pin", use)
    return None if pin is None else Contact(pin, pull, active_high)


def read_port(section: Section, spec: DriverSpec) -> Port | None:
    """The serial port of a device, set as a fresh one of its kind is unless the file says other."""
    set_as = spec.serial
    parity = section.choice("parity", _PARITIES, None)
    port = Port(
        url=section.text("port") or "",
        baud=section.integer("baud", set_as.baud if set_as else 9600, 50, 4_000_000),
        bits=section.integer("bits", set_as.bits if set_as else 8, 5, 8),
        parity=_PARITIES[parity] if parity else (set_as.parity if set_as else "N"),
        stop=section.number("stop", set_as.stop if set_as else 1, 1, 2),
        modem={line: section.flag(line, True) for line in ("dtr", "rts") if section.has(line)},
    )
    has_port = section.need("port", '"/dev/serial/by-id/…"')
    return port if has_port and port.url else None


def read_options(section: Section, spec: DriverSpec) -> dict[str, Value]:
    """Every other key is an option of the driver; an unknown one is refused here."""
    names = [option.name for option in spec.options]
    known = [*names, *sorted(section.asked)]
    options: dict[str, Value] = {}
    for key in section.unread():
        value = section.table[key]
        section.mark([key])
        if key not in names:
            fix = (
                f"{_home(key, spec)}correct or remove it"
                if key in _SERIAL_KEYS or key in ("d0", "d1", "dout", "sck", "pin")
                else "correct or remove it"
            )
            section.wrong(key, f"unknown key{did_you_mean(key, known)}", fix)
        elif not isinstance(value, str | int | float | bool):
            section.wrong(key, f"must be a text or number, is {show(value)}", "write one value")
        elif problems := problems_of(spec.name, {key: value}):
            section.wrong(key, problems[0], f"see the page of the driver {spec.name}")
        else:
            options[key] = value
    return options


def _read_options_and_profile(
    section: Section, spec: DriverSpec, port: Port | None, place: Callable[[str], str]
) -> tuple[dict[str, Value], Profile | None]:
    if spec.source is not Source.SERIAL:
        return read_options(section, spec), None
    section.mark(["profile"])
    options = read_options(section, spec)
    return options, read_profile(section, place, spec.name, options, port)


def _home(key: str, spec: DriverSpec) -> str:
    return f"the driver {spec.name} has no use for {key}: "


def _read_spec(
    section: Section, gives: Gives, others: tuple[str, ...], example: str
) -> DriverSpec | None:
    """The driver of the catalogue at `driver`, of those that give the right thing."""
    if not section.need("driver", f'"{example}"'):
        return None
    names = [*others, *(name for name, spec in CATALOGUE.items() if spec.gives is gives)]
    driver = section.choice("driver", names, None)
    return CATALOGUE.get(driver) if driver else None


def _read_device(section: Section) -> str | None:
    """The path of an input device."""
    return section.text("port") if section.need("port", '"/dev/input/by-id/…"') else None


def _take_pins(section: Section, pins: Pins, keys: tuple[str, str]) -> tuple[int, ...]:
    use = f"{section.path[0]} {section.table.get('name')}"
    taken = [pins.take(section, key, f"{use} ({key})") for key in keys if section.need(key, "23")]
    return tuple(pin for pin in taken if pin is not None)
