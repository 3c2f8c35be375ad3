"""docs/configuration.md names every key of server.toml and plant.toml, and its examples are good."""

import re
from pathlib import Path

import pytest

from pullcord_server.domain.plant_file import KEYS, parse_plant
from pullcord_server.settings import DEFAULTS, parse_settings

PAGE = (Path(__file__).parent.parent.parent / "docs" / "configuration.md").read_text("utf-8")
SERVER, PLANT = PAGE.split("## server.toml")[1].split("## plant.toml")
HEADINGS = {"": "### The plant itself", "calendar": "### `[calendar]`"}


def rows(text: str) -> dict[str, str]:
    """Key → default, of the first table of a text."""
    found: dict[str, str] = {}
    for line in text.split("\n### ")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `") and len(cells) == 3:
            found |= dict.fromkeys(re.findall(r"`([a-z_]+)`", cells[0]), cells[1])
    return found


def test_every_key_of_server_toml_is_documented_with_its_default() -> None:
    found = rows(SERVER)
    assert list(found) == list(DEFAULTS)
    for key, default in DEFAULTS.items():
        if default is not None:
            assert found[key] == f"`{default}`", key


@pytest.mark.parametrize("table", KEYS)
def test_every_key_of_plant_toml_is_documented(table: str) -> None:
    heading = HEADINGS.get(table, f"### `[[{table}]]`")
    assert heading in PLANT
    assert sorted(rows(PLANT.split(heading)[1])) == sorted(KEYS[table])


def test_the_examples_are_good() -> None:
    server, plant = (
        re.findall(r"```toml\n(.*?)```", text, re.DOTALL)[0] for text in (SERVER, PLANT)
    )
    settings = parse_settings(server, "server.toml", {})
    assert settings.decisions_copy is not None
    assert parse_plant(plant).site == settings.site
