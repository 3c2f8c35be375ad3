"""docs/selftest.md shows what a self-test says when it is run: guided, unattended, a calibration."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: A wire has 4 s, which a machine that is busy with other tests may miss.
TRIES = 3


@pytest.mark.timeout(180)
def test_the_page_is_what_a_played_station_says_now() -> None:
    spec = importlib.util.spec_from_file_location("made", ROOT / "scripts" / "selftest_doc.py")
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = (ROOT / "docs" / "selftest.md").read_text("utf-8")
    for _ in range(TRIES):
        made = script.render()
        if made == page:
            return
    assert made == page, "write it anew: make docs"
