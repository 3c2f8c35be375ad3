"""Lamps as bytes: the published frames, and what a light cannot show."""

import pytest

from edge.readers.frame_case import FrameCase, cases
from pullcord_edge.core.light_frame import LIGHTS, LightError, frames_for
from pullcord_edge.readers import (
    display,
    gm65,
    modbus,
    patlite,
    scanner_config,
    tfmini,
    tower,
    uhfreader18,
)
from pullcord_edge.readers.catalogue import CATALOGUE
from pullcord_wire.message import Pattern

HOST = {case.id: case for case in cases() if case.raw.get("direction") == "host"}
BUILT = {
    "modbus-03": modbus.write_coil(1, 1, 0xFF00),
    "modbus-06": modbus.write_coil(1, 2, 0x0000),
    "modbus-10": modbus.write_coil(1, 0, 0xF100),
    "modbus-12": modbus.write_coil(1, 0, 0xF300),
    "modbus-13": modbus.write_coil(1, 1, 0xF000),
    "modbus-14": modbus.write_coil(1, 2, 0xF000),
    "modbus-16": modbus.write_coil(1, 3, 0xF000),
    "modbus-18": modbus.write_register(1, 1, 3),
    "modbus-20": modbus.write_registers(1, 1, (10, 258)),
    "modbus-21": modbus.read_coils(1, 19, 37),
    "adafruit-tower-04": tower.command("amber", "on"),
    "adafruit-tower-06": tower.command("amber", "blink"),
    "adafruit-tower-07": tower.command("green", "on"),
    "adafruit-tower-08": tower.command("green", "off"),
    "adafruit-tower-09": tower.command("green", "blink"),
    "adafruit-tower-10": tower.command("buzzer", "on"),
    "more-cd5220-begin": display.cd5220_begin(),
    "more-cd5220-rows": display.cd5220_rows("BH-A1-003", "Brake hose 20"),
    "more-dm-d-begin": display.epson_begin(),
    "more-dm-d-rows": display.epson_rows("BH-A1-003", "Brake hose 20"),
    "patlite-phe-01": patlite.phe_command("0", "51"),
    "patlite-ne-01": patlite.ne_report("red", buzzer=False),
    "patlite-ne-03": patlite.ne_reset(),
    "patlite-lr-01": patlite.lr_report(
        {"red": True, "amber": False, "green": False, "blue": False, "white": False}
    ),
    "patlite-lr-03": patlite.lr_report(
        {"red": False, "amber": False, "green": False, "blue": False, "white": False}, False
    ),
    "uhfreader18-28": uhfreader18.frame(0x2F, b"\x1e"),
    "uhfreader18-30": uhfreader18.frame(0x28, b"\x05"),
    "uhfreader18-32": uhfreader18.frame(0x25, b"\x32"),
}


@pytest.mark.parametrize("case", HOST.values(), ids=lambda case: case.id)
def test_what_a_host_sends_is_built_byte_for_byte(case: FrameCase) -> None:
    assert BUILT[case.id].hex().upper() == case.data.hex().upper()


def test_scanner_commands_are_built_as_in_the_manuals() -> None:
    assert scanner_config.menu("0401?.") == bytes.fromhex("164D0D303430313F2E")
    assert scanner_config.metro("999999") == bytes.fromhex("0239393939393903")


def test_commands_to_a_tfmini_are_built_as_in_the_manual() -> None:
    assert tfmini.command(0x11) == bytes.fromhex("5A04116F")
    assert tfmini.command(0x05, b"\x06") == bytes.fromhex("5A0505066A")
    assert tfmini.command(0x07, b"\x01") == bytes.fromhex("5A05070167")


def test_commands_to_a_gm65_are_built_as_in_the_manual() -> None:
    assert gm65.command(0x07, 0x002A, b"\x02") == bytes.fromhex("7E000701002A02D80F")
    assert gm65.command(0x08, 0x00D9, b"\x50") == bytes.fromhex("7E00080100D95081D3")
    assert gm65.command(0x09, 0x0000, b"\x00") == bytes.fromhex("7E000901000000DEC8")


def test_every_light_shows_each_of_its_lamps_on_and_off() -> None:
    for name, spec in LIGHTS.items():
        assert name in CATALOGUE
        for lamp in spec.lamps:
            on = frames_for(name, {lamp: Pattern.ON})
            off = frames_for(name, {lamp: Pattern.OFF})
            assert on and off and on != off


def test_a_light_that_blinks_by_itself_is_told_the_pattern() -> None:
    assert frames_for("modbus", {"red": Pattern.FAST, "green": Pattern.SLOW}) == (
        modbus.write_coil(1, 0, 0xF000),
        modbus.write_coil(1, 2, 0xF200),
    )


def test_a_light_of_unknown_frequency_is_never_left_to_blink() -> None:
    for name in ("adafruit-tower", "patlite-phe", "patlite-ne", "patlite-lr"):
        with pytest.raises(LightError, match="switch red on and off"):
            frames_for(name, {"red": Pattern.FAST})


def test_a_lamp_or_light_that_does_not_exist_is_refused() -> None:
    with pytest.raises(LightError, match="has no lamp"):
        frames_for("modbus", {"blue": Pattern.ON})
    with pytest.raises(LightError, match="there is no light"):
        frames_for("disco", {})


def test_a_beacon_shows_the_worst_of_what_is_on() -> None:
    wanted = {"green": Pattern.ON, "red": Pattern.ON}
    assert frames_for("patlite-ne", wanted) == (patlite.ne_report("red"),)
    assert frames_for("patlite-ne", {"green": Pattern.OFF}) == (patlite.ne_report("off"),)


def test_a_phe_keeps_the_lamps_that_are_not_named() -> None:
    assert frames_for("patlite-phe", {"red": Pattern.ON}) == (b"@??S199--9!",)
