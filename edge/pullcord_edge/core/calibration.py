"""What a scale's raw values mean, kept by the serial number of the device. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from pullcord_edge.core.setting import Setting


@dataclass(frozen=True, slots=True)
class Calibration:
    """`zero`: the raw value of the empty place; `factor`: units for one of raw. `at`: ms since 1970."""

    zero: float
    factor: float
    at: int
    by: str

    def apply(self, raw: float) -> float:
        """The value in the units that were laid on."""
        return (raw - self.zero) * self.factor


Key: TypeAlias = tuple[str, str]
"""A sensor's name and the device's serial number."""

UNKNOWN: Final = (
    "not calibrated for serial number {serial}: pullcord-edge selftest --calibrate {sensor}"
)


_FAULT: Final = ".calibration"


def device_of(sensor: str) -> str:
    """The name under which a missing calibration is a fault."""
    return sensor + _FAULT


def sensor_of(device: str) -> str:
    """The sensor whose calibration this is; another device is itself."""
    return device.removesuffix(_FAULT)


@dataclass(slots=True)
class Calibrations:
    """Those of the sensors that need one, and the serial number each has now."""

    kept: dict[Key, Calibration]
    serials: dict[str, str | None] = field(default_factory=dict)

    @classmethod
    def of(cls, setting: Setting, kept: Mapping[Key, Calibration], machine: str) -> "Calibrations":
        """A device's number: the file's, else its port's, which is seen later, else the `machine`'s."""
        needing = [sensor for sensor in setting.sensors if sensor.calibrated]
        serials = {s.name: s.serial or (None if s.port else machine) for s in needing}
        return cls(dict(kept), serials)

    def show(self, sensor: str, serial: str) -> None:
        """The sensor's port has this number."""
        self.serials[sensor] = serial

    def apply(self, sensor: str, raw: float) -> float | None:
        """What the raw value means; None: nobody knows."""
        if sensor not in self.serials:
            return raw
        found = self.find(sensor)
        return None if found is None else found.apply(raw)

    def find(self, sensor: str) -> Calibration | None:
        """The calibration of the device that is there now."""
        serial = self.serials.get(sensor)
        return None if serial is None else self.kept.get((sensor, serial))

    def faults(self) -> Iterator[tuple[str, str | None]]:
        """Every sensor that needs one, and why it cannot be used."""
        for sensor, serial in self.serials.items():
            if serial is not None:
                missing = (sensor, serial) not in self.kept
                text = UNKNOWN.format(sensor=sensor, serial=serial) if missing else None
                yield device_of(sensor), text
