"""Many andon screens on one server: from a drop at a post to the last of them that shows it."""

import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.fleet import Fleet, Member, Scan
from bench.host import load
from bench.latency import quantile
from bench.plant import Measured
from bench.stack import ROOT, Ours
from bench.table import Goal, Measure
from pullcord_wire.message import EntryType

ROW = "screens"
REQUEST = b"GET /api/v1/andon/stream HTTP/1.1\r\nHost: bench\r\n\r\n"
CHANGE = b"event: change"
"""What the floor says."""
REST_S = 0.7
"""Between two drops: boards are at most this far apart under load."""


@dataclass(slots=True)
class Wall:
    """Connected screens; each is a socket that is read as soon as something comes."""

    port: int
    count: int
    request: bytes
    _poll: select.epoll = field(default_factory=select.epoll)
    _fds: dict[int, socket.socket] = field(default_factory=dict)
    _heard: dict[int, bytes] = field(default_factory=dict)

    def connect(self) -> None:
        """Open every screen."""
        for number in range(self.count):
            screen = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            if self.request:
                screen.sendall(self.request)
            screen.setblocking(False)
            self._fds[screen.fileno()] = screen
            self._poll.register(screen, select.EPOLLIN)
            if number % 20 == 0:
                self.listen(0.02, _never)

    def drop(self, act: Callable[[], bytes], within_s: float = 20.0) -> tuple[float, float]:
        """Do `act`; seconds until the first and until the last screen was told the words it gives."""
        told: dict[int, float] = {}
        self._heard.clear()
        began = time.monotonic()
        words = act()

        def done(fd: int) -> bool:
            if fd not in told and words in self._heard[fd]:
                told[fd] = time.monotonic()
            return len(told) == self.count

        if not self.listen(within_s, done):
            raise TimeoutError(f"{self.count - len(told)} of {self.count} screens saw nothing")
        return min(told.values()) - began, max(told.values()) - began

    def listen(self, seconds: float, done: Callable[[int], bool]) -> bool:
        """Read what comes; `done` is asked after each screen that was told something, and ends it."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for fd, _ in self._poll.poll(left):
                data = self._fds[fd].recv(1 << 20)
                if not data:
                    raise ConnectionError("a screen was let go")
                self._heard[fd] = self._heard.get(fd, b"") + data
                if done(fd):
                    return True
        return False

    def close(self) -> None:
        """Close every screen."""
        for screen in self._fds.values():
            screen.close()
        self._poll.close()


def run(folder: Path, quick: bool) -> Iterator[Measure]:
    """Drops at a post of a running server, and the same bytes from the floor, in turn."""
    plant = Measured(posts=10, loops=5, cards=10)
    count, drops = (50, 3) if quick else (1000, 20)
    with ExitStack() as stack:
        ours = Ours(folder / "ours", plant)
        stack.callback(ours.close)
        codes = {card: code for code, card in plant.tags().items()}
        story = iter(plant.cards_of(0))
        member = Member("post-00")
        fleet = Fleet(ours.broker.port, [member])
        stack.callback(fleet.close)
        fleet.connect()

        def drop() -> bytes:
            now = time.time_ns() // 1_000_000
            return _send(fleet, member, Scan(EntryType.WITHDRAWAL, codes[next(story)], now))

        mine = Wall(ours.server.port, count, REQUEST)
        stack.callback(mine.close)
        mine.connect()
        mine.listen(3.0, _never)
        floor, port = start_floor(stack, change_size(ours, drop))
        rest(fleet)
        its = Wall(port, count, b"")
        stack.callback(its.close)
        its.connect()
        first, last, limit = [], [], []
        for _ in range(drops):
            began, ended = mine.drop(drop)
            first.append(began)
            last.append(ended)
            limit.append(its.drop(partial(_poke, floor))[1])
            rest(fleet)
            mine.listen(0.05, _never)
        goal = (Goal(100),)
        for what, a, b, share, goals in (
            (f"drop → first of {count} screens, p50", first, limit, 0.5, ()),
            (f"drop → last of {count} screens, p50", last, limit, 0.5, goal),
            (f"drop → last of {count} screens, worst", last, limit, 1.0, goal),
        ):
            values = [max(v) if share == 1.0 else quantile(v, share) for v in (a, b)]
            yield Measure(ROW, what, "ms", values[0] * 1000, values[1] * 1000, goals, load())


def rest(fleet: Fleet) -> None:
    """Let the stations hear their answers for a while."""
    fleet.until(partial(_passed, time.monotonic() + REST_S), 5.0)


def _never(_fd: int) -> bool:
    return False


def change_size(ours: Ours, drop: Callable[[], object]) -> int:
    """Bytes of the change that a screen gets for a drop."""
    with socket.create_connection(("127.0.0.1", ours.server.port), timeout=10) as screen:
        screen.sendall(REQUEST)
        _read_to(screen, b"event: snapshot")
        drop()
        return len(_read_to(screen, CHANGE))


def _read_to(screen: socket.socket, event: bytes) -> bytes:
    """The first such event, whole."""
    data = b""
    while b"\n\n" not in data.partition(event)[2]:
        data += screen.recv(1 << 20)
    return data.partition(event)[2].partition(b"\n\n")[0]


def start_floor(stack: ExitStack, size: int) -> tuple["subprocess.Popen[bytes]", int]:
    """The floor's process, and its port."""
    script = ROOT / "bench" / "floor" / "screens.py"
    floor = subprocess.Popen(
        [sys.executable, str(script), str(size)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    stack.callback(floor.wait, 10)
    stack.callback(floor.terminate)
    assert floor.stdout is not None
    return floor, int(floor.stdout.readline())


def _send(fleet: Fleet, member: Member, scan: Scan) -> bytes:
    """A drop; the order it makes is named as its entry."""
    journal, seq = fleet.read(member, scan)
    return f"{journal}.{seq}".encode()


def _poke(floor: "subprocess.Popen[bytes]") -> bytes:
    assert floor.stdin is not None
    floor.stdin.write(b"!")
    floor.stdin.flush()
    return CHANGE


def _passed(until: float) -> bool:
    return time.monotonic() > until
