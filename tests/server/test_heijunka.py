"""The heijunka box: slots of one pitch from a month's plan; waiting cards are released in them, once."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pullcord_server.desk.action import levelling
from pullcord_server.desk.refusal import Refused
from pullcord_server.domain.planning.box import (
    Line,
    Move,
    Plan,
    line_of,
    next_slot,
    plan_at,
    slots_of,
    takt_ms,
)
from pullcord_server.domain.plant import Calendar
from pullcord_server.domain.plant_file import parse_plant
from support.day import reborn
from support.desk import SITE, Server, at, new_database, tag, tags
from support.post import Post

CARDS = {"SD": 4, "HT": 3, "WG": 3}
LOOP = """
[[loop]]
id = "{id}"
kind = "production"
item = "{item}"
source = "final"
quantity = 5
cards = {cards}
lead_time = "10m"
scans = ["withdrawal", "finish"]
release = "heijunka"
"""
ITEMS = {"SD": "sedan", "HT": "hardtop", "WG": "wagon"}
PLANT = f"""
site = "{SITE}"
[calendar]
days = [0, 1, 2, 3, 4]
shifts = [["06:00", "14:00"]]
[[process]]
id = "final"
pacemaker = true
[[process]]
id = "press"
[[item]]
id = "sedan"
[[item]]
id = "hardtop"
[[item]]
id = "wagon"
[[item]]
id = "door"
[[item]]
id = "coil"
[[loop]]
id = "DR"
kind = "withdrawal"
item = "door"
source = "press"
consumer = "final"
quantity = 10
cards = 4
lead_time = "30m"
scans = ["withdrawal", "arrival"]
[[loop]]
id = "CL"
kind = "production"
item = "coil"
source = "press"
quantity = 10
cards = 4
lead_time = "30m"
scans = ["withdrawal", "finish"]
[[station]]
id = "store"
processes = ["final", "press"]
""" + "".join(LOOP.format(id=i, item=item, cards=CARDS[i]) for i, item in ITEMS.items())
TAGGED = PLANT + tags(**CARDS)
#: 80 boxes of 5 a day: a pitch of 6 minutes.
MONTH = {"sedan": 4000, "hardtop": 2000, "wagon": 2000}
MONDAY = date(2026, 11, 23).toordinal()


def plan(**more: Any) -> Plan:
    return Plan("final", "2026-11", tuple(MONTH.items()), 20, **more)


def line(hours: Calendar | None = None) -> Line:
    made = line_of(parse_plant(PLANT), "final")
    return made if hours is None else Line("UTC", hours, made.packs)


# -- the box itself


def test_a_slot_is_one_pitch_of_the_takt() -> None:
    takt = takt_ms(plan(), line())
    assert takt == 72_000  # 8 h for 400 units
    slots = slots_of(plan(), line(), MONDAY)
    assert len(slots) == 80
    assert [slot.item for slot in slots[:5]] == ["sedan", "hardtop", "sedan", "wagon", "sedan"]
    assert {b.at - a.at for a, b in pairwise(slots)} == {5 * takt}
    assert slots[0].at == at("06:00")


def test_breaks_are_stepped_over_and_days_off_have_no_slots() -> None:
    hours = Calendar(days=(0, 1), shifts=((360, 600),), breaks=((480, 510),))
    slots = slots_of(plan(), line(hours), MONDAY)
    assert all(slot.at < at("08:00") or slot.at >= at("08:30") for slot in slots)
    assert slots[-1].at < at("10:00")
    assert slots_of(plan(), line(hours), MONDAY + 2) == ()


def test_a_months_boxes_are_exactly_its_demand() -> None:
    uneven = Plan("final", "2026-11", (("sedan", 1234), ("wagon", 77)), 20)
    first = date(2026, 11, 2).toordinal()
    days = [d for d in range(first, first + 28) if date.fromordinal(d).weekday() < 5][:20]
    boxes = Counter(s.item for day in days for s in slots_of(uneven, line(), day))
    assert boxes == {"sedan": 247, "wagon": 16}  # the last box of each is not full


def test_a_moved_box_changes_places_with_those_between() -> None:
    moved = plan(moves=(Move("2026-11-23", 3, 1),))
    items = [slot.item for slot in slots_of(moved, line(), MONDAY)[:5]]
    assert items == ["sedan", "wagon", "hardtop", "sedan", "sedan"]
    assert slots_of(moved, line(), MONDAY + 1)[1].item == "hardtop"


def test_the_last_plan_goes_on_where_a_month_has_none() -> None:
    plans = {"2026-10": plan(), "2026-12": plan()}
    assert plan_at(plans, "2026-11") is plans["2026-10"]
    assert plan_at(plans, "2027-03") is plans["2026-12"]
    assert plan_at(plans, "2026-09") is None
    found = next_slot(plans, line(), "wagon", at("13:59"))
    assert found is not None
    assert found.at > at("D+1 06:00")


def test_a_plan_of_nothing_that_is_made_has_the_takt_of_what_is_used() -> None:
    used = Plan("final", "2026-11", (("door", 9600),), 20)
    assert takt_ms(used, line()) == Fraction(8 * 3600 * 1000, 480)
    assert slots_of(used, line(), MONDAY) == ()


# -- at the desk


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(new_database(tmp_path / "box.db"))
    made.apply(TAGGED)
    made.set("05:00")
    yield made


def level(server: Server, **more: Any) -> Any:
    values: dict[str, Any] = {"month": "2026-11", "items": MONTH, "working_days": 20, **more}
    return server.act(partial(levelling.level, by="planner", reason=None, **values))


def move(server: Server, *moves: tuple[int, int], reason: str | None = None, **more: Any) -> Any:
    return server.act(partial(levelling.move, by="planner", reason=reason, moves=moves, **more))


def refusal(act: Any, *arguments: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        act(*arguments, **more)
    return caught.value


def released(server: Server) -> list[tuple[str, int]]:
    """Orders that were released, with their card's loop and when."""
    rows = server.rows("replenishment_order", "released_at", "id")
    return [(r["loop"], r["released_at"]) for r in rows if r["released_at"] is not None]


def test_waiting_cards_are_released_in_their_slots_in_the_order_of_the_box(server: Server) -> None:
    level(server)
    store = Post(server, "store")
    for loop, number in (("WG", 1), ("SD", 1), ("SD", 2), ("HT", 1)):
        store.scan("withdrawal", tag(loop, number))
    assert {v.verdict.value for v in server.verdicts()} == {"accepted"}
    assert released(server) == []
    server.set("06:19")
    assert released(server) == [
        ("SD", at("06:00")),
        ("HT", at("06:06")),
        ("SD", at("06:12")),
        ("WG", at("06:18")),
    ]
    due = [r["due_at"] for r in server.rows("replenishment_order", "released_at")]
    assert due[0] == at("06:10")
    assert server.findings() == []


def test_a_slot_without_a_waiting_card_passes_and_is_not_used_later(server: Server) -> None:
    level(server)
    server.set("06:15")
    store = Post(server, "store")
    store.scan("withdrawal", tag("HT", 1))
    assert released(server) == []
    server.set("07:00")
    assert released(server) == [("HT", at("06:30"))]  # its slots: 06:06, 06:30


def test_two_cards_of_an_item_wait_for_two_slots(server: Server) -> None:
    level(server)
    store = Post(server, "store")
    store.scan("withdrawal", tag("WG", 2))
    server.set("05:01")
    store.scan("withdrawal", tag("WG", 1))
    server.set("06:19")
    assert [r["state"] for r in server.rows("card", loop="WG")] == ["empty", "released", "full"]
    server.set("07:00")
    assert released(server) == [("WG", at("06:18")), ("WG", at("06:42"))]


def test_without_a_plan_cards_wait(server: Server) -> None:
    store = Post(server, "store")
    store.scan("withdrawal", tag("SD", 1))
    server.set("12:00")
    assert released(server) == []
    level(server)
    server.set("12:12")
    assert released(server) == [("SD", at("12:00"))]


def test_a_plan_releases_nothing_before_it_was_decided(server: Server) -> None:
    store = Post(server, "store")
    store.scan("withdrawal", tag("SD", 1))
    server.set("12:01")
    level(server)
    server.set("12:11")
    assert released(server) == []
    server.set("12:13")
    assert released(server) == [("SD", at("12:12"))]


def test_a_card_that_waits_longer_than_a_plan_lets_it_is_stuck(server: Server) -> None:
    store = Post(server, "store")
    store.scan("withdrawal", tag("SD", 1))
    server.set("D+1 13:59")
    assert server.findings(card="SD-001") == []
    server.set("D+1 14:01")  # two working days
    assert server.findings(card="SD-001") == ["stuck"]


def test_a_restart_and_a_second_server_release_nothing_twice(server: Server) -> None:
    level(server)
    store = Post(server, "store")
    for number in (1, 2, 3):
        store.scan("withdrawal", tag("SD", number))
    server.set("06:05")
    again = Server(server.engine, server.copy)
    again.set("06:11")
    assert released(again) == [("SD", at("06:00"))]
    again.set("06:13")
    assert released(again) == [("SD", at("06:00")), ("SD", at("06:12"))]


def test_a_restored_database_releases_nothing_twice(server: Server, tmp_path: Path) -> None:
    level(server)
    store = Post(server, "store")
    for number in (1, 2, 3):
        store.scan("withdrawal", tag("SD", number))
    server.set("06:05")
    new = reborn(new_database(tmp_path / "new.db", server.now, "restored"), server.copy, server.now)
    Post(new, "store", journals=store.journals, place=0, asked=store.asked).come_back()
    new.set("06:11")
    assert released(new) == [("SD", at("06:00"))]
    new.set("06:13")
    assert released(new) == [("SD", at("06:00")), ("SD", at("06:12"))]


def test_a_move_changes_what_is_released_when(server: Server) -> None:
    level(server)
    store = Post(server, "store")
    store.scan("withdrawal", tag("WG", 1))
    store.scan("withdrawal", tag("HT", 1))
    done = move(server, (3, 0), reason="paint is late")
    assert done.id == "2026-11-23@final"
    server.set("06:30")
    assert released(server) == [("WG", at("06:00")), ("HT", at("06:12"))]


def test_a_move_inside_the_frozen_zone_asks_for_a_reason(server: Server) -> None:
    level(server)
    server.set("06:01")
    assert refusal(move, server, (3, 2)).type == "reason-required"
    move(server, (30, 20))
    assert refusal(move, server, (3, 0), reason="so").type == "not-in-state"
    assert refusal(move, server, (3, 80), reason="so").type == "moves"
    assert refusal(move, server, (3, 2), reason="so", day="soon").type == "day"


# -- a plan exists at pacemakers only


@pytest.mark.parametrize(
    ("more", "status", "type_", "says"),
    [
        ({"process": "press"}, 409, "not-a-pacemaker", "press is no pacemaker: a plan exists at"),
        ({"process": "paint"}, 409, "not-a-pacemaker", "there is no such process, and paint is no"),
        ({"items": {"coil": 9}}, 409, "not-a-pacemaker", "coil is made at press and used by no pace"),
        ({"items": {"sedan": 9, "coil": 9}}, 409, "not-a-pacemaker", "coil is made at press"),
        ({"items": {"lorry": 9}}, 422, "unknown-item", "there is no item lorry"),
        ({"items": {"sedan": 0}}, 422, "demand", "there is no demand at all"),
        ({"items": {"sedan": -1}}, 422, "demand", "a whole number of units, not -1"),
        ({"items": {"sedan": 900_000_000}}, 422, "demand", "more than the 5000 that a box"),
        ({"month": "2026-13"}, 422, "month", "`month` must be such as 2026-12"),
        ({"working_days": 31}, 422, "working-days", "is from 1 to 30"),
        ({"method": "chance"}, 422, "method", "must be spacing or goal-chasing, not chance"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_is_refused_with_the_reason(
    server: Server, more: dict[str, Any], status: int, type_: str, says: str
) -> None:
    found = refusal(level, server, **more)
    assert (found.status, found.type) == (status, type_)
    assert says in found.detail
    assert server.rows("decision", action="level") == []


def test_a_box_of_another_process_is_refused(server: Server) -> None:
    found = refusal(move, server, (1, 0), process="press")
    assert (found.status, found.type) == (409, "not-a-pacemaker")
    assert refusal(move, server, (1, 0)).type == "no-plan"


def test_a_plan_may_be_of_what_the_pacemaker_uses(server: Server) -> None:
    assert level(server, items={"door": 9600}).id == "2026-11@final"
