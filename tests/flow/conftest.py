"""A broker for a file of days, and each day's own database of both kinds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.broker import Broker
from support.postgres import Postgres


@pytest.fixture(scope="module")
def plant_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new database of the kind that is asked for."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/pullcord.db"
    cluster: Postgres = request.getfixturevalue("postgres")
    return cluster.create()
