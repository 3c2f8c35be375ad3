"""Readers and converters that are no serial port: bits on two wires, keyboards, load cells."""

import errno
import os
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from gpiozero import Device as Pins
from gpiozero.pins.mock import MockFactory, MockPin

from pullcord_edge.adapters.bit_line import BitLine
from pullcord_edge.adapters.converter import Converter
from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.adapters.input_device import EVENT_FORMAT, InputDevice, format_of
from pullcord_edge.adapters.serial_port import PortError
from pullcord_edge.commands.device import make_devices
from pullcord_edge.config import parse
from pullcord_edge.core.input import CardSeen, DeviceState, Measured

HEAD = 'site = "s"\nstation = "a"\nbroker = { url = "mqtt://b" }\njournal = { path = "j" }\n'


@pytest.fixture
def factory() -> Iterator[Any]:
    """Mock pins of this test alone."""
    Pins.pin_factory = MockFactory()
    yield Pins.pin_factory
    Pins.pin_factory.reset()
    Pins.pin_factory = None


def wait_for(inbox: Inbox, wanted: Callable[[object], bool]) -> None:
    """Take from the inbox until it came."""
    end = time.monotonic() + 10
    while not any(wanted(item) for item in inbox.take(0.05)):
        assert time.monotonic() < end


def pulse(factory: Any, bits: str, d0: int = 23, d1: int = 24) -> None:
    """Send these bits as a Wiegand reader does."""
    for bit in bits:
        pin = factory.pin(d1 if bit == "1" else d0)
        pin.drive_low()
        pin.drive_high()


def wiegand26(number: int) -> str:
    """24 bits between their parities."""
    bits = f"{number:024b}"
    even = str(bits[:12].count("1") % 2)
    odd = str(1 - bits[12:].count("1") % 2)
    return even + bits + odd


# Bits ---------------------------------------------------------------------------------------


def test_bits_come_in_their_order(factory: Any) -> None:
    line = BitLine(23, 24)
    assert line.read(0.0) == b""
    pulse(factory, "0110")
    assert line.read(1.0) == b"\x00\x01\x01\x00"
    line.wake()
    assert line.read(30.0) == b""
    line.close()
    line.wake()


def test_pins_that_are_taken_are_a_named_fault_and_let_go(factory: Any) -> None:
    line = BitLine(23, 24)
    with pytest.raises(PortError, match="pin: "):
        BitLine(25, 24)
    line.close()
    BitLine(24, 25).close()


def test_a_wiegand_card_becomes_a_read(factory: Any) -> None:
    setting = parse(
        HEAD
        + '[[reader]]\nname = "gate"\ndriver = "wiegand26"\nd0 = 23\nd1 = 24\nrole = "dispatch"\n'
    )
    inbox = Inbox()
    (gate,) = make_devices(setting, inbox)
    gate.start()
    wait_for(inbox, lambda item: item == DeviceState("gate", None))
    pulse(factory, wiegand26(0x185E3C))
    wait_for(inbox, lambda item: isinstance(item, CardSeen) and item.code == "185E3C")
    assert gate.stop(2)


# Input devices ---------------------------------------------------------------------------------


@pytest.fixture
def keyboard(tmp_path: Path) -> Path:
    """A pipe where an input device would be."""
    path = tmp_path / "input" / "event0"
    path.parent.mkdir()
    os.mkfifo(path)
    return path


def key(code: int) -> bytes:
    """A key goes down and up, as the kernel says it."""
    layout = struct.Struct("@llHHi")
    return b"".join(
        layout.pack(1, 0, kind, c, v) for kind, c, v in ((1, code, 1), (0, 0, 0), (1, code, 0))
    )


def test_how_keys_come_is_told_by_the_path(tmp_path: Path) -> None:
    assert format_of("/dev/input/by-id/usb-scanner-event-kbd") == EVENT_FORMAT
    assert format_of("/dev/hidraw3") == "boot-report-8"
    (tmp_path / "gun").symlink_to("/dev/hidraw3")
    assert format_of(str(tmp_path / "gun")) == "boot-report-8"
    assert format_of(str(tmp_path)) is None


def test_keys_of_a_scanner_become_a_read_and_reach_nobody_else(keyboard: Path) -> None:
    setting = parse(
        HEAD + f'[[reader]]\nname = "gun"\ndriver = "hid"\nport = "{keyboard}"\nrole = "arrival"\n'
    )
    inbox = Inbox()
    with patch("pullcord_edge.adapters.input_device.fcntl.ioctl") as ioctl:
        (gun,) = make_devices(setting, inbox)
        gun.start()
        wait_for(inbox, lambda item: item == DeviceState("gun", None))
        assert ioctl.call_args.args[1:] == (0x40044590, 1)
    writer = os.open(keyboard, os.O_WRONLY)
    os.write(writer, key(30) + key(2) + key(28))  # a, 1, Enter
    wait_for(inbox, lambda item: isinstance(item, CardSeen) and item.code == "a1")
    assert gun.stop(2)
    os.close(writer)


@pytest.mark.parametrize(
    ("number", "fault"),
    [(errno.EBUSY, "held by another program"), (errno.ENOTTY, "not an input device")],
)
def test_a_keyboard_that_cannot_be_had_alone_is_not_read(
    keyboard: Path, number: int, fault: str
) -> None:
    error = OSError(number, os.strerror(number))
    with (
        patch("pullcord_edge.adapters.input_device.fcntl.ioctl", side_effect=error),
        pytest.raises(PortError) as caught,
    ):
        InputDevice(str(keyboard))
    assert caught.value.fault == fault


def test_a_keyboard_that_is_not_there_is_absent(tmp_path: Path) -> None:
    with pytest.raises(PortError) as caught:
        InputDevice(str(tmp_path / "none"))
    assert caught.value.fault == "absent"


def test_a_wait_for_keys_can_be_ended_and_an_end_is_noticed(keyboard: Path) -> None:
    device = InputDevice(str(keyboard), grab=False)
    device.wake()
    begun = time.monotonic()
    assert device.read(30.0) == b""
    assert time.monotonic() - begun < 5
    os.write(device._fd, b"x")
    gone = OSError(errno.ENODEV, "gone")
    with (
        patch("pullcord_edge.adapters.input_device.os.read", side_effect=gone),
        pytest.raises(PortError) as caught,
    ):
        device.read(1.0)
    assert caught.value.fault == "unplugged"
    device.close()


# Load cells -------------------------------------------------------------------------------------


class CellPin(MockPin):  # type: ignore[misc]
    """The data pin of an HX711: high until a word is ready, then its bits, one a clock."""

    word: int | None = None
    place = 0

    def _get_state(self) -> bool:
        if self.word is None:
            return True
        return bool(self.word >> (23 - self.place) & 1) if self.place >= 0 else False

    def clock(self) -> None:
        """The clock went up."""
        self.place += 1
        if self.place > 24:
            self.word = None


def ready(factory: Any, word: int) -> None:
    """A word is ready."""
    pin: Any = factory.pin(5)
    pin.word, pin.place = word, -1


def test_the_bits_of_a_word_are_clocked_out(factory: Any) -> None:
    factory.pin(5, pin_class=CellPin)
    with patch("pullcord_edge.adapters.converter._TOO_LONG_S", 1.0):
        cell = Converter(5, 6)
        clock = cell._clock
        up = type(clock).on

        def on(self: Any) -> None:
            factory.pin(5).clock()
            up(self)

        assert cell.read(0.02) == b""
        with patch.object(type(clock), "on", on):
            ready(factory, 0x123456)
            assert cell.read(1.0) == b"\x12\x34\x56"
            ready(factory, 0xFFFFFE)
            assert cell.read(1.0) == b"\xff\xff\xfe"
        cell.close()


def test_a_word_that_was_clocked_too_slowly_is_thrown_away(factory: Any) -> None:
    factory.pin(5, pin_class=CellPin)
    with patch("pullcord_edge.adapters.converter._TOO_LONG_S", -1.0):
        cell = Converter(5, 6)
        ready(factory, 0x123456)
        assert cell.read(1.0) == b""
        cell.close()


def test_a_converter_that_is_silent_is_a_fault(factory: Any) -> None:
    factory.pin(5, pin_class=CellPin)
    cell = Converter(5, 6)
    with (
        patch("pullcord_edge.adapters.converter.READY_S", 0.05),
        pytest.raises(PortError) as caught,
    ):
        cell.read(1.0)
    assert caught.value.fault == "silent: gives no word"
    cell.wake()
    cell.close()


def test_a_load_cell_is_a_sensor_of_the_station(factory: Any) -> None:
    factory.pin(5, pin_class=CellPin)
    setting = parse(
        HEAD
        + '[[sensor]]\nname = "scale"\ndriver = "hx711"\ndout = 5\nsck = 6\nempty_below = 1000\n'
    )
    inbox = Inbox()
    (scale,) = make_devices(setting, inbox)
    scale.start()
    wait_for(inbox, lambda item: item == DeviceState("scale", None))
    assert not any(isinstance(each, Measured) for each in inbox.take(0.1))
    assert scale.stop(2)
