"""Checks of the pins: reachable, used once, and not taken by a bus or UART of the Pi."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pullcord_edge.checks.boot import BootFacts, driven_pins, has
from pullcord_edge.checks.result import Check, failed, judged, passed, warned
from pullcord_edge.core.setting import Light, Setting

#: A line of config.txt, and the pins it takes away from everything else.
TAKEN: Final[Mapping[str, tuple[int, ...]]] = {
    "enable_uart=1": (14, 15),
    "dtparam=uart0=on": (14, 15),
    "dtoverlay=uart2": (0, 1),
    "dtoverlay=uart3": (4, 5),
    "dtoverlay=uart4": (8, 9),
    "dtoverlay=uart5": (12, 13),
    "dtparam=i2c_arm=on": (2, 3),
    "dtoverlay=i2c-rtc": (2, 3),
    "dtparam=spi=on": (7, 8, 9, 10, 11),
    "dtparam=i2s=on": (18, 19, 20, 21),
    "dtoverlay=w1-gpio": (4,),
}


@dataclass(frozen=True, slots=True)
class PinFacts:
    """`factory`: how pins are reached; `fault`: why they are not."""

    factory: str | None
    fault: str | None = None


def pins_of(setting: Setting) -> dict[int, str]:
    """Every pin the station uses, and what for."""
    used: dict[int, str] = {}
    for light in setting.lights:
        used |= {pin: f"light {light.name} ({colour})" for colour, pin in light.pins.items()}
    for button in setting.buttons:
        used[button.contact.pin] = f"button {button.name}"
    for sensor in setting.sensors:
        if sensor.contact is not None:
            used[sensor.contact.pin] = f"sensor {sensor.name}"
        used |= dict.fromkeys(sensor.pins, f"sensor {sensor.name}")
    for reader in setting.readers:
        used |= dict.fromkeys(reader.pins, f"reader {reader.name}")
    if setting.buzzer is not None:
        used[setting.buzzer.pin] = "the buzzer"
    return used


def check_pins(facts: PinFacts, setting: Setting, boot: BootFacts) -> Iterator[Check]:
    """Every check of this family."""
    used = pins_of(setting)
    if not used:
        yield passed("pins are reached", "the station uses none")
    elif facts.fault is not None:
        fix = "sudo apt install python3-lgpio; sudo usermod -aG gpio $USER"
        yield failed("pins are reached", facts.fault, fix)
    else:
        yield passed("pins are reached", f"by {facts.factory}")
    taken = list(_conflicts(used, boot))
    fix = "move the wire and its pin in station.toml, or take that line out of config.txt; sudo reboot"
    yield judged("pins are free", not taken, "; ".join(taken) or f"{len(used)} used", fix)
    yield _check_dark(setting, boot)
    for light in setting.lights:
        yield _check_colours(light)
    if setting.buzzer is None:
        fix = "add a [buzzer] with its pin"
        yield warned("buzzer", "there is none: a worker must look to know", fix)
    else:
        yield passed("buzzer", f"on pin {setting.buzzer.pin}")


def _conflicts(used: Mapping[int, str], boot: BootFacts) -> Iterator[str]:
    for key, pins in TAKEN.items():
        if key == "enable_uart=1" and boot.pi == "pi5":
            continue  # there it is the debug connector's
        if has(boot, key):
            for pin in pins:
                if pin in used:
                    yield f"pin {pin} of {used[pin]} is taken by {key}"


def _check_dark(setting: Setting, boot: BootFacts) -> Check:
    """Until the program runs, an output does what config.txt says, or what it likes."""
    name = "outputs are off at power-on"
    wanted = {
        pin: "dh" if light.active_low else "dl"
        for light in setting.lights
        for pin in light.pins.values()
    }
    if setting.buzzer is not None:
        wanted[setting.buzzer.pin] = "dh" if setting.buzzer.active_low else "dl"
    if boot.config is None or not wanted:
        return passed(name, "no Raspberry Pi" if wanted else "the station has none on pins")
    told = driven_pins(boot)
    missing = sorted(pin for pin, level in wanted.items() if told.get(pin) != level)
    if not missing:
        return passed(name, "config.txt says so")
    levels = {wanted[pin] for pin in missing}
    settings = " ".join(
        f"gpio={','.join(str(pin) for pin in missing if wanted[pin] == level)}=op,{level}"
        for level in sorted(levels)
    )
    seen = f"nothing holds pins {', '.join(map(str, missing))} until the program runs"
    return warned(name, seen, f"{settings} in config.txt, as in {boot.fragment}; sudo reboot")


def _check_colours(light: Light) -> Check:
    missing = [
        colour for colour in ("red", "amber", "green", "white") if colour not in light.colours
    ]
    name = f"light {light.name} has every colour"
    if not missing:
        return passed(name, ", ".join(light.colours))
    seen = f"no {', '.join(missing)}"
    if "white" in missing:
        seen += "; link lost is shown by all its lamps"
    return warned(name, seen, f"add the pins of {', '.join(missing)} where the stack has them")
