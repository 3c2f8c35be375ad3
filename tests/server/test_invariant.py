"""What must always hold is found broken by every way to break it, and a broken card stops alone."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from pullcord_server.desk.action import card as card_action
from pullcord_server.domain.card import Card, ClosedBy, Life, OrderState, Outcome, Portion, State
from pullcord_server.domain.invariant import broken
from pullcord_server.domain.plant import HOUR, Kind, Loop
from server.test_audit_stuck import PLANT, opened
from support.desk import Server, tag
from support.post import Post

AT = 1_000 * HOUR
FULL = Card(state=State.FULL, actual=20)
OPEN = Portion("j.1", OrderState.OPEN, 20, AT)
RELEASED = replace(OPEN, state=OrderState.RELEASED)
IN_PROCESS = replace(OPEN, state=OrderState.IN_PROCESS)
IN_TRANSIT = replace(OPEN, state=OrderState.IN_TRANSIT)
CLOSED = replace(OPEN, state=OrderState.CLOSED, closed_at=AT, closed_by=ClosedBy.ARRIVAL)


def loop(kind: Kind = Kind.WITHDRAWAL) -> Loop:
    return Loop("L", kind, "hose", "machining", "assembly", 20, 4, HOUR, ("withdrawal", "arrival"))


def moving(state: State, portion: Portion | None) -> Card:
    return Card(state=state, actual=0, portion=portion, since=AT)


def step(before: Card, after: Card, *portions: Portion, kind: Kind = Kind.WITHDRAWAL) -> str | None:
    return broken(before, Outcome(after, portions), loop(kind))


RIGHT = {
    "dropped": (FULL, moving(State.RELEASED, RELEASED), (RELEASED,)),
    "dropped, waits": (FULL, moving(State.EMPTY, OPEN), (OPEN,)),
    "dropped for a lot": (FULL, moving(State.EMPTY, None), ()),
    "on its way": (moving(State.RELEASED, RELEASED), moving(State.IN_TRANSIT, IN_TRANSIT), ()),
    "delivered": (moving(State.IN_TRANSIT, IN_TRANSIT), FULL, (CLOSED,)),
    "delivered and dropped again": (
        moving(State.IN_TRANSIT, IN_TRANSIT),
        moving(State.RELEASED, replace(RELEASED, order="j.2")),
        (CLOSED, replace(RELEASED, order="j.2")),
    ),
    "refused": (FULL, FULL, ()),
    "lost on its way": (
        moving(State.IN_TRANSIT, IN_TRANSIT),
        replace(moving(State.IN_TRANSIT, IN_TRANSIT), life=Life.LOST),
        (),
    ),
    "short": (moving(State.IN_TRANSIT, IN_TRANSIT), replace(FULL, actual=15), (CLOSED,)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_a_step_does_in_its_order_breaks_nothing(name: str) -> None:
    before, after, portions = RIGHT[name]
    assert step(before, after, *portions) is None


WRONG = {
    "a second order": (
        moving(State.RELEASED, RELEASED),
        moving(State.RELEASED, replace(RELEASED, order="j.2")),
        (replace(RELEASED, order="j.2"),),
        "order j.1 stays open beside the card's own",
    ),
    "an order left behind": (
        moving(State.IN_TRANSIT, IN_TRANSIT),
        FULL,
        (),
        "order j.1 stays open beside the card's own",
    ),
    "full with an open order": (
        moving(State.RELEASED, RELEASED),
        replace(FULL, portion=RELEASED),
        (RELEASED,),
        "full with order j.1, which is released",
    ),
    "another state than its order": (
        moving(State.RELEASED, RELEASED),
        moving(State.RELEASED, IN_TRANSIT),
        (IN_TRANSIT,),
        "released with order j.1, which is in_transit",
    ),
    "a closed order of its own": (
        moving(State.IN_TRANSIT, IN_TRANSIT),
        replace(FULL, portion=CLOSED),
        (CLOSED,),
        "full with order j.1, which is closed",
    ),
    "under way without an order": (
        moving(State.RELEASED, RELEASED),
        moving(State.IN_TRANSIT, None),
        (CLOSED,),
        "in_transit without an order",
    ),
    "too much asked for": (
        FULL,
        moving(State.RELEASED, replace(RELEASED, quantity=21)),
        (replace(RELEASED, quantity=21),),
        "order j.1 asks for 21 pieces of a box of 20",
    ),
    "too much in the box": (
        moving(State.IN_TRANSIT, IN_TRANSIT),
        replace(FULL, actual=24),
        (CLOSED,),
        "24 pieces in a box of 20 that is full",
    ),
    "less than nothing": (
        moving(State.IN_TRANSIT, IN_TRANSIT),
        replace(FULL, actual=-1),
        (CLOSED,),
        "-1 pieces in a box of 20 that is full",
    ),
    "pieces in an empty box": (
        FULL,
        replace(moving(State.RELEASED, RELEASED), actual=20),
        (RELEASED,),
        "20 pieces in a box of 0 that is released",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_every_way_to_break_it_is_named(name: str) -> None:
    before, after, portions, what = WRONG[name]
    assert step(before, after, *portions) == what


@pytest.mark.parametrize("kind", Kind)
def test_a_card_is_in_no_state_that_its_kind_of_loop_does_not_have(kind: Kind) -> None:
    in_house = kind in (Kind.PRODUCTION, Kind.SIGNAL)
    state, portion = (State.IN_TRANSIT, IN_TRANSIT) if in_house else (State.IN_PROCESS, IN_PROCESS)
    before = moving(State.RELEASED, RELEASED)
    assert step(before, moving(state, portion), portion, kind=kind) == (
        f"{state.value} in a {kind.value} loop"
    )


def test_a_box_filled_under_another_plant_may_hold_more_than_a_box_of_today() -> None:
    before = replace(FULL, actual=40)
    assert step(before, replace(before, life=Life.LOST)) is None
    assert step(before, replace(before, blocked="torn")) is None


# -- at run time


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return opened(tmp_path, PLANT)


def spoil(server: Server) -> None:
    """BH-001 is full in the database, and its order is open all the same."""
    with server.engine.begin() as connection:
        after = connection.execute(text("SELECT after FROM card WHERE id = 'BH-001'")).scalar()
        wrong = json.loads(str(after)) | {"state": "full", "actual": 20}
        connection.execute(
            text("UPDATE card SET after = :after WHERE id = 'BH-001'"), {"after": json.dumps(wrong)}
        )
    server.desk._forget()


def test_a_broken_card_is_stopped_and_shouted_about_and_the_plant_goes_on(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    post = Post(server, "post")
    post.scan("withdrawal", tag("BH", 1), "06:00")
    spoil(server)
    server.set("06:40")
    with caplog.at_level(logging.CRITICAL, "pullcord.desk"):
        entry = post.scan("withdrawal", tag("BH", 1), "06:40")
    found = server.one("finding", type="invariant_broken")
    assert (found["card"], found["entry"], found["resolved_at"]) == ("BH-001", entry, None)
    assert "BH-001" in caplog.text
    assert "stays open beside" in caplog.text
    assert server.tally.invariants == 1
    assert server.verdicts()[-1].verdict == "blocked"
    assert server.one("card", id="BH-001")["blocked"].startswith("invariant broken: order")
    assert [t["type"] for t in server.rows("task")] == ["take_out"]
    post.scan("withdrawal", tag("BH", 2), "06:40")
    assert server.verdicts()[-1].verdict == "accepted"
    open_orders = [o for o in server.rows("replenishment_order") if o["state"] == "released"]
    assert [json.loads(o["cards"]) for o in open_orders] == [["BH-002"]]


def test_a_stopped_card_works_again_when_somebody_has_looked(server: Server) -> None:
    post, dock = Post(server, "post"), Post(server, "dock")
    post.scan("withdrawal", tag("BH", 1), "06:00")
    spoil(server)
    server.set("06:40")
    post.scan("withdrawal", tag("BH", 1), "06:40")
    server.act(lambda turn: card_action.change(turn, "BH-001", "lead", "looked", blocked=False))
    server.set("06:50")
    dock.scan("arrival", tag("BH", 1), "06:50")
    assert server.one("card", id="BH-001")["state"] == "full"
    assert server.tally.invariants == 1


def test_a_broken_card_ends_the_same_when_it_is_folded_again(server: Server) -> None:
    post = Post(server, "post")
    dock = Post(server, "dock", online=False)
    post.scan("withdrawal", tag("BH", 1), "06:00")
    dock.scan("arrival", tag("BH", 1), "06:20")
    spoil(server)
    server.set("06:40")
    entry = post.scan("withdrawal", tag("BH", 1), "06:40")
    dock.come_back()
    assert server.fact(entry)["verdict"] == "blocked"
    assert server.tally.invariants == 1
    assert server.one("card", id="BH-001")["blocked"]
    assert "invariant_broken" in server.findings(card="BH-001")
