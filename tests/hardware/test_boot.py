"""The boot settings of each Pi: known names, the reader's UART, no console on it, lamps dark."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest

from pullcord_edge.config import load
from support.boot_file import Setting, pins_of, read_boot

ROOT = Path(__file__).parent.parent.parent
FIRMWARE = ROOT / "firmware-config"
MODELS = ("pi3", "pi4", "pi5", "zero2")
KNOWN = tomllib.loads((Path(__file__).parent / "data" / "boot_names.toml").read_text("utf-8"))
each_model = pytest.mark.parametrize("model", MODELS)


def settings(model: str) -> list[Setting]:
    return read_boot(FIRMWARE / "boot" / f"config-{model}.txt")


def live(model: str) -> set[tuple[str, str]]:
    return {(each.key, each.value) for each in settings(model) if not each.spare}


def words(name: str) -> list[str]:
    lines = (FIRMWARE / "boot" / name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_there_is_a_file_for_each_model_and_no_other() -> None:
    found = {path.name for path in (FIRMWARE / "boot").glob("config-*.txt")}
    assert found == {f"config-{model}.txt" for model in MODELS}


def known(kind: str, name: str, model: str) -> dict[str, list[str]]:
    """What is known of a name; it must be one, and one of this model."""
    entry: dict[str, list[str]] | None = KNOWN[kind].get(name)
    assert entry is not None, f"{name} is none of the known {kind}: {', '.join(KNOWN[kind])}"
    assert model in entry.get("models", MODELS), f"{name} is nothing for a {model}"
    return entry


@each_model
def test_every_name_is_known_for_the_model_also_what_is_commented_out(model: str) -> None:
    for each in settings(model):
        match each.key:
            case "gpio":
                pins_of(each)
            case "dtparam":
                for part in each.value.split(","):
                    known("parameters", part.partition("=")[0], model)
            case "dtoverlay":
                name, *given = each.value.split(",")
                overlay = known("overlays", name, model)
                assert {part.partition("=")[0] for part in given} <= set(overlay["parameters"])
            case _:
                known("settings", each.key, model)


@each_model
def test_every_setting_is_for_all_and_said_once(model: str) -> None:
    found = settings(model)
    assert all(each.section == "all" for each in found)
    names = [(each.key, each.value) for each in found]
    assert len(names) == len(set(names))


@each_model
def test_every_setting_has_a_reason_above_it(model: str) -> None:
    lines = (FIRMWARE / "boot" / f"config-{model}.txt").read_text("utf-8").splitlines()
    for each in settings(model):
        block = lines[: each.line - 1]
        above = next(i for i in range(len(block) - 1, -1, -1) if not block[i])
        assert block[above + 1].startswith("# "), each


@each_model
def test_the_good_uart_is_on_the_header(model: str) -> None:
    wanted = ("dtparam", "uart0=on") if model == "pi5" else ("enable_uart", "1")
    assert wanted in live(model)
    assert ("dtoverlay", "disable-bt") in live(model)


@each_model
def test_the_watchdog_is_on_and_the_clock_is_there(model: str) -> None:
    assert ("dtparam", "watchdog=on") in live(model)
    assert ("dtparam", "i2c_arm=on") in live(model)
    has_clock_chip = ("dtoverlay", "i2c-rtc,ds3231") in live(model)
    assert has_clock_chip is (model != "pi5"), "a Pi 5 has its own"


@each_model
def test_lamps_and_beepers_of_the_stations_are_dark_at_power_on(model: str) -> None:
    dark: set[int] = set()
    for each in settings(model):
        if each.key == "gpio":
            pins, how = pins_of(each)
            assert how == {"op", "dl"}
            dark.update(pins)
    driven: set[int] = set()
    others: set[int] = set()
    for path in (FIRMWARE / "stations").glob("*.toml"):
        station = load(path)
        driven |= {pin for light in station.lights for pin in light.pins.values()}
        driven |= {station.buzzer.pin} if station.buzzer else set()
        others |= {button.contact.pin for button in station.buttons}
        others |= {sensor.contact.pin for sensor in station.sensors if sensor.contact}
    assert dark == driven
    assert not dark & others


@each_model
def test_no_station_uses_a_pin_that_the_boot_settings_give_away(model: str) -> None:
    taken = {14, 15, 2, 3}  # UART and I2C
    for path in (FIRMWARE / "stations").glob("*.toml"):
        station = load(path)
        pins = {pin for light in station.lights for pin in light.pins.values()}
        pins |= {button.contact.pin for button in station.buttons}
        pins |= {pin for reader in station.readers for pin in reader.pins}
        assert not pins & taken, path.name


def test_no_console_stays_on_the_reader() -> None:
    removed = words("cmdline-remove.txt")
    for port in ("serial0", "ttyAMA0", "ttyS0"):
        assert f"console={port},115200" in removed
    assert not set(removed) & set(words("cmdline-add.txt"))
    assert all(" " not in word for word in removed + words("cmdline-add.txt"))


# What install.sh makes of them ----------------------------------------------------------------

LINE = "console=serial0,115200 console=tty1 root=PARTUUID=4c-02 rootfstype=ext4 rootwait quiet"


class Card:
    """A Pi's card, mounted somewhere."""

    def __init__(self, root: Path, model: str, boot: str = "boot/firmware") -> None:
        self.root = root
        self.boot = root / boot
        self.boot.mkdir(parents=True)
        (root / "proc/device-tree").mkdir(parents=True)
        (root / "proc/device-tree/model").write_bytes(model.encode() + b"\0")
        (self.boot / "config.txt").write_text("dtparam=audio=on\n[cm4]\notg_mode=1\n")
        (self.boot / "cmdline.txt").write_text(LINE + "\n")

    def install(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(FIRMWARE / "install.sh"), *arguments],
            env={**os.environ, "ROOT": str(self.root)},
            capture_output=True,
            text=True,
            check=False,
        )

    def state(self) -> dict[str, str]:
        files = [path for path in self.root.rglob("*") if path.is_file()]
        return {str(path): path.read_text("utf-8") for path in files}


@pytest.mark.parametrize(
    ("says", "model"),
    [
        ("Raspberry Pi 3 Model B Plus Rev 1.3", "pi3"),
        ("Raspberry Pi 4 Model B Rev 1.4", "pi4"),
        ("Raspberry Pi 400 Rev 1.0", "pi4"),
        ("Raspberry Pi 5 Model B Rev 1.0", "pi5"),
        ("Raspberry Pi Zero 2 W Rev 1.0", "zero2"),
    ],
)
def test_a_pi_is_known_by_what_it_says(tmp_path: Path, says: str, model: str) -> None:
    card = Card(tmp_path, says)
    done = card.install()
    assert done.returncode == 0, done.stderr
    fragment = (FIRMWARE / "boot" / f"config-{model}.txt").read_text("utf-8")
    text = (card.boot / "config.txt").read_text("utf-8")
    assert fragment in text
    assert text.startswith("dtparam=audio=on\n[cm4]\notg_mode=1\n")


def test_the_command_line_loses_the_console_and_stays_one_line(tmp_path: Path) -> None:
    card = Card(tmp_path, "Raspberry Pi 5 Model B Rev 1.0")
    card.install()
    text = (card.boot / "cmdline.txt").read_text("utf-8")
    assert text == (
        "console=tty1 root=PARTUUID=4c-02 rootfstype=ext4 rootwait quiet panic=10 fsck.repair=yes\n"
    )


def test_installed_twice_is_as_installed_once(tmp_path: Path) -> None:
    card = Card(tmp_path, "Raspberry Pi 4 Model B Rev 1.4")
    card.install()
    once = card.state()
    card.install()
    assert card.state() == once
    rules = {path.name for path in (FIRMWARE / "udev").glob("*.rules")}
    assert {path.name for path in (tmp_path / "etc/udev/rules.d").iterdir()} == rules


def test_an_older_system_has_its_files_in_boot(tmp_path: Path) -> None:
    card = Card(tmp_path, "Raspberry Pi 3 Model B Rev 1.2", boot="boot")
    assert card.install().returncode == 0
    assert "disable-bt" in (card.boot / "config.txt").read_text("utf-8")


def test_what_is_no_pi_or_an_unknown_one_is_refused_and_left_alone(tmp_path: Path) -> None:
    card = Card(tmp_path, "Raspberry Pi 6 Model B Rev 1.0")
    before = card.state()
    done = card.install()
    assert done.returncode == 1
    assert "give pi3, pi4, pi5 or zero2" in done.stderr
    done = card.install("pi6")
    assert done.returncode == 1
    assert 'no boot settings for "pi6"' in done.stderr
    assert card.state() == before
    (card.boot / "config.txt").unlink()
    done = card.install("pi5")
    assert done.returncode == 1
    assert "is this a Raspberry Pi?" in done.stderr
