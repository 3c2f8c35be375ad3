"""`doctor` as a program: real faults, each named by its check, while the station runs and while not."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pullcord_edge.adapters.probe_disk import probe_disk
from pullcord_edge.adapters.probe_machine import probe_boot, probe_machine
from pullcord_edge.core.setting import Port
from support.answering import Answering
from support.broker import Broker
from support.process import command
from support.station_process import StationProcess
from support.tty import Tty
from support.until import until


def examine(config: Path) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit status, and the checks by name."""
    done = subprocess.run(
        [*command("pullcord-edge"), "doctor", "--json", "--config", str(config), "--listen", "2.5"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={"GPIOZERO_PIN_FACTORY": "mock", "PATH": "/usr/bin:/bin"},
    )
    assert done.stderr == "", done.stderr
    checks: list[dict[str, Any]] = json.loads(done.stdout)["checks"]
    for check in checks:
        assert set(check) == {"name", "status", "seen", "fix"}
        assert check["status"] in ("pass", "warn", "fail")
        assert check["status"] == "pass" or check["fix"]
    assert len({check["name"] for check in checks}) == len(checks)
    assert done.returncode == int(any(check["status"] == "fail" for check in checks))
    return done.returncode, {check["name"]: check for check in checks}


@pytest.fixture
def station(tmp_path: Path, broker: Broker) -> Iterator[StationProcess]:
    """A station, not started."""
    made = StationProcess(tmp_path / "a1", station="a1", broker=broker.url)
    assert made.tty._slave is not None
    os.close(made.tty._slave)  # nobody but the station has the reader open
    made.tty._slave = None
    yield made
    made.close()


def config_of(station: StationProcess) -> Path:
    """Its file."""
    return station.journal.parent / "station.toml"


def test_a_station_that_runs_well_passes_at_least_25_checks(
    station: StationProcess, broker: Broker
) -> None:
    server = Answering(broker.port)
    station.start()
    until(lambda: server.statuses and server.statuses[-1].server == "S1", "the server's answer")
    status, checks = examine(config_of(station))
    bad = {name: check["seen"] for name, check in checks.items() if check["status"] == "fail"}
    assert status == 0, bad
    assert len(checks) >= 25
    assert checks["server answers"]["seen"] == "server S1"
    assert "pid" in checks["station runs"]["seen"]
    assert checks["port of post: free"]["seen"] == "the station has it"
    assert checks["station's own faults"]["status"] == "pass"
    assert server.statuses[-1].online
    server.close()


def test_without_the_station_the_doctor_asks_the_server_itself(
    station: StationProcess, broker: Broker
) -> None:
    server = Answering(broker.port)
    _, checks = examine(config_of(station))
    assert checks["server answers"]["status"] == "warn"
    station.start()
    until(lambda: server.statuses, "its start")
    station.process.stop()
    entries = len(server.entries)
    _, checks = examine(config_of(station))
    assert checks["server answers"]["seen"] == "server S1"
    assert checks["station runs"]["status"] == "warn"
    assert checks["port of post: free"]["status"] == "pass"
    assert len(server.entries) == entries
    server.close()


def test_real_faults_have_their_checks(
    station: StationProcess, broker: Broker, tmp_path: Path
) -> None:
    server = Answering(broker.port)
    server.answers = False
    station.start()
    until(lambda: "event=linked" in station.process.said(), "the link")
    station.tty.unplug()
    until(lambda: server.statuses and "post: absent" in server.statuses[-1].faults, "the fault")
    status, checks = examine(config_of(station))
    assert status == 1
    assert checks["port of post: present"]["status"] == "fail"
    assert checks["server answers"]["status"] == "fail"
    assert "post: absent" in checks["station's own faults"]["seen"]
    assert checks["post works"]["seen"] == "absent"
    server.close()


def test_a_file_that_is_wrong_is_said_as_by_every_command(tmp_path: Path) -> None:
    wrong = tmp_path / "station.toml"
    wrong.write_text('site = "s"\n')
    done = subprocess.run(
        [*command("pullcord-edge"), "doctor", "--json", "--config", str(wrong)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{wrong}:1: station: is missing" in done.stderr


def test_for_people_each_fix_and_its_light_stand_below_the_check(station: StationProcess) -> None:
    done = subprocess.run(
        [
            *command("pullcord-edge"),
            "doctor",
            "--config",
            str(config_of(station)),
            "--listen",
            "0.1",
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert "      fix: sudo systemctl start pullcord-edge\n      light: dark\n" in done.stdout
    assert " checks: " in done.stdout.splitlines()[-1]


def put(root: Path, path: str, text: str) -> None:
    """A file of a pretended machine."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_a_pi_is_read_from_its_files(tmp_path: Path) -> None:
    put(tmp_path, "proc/device-tree/model", "Raspberry Pi 4 Model B Rev 1.4\0")
    put(tmp_path, "sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n")
    put(tmp_path, "sys/class/thermal/thermal_zone0/temp", "61234\n")
    put(tmp_path, "sys/class/watchdog/watchdog0/state", "active\n")
    put(tmp_path, "proc/meminfo", "MemTotal: 900000 kB\nMemAvailable: 512000 kB\n")
    put(tmp_path, "proc/77/comm", "chronyd\n")
    put(tmp_path, "run/systemd/timesync/synchronized", "")
    put(tmp_path, "boot/firmware/config.txt", "enable_uart=1\n")
    put(tmp_path, "proc/cmdline", "console=serial0,115200 root=/dev/mmcblk0p2\n")
    put(tmp_path, "etc/systemd/system/getty.target.wants/serial-getty@ttyAMA0.service", "")
    put(tmp_path, "etc/systemd/system/multi-user.target.wants/pullcord-edge.service", "")
    put(tmp_path, "etc/systemd/system/pullcord-edge.service", "")
    found = probe_machine(tmp_path)
    assert found.model == "Raspberry Pi 4 Model B Rev 1.4"
    assert (found.throttled, found.heat_c, found.memory_mib) == (0x50005, 61.234, 500)
    assert (found.watchdog, found.synced, found.time_services) == (True, True, ("chronyd",))
    assert (found.service_installed, found.service_enabled) == (True, True)
    boot = probe_boot(tmp_path)
    assert boot.config == "enable_uart=1"
    assert boot.gettys == ("ttyAMA0",)


def test_an_empty_machine_tells_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    found = probe_machine(tmp_path)
    assert (found.model, found.throttled, found.watchdog) == (None, None, None)
    assert probe_boot(tmp_path).config is None


def test_a_disk_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    folder.mkdir()
    put(tmp_path, "root/proc/self/mounts", f"/dev/mmcblk0p2 {tmp_path} ext4 rw 0 0\n")
    put(tmp_path, "root/sys/block/mmcblk0/device/life_time", "0x02 0x01\n")
    disk = probe_disk(folder, tmp_path / "root")
    assert (disk.kind, disk.read_only, disk.error, disk.wear) == ("ext4", False, None, 0.2)
    assert disk.sync_ms is not None
    assert list(folder.iterdir()) == []
    put(tmp_path, "root/proc/self/mounts", f"/dev/mmcblk0p2 {folder} ext4 ro,noatime 0 0\n")
    assert probe_disk(folder, tmp_path / "root").read_only
    assert not probe_disk(tmp_path / "none").exists


def test_a_reader_on_a_free_port_is_asked(tmp_path: Path) -> None:
    from pullcord_edge.adapters.probe_port import probe_port
    from pullcord_edge.readers.catalogue import CATALOGUE

    line = Tty(tmp_path / "pn532")
    spec = CATALOGUE["pn532"]
    assert spec.serial is not None
    facts = probe_port("nfc", Port(str(line.path), spec.serial.baud), "pn532", None)
    assert facts.asked
    assert facts.answer is None
    line.unplug()
