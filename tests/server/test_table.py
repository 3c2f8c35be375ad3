"""The transition table says what the published one says, cell by cell."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from pullcord_server.domain.card import Event, State
from pullcord_server.domain.finding import FINDINGS
from pullcord_server.domain.plant import Kind, Scans
from pullcord_server.domain.table import REPEATABLE, Cell, cell
from pullcord_wire.message import Verdict

ORACLE: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "tables.json").read_text())
PROFILES = {
    "tolerant": (Scans.FULL, False),
    "strict": (Scans.FULL, True),
    "tolerant_two_scans": (Scans.TWO, False),
    "strict_two_scans": (Scans.TWO, True),
    "tolerant_one_scan": (Scans.ONE, False),
}


def _as_json(row: Cell) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "to": row.to.value,
        "order": "+".join(row.order) or "none",
        "verdict": 200 if row.undone else row.verdict,
    }
    if row.finding is not None:
        shown["finding"] = row.finding
    if row.inferred:
        shown["inferred"] = list(row.inferred)
    if row.waits is not None:
        shown["waits"] = {"to": row.waits.to.value, "order": "+".join(row.waits.order)}
    if row.finding == "impossible_state":
        shown["unreachable"] = True
    return shown


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("kind", Kind)
def test_every_cell_equals_the_published_table(kind: Kind, profile: str) -> None:
    scans, strict = PROFILES[profile]
    for state in State:
        for column in ORACLE["events"]:
            event, again = Event(column.removesuffix("_again")), column.endswith("_again")
            expected = {k: v for k, v in ORACLE[profile][kind][state].items() if k == column}[
                column
            ]
            expected = {k: v for k, v in expected.items() if k != "note"}
            assert _as_json(cell(kind, scans, strict, state, event, again)) == expected, column


def test_an_event_that_has_no_repeat_is_the_same_again() -> None:
    for kind in Kind:
        for scans, strict in PROFILES.values():
            for state in State:
                for event in set(Event) - set(REPEATABLE):
                    once = cell(kind, scans, strict, state, event, False)
                    assert cell(kind, scans, strict, state, event, True) is once


def test_a_strict_loop_of_one_scan_has_no_table() -> None:
    with pytest.raises(KeyError):
        cell(Kind.WITHDRAWAL, Scans.ONE, True, State.FULL, Event.WITHDRAWAL, False)


def test_what_waits_keeps_its_verdict() -> None:
    row = cell(Kind.WITHDRAWAL, Scans.FULL, False, State.FULL, Event.WITHDRAWAL, False)
    assert row.waits is not None
    assert row.waits.verdict is Verdict.ACCEPTED
    assert row.waits.to is State.EMPTY


def test_the_page_about_states_is_current() -> None:
    root = Path(__file__).parent.parent.parent
    script = runpy.run_path(str(root / "scripts" / "states_doc.py"))
    page = (root / "docs" / "states.md").read_text(encoding="utf-8")
    assert page == script["render"](), "run scripts/states_doc.py"


def test_verdicts_and_findings_are_the_published_lists() -> None:
    assert list(FINDINGS) == ORACLE["findings"]
    assert [v.value for v in Verdict] == ORACLE["verdicts"]
