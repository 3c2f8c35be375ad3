"""The units for systemd, read by systemd itself; and the two things it would not say."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "deploy" / "systemd"
SERVICES = ("pullcord-edge", "pullcord-server")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """systemd-analyze; the test fails, with the fix, where there is none."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.fail("these tests need systemd-analyze: apt-get install systemd")
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def service(name: str) -> configparser.SectionProxy:
    """The section [Service] of a unit; a key that is given often has its last value."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNITS / f"{name}.service")
    return parser["Service"]


@pytest.mark.parametrize("name", SERVICES)
def test_systemd_understands_every_line(name: str, tmp_path: Path) -> None:
    text = (UNITS / f"{name}.service").read_text()
    command = f"/opt/pullcord/bin/{name} "
    assert f"\nExecStart={command}" in text
    unit = tmp_path / f"{name}.service"
    unit.write_text(text.replace(command, "/bin/true "))
    done = analyze("verify", "--man=no", str(unit))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("name", "most"), [("pullcord-edge", 25), ("pullcord-server", 20)])
def test_a_service_may_do_little(name: str, most: int) -> None:
    unit = UNITS / f"{name}.service"
    done = analyze("security", "--offline=true", f"--threshold={most}", str(unit))
    assert done.returncode == 0, done.stdout[-200:]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_watched_and_started_again_but_for_a_wrong_file(name: str) -> None:
    unit = service(name)
    assert unit["Type"] == "notify"
    assert int(unit["WatchdogSec"]) > 0
    assert unit["Restart"] == "always"
    assert unit["RestartPreventExitStatus"] == "2"
    assert unit["ProtectSystem"] == "strict"
    assert unit["User"] not in ("", "root")
    assert unit["WorkingDirectory"] == f"/var/lib/{unit['StateDirectory']}"


def test_the_station_may_see_whether_the_clock_is_steered() -> None:
    unit = service("pullcord-edge")
    assert "ProtectClock" not in unit
    assert {"adjtimex", "clock_adjtime"} <= set(unit["SystemCallFilter"].split())
    assert unit["CapabilityBoundingSet"] == ""


def test_the_users_of_the_units_are_made_with_the_groups_of_the_ports() -> None:
    lines = [
        line.split()
        for line in (UNITS / "sysusers.conf").read_text().splitlines()
        if not line.startswith("#")
    ]
    users = {line[1] for line in lines if line[0] == "u"}
    assert users == {service(name)["User"] for name in SERVICES}
    groups = {line[1] for line in lines if line[0] == "g"}
    assert {line[2] for line in lines if line[0] == "m"} == groups == {"dialout", "gpio", "input"}
    assert {line[1] for line in lines if line[0] == "m"} == {"pullcord"}
