"""Calibration of a scale: led by a person, kept by the serial number of the device, asked for anew by another."""

import json
import subprocess
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pullcord_edge.adapters.calibration_file import (
    calibration_path,
    read_calibrations,
    write_calibrations,
)
from pullcord_edge.adapters.serial_port import serial_of
from pullcord_edge.commands import main
from pullcord_edge.config import ConfigError, parse
from pullcord_edge.core.calibration import Calibration
from pullcord_edge.core.calibrator import PERSON_S, VALUES, VALUES_S
from pullcord_edge.core.effect import StoreCalibration, TellTester
from pullcord_edge.core.input import (
    CalibrationAsked,
    CalibrationStored,
    Ending,
    Measured,
    SerialSeen,
    TrialAnswered,
    TrialAsked,
    TrialEnded,
)
from pullcord_edge.core.setting import Level, Port, Sensor
from pullcord_wire.message import EntryType, LevelBody, SelftestBody
from support.broker import free_port
from support.process import Process, command
from support.scale import Scale
from support.station_story import SETTING, Story
from support.until import until

PINS = Sensor(
    "bin-8", "hx711", Level(0.0, empty_below=500.0), pins=(5, 6), calibrated=True, serial="LC-1"
)
ON_PINS = replace(SETTING, sensors=(PINS,))
ON_PORT = replace(SETTING, sensors=(replace(PINS, serial=None, pins=(), port=Port("/dev/x")),))
ASK = CalibrationAsked("bin-8", 2000.0, "kim")


def weigh(story: Story, *values: float) -> None:
    """The sensor says these, a tenth of a second apart."""
    for value in values:
        story.happen(Measured("bin-8", value, story.up))
        story.up += 0.1
        story.tick()


def report(story: Story) -> dict[str, Any]:
    """The newest report in the journal."""
    bodies = [e.body for e in story.entries if isinstance(e.body, SelftestBody)]
    found = bodies[-1].report
    assert isinstance(found, dict)
    return found


def prompts(story: Story) -> list[str]:
    """What the person was asked."""
    return [e.prompt for e in story.done if isinstance(e, TellTester) and e.report is None]


def stored(story: Story) -> list[StoreCalibration]:
    """What was to be stored."""
    return [e for e in story.done if isinstance(e, StoreCalibration)]


def calibrate(story: Story, zero: float = 8000.0, load: float = 48000.0) -> None:
    """All of it, up to the disk."""
    story.happen(ASK)
    story.happen(TrialAnswered(True))
    weigh(story, *[zero] * (VALUES - 1), 255.0)
    story.happen(TrialAnswered(True))
    weigh(story, *[load] * VALUES)


def test_a_weight_on_it_tells_what_its_values_mean() -> None:
    story = Story(setting=ON_PINS)
    assert story.statuses() == []
    calibrate(story)
    assert prompts(story) == [
        "is bin-8 empty, and nothing moves?",
        "do 2000 lie on bin-8, and nothing moves?",
    ]
    (kept,) = stored(story)
    assert (kept.sensor, kept.serial) == ("bin-8", "LC-1")
    assert kept.calibration.apply(8000.0) == 0.0
    assert kept.calibration.apply(48000.0) == pytest.approx(2000.0)
    assert story.types() == [EntryType.DEVICE]
    story.happen(CalibrationStored(None))
    assert (report(story)["outcome"], report(story)["mode"]) == ("pass", "calibration")
    assert (report(story)["device"], report(story)["by"]) == ("LC-1", "kim")
    assert report(story)["found"] == {"zero": 8000.0, "factor": 0.05, "load": 2000.0}
    weigh(story, 8000.0)
    levels = [e.body for e in story.entries if e.type is EntryType.LEVEL]
    assert levels == [LevelBody("bin-8", 0.0, empty=True)]


def test_without_a_calibration_nothing_is_judged_and_the_command_is_said() -> None:
    story = Story(setting=ON_PINS)
    story.link()
    weigh(story, 0.0, 99999.0)
    assert [e.type for e in story.entries] == [EntryType.DEVICE]
    assert story.statuses()[-1].faults == (
        "bin-8.calibration: not calibrated for serial number LC-1: "
        "pullcord-edge selftest --calibrate bin-8",
    )


def test_another_serial_number_asks_anew_and_the_old_one_is_known_again() -> None:
    story = Story(setting=ON_PORT)
    story.link()
    assert story.statuses()[-1].faults == ()
    story.happen(ASK)
    assert report(story)["reason"] == "bin-8 is not there: its serial number is not known"
    story.happen(SerialSeen("bin-8", "USB-1"))
    calibrate(story)
    story.happen(CalibrationStored(None))
    assert story.statuses()[-1].faults == ()
    story.happen(SerialSeen("bin-8", "USB-2"))
    assert "serial number USB-2" in story.statuses()[-1].faults[0]
    weigh(story, 8000.0)
    assert EntryType.LEVEL not in story.types()
    story.happen(SerialSeen("bin-8", "USB-1"))
    assert story.statuses()[-1].faults == ()
    weigh(story, 8000.0)
    assert story.types()[-1] is EntryType.LEVEL


def test_while_it_is_calibrated_its_place_is_not_judged() -> None:
    kept = {("bin-8", "LC-1"): Calibration(8000.0, 0.05, 0, "kim")}
    story = Story(setting=ON_PINS, calibrations=kept)
    weigh(story, 48000.0)
    calibrate(story)
    story.happen(CalibrationStored(None))
    assert story.types() == [EntryType.LEVEL, EntryType.SELFTEST]


@pytest.mark.parametrize("load", [8000.0, 8004.0])
def test_a_load_that_makes_no_difference_fails(load: float) -> None:
    story = Story(setting=ON_PINS)
    story.happen(ASK)
    story.happen(TrialAnswered(True))
    weigh(story, *([7999.0, 8001.0] * VALUES)[:VALUES])
    story.happen(TrialAnswered(True))
    weigh(story, *[load] * VALUES)
    assert report(story)["outcome"] == "fail"
    assert report(story)["steps"][-1]["seen"].startswith("the load makes no difference: 8000 to")
    assert stored(story) == []


def test_what_the_disk_does_not_keep_fails() -> None:
    story = Story(setting=ON_PINS)
    calibrate(story)
    story.happen(CalibrationStored("the disk is full"))
    assert report(story)["outcome"] == "fail"
    step = {"name": "store bin-8", "result": "fail", "seen": "the disk is full"}
    assert report(story)["steps"][-1] == step


@pytest.mark.parametrize(
    ("answered", "seen"),
    [(False, f"no answer within {PERSON_S:g} s"), (True, f"no values within {VALUES_S:g} s")],
)
def test_who_or_what_does_not_answer_fails_after_its_time(answered: bool, seen: str) -> None:
    story = Story(setting=ON_PINS)
    story.happen(ASK)
    if answered:
        story.happen(TrialAnswered(True))
    story.up += VALUES_S if answered else PERSON_S
    story.tick()
    assert report(story)["steps"] == [{"name": "zero bin-8", "result": "fail", "seen": seen}]


@pytest.mark.parametrize("end", [TrialAnswered(False), TrialEnded(), Ending()])
def test_it_can_be_broken_off(end: TrialAnswered | TrialEnded | Ending) -> None:
    story = Story(setting=ON_PINS)
    story.happen(ASK)
    story.happen(end)
    assert report(story)["outcome"] == "broken off"
    assert story.station.front.words.rows(story.up)[0] != "self-test"


def test_self_test_and_calibration_refuse_each_other() -> None:
    story = Story(setting=ON_PINS)
    story.happen(ASK)
    story.happen(TrialAsked(True, "lee"))
    assert report(story)["reason"] == "a calibration is under way"
    story.happen(TrialEnded())
    story.happen(TrialAsked(True, "lee"))
    story.happen(ASK)
    assert report(story)["reason"] == "a self-test is under way"
    story.happen(TrialEnded())
    story.happen(CalibrationAsked("bin-9", 1.0, "kim"))
    assert "no sensor of this station with calibrated = true" in report(story)["reason"]
    story.happen(replace(ASK, load=float("inf")))
    assert report(story)["reason"] == "the load must be more than nothing"


# The file -----------------------------------------------------------------------------------------


def test_the_file_is_read_as_it_was_written_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    path = calibration_path(str(tmp_path / "journal.db"))
    assert read_calibrations(path) == ({}, None)
    kept = {
        ("b", "1"): Calibration(1.5, -0.25, 7, "kim"),
        ("a", "2"): Calibration(0.0, 1.0, 8, "x"),
    }
    write_calibrations(path, kept)
    assert read_calibrations(path) == (kept, None)
    path.write_text(path.read_text()[:-20])
    found, trouble = read_calibrations(path)
    assert found == {}
    assert trouble is not None
    assert "calibrate anew" in trouble


def test_a_port_that_is_no_usb_adapter_has_no_serial_number() -> None:
    assert serial_of("/dev/null") is None
    assert serial_of("socket://127.0.0.1:1") is None


# The command --------------------------------------------------------------------------------------

FILE = """\
site = "s1"
station = "a1"
broker = {{ url = "mqtt://127.0.0.1:{port}" }}
journal = {{ path = "{folder}/journal.db" }}
[[sensor]]
name = "bin-8"
driver = "sics"
port = "{folder}/scale"
empty_below = 500
calibrated = true
settle = 0.2
{more}
"""


def test_a_person_calibrates_a_scale_of_the_running_station_and_it_lasts(tmp_path: Path) -> None:
    scale = Scale(tmp_path / "scale", 10.0)
    file = tmp_path / "station.toml"
    file.write_text(FILE.format(port=free_port(), folder=tmp_path, more='serial = "S-1"'))
    arguments = [*command("pullcord-edge"), "run", "--config", str(file)]
    station = Process(arguments, tmp_path / "station.log")
    station.start()
    until(lambda: 'fault="not calibrated for serial number S-1' in station.said(), "asked for", 60)
    asking = subprocess.Popen(
        [*command("pullcord-edge"), "selftest", "--config", str(file), "--json",
         "--calibrate", "bin-8", "--load", "2000"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert asking.stdin
    assert asking.stderr
    assert "is bin-8 empty" in asking.stderr.readline()
    asking.stdin.write("y\n")
    asking.stdin.flush()
    assert "do 2000 lie on bin-8" in asking.stderr.readline()
    scale.value = 410.0
    until(lambda: "event=ready" in station.said(), "ready", 60)
    threading.Event().wait(0.5)
    asking.stdin.write("y\n")
    told, _ = asking.communicate(timeout=60)
    assert asking.returncode == 0, told
    assert json.loads(told)["found"] == {"zero": 10.0, "factor": 5.0, "load": 2000.0}
    station.stop()
    station.start()
    until(lambda: "event=level" in station.said().rpartition("event=start")[2], "judged", 60)
    assert "value=2000 empty=false" in station.said()
    station.stop()
    scale.end()


def test_what_cannot_be_calibrated_is_refused_with_the_fix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "station.toml"
    file.write_text(FILE.format(port=1, folder=tmp_path, more=""))
    for more, said in (
        (["--calibrate", "bin-9", "--load", "1"], "bin-9 cannot be calibrated; there are: bin-8"),
        (["--calibrate", "bin-8"], "say what lies on bin-8: --load 2000"),
        (["--calibrate", "bin-8", "--load", "-3"], "say what lies on bin-8: --load 2000"),
    ):
        assert main(["selftest", "--config", str(file), *more]) == 2
        assert said in capsys.readouterr().err
    with pytest.raises(ConfigError, match="has no use without a calibration"):
        parse(file.read_text().replace("calibrated = true", 'serial = "x"'))
