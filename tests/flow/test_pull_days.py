"""Days of pull, end to end: releases, queues, lots, slots, exchanges, bins."""

from pathlib import Path

import pytest

from flow.days import in_turn
from flow.player import play
from flow.scenario import Scenario
from support.broker import Broker


@pytest.mark.parametrize(("scenario", "database"), in_turn("pull_days.json"), indirect=["database"])
def test_a_day_of_pull_goes_as_it_should(
    scenario: Scenario, database: str, plant_broker: Broker, tmp_path: Path
) -> None:
    play(scenario, database, plant_broker, tmp_path)
