"""`make demo` as a newcomer sees it: everything starts, a typed card becomes an order, Ctrl-C ends all of it."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "scripts" / "demo.py"
PATIENCE_S = 90


class Demo:
    """A demo in a folder of its own, and what it says."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(DEMO), "--port", "0", "--quiet", *arguments],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line)

    def type(self, line: str) -> None:
        """As from the keyboard."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def says(self, pattern: str) -> None:
        """Wait for a line that matches."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if any(re.search(pattern, line) for line in list(self.lines)):
                return
            assert self.process.poll() is None, "".join(self.lines)
            time.sleep(0.05)
        raise AssertionError(f"no line like {pattern!r} in:\n{''.join(self.lines)}")

    def end(self) -> int:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for process in started_in(tmp_path):
        os.kill(process, signal.SIGKILL)


def started_in(folder: Path) -> list[int]:
    """Processes that work in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def test_a_typed_card_becomes_one_order_and_ctrl_c_leaves_nothing_behind(folder: Path) -> None:
    demo = Demo(folder)
    demo.says(r"assy1-post +lamps .*green=on")
    demo.type("bh-a1-001")
    demo.says(r"assy1-post +beep")
    demo.says(r"order\.released .* released")
    demo.type("BH-A1-001")
    demo.says(r"done: drop post")
    demo.type("arrive BH-A1-001")
    demo.says(r"order\.closed")
    demo.type("cord assy1-post")
    demo.says(r"andon\.raised +.* assy1-post")
    demo.type("no such card")
    demo.says(r"not understood; cards are BH-A1-001")
    assert demo.end() == 0
    assert started_in(folder) == []

    again = Demo(folder)  # it goes on where it ended
    again.says(r"assy1-post +lamps .*green=on")
    again.type("BH-A1-001")
    again.says(r"assy1-post +beep")
    assert again.end() == 0

    orders = [line for line in demo.lines if "order.released" in line]
    assert len(orders) == 1, "a card that is dropped again is already posted"
