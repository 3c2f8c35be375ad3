"""Audits, scrap and trials by HTTP."""

from pathlib import Path
from typing import Any

import pytest

from support.house import Client, Site

V1 = "/api/v1"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """Of a house with a desk that decides."""
    site = Site(tmp_path)
    site.decide()
    return site.client()


def ask(client: Client, method: str, path: str, status: int, **body: Any) -> dict[str, Any]:
    answer = client.ask(method, V1 + path, json={"by": "lead-7", **body})
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_audit_tells_what_was_expected_found_and_missing(client: Client) -> None:
    begun = ask(client, "POST", "/audits", 201, loop="GK-A1")
    cards = ["GK-A1-001", "GK-A1-002", "GK-A1-003"]
    assert (begun["expected"], begun["found"], begun["missing"]) == (cards, [], cards)
    assert (begun["loop"], begun["station"], begun["by"]) == ("GK-A1", None, "lead-7")
    path = f"/audits/{begun['id']}"
    scanned = ask(client, "POST", f"{path}/scans", 200, codes=["GK-A1-002", "BH-A1-001", "FFFF"])
    assert scanned["decision"] != begun["decision"]
    shown = client.get(V1 + path).json()
    assert shown["found"] == ["GK-A1-002", "BH-A1-001"]
    assert shown["missing"] == ["GK-A1-001", "GK-A1-003"]
    assert (shown["unexpected"], shown["unknown"]) == (["BH-A1-001"], ["FFFF"])


def test_audits_are_listed_by_loop_and_station(client: Client) -> None:
    of_loop = ask(client, "POST", "/audits", 201, loop="GK-A1")["id"]
    at_station = ask(client, "POST", "/audits", 201, station="assy1-post")["id"]
    assert [a["id"] for a in client.every(f"{V1}/audits", loop="GK-A1")] == [of_loop]
    assert [a["id"] for a in client.every(f"{V1}/audits", station="assy1-post")] == [at_station]
    assert len(client.every(f"{V1}/audits", limit=1)) == 2


def test_an_audit_that_cannot_be_is_refused_by_name(client: Client) -> None:
    assert ask(client, "POST", "/audits", 422)["type"] == "loop-or-station"
    assert ask(client, "POST", "/audits", 404, loop="XX")["type"] == "not-found"
    assert ask(client, "POST", "/audits/A1/scans", 404, codes=["AA"])["type"] == "not-found"
    assert ask(client, "POST", "/audits/A1/scans", 422, codes=[])["type"] == "invalid"
    assert client.get(f"{V1}/audits/A1").status_code == 404


def test_scrapped_goods_answer_with_the_card_and_its_order(client: Client) -> None:
    ask(client, "PATCH", "/cards/BH-A1-001", 200, hold=True, reason="scratches")
    assert ask(client, "PATCH", "/cards/BH-A1-001", 422, scrap=True)["type"] == "reason-required"
    made = ask(client, "PATCH", "/cards/BH-A1-001", 200, scrap=True, reason="through and through")
    assert (made["state"], made["hold"], made["order"]) == ("released", False, made["decision"])
    again = ask(client, "PATCH", "/cards/BH-A1-001", 409, scrap=True, reason="again")
    assert again["type"] == "not-in-state"


def test_a_trial_shows_what_broke_while_it_runs(client: Client) -> None:
    ask(client, "POST", "/loops/BH-A1/experiments", 201, remove=1, reason="what breaks?")
    ask(client, "PATCH", "/cards/BH-A1-002", 200, life="lost", reason="not found")
    (trial,) = client.get(f"{V1}/loops/BH-A1").json()["trials"]
    assert trial["broke"] == {"lost": 1}
    ended = ask(client, "DELETE", "/loops/BH-A1/experiments/1", 200, reason="one card gone")
    assert ended["broke"] == {"lost": 1}
