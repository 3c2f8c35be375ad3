"""More days in a plant, end to end: lives of cards, clocks and hours, andon."""

from pathlib import Path

import pytest

from flow.player import play
from flow.scenario import Scenario, read_scenarios
from support.broker import Broker

DATA = Path(__file__).parent / "data"
FILES = (
    "card_days.json",
    "clock_days.json",
    "andon_days.json",
    "lead_days.json",
    "pull_days.json",
    "life_days.json",
)
SCENARIOS = [s for f in FILES for s in read_scenarios(DATA / f)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_a_day_in_a_plant_goes_as_it_should(
    scenario: Scenario, database: str, plant_broker: Broker, tmp_path: Path
) -> None:
    play(scenario, database, plant_broker, tmp_path)
