"""The tables of lights, buttons and the buzzer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pullcord_edge.config.device import read_contact, read_port
from pullcord_edge.config.pin import Pins
from pullcord_edge.config.section import Section
from pullcord_edge.core.display import DISPLAYS
from pullcord_edge.core.light_frame import LIGHTS
from pullcord_edge.core.setting import COLOURS, Act, Button, Buzzer, Display, Light, SelfTest
from pullcord_edge.core.voice import VOICES
from pullcord_edge.readers.catalogue import CATALOGUE
from pullcord_edge.readers.option import did_you_mean

#: What a cord or button may call for.
CALLS: Final = ("material", "quality", "line-stop", "maintenance", "supervisor")
_PIN_LIGHT: Final = "{ red = 5, amber = 6, green = 13, blue = 19, white = 26 }"


def read_light(section: Section, pins: Pins) -> Light | None:
    """One `[[light]]`, on pins or on a port; None where too little of it can be understood."""
    name = section.name("name", "stack")
    if "driver" in section.table:
        return _read_port_light(section, name)
    active_low = section.flag("active_low", False)
    if not section.need("pins", _PIN_LIGHT):
        section.finish()
        return None
    taken = _read_pins(section, pins, name)
    section.finish()
    colours = tuple(colour for colour in COLOURS if colour in taken)
    return Light(name, "pins", taken, active_low, colours) if name else None


def _read_pins(section: Section, pins: Pins, name: str | None) -> dict[str, int]:
    table = section.sub("pins")
    taken: dict[str, int] = {}
    if table is None:
        return taken
    for colour in COLOURS:
        pin = pins.take(table, colour, f"light {name} ({colour})")
        if pin is not None:
            taken[colour] = pin
    for colour in table.unread():
        table.wrong(colour, f"is no colour of a light{did_you_mean(colour, COLOURS)}", "correct it")
    if not table.table:
        section.wrong("pins", "names no colour", f"write pins = {_PIN_LIGHT}")
    return taken


def _read_port_light(section: Section, name: str | None) -> Light | None:
    driver = section.choice("driver", LIGHTS, None)
    if driver is None:
        section.mark(section.table)
        return None
    spec = CATALOGUE[driver]
    port = read_port(section, spec)
    section.finish()
    colours = tuple(colour for colour in COLOURS if colour in LIGHTS[driver].lamps)
    return Light(name, driver, colours=colours, port=port) if name and port else None


def read_display(section: Section) -> Display | None:
    """One `[[display]]`; None where too little of it can be understood."""
    name = section.name("name", "words")
    driver = None
    if section.need("driver", '"cd5220"'):
        driver = section.choice("driver", DISPLAYS, None)
    if driver is None:
        section.mark(section.table)
        return None
    port = read_port(section, CATALOGUE[driver])
    section.finish()
    return Display(name, driver, port) if name and port else None


def read_button(section: Section, pins: Pins) -> Button | None:
    """One `[[button]]`; None where too little of it can be understood."""
    name = section.name("name", "cord")
    contact = read_contact(section, pins, f"button {name}")
    call = section.choice("call", CALLS, None)
    act = section.choice("action", tuple(Act), None)
    if section.has("call") and section.has("action"):
        section.wrong("action", "cannot stand beside call", "keep one of the two")
    elif not section.has("call") and not section.has("action"):
        section.wrong("call", "is missing", 'add call = "material", or action = "undo"')
    button = (
        Button(
            name=name or "",
            contact=contact,
            call=call,
            act=Act(act) if act else None,
            debounce_s=section.seconds("debounce", 0.03, 0.0, 5.0),
            stuck_s=section.seconds("stuck", 60.0, 1.0, 86400.0),
        )
        if contact
        else None
    )
    section.finish()
    return button if name and (call or act) else None


def read_buzzer(section: Section | None, pins: Pins) -> Buzzer | None:
    """The `[buzzer]`, where there is one."""
    if section is None:
        return None
    active_low = section.flag("active_low", False)
    tone = section.number("tone", 0.0, 20.0, 20_000.0) if section.has("tone") else None
    pin = pins.take(section, "pin", "the buzzer") if section.need("pin", "18") else None
    section.finish()
    return None if pin is None else Buzzer(pin, active_low, tone)


def read_selftest(section: Section | None, names: "SelfTestNames") -> SelfTest:
    """The `[selftest]`, where there is one; every name in it must be one of the station's."""
    if section is None:
        return SelfTest()
    cards = section.texts("cards")
    looped = section.texts("readers")
    for reader in looped:
        if reader not in names.readers:
            known = did_you_mean(reader, sorted(names.readers))
            section.wrong("readers", f'there is no reader "{reader}"{known}', "correct it")
        elif names.readers[reader] not in VOICES:
            frames = f"the frames of {names.readers[reader]} cannot be sent through a wire"
            section.wrong("readers", frames, f"remove {reader}: a person holds the card to it")
    loops: dict[str, str] = {}
    table = section.sub("loops")
    for output, value in (table.table if table else {}).items():
        assert table is not None
        table.mark([output])
        if output not in names.outputs:
            known = did_you_mean(output, sorted(names.outputs))
            table.wrong(
                output, f"is no output of this station{known}", 'write "stack.red" = "in-1"'
            )
        elif value in names.buttons:
            acts = "is a button, which would act whenever the output is on"
            table.wrong(
                output, f'"{value}" {acts}', 'wire it to a spare [[sensor]], driver "switch"'
            )
        elif value not in names.switches:
            known = did_you_mean(str(value), sorted(names.switches))
            table.wrong(output, f'there is no switch "{value}"{known}', "correct it")
        else:
            loops[output] = value
    section.finish()
    return SelfTest(cards, loops, looped)


@dataclass(frozen=True, slots=True)
class SelfTestNames:
    """The names that a `[selftest]` may use; of readers also their drivers."""

    readers: Mapping[str, str]
    outputs: frozenset[str]
    buttons: frozenset[str]
    switches: frozenset[str]
