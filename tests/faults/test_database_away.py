"""PostgreSQL dies and comes back under two servers: nobody decides meanwhile, and both recover."""

from pathlib import Path

import pytest

from pullcord_wire.instant import parse_instant
from pullcord_wire.message import CodeBody, EntryType
from support.broker import Broker
from support.hose_loop import hose_loop
from support.plant_driver import DrivenStation, PlantDriver
from support.postgres import Postgres
from support.server_process import ServerProcess
from support.until import until

NOW = parse_instant("2026-11-23T08:00:00Z")
PLANT = (
    hose_loop(9, "8h")
    + """\
[[station]]
id = "post"
process = "assembly-1"
"""
    + "".join(
        f'[[tag]]\ncode = "{number:010X}"\ncard = "BH-A1-{number:03}"\n' for number in range(1, 10)
    )
)


def drop(driver: PlantDriver, station: DrivenStation, number: int) -> None:
    """One card; returns when the server has it."""
    station.record(EntryType.WITHDRAWAL, CodeBody("reader", f"{number:010X}"), NOW + number * 1000)
    driver.send(station)


@pytest.mark.timeout(120)
def test_a_database_that_dies_and_comes_back_loses_no_scan(broker: Broker, tmp_path: Path) -> None:
    cluster = Postgres(durable=True).start()
    database = cluster.create()
    servers = [
        ServerProcess(
            tmp_path / name, broker=broker.url, database=database, decisions=tmp_path / "decisions"
        )
        for name in ("one", "two")
    ]
    one, two = servers
    driver = PlantDriver(broker.port, "s1")
    try:
        one.apply(PLANT)
        one.start()
        two.start(ready=False)
        post = driver.station("post", NOW)
        drop(driver, post, 1)
        for number in (2, 3, 4):
            cluster.crash()
            until(lambda: not one.answers("/readyz") and not two.answers("/readyz"), "both say so")
            assert one.answers("/livez"), one.process.said()
            assert two.answers("/livez"), two.process.said()
            cluster.begin()
            until(lambda: one.answers("/readyz") or two.answers("/readyz"), "one decides again", 20)
            drop(driver, post, number)
        assert one.answers("/livez"), one.process.said()
        assert two.answers("/livez"), two.process.said()
        orders = one.collection("orders")
        assert sorted(order["cards"] for order in orders) == [
            [f"BH-A1-00{n}"] for n in (1, 2, 3, 4)
        ]
        for server in servers:
            server.stop()
    finally:
        driver.close()
        for server in servers:
            server.close()
        cluster.stop()
