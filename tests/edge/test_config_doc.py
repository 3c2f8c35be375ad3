"""docs/station.md and the JSON Schema name every key that a station's file may have, and no other."""

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pullcord_edge.adapters import serial_port
from pullcord_edge.config import ConfigError, parse
from pullcord_edge.config.schema import make_schema
from pullcord_edge.config.section import Section
from pullcord_edge.core.feedback import VERDICTS
from pullcord_edge.readers.catalogue import CATALOGUE

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "station.md").read_text("utf-8")
EVERYTHING = """
site = "s"
station = "a"
[broker]
url = "mqtts://b"
[journal]
path = "j"
[[reader]]
name = "r1"
driver = "rdm6300"
role = "withdrawal"
port = "/dev/a"
[[reader]]
name = "r2"
driver = "wiegand26"
role = "none"
d0 = 2
d1 = 3
[[reader]]
name = "r3"
driver = "hid"
role = "none"
port = "/dev/input/x"
[[sensor]]
name = "s1"
driver = "switch"
pin = 4
[[sensor]]
name = "s2"
driver = "sics"
port = "/dev/b"
empty_below = 1
[[sensor]]
name = "s3"
driver = "hx711"
dout = 5
sck = 6
empty_below = 1
[[light]]
name = "l1"
pins = { red = 7 }
[[light]]
name = "l2"
driver = "modbus"
port = "/dev/c"
[[display]]
name = "d1"
driver = "cd5220"
port = "/dev/d"
[[button]]
name = "b1"
pin = 8
call = "material"
[buzzer]
pin = 9
[selftest]
cards = ["x"]
"""


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Table → every key that its reader asks for."""
    asked: dict[str, set[str]] = defaultdict(set)
    ask = Section.has

    def has(self: Section, key: str) -> bool:
        asked[str(self.path[0]) if self.path else ""].add(key)
        return ask(self, key)

    monkeypatch.setattr(Section, "has", has)
    parse(EVERYTHING)
    for kind in ("reader", "sensor", "light", "display", "button"):
        asked[kind] |= {"name", "driver"} if kind != "button" else {"name"}
    asked["broker"].discard("password")  # asked for only to refuse it
    asked["light"] -= {"red", "amber", "green", "blue", "white"}
    return asked


def documented(table: str) -> set[str]:
    """The keys in the first column of a table's section."""
    head = (
        f"\n### `[{table}]`"
        if table in ("broker", "journal", "buzzer", "selftest")
        else f"\n### `[[{table}]]`"
    )
    start = PAGE.index(head) if table else PAGE.index("\n## The file")
    end = PAGE.index("\n##", start + 5)
    cells = re.findall(r"^\| (.*?) \|", PAGE[start:end], re.MULTILINE)
    return {key for cell in cells for key in re.findall(r"`([a-z_0-9]+)`", cell)}


TABLES = (
    "", "broker", "journal", "reader", "sensor", "light", "display", "button", "buzzer", "selftest",
)  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
def test_every_key_is_on_the_page(keys: dict[str, set[str]], table: str) -> None:
    wanted = keys[table] - ({"broker", "journal", *TABLES} if not table else set())
    assert documented(table) == wanted


@pytest.mark.parametrize("table", TABLES)
def test_every_key_is_in_the_schema(keys: dict[str, set[str]], table: str) -> None:
    schema: Any = make_schema()
    if table:
        schema = schema["properties"][table]
        schema = schema.get("items", schema)
    options = {option.name for spec in CATALOGUE.values() for option in spec.options}
    assert set(schema["properties"]) - options == keys[table] - options


def test_the_shipped_schema_is_the_one_of_this_program() -> None:
    shipped = ROOT / "firmware-config" / "station.schema.json"
    assert json.loads(shipped.read_text()) == make_schema(), (
        "write it anew: pullcord-edge check --schema > firmware-config/station.schema.json"
    )


def test_every_named_fault_of_a_port_is_on_the_page() -> None:
    for fault in set(serial_port._NAMES.values()) | {"unplugged", "unreachable"}:
        assert f"`{fault}" in PAGE


def test_every_answer_a_worker_gets_is_on_the_page() -> None:
    start = PAGE.index("## What a worker sees")
    rows = PAGE[start : PAGE.index("Feedback of the moment")].count("\n| ")
    assert rows - 1 >= len(VERDICTS)


def blocks() -> Iterator[str]:
    """Every TOML block of the pages on stations."""
    for path in [ROOT / "docs" / "station.md", *sorted((ROOT / "docs" / "readers").glob("*.md"))]:
        yield from re.findall(r"```toml\n(.*?)```", path.read_text("utf-8"), re.DOTALL)


def test_every_example_of_a_device_on_the_pages_is_right() -> None:
    head = 'site = "s"\nstation = "a"\nbroker = { url = "mqtt://b" }\njournal = { path = "j" }\n'
    for block in blocks():
        document = tomllib.loads(block)
        if not document.keys() & {"reader", "sensor", "light", "button", "buzzer", "selftest"}:
            continue
        try:
            parse(block if "site" in document else head + block)
        except ConfigError as error:
            raise AssertionError(f"{error}\nin\n{block}") from error
