"""What the machine tells of itself, from files alone: nothing is started, nothing is changed."""

import grp
import os
import pwd
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from pullcord_edge.adapters.clock import Clock
from pullcord_edge.checks.boot import BootFacts
from pullcord_edge.checks.machine import NEEDED, SERVICE, Machine

_TIME_SERVICES: Final = {
    "systemd-timesyn": "systemd-timesyncd",
    "chronyd": "chronyd",
    "ntpd": "ntpd",
    "ptp4l": "ptp4l",
}
_MODEL: Final = "proc/device-tree/model"
_THROTTLED: Final = "sys/devices/platform/soc/soc:firmware/get_throttled"
_HEAT: Final = "sys/class/thermal/thermal_zone0/temp"
_SYNCED: Final = "run/systemd/timesync/synchronized"
_WATCHDOG: Final = "sys/class/watchdog/watchdog0/state"
_BOOT_CONFIGS: Final = ("boot/firmware/config.txt", "boot/config.txt")
_UNITS: Final = ("etc/systemd/system", "lib/systemd/system", "usr/lib/systemd/system")


def probe_machine(root: Path = Path("/")) -> Machine:
    """The facts of the machine whose files lie under `root`."""
    return Machine(
        python=sys.version_info[:2],
        versions=dict(_versions()),
        model=read(root / _MODEL),
        user=pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() else "root",
        groups=frozenset(_groups()),
        synced=_is_synced(root),
        time_services=tuple(sorted(set(_services(root)))),
        rtc=(root / "sys/class/rtc/rtc0").exists(),
        wall_at=time.time_ns() // 1_000_000,
        throttled=_number(read(root / _THROTTLED), 16),
        heat_c=None if (heat := _number(read(root / _HEAT))) is None else heat / 1000,
        memory_mib=_memory(root),
        watchdog=None if (state := read(root / _WATCHDOG)) is None else state == "active",
        service_installed=any((root / folder / SERVICE).exists() for folder in _UNITS),
        service_enabled=any((root / "etc/systemd/system").glob(f"*.wants/{SERVICE}")),
        systemd=(root / "run/systemd/system").exists(),
    )


def probe_boot(root: Path = Path("/")) -> BootFacts:
    """How the Pi under `root` was told to start."""
    configs = (read(root / path) for path in _BOOT_CONFIGS)
    wanted = (root / "etc/systemd/system").glob("*.wants/serial-getty@*.service")
    return BootFacts(
        config=next((text for text in configs if text is not None), None),
        cmdline=read(root / "proc/cmdline") or "",
        gettys=tuple(path.name.split("@")[1].removesuffix(".service") for path in wanted),
        model=read(root / _MODEL) or "",
    )


def read(path: Path) -> str | None:
    """A small text file without its blanks around; None where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip().strip("\0")
    except OSError:
        return None


def _is_synced(root: Path) -> bool:
    """What a time service says; of another machine's files the kernel here knows nothing."""
    if root == Path("/"):
        return Clock().is_synced()
    return (root / _SYNCED).exists()


def _versions() -> Iterator[tuple[str, str]]:
    for name in ("pullcord", *NEEDED):
        with suppress(PackageNotFoundError):
            yield name, version(name)


def _groups() -> Iterator[str]:
    for number in {*os.getgroups(), os.getegid()}:
        with suppress(KeyError):
            yield grp.getgrgid(number).gr_name


def _services(root: Path) -> Iterator[str]:
    for path in (root / "proc").glob("[0-9]*/comm"):
        name = read(path)
        if name in _TIME_SERVICES:
            yield _TIME_SERVICES[name]


def _memory(root: Path) -> int | None:
    for line in (read(root / "proc/meminfo") or "").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return None


def _number(text: str | None, base: int = 10) -> int | None:
    try:
        return None if text is None else int(text, base)
    except ValueError:
        return None
