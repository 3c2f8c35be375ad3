"""Days in a plant, end to end: pages by MQTT, calls by HTTP, driven time, what the API says."""

from pathlib import Path

import pytest

from flow.days import on_both
from flow.player import play
from flow.scenario import Scenario
from support.broker import Broker


@pytest.mark.parametrize(("scenario", "database"), on_both("scenarios.json"), indirect=["database"])
def test_a_day_in_a_plant_goes_as_it_should(
    scenario: Scenario, database: str, plant_broker: Broker, tmp_path: Path
) -> None:
    play(scenario, database, plant_broker, tmp_path)
