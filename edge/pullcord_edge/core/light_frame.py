"""Lamps as bytes: what a serial, Modbus or USB stack light is sent for the lamps that are wanted.

Which patterns a light blinks by itself is data: only where its published frequency lies within
0.4–0.8 Hz (slow) or 1.4–2.8 Hz (fast). The station blinks the others by switching on and off.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pullcord_edge.readers import modbus, patlite, tower
from pullcord_wire.message import Pattern

ON_OFF = frozenset((Pattern.ON, Pattern.OFF))


class LightError(ValueError):
    """A lamp or a pattern that the light does not have."""


@dataclass(frozen=True, slots=True)
class LightSpec:
    """One kind of stack light: its lamps, the patterns it shows by itself, and its frames.

    `paced`: each frame must wait for the answer to the one before.
    """

    name: str
    lamps: tuple[str, ...]
    patterns: frozenset[Pattern]
    frames: Callable[[Mapping[str, Pattern]], tuple[bytes, ...]]
    paced: bool = False


#: The lamps of the tri-colour Modbus light, by coil.
MODBUS_COILS = {"red": 0, "amber": 1, "green": 2, "buzzer": 3}
#: What its coils understand: FF00 on, F000 2 Hz, F200 0.5 Hz.
MODBUS_VALUES = {
    Pattern.OFF: 0x0000,
    Pattern.ON: 0xFF00,
    Pattern.FAST: 0xF000,
    Pattern.SLOW: 0xF200,
}
MODBUS_ADDRESS = 1
#: A beacon shows one colour: the first of these that is on.
BEACON_ORDER = ("red", "amber", "blue", "white", "green")


def _modbus(wanted: Mapping[str, Pattern]) -> tuple[bytes, ...]:
    return tuple(
        modbus.write_coil(MODBUS_ADDRESS, MODBUS_COILS[lamp], MODBUS_VALUES[pattern])
        for lamp, pattern in wanted.items()
    )


def _tower(wanted: Mapping[str, Pattern]) -> tuple[bytes, ...]:
    return tuple(tower.command(lamp, pattern.value) for lamp, pattern in wanted.items())


def _phe(wanted: Mapping[str, Pattern]) -> tuple[bytes, ...]:
    return (patlite.phe_lamps(_lit(wanted)),)


def _ne(wanted: Mapping[str, Pattern]) -> tuple[bytes, ...]:
    lit = _lit(wanted)
    colour = next((lamp for lamp in BEACON_ORDER if lit.get(lamp)), "off")
    return (patlite.ne_report(colour, lit.get("buzzer")),)


def _lr(wanted: Mapping[str, Pattern]) -> tuple[bytes, ...]:
    lit = _lit(wanted)
    return (patlite.lr_report(lit, lit.pop("buzzer", None)),)


def _lit(wanted: Mapping[str, Pattern]) -> dict[str, bool]:
    return {lamp: pattern is Pattern.ON for lamp, pattern in wanted.items()}


_COLOURS = ("red", "amber", "green")
LIGHTS: Mapping[str, LightSpec] = {
    spec.name: spec
    for spec in (
        LightSpec("modbus", tuple(MODBUS_COILS), frozenset(MODBUS_VALUES), _modbus, paced=True),
        LightSpec("adafruit-tower", (*_COLOURS, "buzzer"), ON_OFF, _tower),
        LightSpec("patlite-phe", (*_COLOURS, "buzzer"), ON_OFF, _phe, paced=True),
        LightSpec("patlite-ne", (*_COLOURS, "blue", "white", "buzzer"), ON_OFF, _ne),
        LightSpec("patlite-lr", (*_COLOURS, "blue", "white", "buzzer"), ON_OFF, _lr),
    )
}


def frames_for(light: str, wanted: Mapping[str, Pattern]) -> tuple[bytes, ...]:
    """The bytes to be written, in order, so that the light shows the wanted lamps.

    A lamp that is not named stays as it is, but on a beacon, which has one colour. Raises LightError.
    """
    spec = LIGHTS.get(light)
    if spec is None:
        raise LightError(f'there is no light "{light}"; there are: {", ".join(LIGHTS)}')
    for lamp, pattern in wanted.items():
        if lamp not in spec.lamps:
            raise LightError(f'{light} has no lamp "{lamp}"; it has: {", ".join(spec.lamps)}')
        if pattern not in spec.patterns:
            raise LightError(f"{light} does not blink by itself: switch {lamp} on and off instead")
    return spec.frames(wanted)
