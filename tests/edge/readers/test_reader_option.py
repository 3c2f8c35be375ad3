"""The catalogue: every driver can be built, every wrong name or option is told with the nearest."""

import pytest

from pullcord_edge.readers.catalogue import (
    CATALOGUE,
    DriverError,
    Gives,
    Source,
    build,
    find,
    problems_of,
)
from pullcord_edge.readers.option import Value


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_driver_is_built_without_options(name: str) -> None:
    driver = build(name)
    assert driver.due_at is None
    assert problems_of(name, {}) == []


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_choice_and_default_of_every_option_is_taken(name: str) -> None:
    for option in CATALOGUE[name].options:
        build(name, {option.name: option.default})
        for choice in option.choices:
            build(name, {option.name: choice})


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_serial_driver_says_how_its_port_is_set(name: str) -> None:
    spec = CATALOGUE[name]
    assert (spec.serial is not None) == (spec.source is Source.SERIAL)
    if spec.serial is not None:
        assert spec.serial.parity in "NEO" and spec.serial.bits in (7, 8)


def test_a_reader_that_sends_once_never_waits_for_a_second_frame() -> None:
    for spec in CATALOGUE.values():
        assert spec.repeats or not spec.confirm
    assert CATALOGUE["rdm6300"].confirm


def test_only_readers_give_reads() -> None:
    reads = {name for name, spec in CATALOGUE.items() if spec.gives is Gives.READS}
    assert {"rdm6300", "line", "pn532", "hid-pos"} <= reads
    assert not reads & {"sics", "hx711", "modbus"}


def test_an_unknown_driver_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(DriverError, match='there is no driver "rdm630"; did you mean "rdm6300"'):
        find("rdm630")
    assert problems_of("xyz", {})[0].startswith('there is no driver "xyz"; there are: rdm6300')


def test_all_wrong_options_are_told_at_once() -> None:
    with pytest.raises(DriverError) as caught:
        build("uhfreader18", {"modle": "288m", "model": "289m", "address": "x"})
    assert caught.value.problems == (
        'driver "uhfreader18" has no option "modle"; did you mean "model"?',
        'option "model" of driver "uhfreader18": "289m" is unknown; did you mean "288m"?',
        'option "address" of driver "uhfreader18": "x" is not a whole number',
    )


@pytest.mark.parametrize(
    ("driver", "option", "value", "reason"),
    [
        ("pn532", "max_tags", 3, "takes 1 or 2"),
        ("pn532", "listen", "maybe", "neither true nor false"),
        ("uhfreader18", "address", 256, "0 to 255"),
        ("uhfreader18", "power_dbm", -1, "out of range"),
        ("uhfreader18", "power_dbm", 300, "at most 33 dBm"),
        ("r200", "power_dbm", 2000.5, "at most 33 dBm"),
        ("m6e", "power_dbm", 33.1, "at most 33 dBm"),
        ("line", "gap_s", "soon", "not a number"),
        ("line", "suffix", "crfl", 'did you mean "crlf"'),
        ("maxbotix", "model", "foo", "write the number on it"),
        ("tfmini", "model", "VL53", "is unknown"),
        ("tfmini", "variant", "pixx", 'did you mean "pix"'),
        ("hid", "format", "evdev", 'did you mean "evdev-'),
        ("r200", "region", "EW", "unknown"),
    ],
)
def test_a_wrong_value_is_refused_with_the_reason(
    driver: str, option: str, value: Value, reason: str
) -> None:
    problems = problems_of(driver, {option: value})
    assert len(problems) == 1
    assert reason in problems[0]


def test_choices_are_taken_in_any_case_and_flags_as_words() -> None:
    build("uhfreader18", {"model": "288M"})
    build("pn532", {"listen": "yes"})
    build("pn532", {"listen": True})
    build("r200", {"variant": "AA..DD"})
    assert problems_of("r200", {"region": "--"})


@pytest.mark.parametrize(
    "model", ["MB7389", "MB7366", "MB1403", "MB1013", "MB1010", "MB7060", "HRXL", "hrxl-10m", "LV"]
)
def test_maxbotix_models_are_known_by_number_and_by_name(model: str) -> None:
    assert problems_of("maxbotix", {"model": model}) == []


@pytest.mark.parametrize("model", ["TFmini", "TFmini-S", "TFmini Plus", "TF-Luna", "TF02", "TF03"])
def test_tfmini_models_are_known(model: str) -> None:
    assert problems_of("tfmini", {"model": model}) == []
