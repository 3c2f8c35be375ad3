"""What a port tells without disturbing who has it; one that is free is opened, and its reader asked."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from pullcord_edge.adapters.serial_port import PortError, holders, open_serial
from pullcord_edge.checks.port import PortFacts
from pullcord_edge.core.setting import Port
from pullcord_edge.readers.catalogue import build, find
from pullcord_edge.readers.event import Status

ANSWER_S: Final = 1.5
_LINKS: Final = 40


def probe_port(
    device: str, port: Port, driver: str, station: int | None, root: Path = Path("/")
) -> PortFacts:
    """The facts of a device's port; `station`: the process that has it by right, if it runs."""
    facts = _look(device, port.url, root)
    if "://" in port.url:
        if station is not None:
            return replace(facts, ours=True)
    else:
        having = holders(port.url) if facts.exists else []
        ours = [holder for holder in having if holder.endswith(f"(pid {station})")]
        others = tuple(holder for holder in having if holder not in ours)
        if station is not None or having or not (facts.exists and facts.usable):
            return replace(facts, holders=others, ours=bool(ours))
    fault, asked, answer = _ask(port, driver)
    return replace(facts, fault=fault, asked=asked, answer=answer)


def probe_device(device: str, path: str, root: Path = Path("/")) -> PortFacts:
    """The facts of an input device, which several programs may have open."""
    group = "input" if path.startswith("/dev/input/") else "dialout"
    return replace(_look(device, path, root), group=group)


def _look(device: str, url: str, root: Path) -> PortFacts:
    """What can be said without opening it."""
    if "://" in url:
        return PortFacts(device, url, url, True, True)
    names = tuple(_names(Path(url), root))
    usable = os.access(url, os.R_OK | os.W_OK)
    real = os.path.realpath(url)
    return PortFacts(device, url, real, Path(url).exists(), usable, names=names)


def _names(path: Path, root: Path) -> Iterator[str]:
    """The path and every name its links lead over; of what lies under `root`, as that machine has it."""
    for _ in range(_LINKS):
        inside = root in path.parents
        yield f"/{path.relative_to(root)}" if inside else str(path)
        if not path.is_symlink():
            return
        path = Path(os.path.normpath(path.parent / path.readlink()))


def _ask(port: Port, driver: str) -> tuple[str | None, bool, str | None]:
    """Open it: why that fails; whether its reader can be asked, and what it answered."""
    probe = find(driver).probe
    try:
        opened = open_serial(port.url, port)
    except PortError as error:
        return error.fault, False, None
    try:
        if probe is None:
            return None, False, None
        opened.write(probe)
        parser = build(driver)
        parser.start(time.monotonic())
        end = time.monotonic() + ANSWER_S
        while time.monotonic() < end:
            for event in parser.feed(opened.read(0.1), time.monotonic()):
                if isinstance(event, Status):
                    facts = " ".join(f"{key}={value}" for key, value in event.facts.items())
                    return None, True, facts
        return None, True, None
    except PortError as error:
        return error.fault, False, None
    finally:
        opened.close()
