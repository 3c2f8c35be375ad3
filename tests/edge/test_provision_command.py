"""`provision-reader` over a real line: a pty at whose end a reader's firmware answers at its own speed."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pullcord_edge.commands import main
from support.silicon.chip import Chip
from support.silicon.gm65 import Gm65
from support.silicon.m6e import M6e
from support.silicon.pty import OnPty
from support.silicon.r200 import R200
from support.silicon.scanner import Honeywell
from support.silicon.tfmini import TfMini
from support.silicon.uhfreader18 import UhfReader18

HEAD = """\
site = "tsutsumi"
station = "a"
broker = { url = "mqtt://127.0.0.1:1883" }
journal = { path = "journal.db" }
"""
PROFILES = {
    "gm65": 'output = "serial"\nsuffix = "cr"\naim_id = true',
    "r200": 'region = "EU"\npower_dbm = 18\nq = 3',
    "uhfreader18": 'region = "EU"\nmode = "answer"\npower_dbm = 20',
    "m6e": 'region = "EU"\nprotocol = "gen2"\npower_dbm = 15',
    "scanner-config": 'SUFBK2 = "990D"\n0401 = "01"',
}
CHIPS: dict[str, type[Chip]] = {
    "gm65": Gm65,
    "r200": R200,
    "uhfreader18": UhfReader18,
    "m6e": M6e,
    "scanner-config": Honeywell,
}


class Bench:
    """A station's file with one reader and its profile, and the command's words."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.port = folder / "reader"
        self.config = folder / "station.toml"
        self._capsys = capsys

    def write(self, driver: str, settings: str, more: str = "", head: str = "") -> None:
        (self.folder / "p.toml").write_text(f'driver = "{driver}"\n{head}[settings]\n{settings}\n')
        reader = "line" if driver == "scanner-config" else driver
        self.config.write_text(
            f'{HEAD}[[reader]]\nname = "post"\ndriver = "{reader}"\nport = "{self.port}"\n'
            f'role = "none"\nprofile = "p.toml"\n{more}'
        )

    def run(self, *arguments: str, reader: str = "post") -> tuple[int, str, str]:
        status = main(
            ["provision-reader", "--config", str(self.config), "--reader", reader, *arguments]
        )
        said = self._capsys.readouterr()
        return status, said.out, said.err

    def run_json(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        status, out, _ = self.run("--json", *arguments)
        return status, json.loads(out)


@pytest.fixture
def bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bench:
    return Bench(tmp_path, capsys)


@pytest.mark.parametrize("driver", PROFILES)
def test_a_reader_is_shown_written_and_found_right_afterwards(bench: Bench, driver: str) -> None:
    bench.write(driver, PROFILES[driver])
    with OnPty(CHIPS[driver](), bench.port):
        status, shown = bench.run_json("--dry-run")
        assert (status, shown["result"]) == (0, "differs")
        status, out, _ = bench.run()
        assert status == 0
        assert "→" in out and "read back" in out
        status, after = bench.run_json()
    assert (status, after["result"]) == (0, "same")
    assert all(row["before"] == row["wanted"] == row["after"] for row in after["settings"])


def test_the_difference_is_one_line_a_setting(bench: Bench) -> None:
    bench.write("gm65", PROFILES["gm65"])
    with OnPty(Gm65(), bench.port):
        _, out, _ = bench.run("--dry-run")
    assert out.splitlines() == [
        f"post: gm65, 9600 baud, profile {bench.folder / 'p.toml'}",
        "  ~ output  keyboard → serial",
        "  ~ suffix  none → cr",
        "  ~ aim_id  false → true",
        "3 of 3 differ; nothing was written (--dry-run)",
    ]


def test_a_sensor_is_watched_and_written(bench: Bench) -> None:
    (bench.folder / "p.toml").write_text(
        'driver = "tfmini"\n[settings]\nrate_hz = 10\nformat = "mm"\n'
    )
    bench.config.write_text(
        f'{HEAD}[[sensor]]\nname = "bin"\ndriver = "tfmini"\nport = "{bench.port}"\n'
        'variant = "mm"\nempty_above = 400\nprofile = "p.toml"\n'
    )
    chip = TfMini()
    with OnPty(chip, bench.port):
        status, out, err = bench.run(reader="bin")
    assert (status, err) == (0, "")
    assert (chip.rate, chip.format, chip.stores) == (10, 0x06, 1)
    assert re.search(r"rate_hz  \d+ → 10, read back", out)
    assert "mm, acknowledged; this reader cannot tell it" in out
    assert out.endswith("written, read back and saved\n")


def test_a_reader_at_another_speed_is_found_and_brought_to_the_stations(bench: Bench) -> None:
    bench.write("gm65", 'suffix = "cr"\nbaud = 115200', more="baud = 115200\n")
    chip = Gm65()
    with OnPty(chip, bench.port):
        status, out, _ = bench.run()
        assert status == 0
        assert "115200 baud (was 9600)" in out
        assert bench.run_json()[1]["result"] == "same"
    assert (chip.baud, chip.stores) == (115200, 1)


def test_what_is_read_back_otherwise_is_refused_with_status_1(bench: Bench) -> None:
    bench.write("r200", PROFILES["r200"])
    with OnPty(R200(stuck={"region"}), bench.port):
        status, out, err = bench.run()
    assert status == 1
    assert "! region     CN900 → EU, reads CN900" in out
    assert "not as the profile says" in out
    assert "region: EU was written, CN900 is read back" in err


def test_silence_is_status_1_and_names_the_speeds(bench: Bench) -> None:
    bench.write("gm65", PROFILES["gm65"])
    with OnPty(Gm65(mute=True), bench.port):
        status, found = bench.run_json()
    assert (status, found["result"], found["baud"]) == (1, "failed", None)
    assert "silent at 9600, 115200, 57600, 38400, 19200, 4800 baud" in found["error"]


def test_another_model_than_the_profiles_is_not_written(bench: Bench) -> None:
    bench.write("r200", PROFILES["r200"], head='identity = "M100"\n')
    chip = R200(model=b"YRM200 V2")
    with OnPty(chip, bench.port):
        status, _, err = bench.run()
    assert status == 1
    assert 'it says "YRM200 V2", the profile is for "M100"' in err
    assert chip.region == 0x01


def test_a_code_that_is_scanned_meanwhile_is_named(bench: Bench) -> None:
    bench.write("gm65", PROFILES["gm65"])
    with OnPty(Gm65(chatter=b"BH-A1-003\r"), bench.port):
        status, _, err = bench.run()
    assert status == 0
    assert err == "BH-A1-003 was read meanwhile and is not kept: present it again\n"


def test_a_port_that_is_not_there_is_told(bench: Bench) -> None:
    bench.write("gm65", PROFILES["gm65"])
    status, out, err = bench.run()
    assert (status, out) == (1, "")
    assert f"{bench.port}: absent" in err


HOLDER = """
import serial, sys, time
port = serial.Serial(sys.argv[1], exclusive=True)
print("open", flush=True)
time.sleep(60)
"""


def test_a_port_that_the_station_holds_is_told_with_the_command_that_frees_it(
    bench: Bench,
) -> None:
    bench.write("gm65", PROFILES["gm65"])
    with OnPty(Gm65(), bench.port):
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(bench.port)], stdout=subprocess.PIPE, text=True
        )
        try:
            assert holder.stdout is not None and holder.stdout.readline() == "open\n"
            status, _, err = bench.run()
        finally:
            holder.kill()
            holder.communicate()
    assert status == 1
    assert "held by another program" in err
    assert "systemctl stop pullcord-edge" in err


def test_a_reader_that_the_file_does_not_name_is_status_2(bench: Bench) -> None:
    bench.write("gm65", PROFILES["gm65"])
    status, _, err = bench.run(reader="pots")
    assert status == 2
    assert 'there is no reader "pots"; did you mean "post"?' in err


def test_a_reader_without_a_profile_is_status_2(bench: Bench) -> None:
    bench.write("gm65", PROFILES["gm65"])
    bench.config.write_text(bench.config.read_text().replace('profile = "p.toml"\n', ""))
    status, _, err = bench.run()
    assert status == 2
    assert '"post" has no profile' in err and "--profile FILE" in err


def test_a_profile_can_be_given_on_the_command_line(bench: Bench) -> None:
    bench.write("gm65", PROFILES["gm65"])
    other = bench.folder / "other.toml"
    other.write_text('driver = "gm65"\n[settings]\nmode = "command"\n')
    chip = Gm65()
    with OnPty(chip, bench.port):
        status, _, _ = bench.run("--profile", str(other))
    assert (status, chip.zones[0] & 3) == (0, 1)
    other.write_text('driver = "r200"\n[settings]\nregion = "EU"\n')
    status, _, err = bench.run("--profile", str(other))
    assert status == 2
    assert "is a profile of r200, the reader's driver is gm65" in err
    other.write_text('driver = "gm65"\n[settings]\nmoed = "command"\n')
    status, _, err = bench.run("--profile", str(other))
    assert status == 2
    assert f'{other}:3: settings.moed: gm65 has no such setting; did you mean "mode"?' in err


def test_a_reader_on_pins_has_nothing_to_write(bench: Bench) -> None:
    bench.config.write_text(
        f'{HEAD}[[reader]]\nname = "w"\ndriver = "wiegand26"\nd0 = 17\nd1 = 27\nrole = "none"\n'
    )
    status, _, err = bench.run(reader="w")
    assert status == 2
    assert '"w" is not on a serial port' in err


def test_a_wrong_file_is_refused_with_every_problem(bench: Bench) -> None:
    bench.write("gm65", 'mode = "sometimes"\nsuffix = 3', more="baud = 1\n")
    status, out, err = bench.run()
    assert (status, out) == (2, "")
    lines = err.splitlines()
    assert any("p.toml:3: settings.mode:" in line for line in lines)
    assert any("p.toml:4: settings.suffix:" in line for line in lines)
    assert any("station.toml:" in line and "reader[0].baud" in line for line in lines)
