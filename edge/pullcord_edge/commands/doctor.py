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
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The exit status: 0, 1 when a check fails, 2 a wrong file."""
    setting = load_or_say(args.config)
    if setting is None:
        return WRONG
    checks = list(examine(setting))
    if args.json:
        print(json.dumps({"checks": [asdict(check) for check in checks]}, ensure_ascii=False))
    else:
        print_checks(checks)
    return int(any(check.status is Outcome.FAIL for check in checks))


def examine(setting: Setting) -> Iterator[Check]:
    """Every check of this station, from what is right at hand to what is far away."""
    from pullcord_edge.adapters.probe_broker import probe_broker
    from pullcord_edge.adapters.probe_disk import probe_disk
    from pullcord_edge.adapters.probe_machine import probe_boot, probe_machine
    from pullcord_edge.adapters.probe_pin import probe_pins
    from pullcord_edge.checks.broker import check_broker
    from pullcord_edge.checks.disk import check_disk
    from pullcord_edge.checks.journal import check_journal
    from pullcord_edge.checks.machine import check_machine
    from pullcord_edge.checks.pin import check_pins
    from pullcord_edge.checks.port import check_port, check_uart
    from pullcord_edge.commands.doctor_journal import look_at_journal

    yield passed("configuration", f"{setting.file}: station {setting.station} of {setting.site}")
    boot = probe_boot()
    yield from check_machine(probe_machine(), setting)
    path = Path(setting.journal.path)
    look = look_at_journal(path, setting.site, setting.station)
    running = look.facts.running is not None
    ports = tuple(probe_ports(setting, look.pid))
    for port in ports:
        yield from check_port(port)
    yield from check_uart(ports, boot)
    yield from check_pins(probe_pins(), setting, boot.config)
    yield from check_disk(probe_disk(path.parent))
    now = time.time_ns() // 1_000_000
    yield from check_journal(look.facts, now, setting.journal.oldest_backup_days)
    yield from check_broker(probe_broker(setting, look.question, running), setting.broker)


def probe_ports(setting: Setting, station: int | None) -> Iterator[PortFacts]:
    """The facts of every port the station uses; `station`: its process, if it runs."""
    from pullcord_edge.adapters.probe_port import probe_port

    for reader in setting.readers:
        if reader.port is not None:
            yield probe_port(reader.name, reader.port, reader.driver, station)
    for sensor in setting.sensors:
        if sensor.port is not None:
            yield probe_port(sensor.name, sensor.port, sensor.driver, station)
    for light in setting.lights:
        if light.port is not None:
            yield probe_port(light.name, light.port, light.driver, station)


def print_checks(checks: list[Check]) -> None:
    """A line a check, its fix below where there is something to fix, and the sum."""
    for check in checks:
        print(f"{_MARKS[check.status]}  {check.name}: {check.seen}")
        if check.status is not Outcome.PASS:
            print(f"      fix: {check.fix}")
    counts = {
        mark: sum(check.status is outcome for check in checks) for outcome, mark in _MARKS.items()
    }
    print(f"{len(checks)} checks: " + ", ".join(f"{n} {mark}" for mark, n in counts.items()))
    sys.stdout.flush()
