"""`simulate`: the real station, played by steps; and only the readers, for a station started elsewhere."""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from pullcord_edge.adapters.sim import PretendReader
from pullcord_edge.commands.simulate_step import (
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
from pullcord_edge.core.voice import VOICES, rdm6300_frame
from pullcord_edge.readers.catalogue import build
from pullcord_edge.readers.event import CardRead
from support.broker import free_port
from support.process import command
from support.until import until

CAST = Cast(frozenset({"post", "dock"}), frozenset({"bin-7"}), frozenset({"cord"}))


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("drop post 0A00B41F2C", Drop("post", "0A00B41F2C")),
        ("  post   0A00B41F2C # the first card", Drop("post", "0A00B41F2C")),
        ("send dock 02 41 0d", Send("dock", b"\x02A\r")),
        ("plug post", Plug("post", True)),
        ("unplug post", Plug("post", False)),
        ("level bin-7 empty", SetLevel("bin-7", True)),
        ("level bin-7 full", SetLevel("bin-7", False)),
        ("press cord", Press("cord", 0.2)),
        ("press cord 5", Press("cord", 5.0)),
        ("wait 0.5", Wait(0.5)),
        ("help", Help()),
        ("quit", Quit()),
        ("", None),
        ("# nothing", None),
    ],
)
def test_a_line_is_a_step(line: str, step: Step | None) -> None:
    assert read_step(line, CAST) == step


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("drpo post A", 'did you mean "drop"?'),
        ("drop pots A", 'there is no reader "pots"; did you mean "post"?'),
        ("drop post", "1 words behind it"),
        ("send post zz", "is not hex"),
        ("level bin-7 half", "neither empty nor full"),
        ("level bin-8 full", 'there is no sensor "bin-8"; did you mean "bin-7"?'),
        ("press cord long", '"long" is no number of seconds'),
        ("wait -1", '"-1" is no number of seconds'),
    ],
)
def test_a_wrong_line_is_said_to_be_so(line: str, said: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read_step(line, CAST)
    assert said in str(caught.value)


@pytest.mark.parametrize("driver", list(VOICES))
def test_a_pretended_reader_is_understood_by_its_driver(driver: str) -> None:
    events = build(driver).feed(VOICES[driver].frame("0A00B41F2C"), 1.0)
    assert [event.code for event in events if isinstance(event, CardRead)] == ["0A00B41F2C"]


def test_a_code_that_is_no_tag_of_the_reader_is_refused() -> None:
    with pytest.raises(ValueError, match="ten hex digits"):
        rdm6300_frame("0A00B4")


def test_a_pretended_reader_keeps_its_path_over_unplugging(tmp_path: Path) -> None:
    reader = PretendReader(tmp_path / "post", "line")
    assert not reader.is_open()
    first = str(reader.path.readlink())
    descriptor = os.open(reader.path, os.O_RDWR | os.O_NOCTTY)
    assert reader.is_open()
    assert reader.drop("A1")
    assert os.read(descriptor, 10) == b"A1\r\n"
    reader.unplug()
    assert not reader.path.exists()
    assert not reader.send(b"x")
    reader.plug()
    reader.plug()
    assert reader.path.is_symlink()
    os.close(descriptor)
    assert first.startswith("/dev/pts/")
    reader.unplug()


QUIET_S = 0.5
"""A beep is over, and its light, before the next step."""
CONFIG = """\
site = "s1"
station = "a1"
[broker]
url = "mqtt://127.0.0.1:{port}"
[journal]
path = "journal.db"
[[reader]]
name = "post"
driver = "rdm6300"
port = "/dev/none"
role = "withdrawal"
[[reader]]
name = "dock"
driver = "line"
port = "/dev/none2"
role = "arrival"
[[sensor]]
name = "bin-7"
driver = "switch"
pin = 17
{empty}
[[light]]
name = "stack"
pins = {{ red = 5, amber = 6, green = 13, blue = 19, white = 26 }}
[[button]]
name = "cord"
pin = 21
call = "material"
[buzzer]
pin = 18
"""


def write_config(folder: Path, empty: str = "") -> Path:
    """A station's file."""
    config = folder / "station.toml"
    config.write_text(CONFIG.format(port=free_port(), empty=empty))
    return config


def play(config: Path, steps: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Play these steps to the end."""
    return subprocess.run(
        [*command("pullcord-edge"), "simulate", "--config", str(config), *more],
        input=steps,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def play_along(config: Path, moves: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Each step once the log has said the words before it; what stdout and the log have in the end."""
    folder = config.parent
    with (folder / "out").open("w") as out, (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*command("pullcord-edge"), "simulate", "--config", str(config)],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=log,
            text=True,
        )
        assert process.stdin
        for words, step in moves:
            until(lambda w=words: w in (folder / "log").read_text(), words, 60)  # type: ignore[misc]
            time.sleep(QUIET_S)
            process.stdin.write(f"{step}\n")
            process.stdin.flush()
        assert process.wait(60) == 0, (folder / "log").read_text()
        process.stdin.close()
    return (folder / "out").read_text(), (folder / "log").read_text()


@pytest.mark.parametrize("empty", ["", 'empty_when = "open"', 'pull = "down"'])
def test_the_whole_station_is_played(tmp_path: Path, empty: str) -> None:
    said, log = play_along(
        write_config(tmp_path, empty),
        [
            ("event=level seq=1", "post 0A00B41F2C"),
            ("event=withdrawal seq=2", "level bin-7 empty"),
            ("event=level seq=3", "press cord"),
            ("event=call seq=5", "dock A-1"),
            ("event=arrival seq=6", "quit"),
        ],
    )
    out = said.splitlines()
    assert [line for line in out if line == "beep"] == ["beep"] * 3
    assert "lamps stack white=fast" in out
    assert "lamps stack green=on" in out
    assert "lamps stack blue=on" in out
    kept = [line.split("event=")[1] for line in log.splitlines() if " seq=" in line]
    value = 0 if "open" in empty else 1
    assert [line.split(" ", 1)[0] for line in kept] == [
        "level", "withdrawal", "level", "call", "call", "arrival",
    ]  # fmt: skip
    assert kept[0] == f"level seq=1 sensor=bin-7 value={1 - value} empty=false"
    assert kept[2] == f"level seq=3 sensor=bin-7 value={value} empty=true"


def test_a_script_is_played_and_a_step_that_fails_is_the_exit_status(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("drop post nonsense\ndrop post 0A00B41F2C\nwait 0.2\n")
    done = play(write_config(tmp_path), "", "--script", str(script))
    assert done.returncode == 1
    assert "error: " in done.stdout
    assert "done: drop post 0A00B41F2C" in done.stdout
    done = play(write_config(tmp_path), "", "--script", str(tmp_path / "none"))
    assert done.returncode == 2
    assert "No such file" in done.stderr


def test_without_a_station_only_the_readers_are_there(tmp_path: Path) -> None:
    folder = tmp_path / "readers"
    process = subprocess.Popen(
        [*command("pullcord-edge"), "simulate", "--config", str(write_config(tmp_path)),
         "--ptys", str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    try:
        until((folder / "dock").is_symlink, "the reader")
        descriptor = os.open(folder / "dock", os.O_RDWR | os.O_NOCTTY)
        process.stdin.write("dock A-1\n")
        process.stdin.flush()
        assert os.read(descriptor, 20) == b"A-1\r\n"
        os.close(descriptor)
        process.stdin.close()
        assert process.wait(10) == 0
        assert not (folder / "dock").exists()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
