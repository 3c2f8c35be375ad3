"""A played station that tests itself, and the person in front of it: what both say, as on a terminal."""

import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pullcord_edge.adapters.control import control_path
from support.broker import free_port
from support.process import command
from support.scale import Scale
from support.until import until

FILE = """\
site = "tsutsumi"
station = "assy1-post"
[broker]
url = "mqtt://127.0.0.1:{port}"
[journal]
path = "journal.db"

[[reader]]
name = "post"
driver = "rdm6300"
port = "/dev/pullcord/post"
role = "withdrawal"

[[light]]
name = "stack"
pins = {{ red = 5, amber = 6, green = 13 }}

[buzzer]
pin = 18

[[button]]
name = "cord"
pin = 21
call = "material"

[[button]]
name = "undo"
pin = 22
action = "undo"

[[sensor]]
name = "bin-7"
driver = "switch"
pin = 17

[[sensor]]
name = "bin-8"
driver = "sics"
port = "{folder}/scale"
empty_below = 500
calibrated = true

[selftest]
cards = ["0A00B41F2C"]
"""
#: What a person does for a prompt, as steps of the played station.
HANDS = {
    "press cord": ("press cord 0.2",),
    "press undo": ("press undo 0.2",),
    "work the switch bin-7 and let it go": ("level bin-7 empty", "wait 0.2", "level bin-7 full"),
    "hold the test card to post": ("drop post 0A00B41F2C",),
}
EMPTY, LOADED = 12.0, 412.0


@dataclass(slots=True)
class Stage:
    """The station's file, its player's input, its scale."""

    file: Path
    player: "subprocess.Popen[str]"
    scale: Scale

    def play(self, step: str) -> None:
        """One step of the played station."""
        assert self.player.stdin
        self.player.stdin.write(step + "\n")
        self.player.stdin.flush()

    def run(self, *more: str) -> tuple[str, int]:
        """`pullcord-edge selftest` with a person; what stood on the terminal, and the exit status."""
        arguments = [*command("pullcord-edge"), "selftest", "--config", str(self.file), *more]
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdin
        assert process.stdout
        shown: list[str] = []
        for line in process.stdout:
            shown.append(line)
            for typed in self._react(line.rstrip("\n")):
                shown.append(f"{typed}\n")
                process.stdin.write(f"{typed}\n")
                process.stdin.flush()
        return "".join(shown), process.wait(60)

    def _react(self, line: str) -> Iterator[str]:
        """What the person does and types for a line on the terminal."""
        if line.endswith("lie on bin-8, and nothing moves? [y/n]"):
            self.scale.value = LOADED
            threading.Event().wait(0.5)
        if line.endswith("[y/n]"):
            yield "y"
        for step in HANDS.get(line.partition(": ")[2], ()):
            self.play(step)


@contextmanager
def played_station(folder: Path, change: Sequence[tuple[str, str]] = ()) -> Iterator[Stage]:
    """The station, running, until the block ends. `change`: words of its file and what stands instead."""
    scale = Scale(folder / "scale", EMPTY)
    file = folder / "station.toml"
    text = FILE.format(port=free_port(), folder=folder)
    for old, new in change:
        assert old in text, old
        text = text.replace(old, new)
    file.write_text(text)
    player = subprocess.Popen(
        [*command("pullcord-edge"), "simulate", "--config", str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "GPIOZERO_PIN_FACTORY": "mock"},
    )
    try:
        path = control_path(str(folder / "journal.db"))
        until(lambda: path.exists() or player.poll() is not None, "the station", 60)
        assert player.poll() is None, "the station ended"
        yield Stage(file, player, scale)
    finally:
        assert player.stdin
        player.stdin.close()
        player.wait(30)
        scale.end()
