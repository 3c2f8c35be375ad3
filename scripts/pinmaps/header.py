"""The 40-pin header: what each pin is, and which supply pins are near."""

from typing import Final

from pullcord_edge.config.pin import HEADER

ROWS: Final = 20
POWER: Final = {1: "3.3 V", 17: "3.3 V", 2: "5 V", 4: "5 V"}
GROUNDS: Final = (6, 9, 14, 20, 25, 30, 34, 39)
#: Physical pin of each BCM number.
PLACE: Final = {bcm: pin for pin, bcm in HEADER.items()}
#: What a pin is besides a GPIO.
ALSO: Final = {3: "SDA", 5: "SCL", 8: "TXD", 10: "RXD", 27: "ID", 28: "ID"}
TXD, RXD = 8, 10


def name_of(pin: int) -> str:
    """What stands beside a physical pin: GPIO 17, GND, 3.3 V."""
    if pin in POWER:
        return POWER[pin]
    if pin in GROUNDS:
        return "GND"
    also = f" {ALSO[pin]}" if pin in ALSO else ""
    return f"GPIO {HEADER[pin]}{also}"


def near(pin: int, kind: tuple[int, ...]) -> int:
    """The pin of this kind that is nearest on the header; of two, the lower."""
    return min(kind, key=lambda each: (abs((each - 1) // 2 - (pin - 1) // 2), each % 2 != pin % 2))


def ground(pin: int) -> int:
    """The ground nearest to a pin."""
    return near(pin, GROUNDS)


def supply(volts: str, pin: int) -> int:
    """The supply of these volts nearest to a pin."""
    return near(pin, tuple(each for each, name in POWER.items() if name == volts))
