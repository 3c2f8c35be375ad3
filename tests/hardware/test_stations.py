"""The stations and reader profiles that are shipped: right to the program, and to the editor's schema."""

import copy
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pullcord_edge.commands import main
from pullcord_edge.config import ConfigError, load, parse
from pullcord_edge.config.profile import load_profile
from pullcord_edge.core.profile.profile import SERVES, family_of, knobs_of

FIRMWARE = Path(__file__).parent.parent.parent / "firmware-config"
STATIONS = sorted((FIRMWARE / "stations").glob("*.toml"))
PROFILES = sorted((FIRMWARE / "readers").glob("*.toml"))
SCHEMA = json.loads((FIRMWARE / "station.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
each_station = pytest.mark.parametrize("path", STATIONS, ids=lambda path: path.stem)
each_profile = pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)


def document(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8"))


def test_the_six_typical_stations_are_there() -> None:
    assert {path.stem for path in STATIONS} == {"andon", "dock", "gate", "post", "rack", "scale"}


@each_station
def test_check_finds_a_station_right(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(path)]) == 0
    said = capsys.readouterr()
    assert said.out.endswith(": right\n")
    assert all(line.startswith("not yet on this machine: ") for line in said.err.splitlines())


@each_station
def test_a_station_says_what_it_is_and_where_its_wiring_is_drawn(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("#:schema ../station.schema.json\n# ")
    assert f"# Wiring: ../pinmaps/{path.stem}.svg" in text


@each_station
def test_a_station_proves_itself_over_tls(path: Path) -> None:
    broker = load(path).broker
    assert broker.tls and broker.ca and broker.password_file
    assert broker.username == load(path).station


def test_no_two_stations_share_a_name() -> None:
    names = [load(path).station for path in STATIONS]
    assert len(names) == len(set(names))


@each_station
def test_the_editors_schema_finds_a_station_right(path: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(document(path))] == []


def mutations(whole: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The document with one thing wrong: an unknown key, a wrong type, a key that must be there gone."""
    for key in ("site", "station", "broker", "journal"):
        spoilt = copy.deepcopy(whole)
        del spoilt[key]
        yield f"without {key}", spoilt
    for kind, tables in whole.items():
        for place in range(len(tables) if isinstance(tables, list) else 0):
            yield from _spoil(whole, kind, place)
    for table, key, value in (
        ("broker", "url", "http://x"),
        ("broker", "keepalive", 0),
        ("journal", "path", 3),
    ):
        spoilt = copy.deepcopy(whole)
        spoilt[table][key] = value
        yield f"{table}.{key} = {value}", spoilt


def _spoil(whole: dict[str, Any], kind: str, place: int) -> Iterator[tuple[str, dict[str, Any]]]:
    where = f"{kind}[{place}]"
    for key, value in (("nmae", "x"), ("name", "a/b"), ("name", 3), ("pin", 28), ("driver", "x")):
        spoilt = copy.deepcopy(whole)
        spoilt[kind][place][key] = value
        yield f"{where}.{key} = {value!r}", spoilt
    for key in ("name", "role"):
        if key in whole[kind][place]:
            spoilt = copy.deepcopy(whole)
            del spoilt[kind][place][key]
            yield f"{where} without {key}", spoilt


@each_station
def test_the_editors_schema_refuses_a_station_that_is_spoilt(path: Path) -> None:
    missed = [what for what, spoilt in mutations(document(path)) if VALIDATOR.is_valid(spoilt)]
    assert missed == []


# The profiles ---------------------------------------------------------------------------------


@each_profile
def test_a_profile_is_right(path: Path) -> None:
    profile, problems = load_profile(str(path))
    assert profile is not None, problems
    assert profile.about
    assert profile.driver in SERVES


@each_profile
def test_what_a_profile_sets_is_known_of_its_family(path: Path) -> None:
    profile, _ = load_profile(str(path))
    assert profile is not None
    knobs = knobs_of(family_of(profile.driver), profile)
    assert {knob.name for knob in knobs} == set(profile.settings)


def test_every_uhf_profile_names_its_region() -> None:
    for path in PROFILES:
        profile, _ = load_profile(str(path))
        assert profile is not None
        if profile.driver in ("r200", "uhfreader18", "m6e"):
            assert "region" in profile.settings, path.name
            assert profile.forgets, path.name


def test_a_profile_of_the_wrong_kind_is_refused_at_the_station() -> None:
    text = (FIRMWARE / "stations/gate.toml").read_text("utf-8")
    wrong = text.replace("../readers/r200-eu.toml", "../readers/gm65.toml")
    with pytest.raises(ConfigError, match="is a profile of gm65"):
        parse(wrong, str(FIRMWARE / "stations/gate.toml"))
