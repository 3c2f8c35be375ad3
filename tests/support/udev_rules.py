"""udev rules: a strict reading of their grammar, what they make of a device, and udev's own opinion."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

_PAIR = re.compile(r'([A-Z_]+)(?:\{([A-Za-z0-9_./-]+)\})?(==|!=|\+=|=)"([^"]*)"')
#: Keys of udev(7) that only match, and those that only give.
_MATCHES = {"ACTION", "KERNEL", "SUBSYSTEM", "DRIVERS", "SUBSYSTEMS", "ATTRS", "TEST"}
_GIVES = {"SYMLINK", "GROUP", "MODE", "GOTO", "LABEL"}
_BOTH = {"ENV", "ATTR"}
_NEED_NAME = {"ENV", "ATTR", "ATTRS"}


@dataclass(frozen=True)
class Pair:
    """`KEY{name}op"value"`."""

    key: str
    name: str
    operator: str
    value: str

    @property
    def matches(self) -> bool:
        """Whether it is a condition."""
        return self.operator in ("==", "!=")


@dataclass
class Device:
    """What udev knows of a device, and what the rules have given it."""

    kernel: str
    subsystem: str
    env: dict[str, str] = field(default_factory=dict)
    attrs: Mapping[str, str] = field(default_factory=dict)
    action: str = "add"
    drivers: tuple[str, ...] = ()
    links: set[str] = field(default_factory=set)
    group: str = "root"
    mode: str = "0600"


def read_rules(text: str) -> list[list[Pair]]:
    """The rules of a file. AssertionError where udev would complain, or silently do nothing."""
    rules = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line and not line.startswith("#"):
            rules.append([_read_pair(part, number) for part in _split(line, number)])
    labels = [pair.value for rule in rules for pair in rule if pair.key == "LABEL"]
    jumps = [pair.value for rule in rules for pair in rule if pair.key == "GOTO"]
    assert set(jumps) <= set(labels), f"GOTO to nowhere: {set(jumps) - set(labels)}"
    assert len(labels) == len(set(labels))
    return rules


def _split(line: str, number: int) -> list[str]:
    parts = re.findall(r'[^,"\s][^,"]*"[^"]*"', line)
    assert ", ".join(parts) == line, f"line {number}: {line}"
    return parts


def _read_pair(part: str, number: int) -> Pair:
    found = _PAIR.fullmatch(part)
    assert found, f"line {number}: {part}"
    pair = Pair(found[1], found[2] or "", found[3], found[4])
    where = f"line {number}: {part}"
    assert pair.key in _MATCHES | _GIVES | _BOTH, f"{where}: unknown key"
    assert bool(pair.name) == (pair.key in _NEED_NAME), where
    assert not (pair.key in _MATCHES and not pair.matches), f"{where}: {pair.key} is not given"
    assert not (pair.key in _GIVES and pair.matches), f"{where}: {pair.key} is not asked"
    assert pair.key != "SYMLINK" or pair.operator == "+=", f"{where}: would take other names away"
    assert pair.key != "MODE" or re.fullmatch(r"0[0-7]{3}", pair.value), where
    return pair


def apply_rules(rules: Iterable[list[Pair]], device: Device) -> Device:
    """The device after these rules."""
    jump = None
    for rule in rules:
        if jump is not None:
            if any(pair.key == "LABEL" and pair.value == jump for pair in rule):
                jump = None
            continue
        if all(_holds(pair, device) for pair in rule if pair.matches):
            for pair in rule:
                if pair.key == "GOTO":
                    jump = pair.value
                elif not pair.matches:
                    _give(pair, device)
    assert jump is None
    return device


def _holds(pair: Pair, device: Device) -> bool:
    match pair.key:
        case "KERNEL":
            have = [device.kernel]
        case "SUBSYSTEM":
            have = [device.subsystem]
        case "ACTION":
            have = [device.action]
        case "ENV":
            have = [device.env.get(pair.name, "")]
        case "ATTRS":
            have = [device.attrs[pair.name]] if pair.name in device.attrs else []
        case "DRIVERS":
            have = list(device.drivers)
        case "TEST":
            have = [pair.value] if pair.value in device.attrs else []
        case _:
            raise AssertionError(pair)
    any_of = pair.value.split("|")
    found = any(fnmatchcase(each, pattern) for each in have for pattern in any_of)
    return found is (pair.operator == "==")


def _give(pair: Pair, device: Device) -> None:
    match pair.key:
        case "SYMLINK":
            device.links.update(pair.value.split())
        case "GROUP":
            device.group = pair.value
        case "MODE":
            device.mode = pair.value
        case "ENV":
            device.env[pair.name] = pair.value
        case "ATTR":
            device.attrs = {**device.attrs, pair.name: pair.value}


@dataclass(frozen=True)
class Opinion:
    """What udev said of the rules, and the names it gave the device."""

    complaints: list[str]
    links: set[str]


_SCRIPT = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mount --bind "$1" /etc/udev/rules.d
mount -t tmpfs tmpfs /dev
exec udevadm test --action=add "$2" 2>&1
"""


def ask_udev(rules: Mapping[str, str]) -> Opinion:
    """Let the installed udev read rules, file name → text, and apply them to a serial port of here.

    In a mount namespace of its own: nothing of this machine changes.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, text in rules.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        user = ["-r"] if os.geteuid() else []
        done = subprocess.run(
            ["unshare", *user, "-m", "sh", "-c", _SCRIPT, "udev", folder, str(_serial_port())],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, (
        f"udevadm test: {done.stdout}{done.stderr}; it needs the package udev (apt install udev)"
    )
    ours = tuple(f"/etc/udev/rules.d/{name}:" for name in rules)
    lines = done.stdout.splitlines()
    given = re.compile(r"(GROUP|OWNER|MODE|LINK|ATTR|Setting|Writing|Running|LABEL|GOTO)\b")
    complaints = [
        line
        for line in lines
        if (at := next((line.find(name) for name in ours if name in line), -1)) >= 0
        and not given.match(line[at:].split(" ", 1)[1])
    ]
    links = next((line for line in lines if line.startswith("DEVLINKS=")), "DEVLINKS=")
    return Opinion(complaints, set(links.removeprefix("DEVLINKS=").split()))


def _serial_port() -> Path:
    """A serial port that this machine has; the master of ptys where it has none."""
    ports = sorted(Path("/sys/class/tty").glob("ttyS*"))
    return ports[0] if ports else Path("/sys/class/tty/ptmx")
