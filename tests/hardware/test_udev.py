"""The udev rules name ports by what they are for, and keep other programs off them."""

from pathlib import Path

import pytest

from pullcord_edge.config import load
from support.udev_rules import Device, Pair, apply_rules, ask_udev, read_rules

FIRMWARE = Path(__file__).parent.parent.parent / "firmware-config"
FILES = {path.name: path.read_text("utf-8") for path in sorted((FIRMWARE / "udev").glob("*.rules"))}


def rules() -> list[list[Pair]]:
    return [rule for text in FILES.values() for rule in read_rules(text)]


def usb(vendor: str, model: str, kernel: str = "ttyUSB0") -> Device:
    """A serial port on USB, as udev's own rules have described it by then."""
    env = {"ID_BUS": "usb", "ID_VENDOR_ID": vendor, "ID_MODEL_ID": model}
    return Device(kernel, "tty", env)


@pytest.mark.parametrize(
    ("device", "names"),
    [
        (Device("ttyAMA0", "tty"), {"pullcord/header", "pullcord/post"}),
        (Device("ttyAMA10", "tty"), set()),
        (Device("ttyS0", "tty"), set()),
        (usb("0c2e", "0b6a", "ttyACM0"), {"pullcord/dock"}),
        (usb("05e0", "1701", "ttyACM0"), {"pullcord/dock"}),
        (usb("10c4", "ea60"), {"pullcord/gate"}),
        (usb("1a86", "7523"), {"pullcord/gate"}),
        (usb("1a86", "55d4", "ttyACM0"), {"pullcord/gate"}),
        (usb("0403", "6001"), {"pullcord/scale"}),
        (usb("067b", "2303"), {"pullcord/scale"}),
        (usb("2e8a", "000a", "ttyACM0"), set()),
    ],
)
def test_a_port_has_the_name_of_what_it_is_for(device: Device, names: set[str]) -> None:
    after = apply_rules(rules(), device)
    assert after.links == names
    assert (after.group, after.mode) == ("dialout", "0660")


def test_no_port_on_usb_is_tried_by_modem_managers() -> None:
    after = apply_rules(rules(), usb("0c2e", "0b6a", "ttyACM0"))
    assert after.env["ID_MM_DEVICE_IGNORE"] == "1"
    assert "ID_MM_DEVICE_IGNORE" not in apply_rules(rules(), Device("ttyAMA0", "tty")).env


def test_a_terminal_is_left_alone() -> None:
    after = apply_rules(rules(), Device("tty1", "tty", group="tty", mode="0620"))
    assert (after.group, after.mode, after.links) == ("tty", "0620", set())


def test_an_adapter_sends_what_it_has_at_once() -> None:
    port = Device("ttyUSB0", "usb-serial", drivers=("ftdi_sio",), attrs={"latency_timer": "16"})
    assert apply_rules(rules(), port).attrs["latency_timer"] == "1"


def test_a_usb_device_is_not_put_to_sleep() -> None:
    device = Device("1-1.2", "usb", {"DEVTYPE": "usb_device"}, {"power/control": "auto"})
    assert apply_rules(rules(), device).attrs["power/control"] == "on"


def test_lights_and_scanners_without_a_tty_may_be_used() -> None:
    after = apply_rules(rules(), Device("hidraw0", "hidraw", attrs={"idVendor": "191a"}))
    assert (after.group, after.mode) == ("dialout", "0660")
    mouse = apply_rules(rules(), Device("hidraw1", "hidraw", attrs={"idVendor": "046d"}))
    assert mouse.group == "root"
    pad = Device("event3", "input", {"ID_INPUT_KEYBOARD": "1"})
    assert apply_rules(rules(), pad).group == "input"


def test_nothing_is_done_when_a_device_goes() -> None:
    gone = usb("0c2e", "0b6a")
    gone.action = "remove"
    assert apply_rules(rules(), gone).links == set()


def test_every_name_that_a_station_uses_is_given_by_a_rule() -> None:
    given = {
        f"/dev/{name}"
        for rule in rules()
        for pair in rule
        if pair.key == "SYMLINK"
        for name in pair.value.split()
    }
    used = set()
    for path in (FIRMWARE / "stations").glob("*.toml"):
        station = load(path)
        ports = [reader.port for reader in station.readers]
        ports += [sensor.port for sensor in station.sensors]
        ports += [light.port for light in station.lights]
        used |= {port.url for port in ports if port}
    assert used <= given
    assert used


def test_what_is_commented_out_is_right_as_well() -> None:
    text = FILES["71-pullcord-names.rules"]
    spare = [line[1:] for line in text.splitlines() if line.startswith("#ENV{")]
    assert len(spare) == 3
    read_rules("\n".join(spare))


@pytest.mark.parametrize(
    "line",
    [
        'KERNEL="ttyUSB0", SYMLINK+="pullcord/x"',
        'KERNEL=="ttyUSB0", SYMLINK="pullcord/x"',
        'KERNEL=="ttyUSB0" SYMLINK+="pullcord/x"',
        'KERNEL=="ttyUSB0", SIMLINK+="pullcord/x"',
        'KERNEL=="ttyUSB0", GOTO="nowhere"',
        'KERNEL=="ttyUSB0", MODE="660"',
        'ENV=="usb", GROUP="dialout"',
    ],
)
def test_a_rule_that_would_do_nothing_is_caught_by_these_tests(line: str) -> None:
    with pytest.raises(AssertionError):
        read_rules(line)


# udev's own opinion ---------------------------------------------------------------------------


def test_udev_reads_the_rules_without_complaint() -> None:
    assert ask_udev(FILES).complaints == []


def test_udev_complains_of_a_wrong_rule() -> None:
    assert ask_udev({"70-wrong.rules": 'SUBSYSTEM=="tty", SIMLINK+="x"\n'}).complaints


@pytest.mark.parametrize(
    ("vendor", "model", "name"),
    [("0c2e", "0b6a", "dock"), ("10c4", "ea60", "gate"), ("0403", "6001", "scale")],
)
def test_udev_gives_the_name_to_a_device_of_that_kind(vendor: str, model: str, name: str) -> None:
    described = (
        f'SUBSYSTEM=="tty", ENV{{ID_BUS}}="usb", ENV{{ID_VENDOR_ID}}="{vendor}", '
        f'ENV{{ID_MODEL_ID}}="{model}"\n'
    )
    assert f"/dev/pullcord/{name}" in ask_udev({"65-described.rules": described, **FILES}).links


def test_udev_gives_no_name_to_others() -> None:
    assert not {link for link in ask_udev(FILES).links if "pullcord" in link}
