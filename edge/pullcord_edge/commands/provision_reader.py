"""`pullcord-edge provision-reader`: writes what a reader keeps in its own firmware, and reads it back.

The profile is the one that the station's file names at the reader (`profile = "…"`), or `--profile`.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from pullcord_edge.adapters.serial_port import PortError, open_serial
from pullcord_edge.commands.config_file import WRONG, add_config, load_or_say
from pullcord_edge.commands.provision_report import to_json, to_text
from pullcord_edge.config.profile import load_profile
from pullcord_edge.core.profile.prepared import talk_of
from pullcord_edge.core.profile.profile import Profile, conflicts, family_of
from pullcord_edge.core.profile.script import Report, plan_all
from pullcord_edge.core.profile.step import Reopen
from pullcord_edge.core.profile.talk import Out, Talk
from pullcord_edge.core.setting import Port, Reader, Sensor, Setting
from pullcord_edge.readers.event import CardRead, Send
from pullcord_edge.readers.option import did_you_mean

#: So often the line is looked at while nothing is due.
LOOK_S = 0.05


class OpenPort(Protocol):
    """An open port."""

    def read(self, timeout_s: float) -> bytes:
        """What arrived, at most after the time-out; nothing is empty."""

    def write(self, data: bytes) -> None:
        """Send."""

    def close(self) -> None:
        """Let the port go."""


Open = Callable[[Port], OpenPort]


class _Unusable(Exception):
    """What was asked for cannot be done; a line each."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of it: the report, and the codes that were read meanwhile and not kept."""

    report: Report
    codes: tuple[str, ...]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command's arguments."""
    parser = subparsers.add_parser(
        "provision-reader", help="write a reader's profile into it", description=__doc__
    )
    add_config(parser)
    parser.add_argument("--reader", required=True, metavar="NAME", help="its name in that file")
    parser.add_argument("--profile", metavar="FILE", help="this profile, not the file's")
    parser.add_argument("--dry-run", action="store_true", help="read and compare, write nothing")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace, open_port: Open | None = None) -> int:
    """The exit status: 0 it is as the profile says (or was read), 1 it is not, 2 a wrong file."""
    setting = load_or_say(args.config)
    if setting is None:
        return WRONG
    try:
        device, port = _find(setting, args.reader)
        profile = _choose(device, port, args.profile)
        heard = _converse(device, port, profile, write=not args.dry_run, open_port=open_port)
    except _Unusable as error:
        print(f"pullcord-edge provision-reader: {error}", file=sys.stderr)
        return WRONG
    except PortError as error:
        print(f"pullcord-edge provision-reader: {_tell_port(port, error)}", file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps(to_json(args.reader, profile, heard.report, args.dry_run)))
    else:
        print("\n".join(to_text(args.reader, profile, heard.report, args.dry_run)))
    for code in heard.codes:
        print(f"{code} was read meanwhile and is not kept: present it again", file=sys.stderr)
    if heard.report.error is not None:
        print(f"pullcord-edge provision-reader: {heard.report.error}", file=sys.stderr)
    return int(heard.report.error is not None)


def _find(setting: Setting, name: str) -> tuple[Reader | Sensor, Port]:
    devices: dict[str, Reader | Sensor] = {each.name: each for each in setting.readers}
    devices |= {each.name: each for each in setting.sensors}
    device = devices.get(name)
    if device is None:
        raise _Unusable(f'--reader: there is no reader "{name}"{did_you_mean(name, devices)}')
    if device.port is None:
        raise _Unusable(f'--reader: "{name}" is not on a serial port, it has nothing to write')
    return device, device.port


def _choose(device: Reader | Sensor, port: Port, file: str | None) -> Profile:
    if file is None:
        if device.profile is None:
            raise _Unusable(
                f'"{device.name}" has no profile; add profile = "….toml" to it in the station\'s '
                "file, or give --profile FILE (profiles: firmware-config/readers/)"
            )
        return device.profile
    profile, problems = load_profile(file)
    if profile is None:
        raise _Unusable("\n".join(str(problem) for problem in problems))
    flaws = conflicts(profile, device.driver, device.options, port.baud)
    if flaws:
        lines = (f"{device.name}.{flaw.path[0]}: {flaw.wrong}; {flaw.fix}" for flaw in flaws)
        raise _Unusable("\n".join(lines))
    return profile


def _converse(
    device: Reader | Sensor, port: Port, profile: Profile, *, write: bool, open_port: Open | None
) -> Heard:
    family = family_of(profile.driver, device.options)
    plan = plan_all(family, port.baud, write=write, save=not profile.forgets)
    talk = talk_of(family, profile, port.baud, plan)
    return _Line(open_port or _open, port).carry(talk)


class _Line:
    """The port, at the speed that the script wants at the moment."""

    def __init__(self, open_port: Open, port: Port) -> None:
        self._open_port = open_port
        self._setting = port
        self._port = open_port(port)
        self._codes: list[str] = []

    def carry(self, talk: Talk[Report]) -> Heard:
        """Run the script to its end."""
        try:
            self._do(talk.start(time.monotonic()))
            while talk.result is None:
                due = talk.due_at
                wait = LOOK_S if due is None else max(0.0, due - time.monotonic())
                data = self._port.read(min(wait, LOOK_S))
                now = time.monotonic()
                self._do(talk.feed(data, now) if data else [])
                self._do(talk.tick(now))
            return Heard(talk.result, tuple(dict.fromkeys(self._codes)))
        finally:
            self._port.close()

    def _do(self, out: Iterable[Out]) -> None:
        for event in out:
            match event:
                case Send(data):
                    self._port.write(data)
                case Reopen(baud):
                    self._port.close()
                    self._port = self._open_port(replace(self._setting, baud=baud))
                case CardRead(code):
                    self._codes.append(code)


def _open(port: Port) -> OpenPort:
    return open_serial(port.url, port, port.modem)


def _tell_port(port: Port, error: PortError) -> str:
    fix = (
        "; stop the station first: systemctl stop pullcord-edge" if "held by" in error.fault else ""
    )
    return f"{port.url}: {error}{fix}"
