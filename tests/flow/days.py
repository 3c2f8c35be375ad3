"""Days in a plant as parameters of a test: each with the kind of database it is played on."""

from pathlib import Path
from typing import Any

import pytest

from flow.scenario import Scenario, read_scenarios

DATA = Path(__file__).parent / "data"
KINDS = ("sqlite", "postgresql")


def on_both(file: str) -> list[Any]:
    """Every day of the file on either database."""
    return [_on(day, kind) for day in read_scenarios(DATA / file) for kind in KINDS]


def in_turn(*files: str) -> list[Any]:
    """Every day of these files, on one database and the other in turn."""
    days = [day for file in files for day in read_scenarios(DATA / file)]
    return [_on(day, KINDS[number % len(KINDS)]) for number, day in enumerate(days)]


def _on(day: Scenario, kind: str) -> Any:
    return pytest.param(day, kind, id=f"{day.id}-{kind}")
