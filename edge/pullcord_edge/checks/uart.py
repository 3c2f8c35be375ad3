"""Checks of the Pi's own UART: switched on, the good one, and no console or login on it."""

from collections.abc import Iterator
from typing import Final

from pullcord_edge.checks.boot import BootFacts, has
from pullcord_edge.checks.port import PortFacts
from pullcord_edge.checks.result import Check, judged, passed, warned

_BEGINNINGS: Final = ("/dev/serial0", "/dev/serial1", "/dev/ttyAMA", "/dev/ttyS")
DEBUG: Final = "/dev/ttyAMA10"
"""The debug connector of a Pi 5, which `enable_uart=1` and /dev/serial0 mean there."""
_ON_HEADER: Final = ("dtparam=uart0=on", "dtparam=uart0", "dtoverlay=uart0", "dtoverlay=uart0-pi5")


def check_uart(ports: tuple[PortFacts, ...], boot: BootFacts) -> Iterator[Check]:
    """Every check of this family; a port behind a link of udev's is what the link leads to."""
    used = {name for port in ports for name in port.names if name.startswith(_BEGINNINGS)}
    if boot.config is None or not used:
        seen = "no device uses it" if boot.config is not None else "no Raspberry Pi"
        yield passed("UART is on", seen)
        yield passed("UART is the good one", seen)
        yield passed("UART without console", seen)
        return
    yield _check_on(used, boot)
    yield _check_good(used, boot)
    yield _check_console(used, boot)


def _check_on(used: set[str], boot: BootFacts) -> Check:
    wanted = _ON_HEADER if boot.pi == "pi5" and DEBUG not in used else ("enable_uart=1",)
    on = [line for line in wanted if has(boot, line)]
    seen = on[0] if on else f"config.txt has no {wanted[0]}"
    fix = f"sudo firmware-config/install.sh (writes {boot.fragment} into config.txt); sudo reboot"
    return judged("UART is on", bool(on), seen, fix)


def _check_good(used: set[str], boot: BootFacts) -> Check:
    name = "UART is the good one"
    fix = f'port = "/dev/pullcord/header", and the lines of {boot.fragment}; sudo reboot'
    if boot.pi == "pi5" and used & {"/dev/serial0", DEBUG}:
        return warned(name, "on a Pi 5 serial0 is the debug connector, not the header", fix)
    if "/dev/ttyS0" in used:
        return warned(name, "ttyS0 is the mini UART: its speed follows the core's clock", fix)
    if boot.pi in ("pi3", "pi4", "zero2") and not has(
        boot, "dtoverlay=disable-bt", "dtoverlay=miniuart-bt"
    ):
        seen = "Bluetooth has it: config.txt has no dtoverlay=disable-bt"
        return warned(name, seen, fix)
    return passed(name, ", ".join(sorted(used)))


def _check_console(used: set[str], boot: BootFacts) -> Check:
    names = {name.removeprefix("/dev/") for name in used} | {"serial0"}
    found = [
        word
        for word in boot.cmdline.split()
        if word.startswith("console=") and word[8:].split(",")[0] in names
    ]
    found += [f"a login on {getty}" for getty in boot.gettys if getty in names]
    fix = "sudo firmware-config/install.sh (boot/cmdline-remove.txt); sudo reboot"
    for getty in boot.gettys:
        if getty in names:
            fix = f"sudo systemctl disable --now serial-getty@{getty}; {fix}"
    seen = ", ".join(found) or "no console, no login"
    return judged("UART without console", not found, seen, fix)
