"""A way in for people at the station: a socket beside the journal, for its own user alone.

One client at a time; each line is one JSON object. In: `{"do": "selftest", "guided": true, "by": "kim"}`,
`{"do": "calibrate", "sensor": "bin-8", "load": 2000, "by": "kim"}`, `{"answer": true}`. Out: what the self-test is at, and its report.
"""

import json
import os
import select
import socket
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Final

from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.adapters.waker import Waker
from pullcord_edge.adapters.worker import Worker
from pullcord_edge.core.effect import TellTester
from pullcord_edge.core.input import CalibrationAsked, TrialAnswered, TrialAsked, TrialEnded

_LONG: Final = 4096
_WAITING: Final = 100


def control_path(journal: str) -> Path:
    """Where the station of this journal listens."""
    return Path(journal + ".control")


class Control:
    """Listens; what clients ask for goes to the inbox, what the loop tells goes to the client."""

    def __init__(self, path: Path, inbox: Inbox) -> None:
        self._path = path
        self._inbox = inbox
        self._waker = Waker()
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque(maxlen=_WAITING)
        self._worker = Worker("control", inbox, self._work)

    def start(self) -> None:
        """Begin."""
        self._worker.start()

    def stop(self, timeout_s: float) -> bool:
        """End; whether it ended in time."""
        self._worker.stopping.set()
        self._waker.wake()
        return self._worker.join(timeout_s)

    def tell(self, told: TellTester) -> None:
        """Tell the client that is there; without one, nothing."""
        line = {"step": told.step, "prompt": told.prompt, "report": told.report}
        with self._lock:
            self._waiting.append(json.dumps(line).encode() + b"\n")
        self._waker.wake()

    def _work(self) -> None:
        self._path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as server:
            before = os.umask(0o177)
            try:
                server.bind(str(self._path))
            finally:
                os.umask(before)
            server.listen(1)
            poll = select.poll()
            poll.register(server, select.POLLIN)
            poll.register(self._waker, select.POLLIN)
            while not self._worker.stopping.is_set():
                ready = dict(poll.poll())
                self._waker.was_woken()
                if server.fileno() in ready:
                    client, _ = server.accept()
                    with client:
                        self._serve(client)
        self._path.unlink(missing_ok=True)

    def _serve(self, client: socket.socket) -> None:
        """One client, until it leaves."""
        with self._lock:
            self._waiting.clear()
        poll = select.poll()
        poll.register(client, select.POLLIN)
        poll.register(self._waker, select.POLLIN)
        read = b""
        with suppress(OSError):
            while not self._worker.stopping.is_set() and len(read) < _LONG:
                ready = dict(poll.poll())
                self._waker.was_woken()
                self._send(client)
                if client.fileno() in ready:
                    data = client.recv(_LONG)
                    if not data:
                        break
                    *lines, read = (read + data).split(b"\n")
                    for line in lines:
                        self._hear(line)
        self._inbox.put(TrialEnded())

    def _send(self, client: socket.socket) -> None:
        with self._lock:
            lines, self._waiting = list(self._waiting), deque(maxlen=_WAITING)
        client.sendall(b"".join(lines))

    def _hear(self, line: bytes) -> None:
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            return
        match said:
            case {"do": "selftest", "guided": bool(guided), "by": str(by)}:
                self._inbox.put(TrialAsked(guided, by))
            case {
                "do": "calibrate",
                "sensor": str(sensor),
                "load": int() | float() as load,
                "by": str(by),
            }:
                self._inbox.put(CalibrationAsked(sensor, float(load), by))
            case {"answer": bool(good)}:
                self._inbox.put(TrialAnswered(good))
