"""What people at processes and on routes have before them, on both databases: one next job, queues, picks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pullcord_server.api.job import process_board, processes_at_work
from pullcord_server.api.live import Rooms
from pullcord_server.api.pick import picks_board
from pullcord_server.desk.refusal import Refused
from pullcord_server.storage import model
from support.house import MINUTE, NOON
from support.postgres import Postgres
from support.work_stage import Shop


@pytest.fixture(params=["sqlite", "postgres"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """Every box is full, noon of a Monday."""
    url = None
    if request.param == "postgres":
        cluster: Postgres = request.getfixturevalue("postgres")
        url = cluster.create()
    made = Shop(tmp_path, url)
    made.set(NOON)
    yield made
    made.site.engine.dispose()


@pytest.fixture
def quick(tmp_path: Path) -> Shop:
    """On SQLite alone."""
    made = Shop(tmp_path)
    made.set(NOON)
    return made


def emptied(shop: Shop, *loops: str) -> list[str]:
    """Boxes used up a minute apart; their orders."""
    found = []
    for loop in loops:
        shop.set(shop.desk.now + MINUTE)
        found.append(shop.empty(loop)["order"])
    return found


def refused(shop: Shop, path: str, status: int, type_: str, **body: Any) -> str:
    answer = shop.client.ask("POST", f"/api/v1{path}", json={"by": "op-2", **body})
    assert (answer.status_code, answer.json()["type"]) == (status, type_), answer.text
    detail: str = answer.json()["detail"]
    return detail


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [r["id"] for r in rows]


def findings(shop: Shop, type_: str) -> list[str]:
    return [f["card"] for f in shop.get("/findings", type=type_)["items"]]


# -- jobs


def test_a_process_has_one_next_job_and_its_queue_in_card_order(shop: Shop) -> None:
    """First released, first made; what is in work is not in the queue. Other kinds are not its jobs."""
    orders = emptied(shop, "BH-P", "BR-P", "BH-P", "BH-A1")
    work = shop.get("/processes/machining-3")
    assert ids(work["queue"]) == orders[:3]
    assert work["next_job"] == work["queue"][0]
    assert (work["id"], work["stations"], work["in_work"]) == ("machining-3", ["m3-rack"], [])
    job = work["next_job"]
    assert (job["name"], job["quantity"], job["cards"]) == ("Brake hose", 20, ["BH-P-001"])
    assert (job["step"], job["late"], job["urgent"]) == ("start", False, False)
    shop.post(f"/orders/{orders[0]}/start")
    work = shop.get("/processes/machining-3")
    assert (ids(work["in_work"]), ids(work["queue"])) == (orders[:1], orders[1:3])
    assert work["in_work"][0]["step"] == "finish"
    shop.set(NOON + 120 * MINUTE)
    assert shop.get("/processes/machining-3")["next_job"]["late"] is True


def test_a_process_without_work_has_no_next_job(quick: Shop) -> None:
    work = quick.get("/processes/assembly-1")
    assert (work["next_job"], work["in_work"], work["queue"]) == (None, [], [])
    answer = quick.client.get("/api/v1/processes/nowhere")
    assert (answer.status_code, answer.json()["type"]) == (404, "not-found")
    for path in ("processes/nowhere/stream", "picks/stream?source=nowhere"):
        assert quick.client.get(f"/api/v1/{path}").status_code == 404


def test_urgent_orders_go_first_and_jumping_the_queue_asks_for_a_reason(quick: Shop) -> None:
    """An express card is first without a finding; any other leaves one."""
    orders = emptied(quick, "BH-P", "BR-P")
    expires = "2026-11-24T12:00:00Z"
    card = quick.post(
        "/cards", 201, loop="BR-P", kind="express", expires_at=expires, reason="customer waits"
    )
    work = quick.get("/processes/machining-3")
    assert ids(work["queue"]) == [card["order"], *orders]
    assert [j["urgent"] for j in work["queue"]] == [True, False, False]
    quick.post(f"/orders/{card['order']}/start")
    assert findings(quick, "out_of_sequence") == []
    detail = refused(quick, f"/orders/{orders[1]}/start", 422, "reason-required")
    assert orders[0] in detail
    quick.post(f"/orders/{orders[1]}/start", reason="tool already set")
    assert findings(quick, "out_of_sequence") == ["BR-P-001"]


def test_a_lot_that_jumps_the_queue_is_one_finding(quick: Shop) -> None:
    for _ in range(2):
        emptied(quick, "GK-P", "GK-P")
        quick.post("/loops/GK-P/release", reason="the press is free")
    _, later = quick.get("/processes/press-1")["queue"]
    quick.post(f"/orders/{later['id']}/start", reason="the die is set")
    assert findings(quick, "out_of_sequence") == later["cards"][:1]


def test_goods_that_were_scrapped_are_made_again_first(quick: Shop) -> None:
    orders = emptied(quick, "BH-P", "BR-P")
    for step in ("start", "finish"):
        quick.post(f"/orders/{orders[0]}/{step}")
    for body in ({"hold": True}, {"scrap": True}):
        answer = quick.client.ask(
            "PATCH",
            "/api/v1/cards/BH-P-001",
            json={"by": "lead-7", "reason": "scratched", **body},
        )
        assert answer.status_code == 200, answer.text
    work = quick.get("/processes/machining-3")
    assert [(j["cards"], j["urgent"]) for j in work["queue"]] == [
        (["BH-P-001"], True),
        (["BR-P-001"], False),
    ]


# -- partial quantities, complete


def test_a_partial_quantity_ends_the_order_short_and_the_box_counts_with_what_is_in_it(
    quick: Shop,
) -> None:
    """With a reason; a box has never more in it than was ordered."""
    (order,) = emptied(quick, "BH-P")
    quick.post(f"/orders/{order}/start")
    refused(quick, f"/orders/{order}/finish", 422, "reason-required", quantity=15)
    done = quick.post(f"/orders/{order}/finish", quantity=15, reason="5 scrapped")
    assert (done["state"], done["closed_by"]) == ("closed", "finish")
    card = quick.get("/cards/BH-P-001")
    assert (card["state"], card["actual"], card["order"]) == ("full", 15, None)
    assert findings(quick, "under_delivery") == ["BH-P-001"]


def test_a_lot_is_finished_box_by_box_and_complete_ends_it_short(quick: Shop) -> None:
    """The boxes that do not come wait for the next lot, first in line."""
    emptied(quick, "GK-P", "GK-P", "GK-P")
    quick.post("/loops/GK-P/release", reason="the press is free")
    (job,) = quick.get("/processes/press-1")["queue"]
    assert (job["quantity"], job["box"], len(job["cards"])) == (300, 100, 3)
    refused(quick, f"/orders/{job['id']}/start", 422, "complete", complete=True)
    quick.post(f"/orders/{job['id']}/start")
    quick.post(f"/orders/{job['id']}/finish", cards=["GK-P-002"])
    (job,) = quick.get("/processes/press-1")["in_work"]
    assert (job["cards"], job["done"]) == (["GK-P-001", "GK-P-003"], 1)
    one: dict[str, Any] = {"cards": ["GK-P-001"], "complete": True}
    detail = refused(quick, f"/orders/{job['id']}/finish", 422, "reason-required", **one)
    assert "GK-P-003" in detail
    done = quick.post(f"/orders/{job['id']}/finish", **one, reason="tool broke")
    assert done["state"] == "closed"
    card = quick.get("/cards/GK-P-003")
    assert (card["state"], card["order"], card["actual"]) == ("empty", None, 0)
    assert findings(quick, "under_delivery") == ["GK-P-003"]
    emptied(quick, "GK-P", "GK-P")
    quick.post("/loops/GK-P/release", reason="the press is free")
    (job,) = quick.get("/processes/press-1")["queue"]
    assert "GK-P-003" in job["cards"]


def test_a_delivery_that_is_complete_without_a_card_leaves_it_to_the_next_slot(shop: Shop) -> None:
    """All cards at once leave nothing behind, and ask for no reason."""
    emptied(shop, "SL-S", "SL-S", "SL-S")
    shop.post("/loops/SL-S/release", reason="the van is here")
    (order,) = shop.get("/orders", loop="SL-S", state="open")["items"]
    came: dict[str, Any] = {"cards": ["SL-S-001", "SL-S-003"], "note": "DN-1", "complete": True}
    done = shop.post(f"/orders/{order['id']}/arrival", **came, reason="one box was left behind")
    assert (done["state"], done["closed_by"], done["note"]) == ("closed", "arrival", "DN-1")
    states = {c["id"]: c["state"] for c in shop.get("/cards", loop="SL-S")["items"]}
    assert states["SL-S-002"] == "empty"
    assert states["SL-S-001"] == states["SL-S-003"] == "full"
    shop.post("/loops/SL-S/release", reason="the van is here again")
    (order,) = shop.get("/orders", loop="SL-S", state="open")["items"]
    assert order["cards"] == ["SL-S-002"]
    done = shop.post(f"/orders/{order['id']}/arrival", complete=True)
    assert done["state"] == "closed"


def test_an_undone_delivery_takes_back_what_it_said_of_the_missing(quick: Shop) -> None:
    """They are one decision."""
    emptied(quick, "SL-S", "SL-S")
    quick.post("/loops/SL-S/release", reason="the van is here")
    (order,) = quick.get("/orders", loop="SL-S", state="open")["items"]
    came: dict[str, Any] = {
        "cards": ["SL-S-001"],
        "complete": True,
        "reason": "one was left behind",
    }
    quick.post(f"/orders/{order['id']}/arrival", **came)
    quick.post("/cards/SL-S-001/undo", reason="wrong delivery")
    assert quick.get(f"/orders/{order['id']}")["state"] == "released"
    cards = quick.get("/cards", loop="SL-S")["items"]
    assert [c["state"] for c in cards] == ["released", "released", "full", "full"]


def test_a_drop_is_undone_with_its_release_and_leaves_the_others_of_its_order(quick: Shop) -> None:
    emptied(quick, "SL-S", "SL-S")
    quick.post("/loops/SL-S/release", reason="the van is here")
    quick.post("/cards/SL-S-001/undo", reason="not empty")
    (order,) = quick.get("/orders", loop="SL-S", state="open")["items"]
    assert (order["cards"], order["quantity"], order["state"]) == (["SL-S-002"], 200, "released")
    assert quick.get("/cards/SL-S-001")["state"] == "full"


# -- picks


def test_picks_are_what_a_handler_fetches_and_brings_as_it_is_due(shop: Shop) -> None:
    orders = emptied(shop, "BH-A1", "GK-A1", "BH-P", "BH-A1")
    picks = shop.get("/picks")["items"]
    assert ids(picks) == [orders[0], orders[1], orders[3]]
    assert {p["step"] for p in picks} == {"dispatch"}
    assert ids(shop.get("/picks", source="press-1")["items"]) == [orders[1]]
    assert shop.get("/picks", consumer="machining-3")["items"] == []
    assert ids(shop.client.every("/api/v1/picks", limit=1)) == ids(picks)
    shop.post(f"/orders/{orders[0]}/dispatch")
    first = shop.get("/picks")["items"][0]
    assert (first["id"], first["state"], first["step"]) == (orders[0], "in_transit", "arrival")
    shop.post(f"/orders/{orders[0]}/arrival")
    assert ids(shop.get("/picks")["items"]) == [orders[1], orders[3]]


def test_a_box_that_nobody_scans_in_is_brought_when_it_is_due(quick: Shop) -> None:
    (order,) = emptied(quick, "CL-A1")
    assert ids(quick.get("/picks")["items"]) == [order]
    quick.set(NOON + 40 * MINUTE)
    assert quick.get("/picks")["items"] == []
    assert quick.get(f"/orders/{order}")["state"] == "released"


# -- screens


def test_a_handler_s_screen_has_routes_by_source_then_consumer(shop: Shop) -> None:
    """And how much there is elsewhere; tasks of all stations."""
    emptied(shop, "GK-A1", "BH-A1", "GK-A1")
    take_out = {"id": "T1", "type": "take_out", "station": "assy1-post", "at": NOON}
    shop.site.write(model.TaskRow, take_out)
    board = picks_board(shop.site.house(), None, None)
    walked = [
        (r["source"], s["consumer"], [p["loop"] for p in s["picks"]])
        for r in board["routes"]
        for s in r["stops"]
    ]
    assert walked == [
        ("press-1", "assembly-1", ["GK-A1", "GK-A1"]),
        ("machining-3", "assembly-1", ["BH-A1"]),
    ]
    assert [t["id"] for t in board["tasks"]] == ["T1"]
    one = picks_board(shop.site.house(), "machining-3", "assembly-1")
    assert [r["source"] for r in one["routes"]] == ["machining-3"]
    assert one["counts"] == board["counts"]
    assert {(c["source"], c["number"]) for c in one["counts"]} == {
        ("press-1", 2),
        ("machining-3", 1),
    }


def test_a_process_s_screen_has_its_work_and_the_tasks_of_its_stations(shop: Shop) -> None:
    """A question after an outage names its orders that are still open."""
    orders = emptied(shop, "BH-P", "BR-P")
    shop.post(f"/orders/{orders[0]}/start")
    shop.post(f"/orders/{orders[0]}/finish")
    asked = f'["{orders[0]}", "{orders[1]}"]'
    shop.site.write(
        model.TaskRow,
        {"id": "T1", "type": "take_out", "station": "assy1-post", "at": NOON},
        {"id": "T2", "type": "still_needed", "station": "m3-rack", "at": NOON, "orders": asked},
        {"id": "T3", "type": "take_out", "station": "m3-rack", "at": NOON, "done_at": NOON},
    )
    board = process_board(shop.site.house(), "machining-3")
    assert board["process"] == {"id": "machining-3", "name": "Machining 3"}
    assert board["next_job"]["id"] == orders[1]
    (task,) = board["tasks"]
    assert (task["id"], ids(task["asked"])) == ("T2", [orders[1]])
    numbers = {p["id"]: (p["waiting"], p["in_work"]) for p in processes_at_work(shop.site.house())}
    assert numbers == {"assembly-1": (0, 0), "machining-3": (1, 0), "press-1": (0, 0)}


def test_a_process_and_a_walk_have_one_stream_each_while_somebody_looks(quick: Shop) -> None:
    """Those that nobody looks at are forgotten with the next new one."""
    rooms = Rooms(quick.site.house())
    machine = rooms.process("machining-3")
    assert rooms.process("machining-3") is machine
    with pytest.raises(Refused, match="nowhere"):
        rooms.picks("nowhere", None)
    walk = rooms.picks("machining-3", None)
    assert rooms.feeds == {("picks", "machining-3", None): walk}
    rooms.close()


def test_screens_are_there_before_a_plant_is(quick: Shop) -> None:
    quick.site.plant = None
    house = quick.site.house()
    assert process_board(house, "machining-3")["queue"] == []
    assert picks_board(house, None, None)["routes"] == []
    assert processes_at_work(house) == []
