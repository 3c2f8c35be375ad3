"""The devices of a station that have threads of their own, as its file names them."""

from collections.abc import Iterator

from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.adapters.serial_device import (
    SerialDevice,
    Taker,
    take_card,
    take_tags,
    take_value,
)
from pullcord_edge.core.profile.prepared import prepare
from pullcord_edge.core.setting import Reader, Sensor, Setting
from pullcord_edge.readers.catalogue import build
from pullcord_edge.readers.event import Driver


def make_devices(setting: Setting, inbox: Inbox) -> list[SerialDevice]:
    """One for each reader and sensor on a port."""
    return list(_make(setting, inbox))


def _make(setting: Setting, inbox: Inbox) -> Iterator[SerialDevice]:
    for reader in setting.readers:
        yield from _on_port(reader, take_tags if reader.gesture.many else take_card, inbox)
    for sensor in setting.sensors:
        yield from _on_port(sensor, take_value, inbox)


def _on_port(device: Reader | Sensor, take: Taker, inbox: Inbox) -> Iterator[SerialDevice]:
    if device.port is not None:
        driver, options, port, profile = device.driver, device.options, device.port, device.profile

        def make() -> Driver:
            return prepare(build(driver, options), profile, options, port.baud)

        yield SerialDevice(device.name, port, make, take, inbox)
