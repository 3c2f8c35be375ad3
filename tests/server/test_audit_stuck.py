"""Cards that stay too long are found once, looked for, and cleared when they move; none is found for nothing."""

from pathlib import Path
from typing import Any

import pytest

from pullcord_server.desk.action import card, floor, loop
from pullcord_server.desk.refusal import Refused
from support.desk import Server, at, new_database, tag, tags
from support.post import Post

PLANT = f"""
site = "s1"
[[process]]
id = "assembly-1"
pacemaker = true
[[process]]
id = "machining-3"
[[item]]
id = "hose"
name = "Brake hose"
[[item]]
id = "gasket"
name = "Gasket"
[[loop]]
id = "BH"
kind = "withdrawal"
item = "hose"
source = "machining-3"
consumer = "assembly-1"
quantity = 20
cards = 3
lead_time = "45m"
scans = ["withdrawal", "arrival"]
demand = "60/h"
[[loop]]
id = "GK"
kind = "withdrawal"
item = "gasket"
source = "machining-3"
consumer = "assembly-1"
quantity = 100
cards = 3
lead_time = "30m"
scans = ["withdrawal"]
[[station]]
id = "post"
process = "assembly-1"
lights = ["stack"]
[[station]]
id = "dock"
process = "assembly-1"
{tags(BH=3, GK=3)}
"""


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return opened(tmp_path, PLANT)


def opened(folder: Path, plant: str) -> Server:
    """A server that begins at 06:00."""
    server = Server(new_database(folder / "pullcord.db"))
    server.apply(plant)
    server.set("06:00")
    return server


def stuck(server: Server, **where: Any) -> list[str]:
    """Cards with a finding `stuck` that stands."""
    rows = server.rows("finding", "card", type="stuck", **where)
    return [r["card"] for r in rows if r["resolved_at"] is None]


def test_an_order_is_stuck_after_twice_its_lead_time(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    server.set("07:29:59")
    assert stuck(server) == []
    server.set("07:30")
    assert stuck(server) == ["BH-001"]
    assert server.one("finding", type="stuck")["at"] == at("07:30")


def test_a_card_is_found_stuck_once_for_each_entry_into_its_state(server: Server) -> None:
    post, dock = Post(server, "post"), Post(server, "dock")
    post.scan("withdrawal", tag("BH", 1), "06:00")
    server.set("12:00")
    assert len(server.rows("finding", type="stuck", card="BH-001")) == 1
    dock.scan("arrival", tag("BH", 1), "12:00")
    server.set("12:30")
    post.scan("withdrawal", tag("BH", 1), "12:30")
    server.set("14:00")
    found = server.rows("finding", "at", type="stuck", card="BH-001")
    assert [(r["at"], r["resolved_at"]) for r in found] == [
        (at("07:30"), at("12:00")),
        (at("14:00"), None),
    ]


def test_moving_on_clears_it_visibly(server: Server) -> None:
    post, dock = Post(server, "post"), Post(server, "dock")
    post.scan("withdrawal", tag("BH", 1), "06:00")
    server.set("08:00")
    dock.scan("arrival", tag("BH", 1), "08:00")
    found = server.one("finding", type="stuck", card="BH-001")
    assert (found["resolved_at"], found["resolved_by"]) == (at("08:00"), "pullcord")
    assert found["reason"] == "superseded: the card moved on"


def test_a_late_arrival_clears_it_too(server: Server) -> None:
    post, dock = Post(server, "post"), Post(server, "dock")
    post.scan("withdrawal", tag("BH", 1), "06:00")
    dock.online = False
    dock.scan("arrival", tag("BH", 1), "06:40")
    server.set("07:50")
    assert stuck(server) == ["BH-001"]
    dock.come_back()
    assert stuck(server) == []


def test_a_scan_that_does_not_move_the_card_clears_nothing(server: Server) -> None:
    post = Post(server, "post")
    post.scan("withdrawal", tag("BH", 1), "06:00")
    server.set("07:50")
    post.scan("dispatch", tag("BH", 1), "07:50")  # a wrong place
    assert stuck(server) == ["BH-001"]
    server.set("09:00")
    assert len(server.rows("finding", type="stuck", card="BH-001")) == 1


def test_what_a_person_resolved_is_not_raised_again(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    server.set("07:50")
    found = server.one("finding", type="stuck")["id"]
    server.act(lambda turn: floor.resolve(turn, found, "lead", "truck broke down"))
    server.desk._forget()
    server.set("10:00")
    assert server.one("finding", id=found)["reason"] == "truck broke down"
    assert stuck(server, card="BH-001") == []


def test_full_boxes_are_stuck_when_all_could_have_been_used_twice(server: Server) -> None:
    """3 boxes of 20 at 60 an hour last an hour."""
    server.set("07:59:59")
    assert stuck(server) == []
    server.set("08:00")
    assert stuck(server) == ["BH-001", "BH-002", "BH-003"]


def test_full_boxes_without_a_stated_demand_may_wait(server: Server) -> None:
    server.set("D+5 06:00")
    assert stuck(server, loop="GK") == []


def test_a_card_nobody_scans_in_counts_as_full_again_when_due(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("GK", 1), "06:00")
    server.set("D+1 06:00")
    assert stuck(server, loop="GK") == []


def test_blocked_and_held_cards_stand_for_a_reason(server: Server) -> None:
    server.act(lambda turn: card.change(turn, "BH-001", "lead", "torn", blocked=True))
    server.act(lambda turn: card.change(turn, "BH-002", "lead", "scratches", hold=True))
    server.set("10:00")
    assert stuck(server) == ["BH-003"]


def test_a_card_that_is_taken_for_lost_is_no_longer_stuck(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    server.set("07:40")
    server.act(lambda turn: card.change(turn, "BH-001", "lead", "not found", life="lost"))
    assert stuck(server) == []
    assert server.findings(card="BH-001") == ["lost"]


def test_a_restart_keeps_what_is_stuck_and_finds_nothing_twice(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    server.set("07:40")
    again = Server(server.engine, server.copy)
    again.set("07:50")
    again.set("07:59")
    assert len(again.rows("finding", type="stuck")) == 1
    Post(again, "dock").scan("arrival", tag("BH", 1), "07:59")
    assert stuck(again) == []


def test_a_start_gives_stations_a_minute_before_anything_is_stuck(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    again = Server(server.engine, server.copy)
    again.set("07:35")
    assert stuck(again) == []
    again.set("07:36")
    assert stuck(again) == ["BH-001"]


def test_a_card_that_all_others_passed_is_looked_for(server: Server) -> None:
    post, dock = Post(server, "post"), Post(server, "dock")
    post.scan("withdrawal", tag("BH", 1), "06:00")
    for number, hour in ((2, "06"), (3, "07")):
        server.set(f"{hour}:20")
        post.scan("withdrawal", tag("BH", number), f"{hour}:20")
        server.set(f"{hour}:50")
        dock.scan("arrival", tag("BH", number), f"{hour}:50")
    assert stuck(server) == ["BH-001"]
    task = server.one("task", type="find_card")
    assert (task["card"], task["station"], task["done_at"]) == ("BH-001", None, None)
    server.set("08:00")
    dock.scan("arrival", tag("BH", 1), "08:00")
    assert server.one("task", type="find_card")["done_at"] == at("08:00")


def test_a_stuck_card_is_not_looked_for_while_the_others_stand_too(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    server.set("07:40")
    assert stuck(server) == ["BH-001"]
    assert server.rows("task") == []


def test_a_loop_out_of_service_expects_nothing(server: Server) -> None:
    server.act(lambda turn: loop.change(turn, "BH", "lead", "model ends", in_service=False))
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:01")
    server.set("12:00")
    assert stuck(server) == []


def test_the_plant_of_today_says_what_is_expected(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    server.apply(PLANT.replace('lead_time = "45m"', 'lead_time = "45m"\nstuck_factor = 3'))
    server.set("08:14")
    assert stuck(server, card="BH-001") == []
    server.set("08:15")
    assert stuck(server, card="BH-001") == ["BH-001"]


def test_nights_do_not_count(tmp_path: Path) -> None:
    hours = 'site = "s1"\n[calendar]\nshifts = [["06:00", "14:00"]]'
    server = opened(tmp_path, PLANT.replace('site = "s1"', hours))
    server.set("13:40")
    Post(server, "post").scan("withdrawal", tag("BH", 1), "13:30")
    server.set("D+1 06:59")
    assert stuck(server, card="BH-001") == []
    server.set("D+1 07:00")
    assert stuck(server, card="BH-001") == ["BH-001"]


RELEASES = f"""
site = "s1"
[[process]]
id = "assembly-1"
pacemaker = true
[[process]]
id = "press-1"
[[item]]
id = "strut"
[[item]]
id = "clip"
[[loop]]
id = "ST"
kind = "signal"
item = "strut"
source = "press-1"
quantity = 50
cards = 6
lead_time = "2h"
scans = ["withdrawal", "start", "finish"]
lot = 4
reorder_point = 1
[[loop]]
id = "CL"
kind = "withdrawal"
item = "clip"
source = "press-1"
consumer = "assembly-1"
quantity = 50
cards = 6
lead_time = "30m"
scans = ["withdrawal", "arrival"]
release = "times"
release_times = ["08:00", "16:00"]
[[station]]
id = "press1"
process = "press-1"
[[station]]
id = "post"
process = "assembly-1"
{tags(ST=6, CL=6)}
"""


def test_a_card_that_waits_for_its_hour_is_not_stuck_before_it(tmp_path: Path) -> None:
    server = opened(tmp_path, RELEASES)
    server.set("08:01")
    Post(server, "post").scan("withdrawal", tag("CL", 1), "08:01")
    server.set("16:59")
    assert stuck(server) == []
    server.set("17:00")  # released at 16:00, and twice 30 min since
    assert stuck(server) == ["CL-001"]


@pytest.mark.parametrize(("demand", "over"), [("", "10:00"), ('demand = "100/h"', "10:00")])
def test_a_card_that_waits_for_its_lot_is_stuck_when_the_lot_should_have_gathered(
    tmp_path: Path, demand: str, over: str
) -> None:
    """Four boxes of 50 at 100 an hour gather in 2 h; without a demand the lead time says as much."""
    server = opened(tmp_path, RELEASES.replace('id = "ST"', f'id = "ST"\n{demand}'))
    Post(server, "press1").scan("withdrawal", tag("ST", 1), "06:00")
    server.set("09:59")
    assert stuck(server, card="ST-001") == []
    server.set(over)
    assert stuck(server, card="ST-001") == ["ST-001"]


def test_a_trial_with_fewer_cards_is_refused_while_a_card_is_stuck(server: Server) -> None:
    Post(server, "post").scan("withdrawal", tag("BH", 1), "06:00")
    server.set("06:40")
    Post(server, "dock").scan("arrival", tag("BH", 1), "06:40")
    server.set("09:00")
    with pytest.raises(Refused, match="stuck"):
        server.act(lambda turn: loop.begin_trial(turn, "BH", "lead", "what breaks?", 1))
