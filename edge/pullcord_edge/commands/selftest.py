"""`pullcord-edge selftest`: every lamp, the beep, every button, every reader, one by one.

Guided: you say whether each lamp is lit, press the buttons and present the test card. Unattended:
loopback wires answer ([selftest] in the file), what has none is skipped. The running station does it, and
goes on reading cards meanwhile; where none runs, one is started for it. Results are entries of the
journal. Exit status 1 when a step fails.
"""

import argparse
import getpass
import json
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from pullcord_edge.commands.config_file import WRONG, add_config, load_or_say
from pullcord_edge.core.setting import Setting

START_S: Final = 15.0
LONGEST_S: Final = 3600.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command's arguments."""
    parser = subparsers.add_parser(
        "selftest", help="test lamps, beep, buttons and readers", description=__doc__
    )
    add_config(parser)
    parser.add_argument(
        "--unattended", action="store_true", help="no person: loopback wires answer"
    )
    parser.add_argument("--json", action="store_true", help="the report as one JSON object")
    parser.add_argument(
        "--export", action="store_true", help="print the reports kept in the journal, one a line"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The exit status: 0 passed, 1 a step failed or no test could be made, 2 a wrong file."""
    setting = load_or_say(args.config)
    if setting is None:
        return WRONG
    if args.export:
        for report in kept_reports(Path(setting.journal.path)):
            print(json.dumps(report, ensure_ascii=False))
        return 0
    try:
        with connected(setting) as client:
            report = converse(client, guided=not args.unattended, out=sys.stderr)
    except (OSError, TimeoutError) as error:
        print(f"pullcord-edge selftest: {error}", file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        print_report(report)
    return int(report["outcome"] != "pass")


@contextmanager
def connected(setting: Setting) -> Iterator[socket.socket]:
    """A connection to the running station; where none runs, to one that runs for this alone."""
    from pullcord_edge.adapters.control import control_path

    path = str(control_path(setting.journal.path))
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            with running(setting):
                yield connect_soon(path)
            return
        yield client


def connect_soon(path: str) -> socket.socket:
    """A connection to a station that is about to listen. TimeoutError."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(path)
        except OSError:
            client.close()
            time.sleep(0.05)
        else:
            return client
    raise TimeoutError("the station does not start: pullcord-edge run says why")


@contextmanager
def running(setting: Setting) -> Iterator[None]:
    """A station that runs in this process."""
    from pullcord_edge.adapters.clock import Clock
    from pullcord_edge.adapters.gpio import Pins
    from pullcord_edge.adapters.inbox import Inbox, Stop
    from pullcord_edge.adapters.log import Log
    from pullcord_edge.agent import Agent
    from pullcord_edge.commands.device import make_devices
    from pullcord_edge.commands.output import Outputs

    inbox = Inbox()
    outputs = Outputs(setting, inbox, Pins(setting, inbox))
    with Path(os.devnull).open("w") as quiet:
        devices = make_devices(setting, inbox)
        agent = Agent(setting, inbox, outputs, devices, Log(quiet), Clock())
        thread = threading.Thread(target=agent.run, name="station", daemon=True)
        thread.start()
        try:
            yield
        finally:
            inbox.put(Stop("the self-test ended"))
            thread.join(5)


def converse(client: socket.socket, guided: bool, out: TextIO) -> dict[str, Any]:
    """Ask for the self-test, show its prompts and pass on answers; its report. OSError, TimeoutError."""
    ask = {"do": "selftest", "guided": guided, "by": getpass.getuser()}
    client.sendall(json.dumps(ask).encode() + b"\n")
    end = time.monotonic() + LONGEST_S
    read, asked = b"", False
    while time.monotonic() < end:
        ready, _, _ = select.select([client, sys.stdin] if asked else [client], [], [], 1.0)
        if client in ready:
            data = client.recv(65536)
            if not data:
                raise ConnectionError("the station ended before the self-test did")
            *lines, read = (read + data).split(b"\n")
            for line in lines:
                told: dict[str, Any] = json.loads(line)
                if told["report"] is not None:
                    report: dict[str, Any] = told["report"]
                    return report
                asked = guided and told["prompt"].endswith("?")
                hint = " [y/n]" if asked else ""
                print(f"{told['step']}: {told['prompt']}{hint}", file=out, flush=True)
        elif sys.stdin in ready:
            answer = sys.stdin.readline()
            asked = bool(answer) and answer.strip().casefold()[:1] not in ("y", "n")
            if answer and not asked:
                good = answer.strip().casefold()[:1] == "y"
                client.sendall(json.dumps({"answer": good}).encode() + b"\n")
    raise TimeoutError("the self-test did not end")


def print_report(report: dict[str, Any]) -> None:
    """A line a step, and the sum."""
    for step in report["steps"]:
        print(f"{step['result']:7}  {step['name']}: {step['seen']}")
    print(f"self-test of {report['station']} ({report['serial']}): {report['outcome']}")


def kept_reports(journal: Path) -> Iterator[dict[str, Any]]:
    """Every self-test in the journal, oldest first, with when it was and the entry it is."""
    import sqlite3

    from pullcord_edge.journal.known import read_known
    from pullcord_edge.journal.row import unkey

    if not journal.exists():
        return
    connection = sqlite3.connect(f"file:{journal}?mode=ro", uri=True, timeout=2.0)
    try:
        ids = {known.n: known.head.id for known in read_known(connection)}
        rows = connection.execute(
            "SELECT key, body FROM entry WHERE instr(body, ?) ORDER BY key", (b'"type":"selftest"',)
        ).fetchall()
    finally:
        connection.close()
    for key, body in rows:
        entry = json.loads(body)
        number, seq = unkey(key)
        yield {"entry": f"{ids.get(number)}.{seq}", "at": entry["at"], **entry["report"]}
