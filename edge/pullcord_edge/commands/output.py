"""All outputs of a station as one: pins, and lights on ports."""

from collections.abc import Callable

from pullcord_edge.adapters.device import Channel
from pullcord_edge.adapters.gpio import Pins
from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.adapters.input_device import InputDevice
from pullcord_edge.adapters.port_light import PortLight
from pullcord_edge.adapters.serial_port import open_serial
from pullcord_edge.core.lamp import Lamp
from pullcord_edge.core.setting import Light, Setting
from pullcord_edge.readers.catalogue import Source, find


class Outputs:
    """The lights, the buzzer and the contacts, wherever they are."""

    def __init__(self, setting: Setting, inbox: Inbox, pins: Pins) -> None:
        self._pins = pins
        self._lights = [
            PortLight(light, _opener(light), inbox) for light in setting.lights if light.port
        ]

    def start(self) -> None:
        """Open them."""
        self._pins.start()
        for light in self._lights:
            light.start()

    def light(self, lit: frozenset[Lamp]) -> None:
        """Exactly these lamps are lit."""
        self._pins.light(lit)
        for light in self._lights:
            light.light(lit)

    def sound(self, sounds: bool) -> None:
        """Everything that can sound does, or does not."""
        self._pins.sound(sounds)
        for light in self._lights:
            light.sound(sounds)

    def check(self) -> None:
        """Tell of every contact that stands otherwise than last told."""
        self._pins.check()

    def stop(self) -> None:
        """Everything off."""
        for light in self._lights:
            light.stop()
        self._pins.stop()


def _opener(light: Light) -> Callable[[], Channel]:
    port = light.port
    assert port is not None
    if find(light.driver).source is Source.HID:
        return lambda: InputDevice(port.url, grab=False)
    return lambda: open_serial(port.url, port, port.modem)
