"""A profile's file becomes a frozen value, or every problem of it; it and the station must agree."""

from pathlib import Path
from typing import Any

import pytest

from pullcord_edge.config import ConfigError, parse
from pullcord_edge.config.profile import load_profile
from pullcord_edge.core.profile.profile import SERVES, conflicts, family_of, read_profile
from pullcord_edge.readers.catalogue import CATALOGUE
from support.provisioning import profile

HEAD = 'site = "s"\nstation = "a"\nbroker = { url = "mqtt://b" }\njournal = { path = "j" }\n'


def flaws(table: dict[str, Any]) -> list[str]:
    read, found = read_profile(table)
    assert read is None
    return [f"{'.'.join(flaw.path)}: {flaw.wrong}; {flaw.fix}" for flaw in found]


def test_a_whole_profile_is_read() -> None:
    read = profile(
        "r200", {"region": "EU", "power_dbm": 18, "baud": 57600}, about="x", identity="M100"
    )
    assert read.settings == {"region": "EU", "power_dbm": 18.0}
    assert (read.baud, read.forgets, read.identity, read.about) == (57600, True, "M100", "x")


@pytest.mark.parametrize("driver", SERVES)
def test_whether_a_reader_forgets_is_known_of_its_family(driver: str) -> None:
    assert family_of(driver).forgets is (driver in ("r200", "m6e"))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "driver: is missing"),
        ({"driver": "r2000", "settings": {}}, 'driver: "r2000" is unknown; did you mean "r200"?'),
        ({"driver": 3}, "driver: must be a text, is 3"),
        ({"driver": "r200"}, "settings: is missing"),
        ({"driver": "r200", "settings": {}}, "settings: must be a table with at least one"),
        ({"driver": "r200", "settings": {"regoin": "EU"}}, 'did you mean "region"?'),
        ({"driver": "r200", "settings": {"region": "EV"}}, 'settings.region: "EV" is unknown'),
        ({"driver": "r200", "settings": {"power_dbm": 99}}, "99 is out of range, it is 0 to 30"),
        ({"driver": "r200", "settings": {"power_dbm": 18.3}}, "lies between two steps"),
        ({"driver": "r200", "settings": {"power_dbm": "18"}}, "must be a number"),
        ({"driver": "r200", "settings": {"q": True}}, "must be a number, is true"),
        ({"driver": "gm65", "settings": {"beep": 1}}, "must be true or false, is 1"),
        ({"driver": "gm65", "settings": {"zone_00": 1}}, "gm65 has no such setting"),
        ({"driver": "gm65", "settings": {"zone_0003": 256}}, "256 is out of range"),
        ({"driver": "gm65", "settings": {"baud": 1200}}, "1200 is no speed of gm65"),
        ({"driver": "m6e", "settings": {"baud": 9600}}, "the speed of m6e is not written"),
        ({"driver": "gm65", "settings": {"beep": True}, "identity": "x"}, "does not say what"),
        ({"driver": "gm65", "settings": {"beep": True}, "forgets": 1}, "forgets: must be true"),
        ({"driver": "gm65", "settings": {"beep": True}, "baud": 1}, "baud: unknown key"),
        ({"driver": "scanner-config", "settings": {"AB": "1"}}, "no such setting"),
        ({"driver": "scanner-config", "settings": {"0401": 1}}, "is not a text of printable"),
        (
            {"driver": "scanner-config", "settings": {"0401": "1"}, "forgets": True},
            "a scanner keeps what is written",
        ),
        ({"driver": "metroselect", "settings": {"codes": ["12345"]}}, "a code of six digits"),
        ({"driver": "metroselect", "settings": {"codes": "123456"}}, "must be a list of texts"),
    ],
)
def test_what_is_wrong_with_a_profile_is_told(table: dict[str, Any], said: str) -> None:
    assert any(said in flaw for flaw in flaws(table)), flaws(table)


def test_every_problem_is_told_at_once() -> None:
    table = {"driver": "r200", "settings": {"region": "EV", "q": 99}, "forgets": "no", "x": 1}
    assert len(flaws(table)) == 4


def test_a_profile_serves_drivers_of_the_catalogue() -> None:
    assert {name for names in SERVES.values() for name in names} <= set(CATALOGUE)


def test_a_profile_of_another_driver_conflicts() -> None:
    wanted = profile("r200", {"region": "EU"})
    assert "is a profile of r200" in conflicts(wanted, "gm65", {}, 9600)[0].wrong
    assert not conflicts(profile("gm65", {"beep": False}), "line", {}, 9600)


def test_a_speed_that_the_station_does_not_open_the_port_with_conflicts() -> None:
    wanted = profile("gm65", {"baud": 115200, "suffix": "cr"})
    (flaw,) = conflicts(wanted, "gm65", {}, 9600)
    assert (flaw.path, flaw.fix) == (("baud",), "write baud = 115200")


def test_a_format_that_the_station_reads_otherwise_conflicts() -> None:
    wanted = profile("tfmini", {"format": "mm"})
    (flaw,) = conflicts(wanted, "tfmini", {}, 115200)
    assert flaw.fix == 'write variant = "mm"'
    assert not conflicts(wanted, "tfmini", {"variant": "mm"}, 115200)


def test_a_setting_that_the_station_writes_itself_conflicts() -> None:
    wanted = profile("r200", {"region": "EU", "power_dbm": 18})
    found = conflicts(wanted, "r200", {"region": "US"}, 115200)
    assert [flaw.path for flaw in found] == [("region",)]


def station(folder: Path, settings: str, more: str = "") -> str:
    (folder / "p.toml").write_text(f'driver = "r200"\n[settings]\n{settings}\n')
    return (
        f'{HEAD}[[reader]]\nname = "r"\ndriver = "r200"\nport = "/dev/x"\nrole = "none"\n'
        f'profile = "p.toml"\n{more}'
    )


def test_a_stations_file_has_the_profile_it_names(tmp_path: Path) -> None:
    file = str(tmp_path / "station.toml")
    setting = parse(station(tmp_path, 'region = "EU"'), file)
    read = setting.readers[0].profile
    assert read is not None
    assert (read.settings, read.file) == ({"region": "EU"}, str(tmp_path / "p.toml"))


def test_problems_of_a_profile_stand_beside_those_of_the_station(tmp_path: Path) -> None:
    text = station(tmp_path, 'region = "EV"', "colour = 1\n")
    with pytest.raises(ConfigError) as caught:
        parse(text, str(tmp_path / "station.toml"))
    said = str(caught.value)
    assert f"{tmp_path / 'p.toml'}:3: settings.region" in said
    assert "reader[0].colour: unknown key" in said


def test_a_profile_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    read, (problem,) = load_profile(str(tmp_path / "none.toml"))
    assert read is None and "No such file" in str(problem)
    bad = tmp_path / "bad.toml"
    bad.write_text("driver = ")
    read, (problem,) = load_profile(str(bad))
    assert read is None and "Invalid value" in str(problem)
    bad.write_bytes(b"\xff")
    assert load_profile(str(bad))[0] is None


def test_a_reader_without_a_port_has_no_profile() -> None:
    text = f'{HEAD}[[reader]]\nname = "w"\ndriver = "wiegand26"\nd0 = 17\nd1 = 27\nrole = "none"\nprofile = "p"\n'
    with pytest.raises(ConfigError, match="unknown key"):
        parse(text)
