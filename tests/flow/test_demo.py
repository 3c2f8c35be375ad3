"""`make demo` as a newcomer sees it: everything starts, a typed card walks back to the supplier, Ctrl-C ends all of it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 90
#: The loops that one brake hose walks back through, each fed by the next.
WAY = ("BH-A1", "BH-C2", "FP-C2", "FP-P4", "FT-P4", "FT-M3", "BL-M3", "BL-S1")


class Demo:
    """A demo in a folder of its own, and what it says."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scripts.demo", "--port", "0", "--quiet", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
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

    def said(self, pattern: str) -> re.Match[str] | None:
        """Whether a line matched by now."""
        found = (re.search(pattern, line) for line in list(self.lines))
        return next((match for match in found if match), None)

    def says(self, pattern: str, nudge: str | None = None) -> re.Match[str]:
        """Wait for a line that matches; `nudge` is typed now and then."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            found = self.said(pattern)
            if found is not None:
                return found
            assert self.process.poll() is None, "".join(self.lines)
            if nudge is not None:
                self.type(nudge)
            time.sleep(0.05 if nudge is None else 1.0)
        raise AssertionError(f"no line like {pattern!r} in:\n{''.join(self.lines)}")

    def rows(self, path: str) -> list[dict[str, Any]]:
        """A collection of the API."""
        url = self.says(r"the andon page: +(http://\S+)/andon")[1]
        with urllib.request.urlopen(f"{url}/api/v1/{path}", timeout=30) as answer:
            found: list[dict[str, Any]] = json.load(answer)["items"]
        return found

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


def test_what_a_newcomer_types_is_done_and_ctrl_c_leaves_nothing_behind(folder: Path) -> None:
    demo = Demo(folder)
    demo.says(r"assy1-post +lamps .*green=on")
    demo.type("bh-a1-001")
    demo.says(r"assy1-post +beep")
    demo.says(r"order\.released .* released")
    demo.type("BH-A1-001")
    demo.says(r"done: drop post")
    demo.type("arrive BH-A1-001")
    demo.says(r"order\.closed")
    demo.type("empty bin-1")
    demo.says(r"order\.released +GK-A1")
    demo.type("full bin-1")
    demo.says(r"order\.closed +GK-A1")
    demo.type("cord assy1-post")
    demo.says(r"andon\.raised +.* assy1-post")
    demo.type("no such card")
    demo.says(r"not understood; cards are BH-A1-001")
    assert demo.end() == 0
    assert started_in(folder) == []
    orders = [line for line in demo.lines if re.search(r"order\.released +BH-A1", line)]
    assert len(orders) == 1, "a card that is dropped again is already posted"

    again = Demo(folder)  # it goes on where it ended
    again.says(r"assy1-post +lamps .*green=on")
    check_cascade(again)
    assert again.end() == 0


def check_cascade(demo: Demo) -> None:
    """Two boxes emptied at the line walk back through every process to the supplier."""
    demo.type("BH-A1-002")
    demo.type("BH-A1-003")  # the press waits for a lot of two boxes
    demo.says(r"card\.withdrawn +ST-S1", nudge="")
    for loop in WAY:
        assert demo.said(rf"order\.released +{loop} "), loop
        pieces = {row["quantity"] / len(row["cards"]) for row in demo.rows(f"orders?loop={loop}")}
        assert pieces == {20}, "each step exactly the withdrawn quantity"
    assert [len(row["cards"]) for row in demo.rows("orders?loop=BL-S1")] == [2]
    away = [row["id"] for row in demo.rows("cards?loop=ST-S1") if row["state"] != "full"]
    assert away == ["ST-S1-001"]
    told = {row["loop"] for row in demo.rows("findings")}
    assert told <= {"BH-A1"}, "only what was typed faster than anybody walks is told"
