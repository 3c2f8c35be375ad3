"""What a port tells without disturbing who has it; one that is free is opened, and its reader asked."""

import os
import time
from pathlib import Path
from typing import Final

from pullcord_edge.adapters.serial_port import PortError, holders, open_serial
from pullcord_edge.checks.port import PortFacts
from pullcord_edge.core.setting import Port
from pullcord_edge.readers.catalogue import build, find
from pullcord_edge.readers.event import Status

ANSWER_S: Final = 1.5


def probe_port(device: str, port: Port, driver: str, station: int | None) -> PortFacts:
    """The facts of a device's port; `station`: the process that has it by right, if it runs."""
    path = Path(port.url)
    network = "://" in port.url
    real = port.url if network else os.path.realpath(path)
    exists = network or path.exists()
    usable = network or os.access(path, os.R_OK | os.W_OK)
    having = [] if network or not exists else holders(port.url)
    ours = [holder for holder in having if holder.endswith(f"(pid {station})")]
    others = tuple(holder for holder in having if holder not in ours)
    if station is not None or having or not exists or not usable:
        has = bool(ours) or (network and station is not None)
        return PortFacts(device, port.url, real, exists, usable, others, has)
    fault, asked, answer = _ask(port, driver)
    return PortFacts(device, port.url, real, exists, usable, (), False, fault, answer, asked)


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
