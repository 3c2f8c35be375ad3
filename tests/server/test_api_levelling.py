"""Levelling by HTTP: plans of pacemakers, the heijunka box, and the refusal of any other process."""

from pathlib import Path
from typing import Any

import pytest

from pullcord_server.desk.action.plant import apply_plant
from pullcord_server.domain.plant_file import parse_plant
from support.house import PLANT, Client, Site

V1 = "/api/v1"
BOXED = f"""{PLANT}
[[loop]]
id = "FA"
kind = "production"
item = "brake-hose"
source = "assembly-1"
quantity = 5
cards = 4
lead_time = "10m"
scans = ["withdrawal", "finish"]
release = "heijunka"
[[item]]
id = "coil"
[[loop]]
id = "CL"
kind = "production"
item = "coil"
source = "machining-3"
quantity = 5
cards = 4
lead_time = "10m"
scans = ["withdrawal", "finish"]
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A desk that decides, whose pacemaker makes hoses by its box. It is noon."""
    made = Site(tmp_path, plant=parse_plant(BOXED))
    made.decide().submit(lambda turn: apply_plant(turn, BOXED, "planner-1")).result()
    return made


@pytest.fixture
def client(site: Site) -> Client:
    """Of that house."""
    return site.client()


def ask(client: Client, method: str, path: str, status: int, **body: Any) -> dict[str, Any]:
    answer = client.ask(method, V1 + path, json={"by": "planner", **body})
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def level(client: Client, status: int = 200, **more: Any) -> dict[str, Any]:
    values = {"month": "2026-11", "items": {"brake-hose": 9600}, "working_days": 20, **more}
    return ask(client, "PUT", "/levelling", status, **values)


def test_a_plan_is_answered_with_what_follows_from_it(client: Client) -> None:
    made = level(client, reason="the new model")
    assert (made["id"], made["by"], made["reason"]) == (
        "2026-11@assembly-1",
        "planner",
        "the new model",
    )
    assert (made["per_day"], made["takt_s"]) == ({"brake-hose": 480}, 180)
    assert (made["pitch_s"], made["pattern"]) == ({"brake-hose": 900}, ["brake-hose"])
    assert made["decision"]
    del made["decision"]
    assert client.get(f"{V1}/levelling/2026-11@assembly-1").json() == made
    assert client.every(f"{V1}/levelling", process="assembly-1") == [made]
    assert client.get(f"{V1}/levelling", month="2026-11").json() == made


def test_fractions_are_exact(client: Client) -> None:
    made = level(client, items={"brake-hose": 1000}, working_days=7)
    assert made["per_day"] == {"brake-hose": "1000/7"}


def test_a_second_plan_of_the_month_stands_for_the_first(client: Client) -> None:
    level(client)
    level(client, items={"brake-hose": 8500})
    (found,) = client.every(f"{V1}/levelling")
    assert found["per_day"] == {"brake-hose": 425}


def test_the_box_shows_its_slots_and_what_is_moved_in_it(client: Client) -> None:
    level(client)
    box = client.get(f"{V1}/levelling/box").json()
    assert (box["process"], box["day"], len(box["slots"])) == ("assembly-1", "2026-11-23", 96)
    assert box["slots"][0] == {
        "place": 0,
        "at": "2026-11-23T00:00:00.000Z",
        "item": "brake-hose",
        "quantity": 5,
        "state": "passed",
        "frozen": True,
        "card": None,
    }
    assert box["slots"][-1]["state"] == "planned"
    moves = [{"from": 90, "to": 80}]
    moved = ask(client, "PATCH", "/levelling/box", 200, moves=moves, day="2026-11-23")
    assert moved["decision"]
    assert moved["slots"] == box["slots"]  # all of one item
    moves = [{"from": 90, "to": 49}]
    assert ask(client, "PATCH", "/levelling/box", 422, moves=moves)["type"] == "reason-required"


@pytest.mark.parametrize("more", [{"process": "machining-3"}, {"items": {"coil": 9}}])
def test_a_plan_of_another_process_is_refused_with_the_reason(
    client: Client, more: dict[str, Any]
) -> None:
    refused = level(client, 409, **more)
    assert refused["type"] == "not-a-pacemaker"
    assert "a plan exists at pacemakers only" in refused["detail"]
    assert client.every(f"{V1}/levelling") == []
    moves = [{"from": 1, "to": 0}]
    refused = ask(client, "PATCH", "/levelling/box", 409, moves=moves, process="machining-3")
    assert refused["type"] == "not-a-pacemaker"
    answer = client.get(f"{V1}/levelling/box", process="machining-3")
    assert (answer.status_code, answer.json()["type"]) == (409, "not-a-pacemaker")


def test_what_is_not_there_is_not_found(client: Client) -> None:
    for path in ("levelling/2026-11@assembly-1", "levelling?month=2026-11"):
        assert client.get(f"{V1}/{path}").status_code == 404
    assert client.get(f"{V1}/levelling/box").json()["slots"] == []
    moves = [{"from": 1, "to": 0}]
    assert ask(client, "PATCH", "/levelling/box", 409, moves=moves)["type"] == "no-plan"
    assert client.get(f"{V1}/levelling/box", day="soon").json()["type"] == "day"


def test_a_process_that_is_no_pacemaker_any_more_has_no_plan(site: Site, client: Client) -> None:
    level(client)
    pulled = BOXED.replace("pacemaker = true\n", "").replace('release = "heijunka"\n', "")
    site.plant = parse_plant(pulled)
    assert client.every(f"{V1}/levelling") == []
    assert client.get(f"{V1}/levelling/box").json()["type"] == "not-a-pacemaker"
