"""Figures about calls and the hand-over of a shift: a day played by driven time, against figures made by hand."""

import csv
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pullcord_server.api.application import create_app
from pullcord_server.api.house import House
from pullcord_server.desk.action.call import move_call, raise_call
from pullcord_server.domain.call import CallAction
from support.day import PLANT, tagged
from support.desk import Server, new_database, new_postgres, tag
from support.house import Client
from support.post import Post
from support.postgres import Postgres

HOURS = 'site = "s1"\n[calendar]\ndays = [0, 1, 2, 3, 4]\nshifts = [["06:00", "14:00"], ["14:00", "22:00"]]\n'
DAY = {"since": "2026-11-23T00:00:00Z", "until": "2026-11-24T00:00:00Z"}


class Floor:
    """A floor with one box of hoses; people who call and answer."""

    def __init__(self, server: Server) -> None:
        self.server = server
        text = PLANT.replace('site = "s1"', HOURS).replace("cards = 4", "cards = 1")
        server.apply(tagged(text, BH=1, GK=3))
        server.set("06:00")
        self.posts = {name: Post(server, name) for name in ("post", "dock", "store")}
        house = House(
            site="s1",
            engine=server.engine,
            desk=server.desk,
            changes=server.desk.changes,
            now=lambda: server.now,
            plant=lambda: server.desk.floor.plant,
            broker_fault=lambda: None,
        )
        self.client = Client(create_app(house))

    def call(self, when: str, station: str, type_: str) -> str:
        """Somebody calls from a page."""
        self.server.set(when)
        calls = self.server.desk.calls
        action = partial(raise_call, calls=calls, station=station, type_=type_, by="op", loop=None)
        return self.server.act(action).id

    def answer(self, when: str, call: str, action: str, by: str, cause: str | None = None) -> None:
        """A lead does something about it."""
        self.server.set(when)
        calls = self.server.desk.calls
        step = CallAction(action)
        self.server.act(
            partial(move_call, calls=calls, call_id=call, action=step, by=by, cause=cause)
        )

    def red(self) -> str:
        """The call that a red lamp raised."""
        (row,) = [r for r in self.server.rows("call") if r["by"] == "pullcord"]
        id_: str = row["id"]
        return id_

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """What the API says."""
        answer = self.client.get(f"/api/v1/{path}", **query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(params=["sqlite", "postgres"])
def floor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Floor]:
    """Monday, 06:00."""
    if request.param == "postgres":
        cluster: Postgres = request.getfixturevalue("postgres")
        engine = new_postgres(cluster.create())
    else:
        engine = new_database(tmp_path / "pullcord.db")
    yield Floor(Server(engine))
    engine.dispose()


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Floor]:
    """The same, on SQLite alone."""
    engine = new_database(tmp_path / "pullcord.db")
    yield Floor(Server(engine))
    engine.dispose()


def played(floor: Floor) -> dict[str, str]:
    """Four calls: one ends by itself, one is resolved, one is answered late, one is left over night."""
    floor.server.set("06:30")
    floor.posts["post"].scan("withdrawal", tag("BH", 1))
    floor.answer("06:33", floor.red(), "acknowledge", "lead-7")
    floor.server.set("06:40")
    floor.posts["dock"].scan("arrival", tag("BH", 1))
    machine = floor.call("08:00", "store", "maintenance")
    floor.answer("08:02", machine, "acknowledge", "lead-7")
    floor.answer("08:05", machine, "arrive", "lead-7")
    floor.answer("08:20", machine, "resolve", "lead-7", "tool broke")
    floor.answer("08:21", machine, "close", "lead-7")
    quality = floor.call("13:58", "post", "quality")
    return {"machine": machine, "quality": quality}


def rows(found: dict[str, Any], table: str, by: str) -> dict[str, dict[str, Any]]:
    return {r["key"]: r for r in found[table] if r["by"] == by}


def test_a_day_s_figures_are_those_made_by_hand(floor: Floor) -> None:
    """06:30 red (3 min, by itself after 10), 08:00 machine (2, 5, 20), 13:58 quality (10), 21:58 nobody."""
    calls = played(floor)
    floor.answer("14:08", calls["quality"], "acknowledge", "lead-9")
    floor.call("21:58", "store", "supervisor")
    floor.server.set("D+1 06:02")
    found = floor.get("andon/figures", **DAY)
    assert (found["calls"], found["left_out"]) == (4, False)

    early = rows(found, "response", "shift")["06:00-14:00"]
    assert (early["calls"], early["unanswered"], early["cleared"]) == (3, 0, 1)
    assert early["acknowledge"] == {"count": 3, "median_s": 180.0, "p90_s": 600.0}
    assert early["arrive"] == {"count": 1, "median_s": 300.0, "p90_s": 300.0}
    assert early["resolve"] == {"count": 2, "median_s": 900.0, "p90_s": 1200.0}
    late = rows(found, "response", "shift")["14:00-22:00"]
    assert (late["calls"], late["unanswered"], late["acknowledge"]["count"]) == (1, 1, 0)
    types = rows(found, "response", "type")
    assert {k: r["calls"] for k, r in types.items()} == dict.fromkeys(
        ("material", "maintenance", "quality", "supervisor"), 1
    )
    assert {k: r["calls"] for k, r in rows(found, "response", "station").items()} == {
        "post": 2,
        "store": 2,
    }

    causes = [r for r in found["pareto"] if r["by"] == "cause"]
    assert [(r["key"], r["calls"], r["cumulative"]) for r in causes] == [
        ("none", 2, 0.5),
        ("cleared", 1, 0.75),
        ("tool broke", 1, 1.0),
    ]
    # the quality call since 13:58 and the other since 21:58, both until 06:02 of the next day
    assert [r["lasted_s"] / 60 for r in causes] == [8 * 60 + 2 + 2 + (2 + 2), 10, 20]
    assert rows(found, "pareto", "loop")["BH"]["calls"] == 1
    assert [h for h, n in enumerate(found["hours"]) for _ in range(n)] == [6, 8, 13, 21]


def test_a_day_s_load_is_over_working_time_and_a_lead_s_over_their_shifts(quick: Floor) -> None:
    """Two shifts of 8 h; lead-9 answered in the late one what the early one had raised."""
    calls = played(quick)
    quick.answer("14:08", calls["quality"], "acknowledge", "lead-9")
    quick.server.set("D+1 06:02")
    found = quick.get("andon/figures", **DAY)
    (plant,) = rows(found, "load", "plant").values()
    assert (plant["key"], plant["calls"], plant["worked_h"]) == ("s1", 3, 16.0)
    assert (plant["per_hour"], plant["per_10_min"], plant["grade"]) == (0.19, 0.03, "healthy")
    assert {k: r["calls"] for k, r in rows(found, "load", "process").items()} == {
        "assembly": 2,
        "machining": 1,
    }
    leads = rows(found, "load", "lead")
    assert (leads["lead-7"]["calls"], leads["lead-7"]["worked_h"]) == (2, 8.0)
    assert (leads["lead-9"]["calls"], leads["lead-9"]["worked_h"]) == (1, 8.0)
    assert found["limits"]["healthy"] == 1
    assert "ISA-18.2" in found["limits"]["source"]


def test_a_shift_hands_over_what_is_open_and_escalation_stands_still_at_night(
    floor: Floor,
) -> None:
    """Who has it and since when; the timers go on where the next shift begins."""
    calls = played(floor)
    floor.server.set("13:59")
    assert floor.get("andon/handover")["items"] == []
    floor.server.set("14:05")
    (handed,) = floor.get("andon/handover")["items"]
    assert (handed["id"], handed["has"], handed["by"]) == (calls["quality"], None, "op")
    assert (handed["waited_s"], handed["level"]) == (420.0, 1)
    assert handed["since"] == "2026-11-23T13:58:00.000Z"
    assert (handed["shift_start"], handed["shift_end"]) == (
        "2026-11-23T06:00:00.000Z",
        "2026-11-23T14:00:00.000Z",
    )
    floor.answer("14:08", calls["quality"], "acknowledge", "lead-9")
    left = floor.call("21:58", "store", "supervisor")
    floor.server.set("D+1 06:02")
    found = {h["id"]: h for h in floor.get("andon/handover")["items"]}
    assert found[calls["quality"]]["has"] == "lead-9"
    assert found[calls["quality"]]["waited_s"] == (8 * 60 + 4) * 60
    assert (found[left]["waited_s"], found[left]["level"]) == (240.0, 0)
    floor.server.set("D+1 06:03")
    found = {h["id"]: h for h in floor.get("andon/handover")["items"]}
    assert found[left]["level"] == 1
    floor.answer("D+1 06:05", left, "close", "lead-9", "by mistake")
    assert left not in {h["id"] for h in floor.get("andon/handover")["items"]}


def test_the_figures_are_a_file_for_a_spreadsheet_too(quick: Floor) -> None:
    """One line for each raising, or a table; what a spreadsheet would run is text."""
    calls = played(quick)
    quick.answer("14:08", calls["quality"], "resolve", "lead-9", "=HYPERLINK(1)")
    answer = quick.client.get("/api/v1/andon/figures.csv", **DAY)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="andon-calls.csv"' in answer.headers["content-disposition"]
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [r["type"] for r in lines] == ["material", "maintenance", "quality"]
    assert lines[1]["resolve_s"] == "1200.0"
    assert lines[2]["cause"] == "'=HYPERLINK(1)"
    for table, column in (
        ("response", "acknowledge_p90_s"),
        ("pareto", "cumulative"),
        ("load", "grade"),
    ):
        text = quick.client.get("/api/v1/andon/figures.csv", table=table, **DAY).text
        assert column in text.splitlines()[0]


def test_a_time_that_is_none_is_refused_and_an_empty_one_is_empty(quick: Floor) -> None:
    turned = {"since": DAY["until"], "until": DAY["since"]}
    answer = quick.client.get("/api/v1/andon/figures", **turned)
    assert (answer.status_code, answer.json()["type"]) == (422, "invalid")
    assert "before" in answer.json()["detail"]
    answer = quick.client.get("/api/v1/andon/figures", since="0001-01-01T00:00:00Z")
    assert (answer.status_code, answer.json()["type"]) == (422, "invalid")
    assert "year by year" in answer.json()["detail"]
    assert quick.client.get("/api/v1/andon/figures", untill="x").status_code == 422
    found = quick.get("andon/figures")
    assert (found["calls"], found["response"], found["pareto"]) == (0, [], [])
    assert found["hours"] == [0] * 24
    assert [r["grade"] for r in found["load"]] == ["healthy"]
    assert quick.client.get("/api/v1/andon/figures.csv").text.startswith("call,type,station")
