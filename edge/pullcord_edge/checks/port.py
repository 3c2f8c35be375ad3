"""Checks of the serial ports and input devices: there, ours, free, named so that they stay."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pullcord_edge.checks.result import Check, failed, judged, passed, warned

UARTS: Final = ("/dev/serial0", "/dev/serial1", "/dev/ttyAMA", "/dev/ttyS")


@dataclass(frozen=True, slots=True)
class PortFacts:
    """The facts of one device's port. `real`: what a link leads to; `holders`: other programs that have it.

    `ours`: the station has it; `fault`: why it cannot be opened, None: it can.
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


@dataclass(frozen=True, slots=True)
class BootFacts:
    """`config`: the text of config.txt, None: no Pi; `cmdline`: the kernel's; `gettys`: ports of logins."""

    config: str | None = None
    cmdline: str = ""
    gettys: tuple[str, ...] = ()


def check_port(port: PortFacts) -> Iterator[Check]:
    """Every check of one device's port."""
    name = f"port of {port.device}"
    if "://" in port.url:
        good = port.fault is None or port.ours
        fix = f"is the device on, and its address right? ping {port.url.split('//')[-1]}"
        yield judged(f"{name}: reached", good, port.fault or port.url, fix)
        yield from _check_answer(port)
        return
    fix = "is it plugged in? ls -l /dev/serial/by-id/; dmesg | tail"
    yield judged(f"{name}: present", port.exists, _where(port), fix)
    if not port.exists:
        return
    fix = f"sudo usermod -aG dialout $USER, then log in again; ls -l {port.real}"
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
    if "/ttyUSB" in port.url or "/ttyACM" in port.url:
        fix = "use its name in /dev/serial/by-id/, or the rules of firmware-config/udev"
        return warned(f"{name}: name stays", f"{port.url} changes with the order of plugging", fix)
    return passed(f"{name}: name stays", port.url)


def _check_answer(port: PortFacts) -> Iterator[Check]:
    if not port.asked:
        return
    fix = "check power, wiring (TX to RX), speed and driver: pullcord-edge decode --port …"
    good = port.answer is not None
    yield judged(f"{port.device} answers", good, port.answer or "no answer to its question", fix)


def check_uart(ports: tuple[PortFacts, ...], boot: BootFacts) -> Iterator[Check]:
    """The Pi's own UART: switched on, and no console or login on it."""
    used = [port for port in ports if port.url.startswith(UARTS)]
    if boot.config is None or not used:
        seen = "no device uses it" if boot.config is not None else "no Raspberry Pi"
        yield passed("UART is on", seen)
        yield passed("UART without console", seen)
        return
    on = any(
        line.split("#")[0].replace(" ", "").strip() == "enable_uart=1"
        for line in boot.config.splitlines()
    )
    fix = "sudo raspi-config nonint do_serial_hw 0; sudo reboot"
    seen = "enable_uart=1" if on else "config.txt has no enable_uart=1"
    yield judged("UART is on", on, seen, fix)
    names = {port.url.removeprefix("/dev/") for port in used} | {
        port.real.removeprefix("/dev/") for port in used
    }
    consoles = [
        word
        for word in boot.cmdline.split()
        if word.startswith("console=") and word[8:].split(",")[0] in names | {"serial0"}
    ]
    consoles += [f"a login on {getty}" for getty in boot.gettys if getty in names]
    fix = "sudo raspi-config nonint do_serial_cons 1; sudo reboot"
    yield judged(
        "UART without console", not consoles, ", ".join(consoles) or "no console, no login", fix
    )
