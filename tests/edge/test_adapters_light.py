"""A stack light on a port: what it is sent for what is lit, and what it does when the port goes."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pullcord_edge.adapters.gpio import Pins
from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.adapters.port_light import PortLight
from pullcord_edge.adapters.serial_port import open_serial
from pullcord_edge.commands.output import Outputs
from pullcord_edge.config import parse
from pullcord_edge.core.input import DeviceState
from pullcord_edge.core.light_frame import frames_for
from pullcord_edge.core.setting import Light, Port
from pullcord_wire.message import Pattern
from support.tty import Tty
from support.until import until

TOWER = Light("tower", "adafruit-tower", colours=("red", "amber", "green"), port=Port(""))
MODBUS = Light("lamp", "modbus", colours=("red", "amber", "green"), port=Port(""))
GREEN = frozenset({("tower", "green")})
ON, OFF = Pattern.ON, Pattern.OFF


class Wire(Tty):
    """A light's end of the line: everything that it was sent."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.sent = b""

    def heard(self) -> bytes:
        """Everything so far."""
        assert self._master is not None
        with suppress(BlockingIOError):
            while True:
                self.sent += os.read(self._master, 4096)
        return self.sent


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    """The line of a light."""
    line = Wire(tmp_path / "light")
    yield line
    line.unplug()


def started(light: Light, wire: Tty, inbox: Inbox) -> PortLight:
    """A light that was started."""
    made = PortLight(light, lambda: open_serial(str(wire.path), Port("")), inbox)
    made.start()
    return made


def tower(**lamps: Pattern) -> bytes:
    """What the tower is sent for these lamps, all others off."""
    wanted = dict.fromkeys(("red", "amber", "green", "buzzer"), OFF) | lamps
    return b"".join(frames_for("adafruit-tower", wanted))


def test_it_is_dark_at_first_then_as_it_is_told_and_dark_at_the_end(wire: Wire) -> None:
    light = started(TOWER, wire, Inbox())
    until(lambda: wire.heard().endswith(tower()), "dark")
    light.light(GREEN)
    until(lambda: wire.heard().endswith(tower(green=ON)), "green")
    light.sound(True)
    until(lambda: wire.heard().endswith(tower(green=ON, buzzer=ON)), "the buzzer")
    assert light.stop(2)
    assert wire.heard().endswith(tower())


def test_a_light_that_answers_is_told_only_what_changed_and_its_silence_is_a_fault(
    wire: Wire,
) -> None:
    inbox = Inbox()
    light = started(MODBUS, wire, inbox)
    until(lambda: DeviceState("lamp", "silent: answers nothing") in inbox.take(0.1), "silent")
    before = len(wire.heard())
    light.light(frozenset({("lamp", "red")}))
    (frame,) = frames_for("modbus", {"red": ON})
    until(lambda: wire.heard()[before:] == frame, "one frame")
    wire.write(frame)
    until(lambda: DeviceState("lamp", None) in inbox.take(0.1), "well again", 15)
    light.stop(0.1)


def test_a_light_that_was_unplugged_is_right_again_when_it_is_back(wire: Wire) -> None:
    inbox = Inbox()
    light = started(TOWER, wire, inbox)
    until(lambda: DeviceState("tower", None) in inbox.take(0.1), "open")
    light.light(GREEN)
    until(lambda: wire.heard().endswith(tower(green=ON)), "green")
    wire.unplug()
    light.light(frozenset({("tower", "red")}))
    until(lambda: any(getattr(i, "fault", "") for i in inbox.take(0.1)), "the fault")
    wire.sent = b""
    wire.plug()
    until(lambda: wire.heard().endswith(tower(red=ON)), "red")
    assert light.stop(2)


def test_the_station_drives_pins_and_ports_alike(wire: Wire) -> None:
    setting = parse(
        'site = "s"\nstation = "a"\nbroker = { url = "mqtt://b" }\njournal = { path = "j" }\n'
        f'[[light]]\nname = "tower"\ndriver = "adafruit-tower"\nport = "{wire.path}"\n'
    )
    assert setting.lights[0].colours == ("red", "amber", "green")
    inbox = Inbox()
    outputs = Outputs(setting, inbox, Pins(setting, inbox))
    outputs.start()
    outputs.light(GREEN)
    until(lambda: wire.heard().endswith(tower(green=ON)), "green")
    outputs.sound(True)
    outputs.check()
    time.sleep(0.1)
    outputs.stop()
    assert wire.heard().endswith(tower())
