"""All outputs of a station as one: pins, lights and displays on ports."""

from collections.abc import Callable

from pullcord_edge.adapters.device import Channel
from pullcord_edge.adapters.gpio import Pins
from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.adapters.input_device import InputDevice
from pullcord_edge.adapters.port_display import PortDisplay
from pullcord_edge.adapters.port_light import PortLight
from pullcord_edge.adapters.serial_port import open_serial
from pullcord_edge.core.display import Rows
from pullcord_edge.core.lamp import Lamp
from pullcord_edge.core.setting import Light, Port, Setting
from pullcord_edge.readers.catalogue import Source, find


class Outputs:
    """The lights, the buzzer and the contacts, wherever they are."""

    def __init__(self, setting: Setting, inbox: Inbox, pins: Pins) -> None:
        self._pins = pins
        self._lights = [
            PortLight(light, _opener(light), inbox) for light in setting.lights if light.port
        ]
        self._displays = [
            PortDisplay(display, open_port(display.port), inbox) for display in setting.displays
        ]

    def start(self) -> None:
        """Open them."""
        self._pins.start()
        for light in self._lights:
            light.start()
        for display in self._displays:
            display.start()

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

    def write(self, rows: Rows) -> None:
        """Every display says this."""
        for display in self._displays:
            display.write(rows)

    def check(self) -> None:
        """Tell of every contact that stands otherwise than last told."""
        self._pins.check()

    def stop(self) -> None:
        """Everything off."""
        for light in self._lights:
            light.stop()
        for display in self._displays:
            display.stop()
        self._pins.stop()


def _opener(light: Light) -> Callable[[], Channel]:
    port = light.port
    assert port is not None
    if find(light.driver).source is Source.HID:
        return lambda: InputDevice(port.url, grab=False)
    return open_port(port)


def open_port(port: Port) -> Callable[[], Channel]:
    """How this port is opened."""
    return lambda: open_serial(port.url, port, port.modem)
