"""docs/provisioning.md and firmware-config/README.md name what there is, and nothing else."""

import re
from pathlib import Path

import pytest

from pullcord_edge.core.profile.profile import SERVES, family_of

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/provisioning.md").read_text("utf-8")
README = (ROOT / "firmware-config/README.md").read_text("utf-8")


def section(driver: str) -> str:
    start = PAGE.index(f"\n### `{driver}`:")
    end = PAGE.find("\n### ", start + 5)
    return PAGE[start : end if end > 0 else None]


def test_every_family_has_its_section() -> None:
    assert set(re.findall(r"\n### `([a-z0-9-]+)`:", PAGE)) == set(SERVES)


@pytest.mark.parametrize("driver", SERVES)
def test_every_setting_of_a_family_is_in_its_section(driver: str) -> None:
    family = family_of(driver)
    rows = re.findall(r"^\| (`.*?) \|", section(driver), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z_0-9]+)(?: =.*?)?`", row)}
    named -= {name for name in named if family.spare and family.spare(name)}
    known = {knob.name for knob in family.knobs}
    assert named == (known if driver != "metroselect" else set())
    assert ("baud" in section(driver)) is (family.set_baud is not None)


@pytest.mark.parametrize("driver", SERVES)
def test_every_word_that_a_setting_may_be_is_in_its_section(driver: str) -> None:
    for knob in family_of(driver).knobs:
        for word in getattr(knob.kind, "codes", {}):
            listed = f"`{word}`" in section(driver) or re.fullmatch(r"S[12]", word)
            assert listed, f"{knob.name} = {word}"


def test_every_file_of_firmware_config_that_the_readme_names_is_there() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / "firmware-config" / target).is_file(), target
    for path in (ROOT / "firmware-config/stations").glob("*.toml"):
        assert f"stations/{path.name}" in README
