"""The demo's programs: started with everything they need, ended with the demo, however that ends."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

BIN = Path(sys.executable).parent
READY_S = 30.0


def start(folder: Path, name: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start one of our programs in `folder`; a station talks to us by its standard input and output."""
    serves = name == "pullcord-server"
    with (folder / f"{name}.log").open("a") as log:
        return subprocess.Popen(
            [str((BIN / name).absolute()), *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL if serves else subprocess.PIPE,
            stdout=log if serves else subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "GPIOZERO_PIN_FACTORY": "mock"},
            preexec_fn=end_with_parent,  # noqa: PLW1509 - one system call, nothing of Python
            process_group=0,
        )


def end_with_parent() -> None:
    """In the child: end when the demo ends, even when it is killed (Linux; elsewhere Ctrl-C does)."""
    with contextlib.suppress(OSError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def end(process: "subprocess.Popen[str]") -> None:
    """SIGTERM, and after 5 s SIGKILL."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def await_ready(server: "subprocess.Popen[str]", url: str, log: Path) -> None:
    """Wait until the server is ready; SystemExit when it ends, or takes too long."""
    end_at = time.monotonic() + READY_S
    while time.monotonic() < end_at:
        if server.poll() is not None:
            raise SystemExit(f"the server ended; see {log}")
        with contextlib.suppress(OSError, urllib.error.URLError):
            urllib.request.urlopen(f"{url}/readyz", timeout=2).close()
            return
        time.sleep(0.1)
    raise SystemExit(f"the server is not ready after {READY_S:.0f} s; see {log}")


def follow(station: str, process: "subprocess.Popen[str]") -> None:
    """Repeat what a station prints."""

    def read() -> None:
        for line in process.stdout or ():
            print(f"{time.strftime('%H:%M:%S')}  {station:12}{line.rstrip()}", flush=True)

    threading.Thread(target=read, daemon=True).start()


def free_port(wanted: int) -> int:
    """`wanted`, or another one where somebody has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise SystemExit("no free port on 127.0.0.1")
