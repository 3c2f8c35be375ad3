"""The wiring drawings are those of the stations' files, and show every pin that a station uses."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pullcord_edge.config import load
from pullcord_edge.config.pin import HEADER
from pullcord_edge.core.setting import Setting
from support.udev_rules import Device, apply_rules, read_rules

ROOT = Path(__file__).parent.parent.parent
FIRMWARE = ROOT / "firmware-config"
STATIONS = sorted((FIRMWARE / "stations").glob("*.toml"))
each_station = pytest.mark.parametrize("path", STATIONS, ids=lambda path: path.stem)
PLACE = {bcm: pin for pin, bcm in HEADER.items()}


def texts(path: Path) -> list[str]:
    root = ElementTree.parse(FIRMWARE / "pinmaps" / f"{path.stem}.svg").getroot()
    return ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]


def header_pins(station: Setting) -> set[int]:
    """Every BCM pin of a station, those of the header's UART too."""
    pins = {pin for light in station.lights for pin in light.pins.values()}
    pins |= {button.contact.pin for button in station.buttons}
    pins |= {sensor.contact.pin for sensor in station.sensors if sensor.contact}
    pins |= {pin for reader in station.readers for pin in reader.pins}
    pins |= {station.buzzer.pin} if station.buzzer else set()
    ports = [reader.port for reader in station.readers] + [each.port for each in station.sensors]
    if any(port and port.url in on_the_header() for port in ports):
        pins.add(15)
    return pins


def on_the_header() -> set[str]:
    """The names that the udev rules give to the header's UART."""
    text = (FIRMWARE / "udev/71-pullcord-names.rules").read_text("utf-8")
    links = apply_rules(read_rules(text), Device("ttyAMA0", "tty")).links
    return {f"/dev/{link}" for link in links}


def test_every_drawing_is_current() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.pinmaps", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_there_is_a_drawing_for_each_station_and_no_other() -> None:
    drawn = {path.stem for path in (FIRMWARE / "pinmaps").glob("*.svg")}
    assert drawn == {path.stem for path in STATIONS}


def test_the_drawings_know_every_name_of_the_headers_uart() -> None:
    text = (ROOT / "scripts/pinmaps/wiring.py").read_text("utf-8")
    listed = re.search(r"HEADER_PORTS: Final = \((.*?)\)", text, re.DOTALL)
    assert listed is not None
    assert on_the_header() <= set(re.findall(r'"([^"]+)"', listed[1]))


@each_station
def test_every_pin_of_a_station_is_drawn_with_its_place_and_its_number(path: Path) -> None:
    drawn = " | ".join(texts(path))
    for bcm in header_pins(load(path)):
        assert re.search(rf"\bpin {PLACE[bcm]} · GPIO {bcm}\b", drawn), bcm


@each_station
def test_no_pin_is_drawn_that_the_station_does_not_use(path: Path) -> None:
    drawn = {int(n) for n in re.findall(r"pin \d+ · GPIO (\d+)", " | ".join(texts(path)))}
    uart = {14} if 15 in header_pins(load(path)) else set()
    assert drawn <= header_pins(load(path)) | uart


def test_a_reader_of_5_v_is_drawn_with_its_divider_and_a_warning() -> None:
    drawn = " ".join(texts(FIRMWARE / "stations/post.toml"))
    assert "Its TX is 5\u00a0V" in drawn
    assert "2 kΩ" in drawn
    assert "5\u00a0V" not in " ".join(texts(FIRMWARE / "stations/rack.toml"))


@each_station
def test_every_drawing_warns_of_more_than_the_pins_take(path: Path) -> None:
    assert "Every pin takes 3.3 V at most. 5 V on a GPIO destroys the Pi." in texts(path)
