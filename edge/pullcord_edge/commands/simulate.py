"""`pullcord-edge simulate`: the station's real program with its readers, sensors and buttons played.

Readers are ptys that send what real ones would; pins are gpiozero's mock. Steps come from the keyboard,
a pipe or a script, one a line (`help` lists them); what the lights show is printed, one line a change.
With --ptys there is no program: only the readers, for one that was started elsewhere.
"""

import argparse
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final, assert_never

from pullcord_edge.adapters.inbox import Inbox, Stop
from pullcord_edge.adapters.sim import PretendPins, PretendReader
from pullcord_edge.commands.config_file import WRONG, add_config, load_or_say
from pullcord_edge.commands.simulate_step import (
    HELP,
    Cast,
    Drop,
    Help,
    Plug,
    Press,
    Quit,
    Send,
    SetLevel,
    Step,
    Wait,
    read_step,
)
from pullcord_edge.core.display import Rows
from pullcord_edge.core.feedback import Look
from pullcord_edge.core.lamp import Lamp
from pullcord_edge.core.selftest_step import BUZZER
from pullcord_edge.core.setting import Reader, Setting
from pullcord_edge.core.voice import VOICES
from pullcord_wire.message import Pattern

OPEN_S: Final = 10.0
"""A step waits so long for the station to open the reader's port."""
SETTLE_S: Final = 0.2
"""A port that has just been opened is emptied: bytes wait so long."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command's arguments."""
    parser = subparsers.add_parser(
        "simulate", help="the station, played", description=__doc__, epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add_config(parser)
    parser.add_argument("--script", metavar="FILE", help="steps from a file; ends with it")
    parser.add_argument(
        "--ptys", metavar="FOLDER", help="only make the readers, as FOLDER/<name>; no station"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The exit status: 0, 1 when a step could not be done, 2 a wrong file."""
    setting = load_or_say(args.config)
    if setting is None:
        return WRONG
    dumb = [reader for reader in setting.readers if reader.driver not in VOICES]
    for reader in dumb:
        say(f"left out: reader {reader.name}, no simulation of {reader.driver} yet")
    setting = replace(setting, readers=tuple(each for each in setting.readers if each not in dumb))
    with ExitStack() as stack:
        if args.script is None:
            lines: Iterable[str] = iter(sys.stdin.readline, "")
        else:
            try:
                lines = stack.enter_context(Path(args.script).open(encoding="utf-8"))
            except OSError as error:
                print(f"{args.script}: {error.strerror}; give a script's path", file=sys.stderr)
                return WRONG
        folder = args.ptys or stack.enter_context(tempfile.TemporaryDirectory(prefix="pullcord-"))
        stage = Stage(setting, Path(folder))
        stack.callback(stage.close)
        return _perform(stage, lines) if args.ptys else _run_station(setting, stage, lines)


def say(text: str) -> None:
    """One line on stdout, at once."""
    print(text, flush=True)


class Stage:
    """The pretended devices of a station, and the steps that move them."""

    def __init__(self, setting: Setting, folder: Path) -> None:
        """Make a pty for each reader in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.cast = Cast(
            frozenset(reader.name for reader in setting.readers),
            frozenset(sensor.name for sensor in setting.sensors if sensor.contact),
            frozenset(button.name for button in setting.buttons),
        )
        self._pins = PretendPins()
        self._sensors = {sensor.name: sensor for sensor in setting.sensors}
        self._buttons = {button.name: button for button in setting.buttons}
        self._loops = setting.selftest.loops
        self.readers = {
            reader.name: PretendReader(
                folder / reader.name, reader.driver, reader.name in setting.selftest.looped
            )
            for reader in setting.readers
        }
        for name, reader in self.readers.items():
            say(f"reader {name} {reader.path}")

    def fill(self) -> None:
        """All places are full, all buttons are let go."""
        for name in self.cast.sensors:
            self._set_level(name, empty=False)
        for button in self._buttons.values():
            self._pins.close(button.contact, False)

    def follow(self, lit: set[str], of: str = "") -> None:
        """The contacts that loopback wires tie to outputs follow them; `of`: that output alone."""
        for output, name in self._loops.items():
            if (output == of) == bool(of):
                contact = self._sensors[name].contact
                if contact is not None:
                    self._pins.close(contact, output in lit)

    def close(self) -> None:
        """Take the readers away."""
        for reader in self.readers.values():
            reader.unplug()

    def do(self, step: Step) -> None:
        """Do one step. ValueError: it cannot be done, and why."""
        match step:
            case Drop(reader, code):
                self._wait_open(reader)
                if not self.readers[reader].drop(code):
                    raise ValueError(f"reader {reader} is unplugged")
            case Send(reader, data):
                self._wait_open(reader)
                self.readers[reader].send(data)
            case Plug(reader, plugged):
                self.readers[reader].plug() if plugged else self.readers[reader].unplug()
            case SetLevel(sensor, empty):
                self._set_level(sensor, empty)
            case Press(button, for_s):
                contact = self._buttons[button].contact
                self._pins.close(contact, True)
                time.sleep(for_s)
                self._pins.close(contact, False)
            case Wait(for_s):
                time.sleep(for_s)
            case Help():
                say(HELP)
            case Quit():
                pass
            case _:
                assert_never(step)

    def _set_level(self, name: str, empty: bool) -> None:
        sensor = self._sensors[name]
        if sensor.contact is not None:
            self._pins.close(sensor.contact, empty == sensor.level.empty_when_closed)

    def _wait_open(self, name: str) -> None:
        if self.readers[name].is_open():
            return
        end = time.monotonic() + OPEN_S
        while not self.readers[name].is_open():
            if time.monotonic() > end:
                raise ValueError(f"reader {name}: no program has its port open")
            time.sleep(0.01)
        time.sleep(SETTLE_S)


def _perform(stage: Stage, lines: Iterable[str]) -> int:
    """Do the steps of these lines; 1 when one of them could not be done."""
    status = 0
    for line in lines:
        try:
            step = read_step(line, stage.cast)
            if step is not None:
                stage.do(step)
        except ValueError as error:
            say(f"error: {error}")
            status = 1
            continue
        if isinstance(step, Quit):
            break
        if step is not None and not isinstance(step, Help):
            say(f"done: {line.strip()}")
    return status


def _run_station(setting: Setting, stage: Stage, lines: Iterable[str]) -> int:
    from pullcord_edge.adapters.clock import Clock
    from pullcord_edge.adapters.gpio import Pins
    from pullcord_edge.adapters.log import Log
    from pullcord_edge.agent import Agent
    from pullcord_edge.commands.device import make_devices
    from pullcord_edge.journal import JournalError

    class LoudPins(Pins):
        """Pins that begin with all places full, and whose buzzer is also heard on stdout."""

        def start(self) -> None:
            """Open them, and put every contact in its place before it has settled."""
            super().start()
            stage.fill()

        def light(self, lit: frozenset[Lamp]) -> None:
            """Light them; the loopback wires of the self-test follow."""
            super().light(lit)
            stage.follow({f"{light}.{colour}" for light, colour in lit})

        def sound(self, sounds: bool) -> None:
            """Sound, and say so."""
            super().sound(sounds)
            stage.follow({BUZZER} if sounds else set(), of=BUZZER)
            if sounds:
                say("beep")

        def write(self, rows: Rows) -> None:
            """Every display says this; it is printed where there is one."""
            if setting.displays:
                say(f"words {rows[0]} | {rows[1]}")

    inbox = Inbox()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: inbox.put(Stop(signal.Signals(got).name)))
    setting = replace(setting, readers=tuple(_on_pty(r, stage) for r in setting.readers))
    statuses: list[int] = []

    def perform() -> None:
        statuses.append(_perform(stage, lines))
        inbox.put(Stop("the steps ended"))

    threading.Thread(target=perform, name="steps", daemon=True).start()
    devices = make_devices(setting, inbox)
    agent = Agent(setting, inbox, LoudPins(setting, inbox), devices, Log(), Clock(), show_looks)
    try:
        status = agent.run()
    except JournalError as error:
        print(f"pullcord-edge simulate: {error}", file=sys.stderr)
        return 1
    return status or max(statuses, default=0)


def _on_pty(reader: Reader, stage: Stage) -> Reader:
    assert reader.port is not None
    return replace(reader, port=replace(reader.port, url=str(stage.readers[reader.name].path)))


def show_looks(looks: Mapping[str, Look]) -> None:
    """One line a light: what it shows."""
    for name, look in looks.items():
        burning = (f"{c}={pattern}" for c, pattern in look.items() if pattern is not Pattern.OFF)
        say(f"lamps {name} {' '.join(burning) or 'dark'}")
