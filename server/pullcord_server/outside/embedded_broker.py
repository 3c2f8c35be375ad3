"""A broker beside the server, for demo and laptops: a child on a loopback port that ends with us."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from pullcord_server.outside.retry import delay

HOST: Final = "127.0.0.1"
PORT_FILE: Final = "embedded-broker.port"
PORT: Final = 1883
"""Taken when it is free, so that stations find it where they look first."""
START_S: Final = 10.0
_PLACES: Final = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")

# Runs before the broker, in its process: asks the kernel for SIGKILL when the server dies. The check
# of the parent closes the moment in which it died before the kernel was asked.
_TIED: Final = """
import ctypes, os, sys
parent, program = int(sys.argv[1]), sys.argv[2:]
prctl = getattr(ctypes.CDLL(None), "prctl", None)
if prctl is not None:
    prctl(1, 9, 0, 0, 0)
if os.getppid() == parent:
    os.execv(program[0], program)
"""


class EmbeddedBrokerError(RuntimeError):
    """The broker beside the server could not be started; the text says why."""


def folder_beside(database: str) -> Path:
    """The folder that the embedded broker of a server with this database may write in."""
    url = make_url(database)
    if url.drivername.startswith("sqlite") and url.database:
        return Path(url.database).parent / ".pullcord-broker"
    return Path(".pullcord-broker")


def kept_port(folder: Path) -> int | None:
    """The port that the broker of this folder had last; None: it never ran."""
    try:
        text = (folder / PORT_FILE).read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def find_mosquitto() -> str | None:
    """The program `mosquitto`, on the path or where systems keep it; None when there is none."""
    return shutil.which("mosquitto", path=os.pathsep.join([*os.get_exec_path(), *_PLACES]))


class EmbeddedBroker:
    """A broker without persistence or passwords on loopback: `mosquitto` where it is found, else amqtt.

    `folder` keeps its configuration and its port, which stays the same from start to start as long as
    nobody else has it. It is started again when it dies; `fault` says so meanwhile.
    """

    def __init__(self, folder: Path, mosquitto: str | None) -> None:
        self.kind = "amqtt" if mosquitto is None else "mosquitto"
        self.fault: str | None = "not started"
        self.port = 0
        self._folder = folder
        self._mosquitto = mosquitto
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._began = threading.Event()
        self._stopping = threading.Event()
        # The kernel ties a child to the thread that started it: so all are started by this one.
        self._thread = threading.Thread(target=self._watch, name="embedded-broker", daemon=True)

    @property
    def url(self) -> str:
        """Where stations and server find it."""
        return f"mqtt://{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process it runs in; None while it does not."""
        process = self._process
        return None if process is None else process.pid

    def start(self) -> str:
        """Start it; its address once it accepts connections. EmbeddedBrokerError when it does not."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.port = self._choose_port()
        self._thread.start()
        self._began.wait(START_S + 5)
        if self.fault is not None:
            fault = self.fault
            self.stop()
            raise EmbeddedBrokerError(f"the broker beside the server did not start: {fault}")
        return self.url

    def stop(self) -> None:
        """End it."""
        self._stopping.set()
        with self._lock:
            if self._process is not None:
                self._process.terminate()
        if self._thread.ident is not None:
            self._thread.join(5)
        with self._lock:
            if self._process is not None:
                self._process.kill()

    def _watch(self) -> None:
        attempt = 0
        while not self._stopping.is_set():
            process = self._launch()
            self.fault = self._await(process)
            self._began.set()
            if self.fault is None:
                attempt = 0
                process.wait()
                self.fault = f"{self.kind} ended with status {process.returncode}"
            else:
                process.kill()
                process.wait()
            self._process = None
            attempt += 1
            self._stopping.wait(delay(attempt))
        self.fault = "stopped"

    def _launch(self) -> subprocess.Popen[bytes]:
        if self._mosquitto is None:
            program = [
                sys.executable,
                "-m",
                "pullcord_server.outside.python_broker",
                str(self.port),
            ]
        else:
            program = [self._mosquitto, "-c", str(self._write_config())]
        tied = [sys.executable, "-I", "-S", "-c", _TIED, str(os.getpid()), *program]
        with self._lock:
            self._process = subprocess.Popen(tied, stdin=subprocess.DEVNULL)
            if self._stopping.is_set():
                self._process.terminate()
            return self._process

    def _await(self, process: subprocess.Popen[bytes]) -> str | None:
        """Wait until it accepts connections; why it does not."""
        give_up = time.monotonic() + START_S
        while time.monotonic() < give_up and not self._stopping.is_set():
            if process.poll() is not None:
                return f"{self.kind} ended with status {process.returncode} at its start"
            try:
                socket.create_connection((HOST, self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return None
        return f"{self.kind} accepts no connection on {self.url} within {START_S:.0f} s"

    def _write_config(self) -> Path:
        path = self._folder / "embedded-mosquitto.conf"
        # As root it would change to another user, at which the kernel forgets to whom it is tied.
        user = "user root\n" if os.geteuid() == 0 else ""
        path.write_text(
            f'# Written by pullcord-server at each start: broker = "embedded".\n{user}'
            f"listener {self.port} {HOST}\nallow_anonymous true\npersistence false\n"
            "set_tcp_nodelay true\nmax_queued_messages 100000\n"
            "log_dest stderr\nlog_type error\nlog_type warning\n"
        )
        return path

    def _choose_port(self) -> int:
        """The port of last time, the usual one, or any; the first that is free."""
        kept = kept_port(self._folder)
        for port in [*([] if kept is None else [kept]), PORT, 0]:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                except OSError:
                    continue
                chosen: int = probe.getsockname()[1]
            (self._folder / PORT_FILE).write_text(f"{chosen}\n")
            return chosen
        raise EmbeddedBrokerError(f"no free port on {HOST}")
