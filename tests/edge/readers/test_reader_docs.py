"""Every driver has a page, every option and port setting is on it, every example decodes."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

from pullcord_edge.commands import decode
from pullcord_edge.config import parse
from pullcord_edge.readers.catalogue import CATALOGUE

PAGES = Path(__file__).parents[3] / "docs/readers"


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_driver_has_a_page_with_wiring_settings_and_quirks(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text()
    for part in ("## Wiring", "## Settings", "## Quirks", "## Try it"):
        assert part in page


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_option_its_default_and_its_choices_are_on_the_page(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text()
    spec = CATALOGUE[name]
    for option in spec.options:
        assert f"| `{option.name}` |" in page, option.name
        assert option.about in page, option.about
        for choice in option.choices:
            assert not choice or f"`{choice}`" in page, choice
    if spec.serial is not None:
        serial = spec.serial
        assert f"{serial.baud} baud, {serial.bits}{serial.parity}{serial.stop}" in page


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_example_of_the_page_decodes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = (PAGES / f"{name}.md").read_text()
    [line] = re.findall(r"^pullcord-edge (decode .*)$", page, re.MULTILINE)
    parser = argparse.ArgumentParser()
    decode.add_parser(parser.add_subparsers())
    assert decode.run(parser.parse_args(shlex.split(line))) == 0
    shown = capsys.readouterr().out
    assert re.match(r"read |value |status ", shown), shown
    assert "noise" not in shown


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_station_file_of_the_page_is_right(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text()
    head = (
        'site = "s1"\nstation = "a1"\nbroker = { url = "mqtt://b" }\njournal = { path = "j.db" }\n'
    )
    for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL):
        setting = parse(head + text)
        drivers = [one.driver for one in setting.readers] + [one.driver for one in setting.sensors]
        assert drivers == [name]


def test_the_index_names_every_page() -> None:
    index = (PAGES / "index.md").read_text()
    assert all(f"[{name}]({name}.md)" in index for name in CATALOGUE)
    pages = {path.stem for path in PAGES.glob("*.md")} - {"index"}
    assert pages >= set(CATALOGUE)
