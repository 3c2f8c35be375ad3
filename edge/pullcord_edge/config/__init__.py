"""A station's TOML file as frozen values, or every problem of it at once."""

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from pullcord_edge.config.broker import read_broker
from pullcord_edge.config.device import read_reader, read_sensor
from pullcord_edge.config.line import Path as TomlPath
from pullcord_edge.config.output import (
    SelfTestNames,
    read_button,
    read_buzzer,
    read_display,
    read_light,
    read_selftest,
)
from pullcord_edge.config.pin import Pins
from pullcord_edge.config.problem import ConfigError, Problem
from pullcord_edge.config.section import Report, Section, show_path
from pullcord_edge.core.setting import Journal, Language, Setting
from pullcord_wire.message import WireError
from pullcord_wire.topic import check_station

__all__ = ["ConfigError", "Problem", "load", "parse"]

_SYNTAX: Final = re.compile(r"(?P<what>.*) \(at line (?P<line>\d+), column (?P<column>\d+)\)")
_SYNTAX_END: Final = re.compile(r"(?P<what>.*) \(at end of document\)")


def load(path: str | Path) -> Setting:
    """The station of the file. Raises ConfigError with every problem of it."""
    file = str(path)
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        fix = "give the path of a station's file: --config station.toml"
        raise ConfigError([Problem(file, 0, "", error.strerror or str(error), fix)]) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = Problem(file, line, "", f"is not UTF-8: {error.reason}", "save the file as UTF-8")
        raise ConfigError([problem]) from None
    return parse(text, file)


def parse(text: str, file: str = "station.toml") -> Setting:
    """The station of a file's text; paths in it are relative to `file`. Raises ConfigError."""
    text = text.replace("\r\n", "\n")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax_problem(error, text, file)]) from None
    except RecursionError:
        problem = Problem(file, 1, "", "is nested too deeply", "write plain tables and values")
        raise ConfigError([problem]) from None
    report = Report(file, text)
    setting = _read(report, document)
    if report.problems:
        raise ConfigError(sorted(report.problems, key=lambda problem: problem.line))
    return setting


def _syntax_problem(error: tomllib.TOMLDecodeError, text: str, file: str) -> Problem:
    message = str(error)
    fix = "correct the line; TOML is described at toml.io"
    if match := _SYNTAX.fullmatch(message):
        what = f"{match['what']} (column {match['column']})"
        return Problem(file, int(match["line"]), "", what, fix)
    match = _SYNTAX_END.fullmatch(message)
    what = f"{match['what']} at the end" if match else message
    return Problem(file, text.count("\n") + 1, "", what, fix)


def _read(report: Report, document: dict[str, Any]) -> Setting:
    root = Section(report, (), document)
    folder = Path(report.file).resolve().parent
    site = root.name("site", "tsutsumi")
    station = root.name("station", "assy1-post")
    if station:
        try:
            check_station(station)
        except WireError as error:
            root.wrong("station", error.reason, "choose another name")

    language = root.choice("language", tuple(Language), Language.EN)

    def place(path: str) -> str:
        return str(folder / path)

    pins = Pins()
    broker = read_broker(root.sub("broker"), root, place)
    journal = _read_journal(root, place)
    readers = [read_reader(section, pins, place) for section in root.each("reader")]
    sensors = [read_sensor(section, pins, place) for section in root.each("sensor")]
    lights = [read_light(section, pins) for section in root.each("light")]
    displays = [read_display(section) for section in root.each("display")]
    buttons = [read_button(section, pins) for section in root.each("button")]
    buzzer = read_buzzer(root.sub("buzzer"), pins)
    outputs = {f"{light.name}.{colour}" for light in lights if light for colour in light.colours}
    names = SelfTestNames(
        {reader.name: reader.driver for reader in readers if reader},
        frozenset(outputs | ({"buzzer"} if buzzer else set())),
        frozenset(button.name for button in buttons if button),
        frozenset(sensor.name for sensor in sensors if sensor and sensor.contact),
    )
    selftest = read_selftest(root.sub("selftest"), names)
    _check_names(report, document)
    _check_ports(report, document)
    root.finish()
    return Setting(
        site=site or "",
        station=station or "",
        broker=broker,
        journal=journal,
        readers=tuple(reader for reader in readers if reader),
        sensors=tuple(sensor for sensor in sensors if sensor),
        lights=tuple(light for light in lights if light),
        displays=tuple(display for display in displays if display),
        buttons=tuple(button for button in buttons if button),
        buzzer=buzzer,
        selftest=selftest,
        language=Language(language or Language.EN),
        file=report.file,
    )


def _read_journal(root: Section, place: Callable[[str], str]) -> Journal:
    section = root.sub("journal")
    if section is None:
        if "journal" not in root.table:
            root.wrong("journal", "is missing", "add a table [journal] with path = …")
        return Journal("")
    path = section.text("path") if section.need("path", '"/var/lib/pullcord/journal.db"') else None
    backup_s = section.seconds("oldest_backup", 30 * 86_400.0, 3600.0, 3650 * 86_400.0)
    section.finish()
    return Journal(place(path) if path else "", backup_s / 86_400.0)


def _check_names(report: Report, document: dict[str, Any]) -> None:
    """Readers, sensors, buttons and displays are told apart by name in entries and faults; lights in lamps."""
    for kinds in (("reader", "sensor", "button", "display"), ("light",)):
        seen: dict[str, TomlPath] = {}
        for path, table in _tables(document, kinds):
            name = table.get("name")
            if isinstance(name, str) and (first := seen.setdefault(name, path)) is not path:
                report.add(
                    (*path, "name"), f'"{name}" is also {show_path(first)}', "give it another name"
                )


def _check_ports(report: Report, document: dict[str, Any]) -> None:
    seen: dict[str, TomlPath] = {}
    for path, table in _tables(document, ("reader", "sensor", "light", "display")):
        port = table.get("port")
        if isinstance(port, str) and (first := seen.setdefault(port, path)) is not path:
            report.add(
                (*path, "port"),
                f'"{port}" is already the port of {show_path(first)}',
                "give each device its own port",
            )


def _tables(
    document: dict[str, Any], kinds: tuple[str, ...]
) -> Iterator[tuple[TomlPath, dict[str, Any]]]:
    for kind in kinds:
        tables = document.get(kind)
        for place, table in enumerate(tables if isinstance(tables, list) else ()):
            if isinstance(table, dict):
                yield (kind, place), table
