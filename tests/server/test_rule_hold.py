"""Defects are not passed on: a hold calls the source and stops the goods; scrap sends the order back, urgent."""

import json
from pathlib import Path

import pytest

from pullcord_server.desk.action import card, order
from pullcord_server.desk.action import loop as loop_action
from pullcord_server.desk.refusal import Refused
from pullcord_server.domain.card import Event
from server.test_audit_stuck import opened
from support.desk import Server, tag, tags
from support.post import Post

PLANT = f"""
site = "s1"
[[process]]
id = "assembly-1"
pacemaker = true
[[process]]
id = "m3"
[[item]]
id = "hose"
[[item]]
id = "strut"
[[loop]]
id = "BH"
kind = "production"
item = "hose"
source = "m3"
quantity = 20
cards = 4
lead_time = "1h"
scans = ["withdrawal", "start", "finish"]
[[loop]]
id = "WD"
kind = "withdrawal"
item = "strut"
source = "m3"
consumer = "assembly-1"
quantity = 10
cards = 3
lead_time = "40m"
scans = ["withdrawal", "dispatch", "arrival"]
[[loop]]
id = "ST"
kind = "signal"
item = "strut"
source = "m3"
quantity = 10
cards = 4
lead_time = "1h"
scans = ["withdrawal", "start", "finish"]
lot = 2
[[station]]
id = "cell"
process = "m3"
lights = ["stack"]
[[station]]
id = "post"
process = "assembly-1"
lights = ["stack"]
{tags(BH=4, WD=3, ST=4)}
"""


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return opened(tmp_path, PLANT)


def hold(server: Server, name: str, on: bool = True) -> None:
    server.act(lambda turn: card.change(turn, name, "lead", "scratches", hold=on))


def scrap(server: Server, name: str) -> None:
    server.act(lambda turn: card.change(turn, name, "lead", "scratched through", scrap=True))


def scan(server: Server, station: str, event: str, code: str, when: str) -> str:
    server.set(when)
    post = Post(server, station)
    post.journals.clear()
    post.begin(id_=f"{station}-{when}-{event}-{code}".replace(":", ".").replace("#", "."))
    post.scan(event, code, when)
    return str(server.fact(f"{post.journals[-1].id}.1")["verdict"])


def state(server: Server, name: str) -> str:
    return str(server.one("card", id=name)["state"])


def test_a_hold_calls_the_source_once(server: Server) -> None:
    hold(server, "WD-001")
    hold(server, "WD-002")
    call = server.one("call")
    assert (call["type"], call["state"], call["station"], call["loop"]) == (
        "quality",
        "raised",
        "cell",
        "WD",
    )


def test_the_source_shows_red_until_the_call_is_resolved(server: Server) -> None:
    hold(server, "WD-001")
    assert '"red": "fast"' in server.one("station_lamps", station="cell")["lamps"]
    hold(server, "WD-001", on=False)
    assert server.one("call")["state"] == "raised"


def test_held_goods_do_not_become_full(server: Server) -> None:
    scan(server, "cell", "withdrawal", tag("BH", 1), "06:10")
    scan(server, "cell", "start", tag("BH", 1), "06:20")
    hold(server, "BH-001")
    assert scan(server, "cell", "finish", tag("BH", 1), "06:30") == "hold"
    assert state(server, "BH-001") == "in_process"
    assert server.findings() == ["held"]


def test_held_goods_are_not_dispatched_and_do_not_arrive(server: Server) -> None:
    scan(server, "post", "withdrawal", tag("WD", 1), "06:10")
    hold(server, "WD-001")
    assert scan(server, "cell", "dispatch", tag("WD", 1), "06:20") == "hold"
    assert state(server, "WD-001") == "released"
    hold(server, "WD-001", on=False)
    assert scan(server, "cell", "dispatch", tag("WD", 1), "06:30") == "accepted"
    hold(server, "WD-001")
    assert scan(server, "post", "arrival", tag("WD", 1), "06:40") == "hold"
    assert state(server, "WD-001") == "in_transit"


def test_held_goods_that_are_used_order_nothing(server: Server) -> None:
    hold(server, "WD-001")
    assert scan(server, "post", "withdrawal", tag("WD", 1), "06:10") == "hold"
    assert server.findings() == ["held_goods_used"]
    assert server.rows("replenishment_order") == []
    assert len(server.rows("call")) == 1


@pytest.mark.parametrize("event", [Event.DISPATCH, Event.ARRIVAL])
def test_held_goods_are_not_moved_by_hand_either(server: Server, event: Event) -> None:
    scan(server, "post", "withdrawal", tag("WD", 1), "06:10")
    hold(server, "WD-001")
    opened_order = server.one("card", id="WD-001")["order"]
    with pytest.raises(Refused) as refused:
        server.act(lambda turn: order.move(turn, opened_order, event, "lead"))
    assert refused.value.type == "hold"


def test_a_place_is_not_emptied_of_held_goods(server: Server) -> None:
    for name in ("WD-001", "WD-002", "WD-003"):
        hold(server, name)
    with pytest.raises(Refused, match="no full card"):
        server.act(lambda turn: loop_action.empty(turn, "WD", "lead", "label fell off"))


# -- scrap


def test_scrapped_work_is_ordered_again_and_is_the_next_job(server: Server) -> None:
    for number in (1, 2):
        scan(server, "cell", "withdrawal", tag("BH", number), f"06:1{number}")
    scan(server, "cell", "start", tag("BH", 1), "06:20")
    before = server.one("card", id="BH-001")["order"]
    hold(server, "BH-001")
    scrap(server, "BH-001")
    row = server.one("card", id="BH-001")
    assert (row["state"], row["order"], row["hold"]) == ("released", before, None)
    portion = server.one("portion", order=before)
    assert (portion["state"], portion["urgent"], portion["started_at"]) == ("released", 1, None)
    assert server.act(lambda turn: order.next_job(turn, "m3")) == before
    assert scan(server, "cell", "start", tag("BH", 1), "06:30") == "accepted"
    assert scan(server, "cell", "finish", tag("BH", 1), "06:50") == "accepted"
    assert server.findings() == []


def test_scrapped_goods_of_a_full_box_open_an_urgent_order(server: Server) -> None:
    scan(server, "cell", "withdrawal", tag("BH", 2), "06:10")
    hold(server, "BH-001")
    scrap(server, "BH-001")
    assert state(server, "BH-001") == "released"
    urgent = server.one("card", id="BH-001")["order"]
    assert server.act(lambda turn: order.next_job(turn, "m3")) == urgent
    assert server.tally.invariants == 0


def test_scrapped_goods_under_way_are_sent_again(server: Server) -> None:
    scan(server, "post", "withdrawal", tag("WD", 1), "06:10")
    scan(server, "cell", "dispatch", tag("WD", 1), "06:20")
    hold(server, "WD-001")
    scrap(server, "WD-001")
    assert state(server, "WD-001") == "released"
    assert len(server.rows("replenishment_order")) == 1


def test_scrapped_goods_of_a_lot_wait_for_the_next_first_in_line(server: Server) -> None:
    scan(server, "cell", "withdrawal", tag("ST", 2), "06:10")
    hold(server, "ST-004")
    server.set("06:20")
    scrap(server, "ST-004")
    lot = server.one("replenishment_order")
    assert (json.loads(lot["cards"]), lot["state"]) == (["ST-002", "ST-004"], "released")


def test_an_urgent_card_is_urgent_until_its_box_is_full(server: Server) -> None:
    hold(server, "BH-001")
    scrap(server, "BH-001")
    scan(server, "cell", "start", tag("BH", 1), "06:10")
    scan(server, "cell", "finish", tag("BH", 1), "06:30")
    assert "urgent" not in server.one("card", id="BH-001")["after"].split('"portion"')[0]


@pytest.mark.parametrize("prepare", ["not held", "held and empty", "held and lost"])
def test_only_goods_on_hold_are_scrapped(server: Server, prepare: str) -> None:
    if prepare == "held and empty":
        scan(server, "post", "withdrawal", tag("WD", 1), "06:10")
    if prepare != "not held":
        hold(server, "WD-001")
    if prepare == "held and lost":
        server.act(lambda turn: card.change(turn, "WD-001", "lead", "gone", life="lost"))
    with pytest.raises(Refused) as refused:
        scrap(server, "WD-001")
    assert refused.value.type == "not-in-state"


def test_scrap_needs_a_reason(server: Server) -> None:
    hold(server, "WD-001")
    with pytest.raises(Refused) as refused:
        server.act(lambda turn: card.change(turn, "WD-001", "lead", None, scrap=True))
    assert refused.value.type == "reason-required"
