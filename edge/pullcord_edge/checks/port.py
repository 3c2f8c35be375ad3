"""Checks of the serial ports and input devices: there, ours, free, named so that they stay."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pullcord_edge.checks.result import Check, failed, judged, passed, warned

#: Names that follow the order of plugging in, and where those are that stay.
PASSING: Final[Mapping[str, str]] = {
    "/dev/ttyUSB": "use its name in /dev/serial/by-id/, or the rules of firmware-config/udev",
    "/dev/ttyACM": "use its name in /dev/serial/by-id/, or the rules of firmware-config/udev",
    "/dev/input/event": "use its name in /dev/input/by-id/",
}


@dataclass(frozen=True, slots=True)
class PortFacts:
    """The facts of one device's port. `real`: what a link leads to; `holders`: other programs that have it.

    `ours`: the station has it; `fault`: why it cannot be opened, None: it can. `names`: every name on
    the way of its links. `group`: who may use it.
    """

    device: str
    url: str
    real: str
    exists: bool
    usable: bool
    holders: tuple[str, ...] = ()
    ours: bool = False
    fault: str | None = None
    answer: str | None = None
    asked: bool = False
    names: tuple[str, ...] = ()
    group: str = "dialout"


def check_port(port: PortFacts) -> Iterator[Check]:
    """Every check of one device's port."""
    name = f"port of {port.device}"
    if "://" in port.url:
        good = port.fault is None or port.ours
        fix = f"is the device on, and its address right? ping {port.url.split('//')[-1]}"
        yield judged(f"{name}: reached", good, port.fault or port.url, fix)
        yield from _check_answer(port)
        return
    where = "/dev/input/by-id/" if port.group == "input" else "/dev/serial/by-id/ /dev/pullcord/"
    fix = f"is it plugged in? ls -l {where}; dmesg | tail"
    yield judged(f"{name}: present", port.exists, _where(port), fix)
    if not port.exists:
        return
    fix = f"sudo usermod -aG {port.group} $USER, then log in again; ls -l {port.real}"
    seen = "may be read and written" if port.usable else f"permission denied: {port.real}"
    yield judged(f"{name}: permission", port.usable, seen, fix)
    yield _check_holder(name, port)
    yield _check_name(name, port)
    yield from _check_answer(port)


def _where(port: PortFacts) -> str:
    if not port.exists:
        return f"{port.url} is not there"
    return port.url if port.real == port.url else f"{port.url} ({port.real})"


def _check_holder(name: str, port: PortFacts) -> Check:
    if port.holders:
        pid = port.holders[0].partition("pid ")[2].rstrip(")")
        seen = f"held by {', '.join(port.holders)}"
        return failed(f"{name}: free", seen, f"sudo kill {pid}")
    if port.ours:
        return passed(f"{name}: free", "the station has it")
    if port.fault is not None and port.usable:
        return failed(f"{name}: free", port.fault, f"sudo fuser -v {port.real}")
    return passed(f"{name}: free", "no program has it open")


def _check_name(name: str, port: PortFacts) -> Check:
    for beginning, fix in PASSING.items():
        if port.url.startswith(beginning):
            seen = f"{port.url} changes with the order of plugging"
            return warned(f"{name}: name stays", seen, fix)
    return passed(f"{name}: name stays", port.url)


def _check_answer(port: PortFacts) -> Iterator[Check]:
    if not port.asked:
        return
    fix = "check power, wiring (TX to RX), speed and driver: pullcord-edge decode --port …"
    good = port.answer is not None
    yield judged(f"{port.device} answers", good, port.answer or "no answer to its question", fix)
