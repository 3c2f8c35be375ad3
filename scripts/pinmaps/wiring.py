"""What hangs on the pins: a station's settings as cards of rows, a row a wire."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from pullcord_edge.core.setting import Button, Contact, Light, Pull, Reader, Sensor, Setting

from .header import PLACE, RXD, TXD, ground, supply

#: Paths by which a station names the UART of the header; the last two by the udev rules.
HEADER_PORTS: Final = ("/dev/ttyAMA0", "/dev/serial0", "/dev/pullcord/header", "/dev/pullcord/post")


class Part(Enum):
    """What lies in a wire."""

    SERIES = "1 kΩ"
    SWITCH = "switch"
    DRIVER = "driver"
    TRANSISTOR = "NPN"
    DIVIDER = "divider"
    SHIFTER = "level shifter"
    RS232 = "MAX3232"


@dataclass(frozen=True)
class Row:
    """A wire from a pin through parts to an end: a terminal, or another pin."""

    pin: int
    parts: tuple[Part, ...]
    end: str
    colour: str
    end_pin: int | None = None


@dataclass(frozen=True)
class Card:
    """One device: its wires, what to mind, and what would break something."""

    title: str
    about: str
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    warning: str = ""
    usb: str = ""


@dataclass(frozen=True)
class Serial:
    """How a device on the header's UART is supplied, and what its signal needs on the way to the Pi."""

    name: str
    volts: str
    to_pi: tuple[Part, ...] = ()
    hears: bool = True
    warning: str = ""
    note: str = ""


_5V_SIGNAL: Final = (
    "Its TX is 5 V. Straight on pin 10 it destroys the Pi: the divider of 1 kΩ and 2 kΩ makes "
    "3.3 V of it."
)
SERIAL: Final = {
    "rdm6300": Serial("RDM6300", "5 V", (Part.DIVIDER,), hears=False, warning=_5V_SIGNAL),
    "gm65": Serial("GM65", "5 V", note="Its signals are 3.3 V, its supply is 5 V."),
    "pn532": Serial("PN532, set to HSU", "3.3 V"),
    "r200": Serial("R200", "5 V", note="A supply of its own: 500 mA in bursts. Antenna first."),
    "m6e": Serial("M6E", "5 V", note="A supply of its own: 1 A. Antenna first, then power."),
    "tfmini": Serial("TFmini-S", "5 V", note="Its signals are 3.3 V, its supply is 5 V, 140 mA."),
    "a02yyuw": Serial("A02YYUW", "3.3 V"),
}
RS232: Final = Serial(
    "RS-232 device",
    "3.3 V",
    (Part.RS232,),
    warning="RS-232 is ±12 V: never on a pin; a MAX3232 between, on 3.3 V.",
)
COLOURS: Final = {
    "red": "#d92d2d",
    "amber": "#f0a202",
    "green": "#2a9d4a",
    "blue": "#2f6fde",
    "white": "#ffffff",
}
INPUT, OUTPUT, UART, USB = "#0f8b8d", "#7a5195", "#b5476d", "#5b6b7b"
GROUND, FIVE, THREE = "#3b3b3b", "#c0392b", "#e67e22"


def wire(station: Setting) -> list[Card]:
    """Every device of a station, in the order of its file's kinds."""
    return list(_cards(station))


def _cards(station: Setting) -> Iterator[Card]:
    for reader in station.readers:
        yield _wire_reader(reader)
    switches = [sensor for sensor in station.sensors if sensor.contact]
    if switches:
        yield _wire_switches(switches)
    for sensor in station.sensors:
        if not sensor.contact:
            yield _wire_sensor(sensor)
    for light in station.lights:
        yield _wire_light(light)
    if station.buttons:
        yield _wire_buttons(station.buttons)
    if station.buzzer:
        yield _wire_buzzer(PLACE[station.buzzer.pin], station.buzzer.active_low)


def _wire_reader(reader: Reader) -> Card:
    if reader.port is not None:
        return _wire_port(reader.name, reader.driver, reader.port.url)
    if reader.device is not None:
        return Card(reader.name, reader.driver, usb=reader.device)
    rows = tuple(
        Row(PLACE[pin], (Part.SHIFTER,), name, UART)
        for pin, name in zip(reader.pins, ("D0", "D1"), strict=True)
    )
    pin = rows[0].pin
    ends = (Row(ground(pin), (), "GND", GROUND),)
    return Card(
        reader.name,
        f"{reader.driver}, the reader has its own supply",
        (*rows, *ends),
        warning="D0 and D1 are 5 V: a level shifter or an optocoupler in each.",
    )


def _wire_sensor(sensor: Sensor) -> Card:
    if sensor.port is not None:
        return _wire_port(sensor.name, sensor.driver, sensor.port.url)
    data, clock = (PLACE[pin] for pin in sensor.pins)
    return Card(
        sensor.name,
        "HX711 and its load cell",
        (
            Row(supply("3.3 V", data), (), "VCC, VDD", THREE),
            Row(data, (), "DT", INPUT),
            Row(clock, (), "SCK", OUTPUT),
            Row(ground(data), (), "GND", GROUND),
        ),
        ("On 3.3 V, so that its signals are 3.3 V. Twist the cell's leads and keep them short.",),
    )


def _wire_port(name: str, driver: str, url: str) -> Card:
    if url not in HEADER_PORTS:
        return Card(name, f"{driver} on USB", usb=url)
    serial = SERIAL.get(driver, RS232)
    rows = [
        Row(supply(serial.volts, RXD), (), "VCC", FIVE if serial.volts == "5 V" else THREE),
        Row(RXD, serial.to_pi, "TX", UART),
    ]
    if serial.hears:
        rows.append(Row(TXD, serial.to_pi, "RX", UART))
    rows.append(Row(ground(RXD), (), "GND", GROUND))
    silent = () if serial.hears else ("It only speaks: nothing on its RX.",)
    notes = (serial.note,) if serial.note else ()
    return Card(name, f"{serial.name} on {url}", tuple(rows), (*silent, *notes), serial.warning)


def _wire_contact(contact: Contact, end: str) -> Row:
    pin = PLACE[contact.pin]
    to_ground = contact.pull is Pull.UP or (contact.pull is Pull.NONE and not contact.active_high)
    other = ground(pin) if to_ground else supply("3.3 V", pin)
    return Row(pin, (Part.SERIES, Part.SWITCH), end, INPUT, other)


_LONG: Final = (
    "Over 2 m of cable: 10 kΩ from the pin to 3.3 V and 100 nF to ground, twisted pair, away from "
    "motors' leads."
)


def _wire_switches(sensors: list[Sensor]) -> Card:
    rows = []
    for sensor in sensors:
        assert sensor.contact is not None
        way = "closed = empty" if sensor.level.empty_when_closed else "open = empty"
        rows.append(_wire_contact(sensor.contact, f"{sensor.name} · {way}"))
    about = "switches under the bins"
    return Card("bins", about, tuple(rows), ("The pin's own resistor holds it.", _LONG))


def _name(button: Button) -> str:
    does = button.call or str(button.act)
    return button.name if button.name == does else f"{button.name} · {does}"


def _wire_buttons(buttons: tuple[Button, ...]) -> Card:
    rows = tuple(_wire_contact(button.contact, _name(button)) for button in buttons)
    return Card("buttons and cords", "contacts without a voltage of their own", rows, (_LONG,))


def _wire_light(light: Light) -> Card:
    if light.port is not None:
        return Card(light.name, f"{light.driver} on USB", usb=light.port.url)
    rows = [
        Row(PLACE[pin], (Part.DRIVER,), colour, COLOURS[colour])
        for colour, pin in light.pins.items()
    ]
    notes = [
        "One channel of a driver board (ULN2803A, or relays) for each colour: a pin gives 16 mA at "
        "3.3 V, a lamp wants its own supply. The grounds are joined."
    ]
    pulled = [f"{colour} (GPIO {pin})" for colour, pin in light.pins.items() if pin <= 8]
    if pulled and not light.active_low:
        notes.append(
            f"{' and '.join(pulled)}: pulled up until the boot settings take over. 10 kΩ from the "
            "board's input to ground keeps them dark from power-on."
        )
    about = "active low: on where the pin is low" if light.active_low else "stack light"
    rows.append(Row(ground(rows[-1].pin), (), "GND of the board", GROUND))
    return Card(light.name, about, tuple(rows), tuple(notes))


def _wire_buzzer(pin: int, active_low: bool) -> Card:
    volts = supply("5 V", pin)
    return Card(
        "buzzer",
        "one that sounds by itself" + (", active low" if active_low else ""),
        (
            Row(pin, (Part.SERIES, Part.TRANSISTOR), "buzzer −", OUTPUT),
            Row(volts, (), "buzzer +", FIVE),
            Row(ground(pin), (), "emitter", GROUND),
        ),
        ("A BC337 or 2N2222; a 1N4148 across a magnetic buzzer, its band to +.",),
    )
