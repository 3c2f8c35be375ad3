"""The faults of a station's devices: what is so, and which changes are worth an entry. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Final

CALM_S: Final = 5.0
"""Changes of one device are recorded at most this often; the last state always is."""


@dataclass(slots=True)
class _Device:
    told: bool = False
    fault: str | None = None
    recorded: str | None = None
    recorded_at: float = -inf

    @property
    def waits(self) -> bool:
        """Whether its state is not yet recorded."""
        return self.told and self.fault != self.recorded


@dataclass(slots=True)
class FaultBook:
    """Every device that ever had a fault, and what the journal says of it."""

    _devices: dict[str, _Device] = field(default_factory=dict)

    def remember(self, faulty: Iterable[str]) -> None:
        """These devices were broken when the last start ended: their healing is news."""
        for name in faulty:
            self._devices[name] = _Device(recorded="")

    def set(self, name: str, fault: str | None) -> bool:
        """A device's state; whether it is another than before."""
        device = self._devices.setdefault(name, _Device())
        changed = device.fault != fault or not device.told
        device.told, device.fault = True, fault
        return changed and (fault is not None or device.recorded is not None)

    def record(self, name: str, now: float) -> None:
        """The entry about this device is asked for now."""
        device = self._devices[name]
        device.recorded, device.recorded_at = device.fault, now

    def unrecord(self, name: str, now: float) -> None:
        """The entry about this device was not kept."""
        self._devices[name].recorded, self._devices[name].recorded_at = "", now

    def take_due(self, now: float) -> list[tuple[str, str | None]]:
        """The changes to record now, device and fault; they count as recorded."""
        due = [
            (name, device.fault)
            for name, device in self._devices.items()
            if device.waits and now >= device.recorded_at + CALM_S
        ]
        for name, _ in due:
            self.record(name, now)
        return due

    def next_at(self) -> float:
        """When a change may be recorded; `inf`: none waits."""
        return min(
            (device.recorded_at + CALM_S for device in self._devices.values() if device.waits),
            default=inf,
        )

    @property
    def faults(self) -> Mapping[str, str]:
        """Device → fault, of those that are broken."""
        return {name: each.fault for name, each in self._devices.items() if each.fault is not None}
