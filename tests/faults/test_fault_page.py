"""The pages about doctor and faults are what the table says and what a run says."""

import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent


def script(name: str) -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / name))


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_the_page_of_faults_is_current() -> None:
    assert page("faults.md") == script("faults_doc.py")["render"](), "run scripts/docs.sh"


def test_the_transcript_is_what_the_doctor_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    made = script("doctor_doc.py")
    mask, wanted = made["mask"], made["mask"](page("doctor.md"))
    for patience_s in (2.5, 8.0, 20.0):
        fresh = mask(made["render"](patience_s))
        if fresh == wanted:
            break
    assert fresh == wanted, "run scripts/docs.sh"
