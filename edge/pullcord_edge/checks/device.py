"""Checks of what the running station says of its own devices: each fault with its own fix."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pullcord_edge.checks.result import Check, failed, judged, passed
from pullcord_edge.core.calibration import device_of, sensor_of
from pullcord_edge.core.setting import Setting

_PLUG: Final = "is it plugged in? ls -l /dev/serial/by-id/; dmesg | tail"
#: How a fault begins, and what to do. {device} is its name, {pid} who holds it, {file} the station's.
FIXES: Final[Mapping[str, str]] = {
    "absent": _PLUG,
    "unplugged": _PLUG,
    "held by another program": "sudo kill {pid}",
    "permission denied": "see the check of its permission above",
    "refuses its settings": "baud, bits, parity and stop in {file} as docs/readers says",
    "not a serial device": "port of {device} in {file}: ls -l /dev/serial/by-id/",
    "not an input device": "port of {device} in {file}: ls -l /dev/input/by-id/",
    "unreachable": "is the device on, and its address right? ping it",
    "only noise": "check speed, driver and wiring: sudo systemctl stop pullcord-edge; "
    "pullcord-edge decode --driver … --port …",
    "wires": "exchange the wires of D0 and D1, or d0 and d1 of {device} in {file}",
    "silent": "check power and wiring (TX to RX, RX to TX) and the speed of {device}",
    "flooding": "unplug {device} and plug it in again; pullcord-edge provision-reader",
    "profile": "pullcord-edge provision-reader --config {file} --reader {device} --dry-run",
    "pin": "is another program or a bus on that pin? See 'pins are free'; sudo gpioinfo",
    "stuck": "let it go; look for a jammed cord or a short; stuck = … in {file} if it latches",
    "not calibrated": "empty it, lay a known weight on it: pullcord-edge selftest --config {file} "
    "--calibrate {device} --load WEIGHT",
    "crashed": "journalctl -u pullcord-edge -n 100, and send it to who maintains the program",
}


def check_devices(setting: Setting, faults: Iterable[str] | None) -> Iterator[Check]:
    """Every device by its name; `faults`: what the running station's status says, None: not heard."""
    if faults is None:
        return
    told = dict(_split(fault) for fault in faults)
    for name in _names(setting):
        fault = told.get(name)
        if fault is None:
            yield passed(f"{name} works", "the station has no complaint")
        else:
            yield failed(f"{name} works", fault, _fix(fault, name, setting.file))
    seen = "; ".join(f"{name}: {fault}" for name, fault in told.items())
    fix = "see the checks of these above; what is no device: docs/faults.md"
    yield judged("station's own faults", not told, seen or "none", fix)


def _split(fault: str) -> tuple[str, str]:
    """A fault of the status is `device: fault`, or what the station itself suffers from."""
    name, colon, text = fault.partition(": ")
    return (name, text) if colon else ("station", fault)


def _names(setting: Setting) -> Iterator[str]:
    yield from (reader.name for reader in setting.readers)
    yield from (sensor.name for sensor in setting.sensors)
    yield from (device_of(sensor.name) for sensor in setting.sensors if sensor.calibrated)
    yield from (light.name for light in setting.lights)
    yield from (display.name for display in setting.displays)
    yield from (button.name for button in setting.buttons)
    if setting.buzzer is not None:
        yield "buzzer"


def _fix(fault: str, device: str, file: str) -> str:
    pid = re.search(r"pid (\d+)", fault)
    for begins, fix in FIXES.items():
        if fault.startswith(begins):
            return fix.format(device=sensor_of(device), file=file, pid=pid[1] if pid else "PID")
    return "journalctl -u pullcord-edge -n 50"
