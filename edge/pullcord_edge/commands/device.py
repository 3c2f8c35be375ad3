"""The devices of a station that have threads of their own, as its file names them."""

from collections.abc import Callable, Iterator, Mapping

from pullcord_edge.adapters.clock import serial_number
from pullcord_edge.adapters.device import Channel, Device, Taker, take_card, take_tags, take_value
from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.adapters.input_device import InputDevice, format_of
from pullcord_edge.adapters.serial_port import open_serial, serial_of
from pullcord_edge.core.input import SerialSeen
from pullcord_edge.core.profile.prepared import prepare
from pullcord_edge.core.setting import Port, Reader, Sensor, Setting, Value
from pullcord_edge.readers.catalogue import build
from pullcord_edge.readers.event import Driver


def make_devices(setting: Setting, inbox: Inbox) -> list[Device]:
    """One for each reader, and each sensor that is more than a switch."""
    return list(_make(setting, inbox))


def _make(setting: Setting, inbox: Inbox) -> Iterator[Device]:
    for reader in setting.readers:
        take: Taker = take_tags if reader.gesture.many else take_card
        yield Device(reader.name, _open_reader(reader), _builder(reader), take, inbox)
    for sensor in setting.sensors:
        if sensor.contact is None:
            yield Device(
                sensor.name, _open_sensor(sensor, inbox), _builder(sensor), take_value, inbox
            )


def _builder(device: Reader | Sensor) -> Callable[[], Driver]:
    """Its driver; where its profile is one of a device that forgets, behind its settings."""

    def make() -> Driver:
        driver, options = build(device.driver, _options(device)), device.options
        if device.port is None:
            return driver
        return prepare(driver, device.profile, options, device.port.baud)

    return make


def _options(device: Reader | Sensor) -> Mapping[str, Value]:
    """The options of the file; how a keyboard's keys come is told by its path."""
    path = device.device if isinstance(device, Reader) else None
    if path is None or device.driver != "hid" or "format" in device.options:
        return device.options
    found = format_of(path)
    return device.options if found is None else {**device.options, "format": found}


def _open_reader(reader: Reader) -> Callable[[], Channel]:
    if reader.pins:
        d0, d1 = reader.pins

        def open_bits() -> Channel:
            from pullcord_edge.adapters.bit_line import BitLine

            return BitLine(d0, d1)

        return open_bits
    if reader.device is not None:
        path = reader.device
        return lambda: InputDevice(path)
    return _open_port(reader.port)


def _open_sensor(sensor: Sensor, inbox: Inbox) -> Callable[[], Channel]:
    if sensor.pins:
        dout, sck = sensor.pins

        def open_converter() -> Channel:
            from pullcord_edge.adapters.converter import Converter

            return Converter(dout, sck)

        return open_converter
    opening = _open_port(sensor.port)
    if not sensor.calibrated or sensor.serial is not None or sensor.port is None:
        return opening
    url = sensor.port.url

    def open_and_tell() -> Channel:
        channel = opening()
        inbox.put(SerialSeen(sensor.name, serial_of(url) or serial_number()))
        return channel

    return open_and_tell


def _open_port(port: Port | None) -> Callable[[], Channel]:
    assert port is not None, "a device without pins or a path is on a port"
    return lambda: open_serial(port.url, port, port.modem)
