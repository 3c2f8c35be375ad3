"""`pullcord-edge doctor`: what is wrong with this station, and the fix as a command to type.

Needs no person, and may run while the station runs. Exit status 1 when a check fails.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

from pullcord_edge.checks.port import PortFacts
from pullcord_edge.checks.result import Check, Outcome, passed
from pullcord_edge.commands.config_file import WRONG, add_config, load_or_say
from pullcord_edge.core.setting import Setting

_MARKS: Final = {Outcome.PASS: "pass", Outcome.WARN: "WARN", Outcome.FAIL: "FAIL"}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command's arguments."""
    parser = subparsers.add_parser(
        "doctor", help="what is wrong with this station, and the fix", description=__doc__
    )
    add_config(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--listen", type=float, default=6.0, metavar="S", help="seconds for the server's answer (6)"
    )
    parser.add_argument(
        "--root", type=Path, default=Path("/"), metavar="DIR", help="the Pi's files lie under DIR"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The exit status: 0, 1 when a check fails, 2 a wrong file."""
    setting = load_or_say(args.config)
    if setting is None:
        return WRONG
    checks = list(examine(setting, args.root.resolve(), args.listen))
    if args.json:
        print(json.dumps({"checks": [asdict(check) for check in checks]}, ensure_ascii=False))
    else:
        print_checks(checks)
    return int(any(check.status is Outcome.FAIL for check in checks))


def examine(setting: Setting, root: Path, listen_s: float) -> Iterator[Check]:
    """Every check of this station, from what is right at hand to what is far away.

    `root`: where the machine's files lie; `listen_s`: how long the server has to answer.
    """
    from pullcord_edge.adapters.probe_broker import probe_broker
    from pullcord_edge.adapters.probe_disk import probe_disk
    from pullcord_edge.adapters.probe_machine import probe_boot, probe_machine
    from pullcord_edge.adapters.probe_pin import probe_pins
    from pullcord_edge.checks.broker import check_broker
    from pullcord_edge.checks.device import check_devices
    from pullcord_edge.checks.disk import check_disk
    from pullcord_edge.checks.journal import check_journal
    from pullcord_edge.checks.machine import check_machine
    from pullcord_edge.checks.pin import check_pins
    from pullcord_edge.checks.port import check_port
    from pullcord_edge.checks.uart import check_uart
    from pullcord_edge.commands.doctor_journal import look_at_journal

    yield passed("configuration", f"{setting.file}: station {setting.station} of {setting.site}")
    boot = probe_boot(root)
    yield from check_machine(probe_machine(root), setting)
    path = Path(setting.journal.path)
    look = look_at_journal(path, setting.site, setting.station)
    running = look.facts.running is not None
    ports = tuple(probe_ports(setting, look.pid, root))
    for port in ports:
        yield from check_port(port)
    yield from check_uart(ports, boot)
    yield from check_pins(probe_pins(), setting, boot)
    yield from check_disk(probe_disk(path.parent, root))
    now = time.time_ns() // 1_000_000
    yield from check_journal(look.facts, now, setting.journal.oldest_backup_days)
    facts = probe_broker(setting, look.question, running, listen_s)
    yield from check_broker(facts, setting.broker)
    yield from check_devices(setting, facts.faults if running else None)


def probe_ports(setting: Setting, station: int | None, root: Path) -> Iterator[PortFacts]:
    """The facts of every port the station uses; `station`: its process, if it runs."""
    from pullcord_edge.adapters.probe_port import probe_device, probe_port

    for reader in setting.readers:
        if reader.device is not None:
            yield probe_device(reader.name, reader.device, root)
    devices = [
        *((reader.name, reader.port, reader.driver) for reader in setting.readers),
        *((sensor.name, sensor.port, sensor.driver) for sensor in setting.sensors),
        *((light.name, light.port, light.driver) for light in setting.lights),
        *((display.name, display.port, display.driver) for display in setting.displays),
    ]
    for name, port, driver in devices:
        if port is not None:
            yield probe_port(name, port, driver, station, root)


def print_checks(checks: list[Check]) -> None:
    """A line a check, its fix below where there is something to fix, the light, and the sum."""
    from pullcord_edge.checks.fault import Sight, sight_of

    for check in checks:
        print(f"{_MARKS[check.status]}  {check.name}: {check.seen}")
        if check.status is not Outcome.PASS:
            print(f"      fix: {check.fix}")
            if (sight := sight_of(check)) is not Sight.UNCHANGED:
                print(f"      light: {sight.value}")
    counts = {
        mark: sum(check.status is outcome for check in checks) for outcome, mark in _MARKS.items()
    }
    print(f"{len(checks)} checks: " + ", ".join(f"{n} {mark}" for mark, n in counts.items()))
    sys.stdout.flush()
