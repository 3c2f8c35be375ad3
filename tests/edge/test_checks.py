"""Each check by itself: from facts to pass, warn or fail, with a fix wherever there is something to fix."""

from dataclasses import replace
from pathlib import Path

import pytest

from pullcord_edge.checks.boot import BootFacts, lines
from pullcord_edge.checks.broker import BrokerFacts, check_broker
from pullcord_edge.checks.device import check_devices
from pullcord_edge.checks.disk import DiskFacts, check_disk
from pullcord_edge.checks.journal import JournalFacts, check_journal
from pullcord_edge.checks.machine import Machine, check_machine
from pullcord_edge.checks.pin import PinFacts, check_pins
from pullcord_edge.checks.port import PortFacts, check_port
from pullcord_edge.checks.result import Check, Outcome
from pullcord_edge.checks.uart import check_uart
from pullcord_edge.config import load, parse
from pullcord_edge.core.setting import Broker

SHIPPED = Path(__file__).parents[2] / "firmware-config"
NOW = 1_795_420_800_000
DAY = 86_400_000
MIB = 1024 * 1024

SETTING = parse(
    """
site = "s1"
station = "a1"
broker = { url = "mqtt://broker" }
journal = { path = "/var/lib/pullcord/journal.db" }
[[reader]]
name = "post"
driver = "rdm6300"
port = "/dev/serial0"
role = "withdrawal"
[[reader]]
name = "gun"
driver = "hid"
port = "/dev/input/by-id/gun"
role = "arrival"
[[light]]
name = "stack"
pins = { red = 2, amber = 14, green = 13, white = 26 }
"""
)
GOOD = Machine(
    versions={"pullcord": "1.0", "paho-mqtt": "2.1.0", "pyserial": "3.5", "gpiozero": "2.0.1"},
    model="Raspberry Pi 4",
    user="pullcord",
    groups=frozenset({"dialout", "gpio", "input"}),
    time_services=("chronyd",),
    wall_at=NOW,
    throttled=0,
    heat_c=45.0,
    memory_mib=500,
    watchdog=True,
    service_installed=True,
    service_enabled=True,
    systemd=True,
)
SERIAL0 = ("/dev/serial0", "/dev/ttyAMA0")
HEADER = ("/dev/pullcord/header", "/dev/ttyAMA0")
PORT = PortFacts("post", "/dev/serial0", "/dev/ttyAMA0", True, True, names=SERIAL0)
DISK = DiskFacts("/var/lib/pullcord", free=1000 * MIB, total=8000 * MIB, sync_ms=5.0)
JOURNAL = JournalFacts("journal.db", running="pid 12 on pi")
WAY = BrokerFacts(("10.0.0.1",), connect_ms=1.0, asked=True, servers=("S1",), ahead_ms=10)
TLS = Broker("broker", 8883, tls=True, ca="ca.pem", cert="c.pem", key="k.pem")


def machine(**wrong: object) -> dict[str, Check]:
    """The checks of a good machine with something wrong."""
    facts = replace(GOOD, **wrong)  # type: ignore[arg-type]
    return {check.name: check for check in check_machine(facts, SETTING)}


def test_a_good_machine_passes_everything() -> None:
    assert {check.status for check in machine().values()} == {Outcome.PASS}


@pytest.mark.parametrize(
    ("wrong", "name", "outcome", "fix"),
    [
        ({"python": (3, 9)}, "python version", "fail", "apt install python3"),
        ({"versions": {"paho-mqtt": "1.6.1"}}, "library versions", "fail", "pip install"),
        ({"groups": frozenset({"gpio"})}, "user groups", "fail", "usermod -aG dialout,input"),
        ({"wall_at": 5}, "clock is sane", "fail", "timedatectl"),
        ({"synced": False}, "clock is set", "warn", "timedatectl"),
        ({"time_services": ()}, "clock source", "warn", "DS3231"),
        ({"throttled": 0x50005}, "undervoltage", "fail", "power supply"),
        ({"throttled": 0x50000}, "undervoltage", "warn", "power supply"),
        ({"throttled": 0x4}, "throttling", "fail", "cool it"),
        ({"throttled": 0x40000}, "throttling", "warn", "cool it"),
        ({"heat_c": 85.0}, "temperature", "fail", "cool it"),
        ({"heat_c": 72.0}, "temperature", "warn", "cool it"),
        ({"memory_mib": 20}, "memory", "warn", "ps aux"),
        ({"watchdog": False}, "hardware watchdog", "warn", "RuntimeWatchdogSec"),
        ({"watchdog": None}, "hardware watchdog", "warn", "RuntimeWatchdogSec"),
        ({"service_installed": False}, "service", "warn", "systemctl enable"),
        ({"service_enabled": False}, "service", "warn", "systemctl enable"),
    ],
)
def test_each_trouble_of_a_machine_has_its_check(
    wrong: dict[str, object], name: str, outcome: str, fix: str
) -> None:
    check = machine(**wrong)[name]
    assert check.status.value == outcome
    assert fix in check.fix


def test_a_machine_that_is_no_pi_says_so_and_passes() -> None:
    checks = machine(model=None, throttled=None, heat_c=None, memory_mib=None, systemd=False)
    assert "no Raspberry Pi" in checks["undervoltage"].seen
    assert all(check.status is Outcome.PASS for check in checks.values())


def test_root_needs_no_groups() -> None:
    assert machine(user="root", groups=frozenset())["user groups"].status is Outcome.PASS


@pytest.mark.parametrize(
    ("wrong", "name", "outcome", "seen"),
    [
        ({"exists": False}, "present", "fail", "is not there"),
        ({"usable": False}, "permission", "fail", "permission denied"),
        ({"holders": ("minicom (pid 7)",)}, "free", "fail", "held by minicom (pid 7)"),
        ({"fault": "held by another program"}, "free", "fail", "held by another program"),
        ({"url": "/dev/ttyUSB0"}, "name stays", "warn", "order of plugging"),
        ({"url": "/dev/input/event3"}, "name stays", "warn", "order of plugging"),
    ],
)
def test_each_trouble_of_a_port_has_its_check(
    wrong: dict[str, object], name: str, outcome: str, seen: str
) -> None:
    facts = replace(PORT, **wrong)  # type: ignore[arg-type]
    checks = {check.name: check for check in check_port(facts)}
    check = checks[f"port of post: {name}"]
    assert check.status.value == outcome
    assert seen in check.seen
    assert check.fix


def test_a_good_port_and_one_the_station_has_pass() -> None:
    for facts in (PORT, replace(PORT, ours=True)):
        assert {check.status for check in check_port(facts)} == {Outcome.PASS}


def test_a_reader_that_does_not_answer_fails() -> None:
    checks = list(check_port(replace(PORT, asked=True)))
    assert checks[-1].name == "post answers"
    assert checks[-1].status is Outcome.FAIL
    assert list(check_port(replace(PORT, asked=True, answer="fw=1.6")))[-1].seen == "fw=1.6"


def test_a_network_reader_that_is_not_reached_fails() -> None:
    facts = PortFacts("far", "socket://10.0.0.9:4001", "", True, True, fault="unreachable")
    (check,) = check_port(facts)
    assert (check.status, check.seen) == (Outcome.FAIL, "unreachable")


BT = "dtoverlay=disable-bt\n"
PI4, PI5 = "Raspberry Pi 4 Model B Rev 1.4", "Raspberry Pi 5 Model B Rev 1.0"


@pytest.mark.parametrize(
    ("boot", "names", "outcomes"),
    [
        (BootFacts("# enable_uart=1\n" + BT, "quiet"), SERIAL0, "fail pass pass"),
        (BootFacts(BT + "enable_uart=1\n", "console=serial0,115200"), SERIAL0, "pass pass fail"),
        (BootFacts("enable_uart = 1 # on\n", "", ("ttyAMA0",)), SERIAL0, "pass pass fail"),
        (BootFacts("enable_uart=1\n", "console=tty1"), SERIAL0, "pass pass pass"),
        (BootFacts(None, "console=serial0"), SERIAL0, "pass pass pass"),
        (BootFacts("quiet=1\n" + BT, "", model=PI4), HEADER, "fail pass pass"),
        (BootFacts("enable_uart=1\n" + BT, "", ("ttyAMA0",), PI4), HEADER, "pass pass fail"),
        (BootFacts("enable_uart=1\n", "", model=PI4), HEADER, "pass warn pass"),
        (BootFacts("enable_uart=1\n", "", model=PI4), ("/dev/ttyS0",), "pass warn pass"),
        (BootFacts("enable_uart=1\n", "", model=PI5), HEADER, "fail pass pass"),
        (BootFacts("dtparam=uart0=on\n", "", model=PI5), HEADER, "pass pass pass"),
        (BootFacts("dtoverlay=uart0-pi5\n", "", model=PI5), HEADER, "pass pass pass"),
        (BootFacts("enable_uart=1\n", "", model=PI5), ("/dev/ttyAMA10",), "pass warn pass"),
        (BootFacts("[pi5]\nenable_uart=1\n[all]\n" + BT, "", model=PI4), HEADER, "fail pass pass"),
        (BootFacts("[pi4]\nenable_uart=1\n" + BT, "", model=PI4), HEADER, "pass pass pass"),
    ],
)
def test_the_pis_own_uart_must_be_on_the_good_one_and_without_a_console(
    boot: BootFacts, names: tuple[str, ...], outcomes: str
) -> None:
    checks = list(check_uart((replace(PORT, url=names[0], names=names),), boot))
    assert " ".join(check.status.value for check in checks) == outcomes
    for check in checks:
        assert check.status is Outcome.PASS or "firmware-config" in check.fix


def test_the_fix_of_the_uart_names_the_file_for_this_model() -> None:
    port = replace(PORT, url=HEADER[0], names=HEADER)
    on, *_ = check_uart((port,), BootFacts("", "", model=PI5))
    assert "boot/config-pi5.txt" in on.fix
    assert on.seen == "config.txt has no dtparam=uart0=on"


def test_lines_of_other_models_do_not_count() -> None:
    text = "a=1\n[pi3]\nb=1\n[cm4]\nc=1\n[none]\nd=1\n[all]\ne = 1 # here\n[pi4]\nf=1\n"
    assert lines(BootFacts(text, model=PI4)) == ("a=1", "e=1", "f=1")
    assert lines(BootFacts(text)) == ("a=1", "b=1", "c=1", "e=1", "f=1")
    assert lines(BootFacts(None)) == ()


def test_each_device_of_a_running_station_has_its_own_check() -> None:
    faults = ("post: absent", "two servers", "stack: pin: GPIO5 is busy")
    checks = {check.name: check for check in check_devices(SETTING, faults)}
    assert {name: check.status.value for name, check in checks.items()} == {
        "post works": "fail",
        "gun works": "pass",
        "stack works": "fail",
        "station's own faults": "fail",
    }
    assert "dmesg" in checks["post works"].fix
    assert "gpioinfo" in checks["stack works"].fix
    assert "two servers" in checks["station's own faults"].seen
    assert list(check_devices(SETTING, None)) == []


@pytest.mark.parametrize(
    ("fault", "fix"),
    [
        ("held by another program: minicom (pid 7)", "sudo kill 7"),
        ("only noise: wrong speed, driver or wiring", "decode"),
        ("wires: D0 and D1 are swapped", "exchange the wires"),
        ("silent: answers no question", "TX to RX"),
        ("profile: region reads CN900", "--reader post --dry-run"),
        ("stuck: pressed for 60 s", "let it go"),
        ("something new", "journalctl"),
    ],
)
def test_each_fault_of_a_device_has_its_own_fix(fault: str, fix: str) -> None:
    check = next(check_devices(SETTING, (f"post: {fault}",)))
    assert (check.status, check.seen) == (Outcome.FAIL, fault)
    assert fix in check.fix


def test_pins_that_a_bus_has_taken_are_named() -> None:
    config = "dtparam=i2c_arm=on,i2c_arm_baudrate=400000\nenable_uart=1\n"
    checks = {c.name: c for c in check_pins(PinFacts("LGPIOFactory"), SETTING, BootFacts(config))}
    assert checks["pins are free"].status is Outcome.FAIL
    assert (
        "pin 2 of light stack (red) is taken by dtparam=i2c_arm=on" in checks["pins are free"].seen
    )
    assert "pin 14" in checks["pins are free"].seen
    assert checks["buzzer"].status is Outcome.WARN
    checks = {c.name: c for c in check_pins(PinFacts(None, "no lgpio"), SETTING, BootFacts())}
    assert checks["pins are reached"].status is Outcome.FAIL
    assert checks["pins are free"].status is Outcome.PASS


def test_outputs_that_nothing_holds_until_the_program_runs_are_named_with_the_line() -> None:
    config = "gpio=2,26=op,dl\ngpio=13-14=op,dh\ngpio=5=ip,pu\ngpio=x=op,dl\n"
    facts = PinFacts("LGPIOFactory")
    checks = {c.name: c for c in check_pins(facts, SETTING, BootFacts(config, model=PI4))}
    check = checks["outputs are off at power-on"]
    assert (check.status, check.seen) == (
        Outcome.WARN,
        "nothing holds pins 13, 14 until the program runs",
    )
    assert check.fix.startswith(
        "gpio=13,14=op,dl in config.txt, as in firmware-config/boot/config-pi4"
    )


@pytest.mark.parametrize("model", ["3 Model B", "4 Model B", "5 Model B", "Zero 2 W"])
@pytest.mark.parametrize("station", sorted(SHIPPED.glob("stations/*.toml")), ids=lambda p: p.stem)
def test_what_we_ship_for_a_pi_is_right_for_the_stations_we_ship(station: Path, model: str) -> None:
    boot = BootFacts("", "", model=f"Raspberry Pi {model} Rev 1.0")
    boot = replace(boot, config=(SHIPPED.parent / boot.fragment).read_text())
    setting = load(str(station))
    ports = [PortFacts(r.name, r.port.url, "", True, True, names=HEADER) for r in setting.readers if r.port]  # fmt: skip
    checks = [
        *check_pins(PinFacts("LGPIOFactory"), setting, boot),
        *check_uart(tuple(ports), boot),
    ]
    assert [c for c in checks if "colour" not in c.name and c.status is Outcome.FAIL] == []
    assert [c for c in checks if c.name.startswith("UART") and c.status is not Outcome.PASS] == []


@pytest.mark.parametrize(
    ("wrong", "name", "outcome"),
    [
        ({"exists": False}, "journal folder", "fail"),
        ({"free": 5 * MIB}, "disk space", "fail"),
        ({"inodes_free": 0}, "disk space", "fail"),
        ({"free": 100 * MIB}, "disk space", "warn"),
        ({"read_only": True}, "disk can be written", "fail"),
        ({"error": "No space left on device"}, "disk can be written", "fail"),
        ({"sync_ms": 300.0}, "disk is quick", "warn"),
        ({"kind": "tmpfs"}, "disk keeps", "fail"),
        ({"wear": 1.0}, "disk wear", "fail"),
        ({"wear": 0.8}, "disk wear", "warn"),
    ],
)
def test_each_trouble_of_a_disk_has_its_check(
    wrong: dict[str, object], name: str, outcome: str
) -> None:
    facts = replace(DISK, **wrong)  # type: ignore[arg-type]
    checks = {check.name: check for check in check_disk(facts)}
    assert checks[name].status.value == outcome
    assert checks[name].fix
    assert {check.status for check in check_disk(DISK)} == {Outcome.PASS}


@pytest.mark.parametrize(
    ("wrong", "name", "outcome"),
    [
        ({"running": None}, "station runs", "warn"),
        ({"exists": False}, "journal is sound", "warn"),
        ({"error": "malformed"}, "journal is sound", "fail"),
        ({"damaged": ("set aside",)}, "no damaged journal", "warn"),
        ({"oldest_at": NOW - 20 * DAY, "trimmed": True}, "journal outlives backups", "fail"),
        ({"unacked": 3, "oldest_unacked_at": NOW - 600_000}, "entries are sent", "fail"),
        ({"other_sites": ("old",)}, "journal is of this site", "fail"),
        ({"other_stations": ("a0",)}, "journal is of this station", "warn"),
    ],
)
def test_each_trouble_of_a_journal_has_its_check(
    wrong: dict[str, object], name: str, outcome: str
) -> None:
    facts = replace(JOURNAL, **wrong)  # type: ignore[arg-type]
    checks = {check.name: check for check in check_journal(facts, NOW, 30.0)}
    assert checks[name].status.value == outcome
    assert checks[name].fix
    assert {check.status for check in check_journal(JOURNAL, NOW, 30.0)} == {Outcome.PASS}


def test_a_journal_that_outlives_the_backups_and_sends_at_once_passes() -> None:
    facts = replace(
        JOURNAL,
        oldest_at=NOW - 31 * DAY,
        trimmed=True,
        unacked=1,
        oldest_unacked_at=NOW - 1000,
    )
    assert {check.status for check in check_journal(facts, NOW, 30.0)} == {Outcome.PASS}


@pytest.mark.parametrize(
    ("wrong", "name", "outcome"),
    [
        ({"files": {"ca": "x cannot be read"}}, "broker files", "fail"),
        ({"name_error": "not known"}, "broker name", "fail"),
        ({"connect_error": "refused"}, "broker reach", "fail"),
        ({"tls_error": "not trusted"}, "broker TLS", "fail"),
        ({"certificate_days": -3.0}, "broker certificate", "fail"),
        ({"tls_error": "expired", "tls_code": 10}, "broker certificate", "fail"),
        ({"tls_error": "no such name", "tls_code": 62}, "broker certificate", "fail"),
        ({"tls_error": "self-signed", "tls_code": 19}, "broker certificate", "fail"),
        ({"tls_error": "not yet valid", "tls_code": 9}, "broker certificate", "fail"),
        ({"certificate_days": 7.0}, "broker certificate", "warn"),
        ({"own_certificate_days": -1.0}, "station certificate", "fail"),
        ({"login_error": "not authorised"}, "broker login", "fail"),
        ({"denied": ("ack",)}, "broker topics", "fail"),
        ({"own_status": False}, "station's status is heard", "warn"),
        ({"servers": (), "ahead_ms": None}, "server answers", "fail"),
        ({"asked": False, "servers": ()}, "server answers", "warn"),
        ({"servers": ("S1", "S2")}, "one server", "fail"),
        ({"ahead_ms": 90_000}, "time to server", "fail"),
        ({"ahead_ms": -5_000}, "time to server", "warn"),
        ({"journals": ("01A", "01B")}, "one station of this name", "fail"),
    ],
)
def test_each_trouble_on_the_way_has_its_check(
    wrong: dict[str, object], name: str, outcome: str
) -> None:
    facts = replace(WAY, **wrong)  # type: ignore[arg-type]
    checks = {check.name: check for check in check_broker(facts, TLS)}
    assert checks[name].status.value == outcome
    assert checks[name].fix


def test_a_good_way_passes_and_a_plain_one_warns() -> None:
    good = replace(WAY, tls="TLSv1.3", certificate_days=300.0, own_certificate_days=300.0)
    assert {check.status for check in check_broker(good, TLS)} == {Outcome.PASS}
    plain = {check.name: check for check in check_broker(WAY, Broker("broker", 1883))}
    assert plain["broker TLS"].status is Outcome.WARN


def test_what_fails_early_ends_the_way_there() -> None:
    names = [check.name for check in check_broker(replace(WAY, connect_error="x"), TLS)]
    assert names == ["broker files", "broker name", "broker reach"]
