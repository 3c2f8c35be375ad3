"""Collections: the shapes of their rows, pages that neither skip nor repeat, filters."""

from pathlib import Path
from typing import Any

import pytest

from pullcord_server.domain.plant_file import parse_plant
from pullcord_server.storage import model
from support.house import MINUTE, NOON, PLANT, Site, call, card, fact, finding, order

V1 = "/api/v1"
EVERY = [
    *("items", "processes", "suppliers", "loops", "cards", "tags", "stations"),
    *("orders", "findings", "calls", "tasks", "andon", "journal"),
]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty database under a small plant."""
    return Site(tmp_path)


def ids(site: Site, name: str, **filters: Any) -> list[str]:
    """The ids of every row that a filter leaves."""
    return [row["id"] for row in site.client().every(f"{V1}/{name}", **filters)]


@pytest.mark.parametrize("name", EVERY)
def test_every_collection_answers_items_and_next(site: Site, name: str) -> None:
    """The envelope is the same everywhere."""
    body = site.client().get(f"{V1}/{name}").json()
    assert set(body) == {"items", "next"}
    assert body["next"] is None


@pytest.mark.parametrize("name", EVERY)
def test_a_row_that_is_not_there_is_a_problem_404(site: Site, name: str) -> None:
    """By its collection's word."""
    answer = site.client().get(f"{V1}/{name}/nothing.7")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "not-found"
    assert "nothing.7" in answer.json()["detail"]


def test_an_order_has_the_fields_of_the_contract(site: Site) -> None:
    """Names, instants in UTC with milliseconds, cards as a list."""
    site.write(model.OrderRow, order("J.1", NOON, "BH-A1-003"))
    found = site.client().get(f"{V1}/orders/J.1").json()
    assert found == {
        "id": "J.1",
        "loop": "BH-A1",
        "kind": "withdrawal",
        "item": "brake-hose",
        "quantity": 20,
        "source": "machining-3",
        "consumer": "assembly-1",
        "state": "released",
        "cards": ["BH-A1-003"],
        "opened_at": "2026-11-23T12:00:00.000Z",
        "due_at": "2026-11-23T12:45:00.000Z",
        "closed_at": None,
        "closed_by": None,
        "replaces": None,
        "released_at": "2026-11-23T12:00:00.000Z",
        "promised_at": None,
        "note": None,
    }


def test_a_card_has_the_fields_of_the_contract(site: Site) -> None:
    """Blocked and hold are true or false, their reasons beside them."""
    site.write(
        model.CardRow,
        card("BH-A1-001", state="released", actual=0, order="J.1"),
        card("BH-A1-002", blocked="bent", hold="", since=None),
    )
    client = site.client()
    one = client.get(f"{V1}/cards/BH-A1-001").json()
    assert {k: one[k] for k in ("id", "loop", "state", "life", "blocked", "hold")} == {
        "id": "BH-A1-001",
        "loop": "BH-A1",
        "state": "released",
        "life": "circulating",
        "blocked": False,
        "hold": False,
    }
    assert (one["actual"], one["version"], one["order"]) == (0, 1, "J.1")
    assert one["since"] == "2026-11-23T12:00:00.000Z"
    two = client.get(f"{V1}/cards/BH-A1-002").json()
    assert (two["blocked"], two["blocked_reason"]) == (True, "bent")
    assert (two["hold"], two["hold_reason"]) == (True, None)
    assert (two["order"], two["since"]) == (None, None)


def test_a_finding_a_call_and_a_task_have_the_fields_of_the_contract(site: Site) -> None:
    """What is not settled yet is null."""
    site.write(model.FindingRow, finding("J.9.arrival_missed", NOON))
    site.write(model.CallRow, call("C1", NOON, by="pullcord"))
    site.write(model.TaskRow, {"id": "T1", "type": "take_out", "station": "assy1-post", "at": NOON})
    client = site.client()
    found = client.get(f"{V1}/findings/J.9.arrival_missed").json()
    wanted = {"id", "type", "card", "loop", "station", "at", "resolved_at", "reason"}
    assert wanted <= set(found)
    assert (found["at"], found["resolved_at"]) == ("2026-11-23T12:00:00.000Z", None)
    called = client.get(f"{V1}/calls/C1").json()
    assert {"id", "type", "state", "station", "loop", "raised_at", "by", "cause"} <= set(called)
    assert (called["state"], called["by"], called["cause"]) == ("raised", "pullcord", None)
    assert client.get(f"{V1}/tasks/T1").json()["done_at"] is None


def test_an_entry_has_the_fields_of_the_contract_and_the_keys_of_its_type(site: Site) -> None:
    """Its id is `<journal>.<seq>`."""
    site.write(model.FactRow, fact("J", 7, NOON, findings="arrival_missed,cloned"))
    found = site.client().get(f"{V1}/journal/J.7").json()
    assert {k: found[k] for k in ("journal", "seq", "station", "type", "card", "verdict")} == {
        "journal": "J",
        "seq": 7,
        "station": "assy1-post",
        "type": "withdrawal",
        "card": "BH-A1-001",
        "verdict": "accepted",
    }
    assert found["at"] == "2026-11-23T12:00:00.000Z"
    assert found["body"] == {"reader": "post"}
    assert found["findings"] == ["arrival_missed", "cloned"]


@pytest.mark.parametrize("id_", ["J", "J.x", "J.", ".7", "J.99999999999999999999", "J.٧"])
def test_an_entry_id_that_names_no_entry_is_not_found(site: Site, id_: str) -> None:
    """Whatever it looks like."""
    site.write(model.FactRow, fact("J", 7, NOON))
    assert site.client().get(f"{V1}/journal/{id_}").status_code == 404


def test_an_order_answers_under_its_former_ids(site: Site) -> None:
    """And says what it is called now."""
    site.write(model.OrderRow, order("J.2", NOON, "BH-A1-001", replaces="J.5"))
    site.write(model.OrderAlias, {"old": "J.5", "id": "J.2"}, {"old": "J.9", "id": "J.2"})
    client = site.client()
    for id_ in ("J.2", "J.5", "J.9"):
        assert client.get(f"{V1}/orders/{id_}").json()["id"] == "J.2"


def test_open_orders_are_all_that_are_not_over(site: Site) -> None:
    """`state=open` is more than the state of that name."""
    states = ("open", "released", "in_process", "in_transit", "closed", "withdrawn")
    rows = [order(f"J.{n}", NOON + n, state=s) for n, s in enumerate(states)]
    site.write(model.OrderRow, *rows)
    assert ids(site, "orders", state="open") == ["J.0", "J.1", "J.2", "J.3"]
    assert ids(site, "orders", state="in_process") == ["J.2"]
    assert ids(site, "orders", state="withdrawn") == ["J.5"]


def test_orders_are_filtered_by_loop_card_and_time(site: Site) -> None:
    """Filters add up."""
    site.write(
        model.OrderRow,
        order("J.1", NOON, "BH-A1-001"),
        order("J.2", NOON + MINUTE, "BH-A1-002", state="closed"),
        order("J.3", NOON + 2 * MINUTE, "GK-A1-001", loop="GK-A1"),
    )
    portions = [("J.1", "BH-A1-001"), ("J.2", "BH-A1-002"), ("J.3", "GK-A1-001")]
    site.write(
        model.PortionRow,
        *[
            {"order": o, "card": c, "state": "released", "quantity": 20, "opened_at": NOON}
            for o, c in portions
        ],
    )
    assert ids(site, "orders", loop="BH-A1") == ["J.1", "J.2"]
    assert ids(site, "orders", loop="BH-A1", state="open") == ["J.1"]
    assert ids(site, "orders", card="BH-A1-002") == ["J.2"]
    assert ids(site, "orders", since="2026-11-23T12:01:00Z") == ["J.2", "J.3"]
    assert ids(site, "orders", since="2026-11-23T21:01:00.001+09:00") == ["J.3"]
    assert ids(site, "orders", loop="no-such-loop") == []


def test_cards_and_orders_of_a_station_are_of_the_loops_it_serves(site: Site) -> None:
    """At either end of a loop; none at a station that is not known."""
    site.plant = parse_plant(
        PLANT.replace('source = "machining-3"', 'source = "seals-ltd"', 1)
        .replace('kind = "withdrawal"', 'kind = "supplier"', 1)
        .replace('demand = "60/h"', 'cycle = [1, 1, 1]\nslots = ["08:00"]')
    )
    site.write(model.CardRow, card("BH-A1-001"), card("GK-A1-001"))
    site.write(
        model.OrderRow,
        order("J.1", NOON, "BH-A1-001"),
        order("J.2", NOON, "GK-A1-001", loop="GK-A1"),
    )
    assert ids(site, "cards", station="assy1-post") == ["BH-A1-001", "GK-A1-001"]
    assert ids(site, "cards", station="m3-rack") == ["GK-A1-001"]
    assert ids(site, "orders", station="m3-rack", state="open") == ["J.2"]
    assert ids(site, "orders", station="nowhere") == []


def test_cards_are_filtered_by_loop_state_life_and_time(site: Site) -> None:
    """A card that never moved has no time."""
    site.write(
        model.CardRow,
        card("BH-A1-001"),
        card("BH-A1-002", state="released", since=NOON + MINUTE),
        card("BH-A1-003", life="lost", since=None),
        card("GK-A1-001"),
    )
    assert ids(site, "cards", loop="BH-A1") == ["BH-A1-001", "BH-A1-002", "BH-A1-003"]
    assert ids(site, "cards", state="released") == ["BH-A1-002"]
    assert ids(site, "cards", life="lost") == ["BH-A1-003"]
    assert ids(site, "cards", card="GK-A1-001") == ["GK-A1-001"]
    assert ids(site, "cards", since="2026-11-23T12:00:30Z") == ["BH-A1-002"]


def test_open_findings_calls_and_tasks_are_those_nobody_settled(site: Site) -> None:
    """A resolved call is open until it is closed."""
    site.write(
        model.FindingRow,
        finding("F1", NOON),
        finding("F2", NOON + 1, resolved_at=NOON + 2, reason="seen"),
        finding("F3", NOON + 2, type="lost", loop="GK-A1", station="m3-rack", card="GK-A1-001"),
    )
    states = ("to_confirm", "raised", "acknowledged", "at_station", "resolved", "closed")
    site.write(model.CallRow, *[call(f"C{n}", NOON + n, state=s) for n, s in enumerate(states)])
    site.write(
        model.TaskRow,
        {"id": "T1", "type": "take_out", "station": "assy1-post", "at": NOON, "done_at": None},
        {"id": "T2", "type": "take_out", "station": "m3-rack", "at": NOON, "done_at": NOON},
    )
    assert ids(site, "findings", state="open") == ["F1", "F3"]
    assert ids(site, "findings", state="resolved") == ["F2"]
    assert ids(site, "findings", loop="GK-A1") == ["F3"]
    assert ids(site, "findings", station="m3-rack", card="GK-A1-001") == ["F3"]
    assert ids(site, "findings", type="lost") == ["F3"]
    assert ids(site, "calls", state="open") == ["C0", "C1", "C2", "C3", "C4"]
    assert ids(site, "calls", state="at_station", station="assy1-post") == ["C3"]
    assert ids(site, "tasks", state="open") == ["T1"]
    assert ids(site, "tasks", state="done", station="m3-rack") == ["T2"]


def test_the_journal_is_filtered_by_card_loop_station_and_time(site: Site) -> None:
    """In the order of corrected time, whatever journal an entry is of."""
    site.write(model.CardRow, card("BH-A1-001"), card("GK-A1-001"))
    site.write(
        model.FactRow,
        fact("K", 1, NOON + 5),
        fact("J", 1, NOON),
        fact("J", 2, NOON + 9, card="GK-A1-001", station="m3-rack"),
        fact("J", 3, NOON + 9, card=None, type="device", body='{"device":"post","fault":null}'),
    )
    assert ids(site, "journal") == ["J.1", "K.1", "J.2", "J.3"]
    assert ids(site, "journal", card="BH-A1-001") == ["J.1", "K.1"]
    assert ids(site, "journal", loop="GK-A1") == ["J.2"]
    assert ids(site, "journal", station="m3-rack") == ["J.2"]
    assert ids(site, "journal", since="2026-11-23T12:00:00.005Z") == ["K.1", "J.2", "J.3"]


def test_a_tag_means_the_card_it_was_bound_to_last(site: Site) -> None:
    """A code that was unbound stays known, and means none."""
    rows = [
        (1, "AA", "BH-A1-001", 0),
        (2, "BB", "BH-A1-002", 0),
        (3, "AA", "BH-A1-003", NOON),
        (4, "BB", None, NOON),
    ]
    site.write(
        model.TagRow,
        *[{"number": n, "code": c, "card": k, "since": s, "decision": "D"} for n, c, k, s in rows],
    )
    client = site.client()
    tags = {row["code"]: row["card"] for row in client.every(f"{V1}/tags")}
    assert tags == {"AA": "BH-A1-003", "BB": None}
    assert client.get(f"{V1}/tags/AA").json()["since"] == "2026-11-23T12:00:00.000Z"
    assert ids(site, "tags", card="BH-A1-001") == []
    assert ids(site, "tags", card="BH-A1-003") == ["AA"]


def test_a_tag_whose_code_has_a_slash_is_found(site: Site) -> None:
    """Codes are what a reader reads."""
    code = "]d201/04"
    site.write(
        model.TagRow, {"number": 1, "code": code, "card": "BH-A1-001", "since": 0, "decision": "D"}
    )
    assert site.client().get(f"{V1}/tags/%5Dd201%2F04").json()["code"] == code


def test_the_plant_is_read_from_its_definition(site: Site) -> None:
    """With what is settled about a loop."""
    site.write(model.LoopRow, {"id": "BH-A1", "cards": 5, "to_take_out": 1, "in_service": False})
    client = site.client()
    assert ids(site, "items") == ["brake-hose", "gasket"]
    assert client.get(f"{V1}/processes/assembly-1").json()["stations"] == ["assy1-post"]
    assert client.get(f"{V1}/suppliers/seals-ltd").json()["stage"] == "observe"
    loop = client.get(f"{V1}/loops/BH-A1").json()
    assert (loop["quantity"], loop["cards"], loop["lead_time"]) == (20, 5, "45m")
    assert (loop["demand"], loop["to_take_out"], loop["in_service"]) == ("60/h", 1, False)
    assert loop["scans"] == ["withdrawal", "arrival"]
    assert ids(site, "loops", station="assy1-post") == ["BH-A1", "GK-A1"]
    assert ids(site, "loops", station="nowhere") == []
    assert ids(site, "loops", loop="GK-A1") == ["GK-A1"]
    assert ids(site, "loops", kind="signal") == []


def test_without_a_plant_its_collections_say_what_to_do(site: Site) -> None:
    """Others are read all the same."""
    site.plant = None
    answer = site.client().get(f"{V1}/loops")
    assert (answer.status_code, answer.json()["type"]) == (503, "not-ready")
    assert "pullcord-server apply" in answer.json()["detail"]
    assert site.client().get(f"{V1}/orders").status_code == 200


def _heard(id_: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "online": True, "status_at": NOON, "heard": NOON - 20, **more}


def test_a_station_that_fell_silent_is_not_online(site: Site) -> None:
    """5 s by the server's clock; one that never spoke is not either."""
    site.write(model.StationRow, _heard("assy1-post", backlog=3, faults='["post: unplugged"]'))
    site.now = NOON + 5000
    found = site.client().get(f"{V1}/stations/assy1-post").json()
    assert (found["online"], found["backlog"]) == (True, 3)
    assert (found["heard"], found["faults"]) == ("2026-11-23T11:59:59.980Z", ["post: unplugged"])
    site.now = NOON + 5001
    assert site.client().get(f"{V1}/stations/assy1-post").json()["online"] is False
    assert site.client().get(f"{V1}/stations/m3-rack").json()["online"] is False


def test_under_driven_time_a_station_is_as_it_last_said(site: Site) -> None:
    """Its silence cannot be told."""
    site.write(model.StationRow, _heard("assy1-post"))
    site.now = NOON + 3_600_000
    client = site.client(driven=True)
    assert client.get(f"{V1}/stations/assy1-post").json()["online"] is True


def test_a_station_the_plant_does_not_know_is_shown(site: Site) -> None:
    """And said to be unknown."""
    site.write(model.StationRow, _heard("stranger"))
    site.write(model.JournalRow, {"id": "J9", "station": "silent", "boot": "b"})
    found = {row["id"]: row["known"] for row in site.client().every(f"{V1}/stations")}
    known = {"assy1-post": True, "m3-rack": True}
    assert found == known | {"stranger": False, "silent": False}


def test_andon_has_a_row_for_every_group(site: Site) -> None:
    """The colour it shows, its loops, the stations that show it."""
    site.write(
        model.GroupRow, {"item": "gasket", "place": "assembly-1", "body": '{"colour":"red"}'}
    )
    rows = site.client().every(f"{V1}/andon")
    assert [(r["id"], r["state"], r["loops"]) for r in rows] == [
        ("brake-hose@assembly-1", "none", ["BH-A1"]),
        ("gasket@assembly-1", "red", ["GK-A1"]),
    ]
    assert rows[0]["stations"] == ["assy1-post"]
    assert ids(site, "andon", state="red") == ["gasket@assembly-1"]
    assert ids(site, "andon", loop="BH-A1") == ["brake-hose@assembly-1"]
    assert ids(site, "andon", station="m3-rack") == []


# -- pages


def test_pages_neither_skip_nor_repeat_where_times_are_equal(site: Site) -> None:
    """The key ends in what is unique."""
    rows = [order(f"J.{n:03d}", NOON + n // 7) for n in range(50)]
    site.write(model.OrderRow, *rows)
    for limit in (1, 7, 49, 50, 51):
        assert ids(site, "orders", limit=limit) == [r["id"] for r in rows]


def test_rows_that_come_while_paging_shift_nothing(site: Site) -> None:
    """One that sorts before the cursor is not seen, one behind it is."""
    site.write(model.OrderRow, *[order(f"J.{n}", NOON + n) for n in range(4)])
    client = site.client()
    first = client.get(f"{V1}/orders", limit=2).json()
    site.write(model.OrderRow, order("J.early", NOON - 1), order("J.late", NOON + 9))
    rest = client.every(f"{V1}/orders", limit=2, next=first["next"])
    assert [r["id"] for r in first["items"] + rest] == ["J.0", "J.1", "J.2", "J.3", "J.late"]


def test_the_last_page_has_no_next_even_when_it_is_full(site: Site) -> None:
    """Nobody asks for an empty page."""
    site.write(model.CardRow, card("BH-A1-001"), card("BH-A1-002"))
    assert site.client().get(f"{V1}/cards", limit=2).json()["next"] is None


def test_collections_of_the_plant_are_paged_too(site: Site) -> None:
    """By id."""
    assert ids(site, "items", limit=1) == ["brake-hose", "gasket"]
    assert ids(site, "stations", limit=1) == ["assy1-post", "m3-rack"]
    assert ids(site, "loops", limit=1) == ["BH-A1", "GK-A1"]
    assert ids(site, "andon", limit=1) == ["brake-hose@assembly-1", "gasket@assembly-1"]


def test_a_page_has_100_rows_unless_told_and_never_more_than_1000(site: Site) -> None:
    """More is refused with the way to get it."""
    site.write(model.CardRow, *[card(f"BH-A1-{n:03d}") for n in range(1, 1102)])
    client = site.client()
    assert len(client.get(f"{V1}/cards").json()["items"]) == 100
    assert len(client.get(f"{V1}/cards", limit=1000).json()["items"]) == 1000
    assert len(client.every(f"{V1}/cards", limit=1000)) == 1101
    for limit in ("1001", "0", "-1", "many", "1.5", ""):
        answer = client.get(f"{V1}/cards", limit=limit)
        assert (answer.status_code, answer.json()["type"]) == (422, "invalid"), limit
        assert answer.json()["errors"][0]["field"] == "limit"
    assert "`next`" in client.get(f"{V1}/cards", limit=1001).json()["detail"]
