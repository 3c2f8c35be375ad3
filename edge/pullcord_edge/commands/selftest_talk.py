"""Talking to the station that tests itself: the running one, or one that is started for it."""

import json
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from pullcord_edge.core.setting import Setting

START_S: Final = 15.0
LONGEST_S: Final = 3600.0
PATIENCE_S: Final = 3.0
"""The station answers at once, unless somebody else's client is connected."""


@contextmanager
def connected(setting: Setting) -> Iterator[socket.socket]:
    """A connection to the running station; where none runs, to one that runs for this alone. OSError."""
    from pullcord_edge.adapters.control import control_path

    path = str(control_path(setting.journal.path))
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            with running(setting) as failures, connect_soon(path, failures) as started:
                yield started
            return
        except PermissionError:
            raise OSError(
                f"{path}: not yours; run it with sudo, or as the station's user"
            ) from None
        yield client


def connect_soon(path: str, failures: list[str]) -> socket.socket:
    """A connection to a station that is about to listen. OSError: it failed, or does not listen."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and not failures:
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(path)
        except OSError:
            client.close()
            time.sleep(0.05)
        else:
            return client
    raise OSError(*failures or ["the station does not start: pullcord-edge run says why"])


@contextmanager
def running(setting: Setting) -> Iterator[list[str]]:
    """A station that runs in this process; why it ended by itself."""
    from pullcord_edge.adapters.clock import Clock
    from pullcord_edge.adapters.gpio import Pins
    from pullcord_edge.adapters.inbox import Inbox, Stop
    from pullcord_edge.adapters.log import Log
    from pullcord_edge.agent import Agent
    from pullcord_edge.commands.device import make_devices
    from pullcord_edge.commands.output import Outputs
    from pullcord_edge.journal import JournalError

    failures: list[str] = []
    inbox = Inbox()
    outputs = Outputs(setting, inbox, Pins(setting, inbox))
    with Path(os.devnull).open("w") as quiet:
        devices = make_devices(setting, inbox)
        agent = Agent(setting, inbox, outputs, devices, Log(quiet), Clock())

        def work() -> None:
            try:
                agent.run()
            except JournalError as error:
                failures.append(str(error))

        thread = threading.Thread(target=work, name="station", daemon=True)
        thread.start()
        try:
            yield failures
        finally:
            inbox.put(Stop("the self-test ended"))
            thread.join(5)


class Typed:
    """What a person types on standard input, line by line, read only while it is asked for."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._rest = b""
        self.ended = False

    def __bool__(self) -> bool:
        return bool(self._lines)

    def fileno(self) -> int:
        """To wait for."""
        return sys.stdin.fileno()

    def read(self) -> None:
        """Take what is there."""
        data = os.read(self.fileno(), 4096)
        self.ended = not data
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._lines += [line.decode(errors="replace") for line in lines]

    def next(self) -> str:
        """The oldest line not yet taken."""
        return self._lines.pop(0)


def converse(client: socket.socket, ask: Mapping[str, object], out: TextIO) -> dict[str, Any]:
    """Ask, show the prompts and pass on answers; the report. OSError."""
    client.sendall(json.dumps(ask).encode() + b"\n")
    end = time.monotonic() + LONGEST_S
    impatient_at = time.monotonic() + PATIENCE_S
    typed, read, asked = Typed(), b"", False
    while time.monotonic() < end:
        if asked and typed:
            asked = not _answer(client, typed.next())
            continue
        wanted: list[socket.socket | Typed] = [client]
        if asked and not typed.ended:
            wanted.append(typed)
        ready, _, _ = select.select(wanted, [], [], 1.0)
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
                asked = told["prompt"].endswith("?")
                prompt = f": {told['prompt']}" if told["prompt"] else ""
                print(f"{told['step']}{prompt}{' [y/n]' * asked}", file=out, flush=True)
            impatient_at = end
        elif typed in ready:
            typed.read()
        elif time.monotonic() >= impatient_at:
            impatient_at = end
            print("waiting: another self-test is being led at this station", file=out, flush=True)
    raise TimeoutError("the self-test did not end")


def _answer(client: socket.socket, line: str) -> bool:
    """Pass on a yes or a no; whether the line was one."""
    first = line.strip().casefold()[:1]
    if first not in ("y", "n"):
        return False
    client.sendall(json.dumps({"answer": first == "y"}).encode() + b"\n")
    return True
