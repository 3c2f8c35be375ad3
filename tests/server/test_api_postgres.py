"""The same reads on PostgreSQL: every collection with every filter, page by page; board, overview, metrics."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pullcord_server.api import board, work
from pullcord_server.api.overview import overview
from pullcord_server.storage import model
from support.house import NOON, Site, card, fact, finding, order
from support.postgres import Postgres

V1 = "/api/v1"


@pytest.fixture
def site(tmp_path: Path, postgres: Postgres) -> Iterator[Site]:
    """A plant with a few rows of each kind."""
    made = Site(tmp_path, postgres.create())
    made.write(model.CardRow, *[card(f"BH-A1-{n:03d}") for n in range(1, 7)])
    made.write(model.OrderRow, *[order(f"J.{n}", NOON + n // 2, "BH-A1-001") for n in range(6)])
    made.write(model.OrderAlias, {"old": "K.1", "id": "J.1"})
    made.write(
        model.PortionRow,
        {
            "order": "J.1",
            "card": "BH-A1-001",
            "state": "released",
            "quantity": 20,
            "opened_at": NOON,
        },
    )
    made.write(model.FactRow, *[fact("J", n, NOON + n // 2) for n in range(6)])
    made.write(model.FindingRow, *[finding(f"F{n}", NOON + n // 2) for n in range(6)])
    made.write(model.TaskRow, {"id": "T1", "type": "take_out", "station": "m3-rack", "at": NOON})
    made.write(
        model.TagRow,
        {"number": 1, "code": "AA", "card": "BH-A1-001", "since": 0, "decision": "D"},
        {"number": 2, "code": "AA", "card": "BH-A1-002", "since": NOON, "decision": "D"},
    )
    made.write(model.StationRow, {"id": "assy1-post", "online": True, "status_at": NOON})
    made.write(
        model.GroupRow, {"item": "gasket", "place": "assembly-1", "body": '{"colour":"red"}'}
    )
    yield made
    made.engine.dispose()


FILTERS: dict[str, Any] = {
    "loop": "BH-A1",
    "card": "BH-A1-001",
    "station": "assy1-post",
    "since": "2026-11-23T12:00:00Z",
    "type": "arrival_missed",
    "life": "circulating",
    "kind": "withdrawal",
    "source": "machining-3",
    "consumer": "assembly-1",
}
STATES = {
    "cards": ["full"],
    "orders": ["open", "released"],
    "findings": ["open", "resolved"],
    "calls": ["open", "closed"],
    "tasks": ["open", "done"],
    "andon": ["red", "none"],
}


def test_every_filter_of_every_collection_is_understood(site: Site) -> None:
    """Alone, and with a page of one row."""
    client = site.client()
    for path, methods in client.app.openapi()["paths"].items():
        name = path.removeprefix(f"{V1}/")
        if path == name or "/" in name or "get" not in methods or name == "levelling":
            continue  # a plan is asked for by its month, or is not there
        whole = client.every(path)
        assert client.every(path, limit=1) == whole, name
        for parameter in {p["name"] for p in methods["get"]["parameters"]} - {"next", "limit"}:
            for value in STATES[name] if parameter == "state" else [FILTERS[parameter]]:
                for row in client.every(path, limit=2, **{parameter: value}):
                    assert row in whole


def test_rows_are_found_by_id(site: Site) -> None:
    """By a former one, too."""
    client = site.client()
    assert client.get(f"{V1}/orders/K.1").json()["id"] == "J.1"
    assert client.get(f"{V1}/journal/J.3").json()["seq"] == 3
    assert client.get(f"{V1}/tags/AA").json()["card"] == "BH-A1-002"
    assert client.get(f"{V1}/cards/BH-A1-009").status_code == 404


def test_boards_overview_and_metrics_are_read(site: Site) -> None:
    """With the same words."""
    house = site.house()
    assert board.andon(house)["loops"][0]["full"] == 6
    (worst,) = board.andon(house, most=1)["loops"]
    assert worst in board.andon(house)["loops"]
    assert len(work.read(house)["orders"]) == 6
    assert len(overview(house)["findings"]) == 6
    found = site.client().get("/metrics").text
    assert "pullcord_database_up 1.0" in found
    assert 'pullcord_orders_open{state="released"} 6.0' in found


def test_a_change_is_decided_and_shown(site: Site) -> None:
    """In one transaction."""
    with site.engine.begin() as connection:
        for table in ("card", "replenishment_order", "portion", "fact", "finding", "tag_binding"):
            connection.execute(text(f"DELETE FROM {table}"))
    site.decide()
    body = {"by": "lead-7", "reason": "label fell off"}
    answer = site.client().ask("POST", f"{V1}/loops/BH-A1/empty", json=body)
    assert answer.json()["state"] == "released", answer.text


def test_a_text_that_the_database_does_not_take_is_refused(site: Site) -> None:
    """It is no fault of the database."""
    client = site.client()
    for path in (
        f"{V1}/orders?loop=%00",
        f"{V1}/orders/%00",
        f"{V1}/tags/a%00",
        f"{V1}/cards?%00=x",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.json()["type"]) == (422, "invalid")
        assert "NUL" in answer.json()["detail"] or "not known" in answer.json()["detail"]
