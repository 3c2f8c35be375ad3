"""Checks of the machine: versions, user, clock, power, heat, memory, watchdog, service."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pullcord_edge.checks.result import Check, failed, judged, passed, warned
from pullcord_edge.core.setting import Setting

UNDERVOLTAGE_NOW: Final = 0x1
THROTTLED_NOW: Final = 0x4
UNDERVOLTAGE_EVER: Final = 0x10000
THROTTLED_EVER: Final = 0x40000
HOT_C: Final = 80.0
WARM_C: Final = 70.0
EARLIEST: Final = 1_735_689_600_000
"""2025-01-01: a clock before it is wrong."""
SERVICE: Final = "pullcord-edge.service"
#: The oldest versions of what the station is built on.
NEEDED: Final[Mapping[str, tuple[int, ...]]] = {
    "paho-mqtt": (2, 1),
    "pyserial": (3, 5),
    "gpiozero": (2, 0),
}


@dataclass(frozen=True, slots=True)
class Machine:
    """The facts. `throttled`: the firmware's bits, None: no Pi; `watchdog`: armed, None: there is none."""

    python: tuple[int, int] = (3, 11)
    versions: Mapping[str, str] = field(default_factory=dict)
    model: str | None = None
    user: str = "root"
    groups: frozenset[str] = frozenset()
    synced: bool = True
    time_services: tuple[str, ...] = ()
    rtc: bool = False
    wall_at: int = EARLIEST
    throttled: int | None = None
    heat_c: float | None = None
    memory_mib: int | None = None
    watchdog: bool | None = None
    service_installed: bool = False
    service_enabled: bool = False
    systemd: bool = False


def check_machine(machine: Machine, setting: Setting) -> Iterator[Check]:
    """Every check of this family."""
    yield from _check_versions(machine)
    yield _check_groups(machine, setting)
    yield from _check_clock(machine)
    yield from _check_power(machine)
    yield _check_heat(machine)
    yield _check_memory(machine)
    yield _check_watchdog(machine)
    yield _check_service(machine)


def _check_versions(machine: Machine) -> Iterator[Check]:
    python = ".".join(str(part) for part in machine.python)
    good = (3, 11) <= machine.python <= (3, 13)
    yield judged("python version", good, python, "sudo apt install python3 (3.11 to 3.13)")
    old = [
        f"{name} {machine.versions.get(name, 'missing')}"
        for name, least in NEEDED.items()
        if _numbers(machine.versions.get(name, "")) < least
    ]
    seen = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    fix = "pip install --upgrade 'pullcord[edge]'"
    yield judged("library versions", not old, ", ".join(old) or seen, fix)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _check_groups(machine: Machine, setting: Setting) -> Check:
    needed = set()
    ports = [reader.port for reader in setting.readers]
    ports += [sensor.port for sensor in setting.sensors]
    ports += [light.port for light in setting.lights]
    ports += [display.port for display in setting.displays]
    if any(port is not None and port.url.startswith("/") for port in ports):
        needed.add("dialout")
    for device in (reader.device for reader in setting.readers if reader.device):
        needed.add("input" if device.startswith("/dev/input/") else "dialout")
    if machine.model and (setting.lights or setting.buttons or setting.buzzer):
        needed.add("gpio")
    missing = sorted(needed - machine.groups) if machine.user != "root" else []
    seen = f"user {machine.user}, groups {' '.join(sorted(machine.groups)) or 'none'}"
    if missing:
        seen = f"user {machine.user} is not in {', '.join(missing)}"
    groups = ",".join(missing)
    fix = f"sudo usermod -aG {groups} {machine.user}, then start the station again"
    return judged("user groups", not missing, seen, fix)


def _check_clock(machine: Machine) -> Iterator[Check]:
    sane = machine.wall_at >= EARLIEST
    yield judged(
        "clock is sane",
        sane,
        "the year is right" if sane else "the wall clock is years behind",
        "sudo timedatectl set-ntp true; without a network: sudo date -s 'YYYY-MM-DD HH:MM'",
    )
    if machine.synced:
        yield passed("clock is set", "a time service says that it is right")
    else:
        yield warned(
            "clock is set",
            "no time service says that it is right; the server's time is taken meanwhile",
            "sudo timedatectl set-ntp true; timedatectl timesync-status",
        )
    sources = [*machine.time_services, *(["hardware clock"] if machine.rtc else [])]
    if sources:
        yield passed("clock source", ", ".join(sources))
    else:
        yield warned(
            "clock source",
            "no time service runs and there is no hardware clock",
            "sudo apt install systemd-timesyncd, or fit a DS3231 (firmware-config/boot)",
        )


def _check_power(machine: Machine) -> Iterator[Check]:
    bits = machine.throttled
    if bits is None:
        yield passed("undervoltage", "this machine does not tell (no Raspberry Pi)")
        yield passed("throttling", "this machine does not tell (no Raspberry Pi)")
        return
    fix = "use the Pi's own power supply and a short, thick cable; vcgencmd get_throttled"
    if bits & UNDERVOLTAGE_NOW:
        yield failed("undervoltage", f"the voltage is too low now ({bits:#x})", fix)
    elif bits & UNDERVOLTAGE_EVER:
        yield warned("undervoltage", f"the voltage was too low since boot ({bits:#x})", fix)
    else:
        yield passed("undervoltage", "none since boot")
    cool = "cool it: a heat sink, or out of the sun; vcgencmd get_throttled"
    if bits & THROTTLED_NOW:
        yield failed("throttling", f"the processor is slowed down now ({bits:#x})", cool)
    elif bits & THROTTLED_EVER:
        yield warned("throttling", f"the processor was slowed down since boot ({bits:#x})", cool)
    else:
        yield passed("throttling", "none since boot")


def _check_heat(machine: Machine) -> Check:
    heat = machine.heat_c
    if heat is None:
        return passed("temperature", "this machine does not tell")
    seen, fix = f"{heat:.0f} °C", "cool it: a heat sink, or out of the sun"
    if heat >= HOT_C:
        return failed("temperature", seen, fix)
    return warned("temperature", seen, fix) if heat >= WARM_C else passed("temperature", seen)


def _check_memory(machine: Machine) -> Check:
    if machine.memory_mib is None:
        return passed("memory", "this machine does not tell")
    seen = f"{machine.memory_mib} MiB available"
    if machine.memory_mib < 64:
        return warned("memory", seen, "end what else runs here: ps aux --sort=-rss | head")
    return passed("memory", seen)


def _check_watchdog(machine: Machine) -> Check:
    fix = (
        "sudo firmware-config/install.sh (dtparam=watchdog=on); RuntimeWatchdogSec=15 in "
        "/etc/systemd/system.conf; sudo reboot"
    )
    if machine.watchdog is None:
        return warned("hardware watchdog", "there is none: a frozen machine stays frozen", fix)
    if machine.watchdog:
        return passed("hardware watchdog", "armed")
    return warned("hardware watchdog", "there is one, not armed", fix)


def _check_service(machine: Machine) -> Check:
    if not machine.systemd:
        return passed("service", "no systemd here: somebody else starts the station")
    fix = f"sudo systemctl enable --now {SERVICE}"
    if not machine.service_installed:
        return warned("service", f"{SERVICE} is not installed: no start at boot", fix)
    if not machine.service_enabled:
        return warned("service", f"{SERVICE} is not enabled: no start at boot", fix)
    return passed("service", f"{SERVICE} starts at boot")
