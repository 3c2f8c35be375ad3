"""Lives of cards, end to end: issued, printed, blocked, lost, replaced, taken out, taken back."""

from pathlib import Path

import pytest

from flow.days import in_turn
from flow.player import play
from flow.scenario import Scenario
from support.broker import Broker


@pytest.mark.parametrize(
    ("scenario", "database"), in_turn("card_days.json", "life_days.json"), indirect=["database"]
)
def test_the_life_of_a_card_goes_as_it_should(
    scenario: Scenario, database: str, plant_broker: Broker, tmp_path: Path
) -> None:
    play(scenario, database, plant_broker, tmp_path)
