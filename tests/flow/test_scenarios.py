"""Days in a plant, end to end: pages by MQTT, calls by HTTP, driven time, what the API says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flow.player import Player
from flow.scenario import Scenario, read_scenarios, with_tags
from support.broker import Broker
from support.plant_driver import PlantDriver
from support.postgres import Postgres
from support.server_process import ServerProcess

DATA = Path(__file__).parent / "data"
FILES = (
    *("scenarios.json", "more_days.json", "floor_days.json"),
    *("card_days.json", "clock_days.json", "andon_days.json"),
)
SCENARIOS = [s for f in FILES for s in read_scenarios(DATA / f)]


@pytest.fixture(scope="module")
def plant_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/pullcord.db"
    cluster: Postgres = request.getfixturevalue("postgres")
    return cluster.create()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.id)
def test_a_day_in_a_plant_goes_as_it_should(
    scenario: Scenario, database: str, plant_broker: Broker, tmp_path: Path
) -> None:
    server = ServerProcess(tmp_path, broker=plant_broker.url, database=database, driven=True)
    plant, codes = with_tags(scenario.plant)
    driver = PlantDriver(plant_broker.port, "s1")
    try:
        server.apply(plant)
        server.start(ready=False)
        Player(server, driver, codes).play(scenario)
    finally:
        driver.close()
        server.close()
