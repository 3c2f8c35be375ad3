"""Late entries: a card's story is put right from the step before them, and its rows with it (DESIGN 3.1)."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pullcord_server.desk.action import card, loop, order, undo
from pullcord_server.domain.card import Card, Event, Fact, Life
from pullcord_server.domain.code import printed_code
from pullcord_server.domain.fold import Span, Step, refold
from pullcord_server.domain.plant import HOUR, MINUTE, Kind, Loop
from pullcord_server.domain.step import step
from pullcord_server.domain.transition import Ground
from pullcord_wire.message import ClockState
from support.day import Day, tagged
from support.desk import at, new_database, tag

CARD = "BH-001"


@pytest.fixture
def day(tmp_path: Path) -> Day:
    """A plant at six in the morning."""
    return Day.begin(new_database(tmp_path / "pullcord.db"))


def orders(day: Day) -> dict[str, tuple[str, str | None]]:
    """Order → state and what closed it."""
    rows = day.server.rows("replenishment_order")
    return {r["id"]: (r["state"], r["closed_by"]) for r in rows}


def events(day: Day, type_: str) -> list[str]:
    """Subjects of the business events of a type."""
    return [e["subject"] for e in day.server.rows("business_event", "number") if e["type"] == type_]


def test_an_arrival_before_its_withdrawal_ends_as_if_both_had_come_in_time(day: Day) -> None:
    post, dock = day.posts["post"], day.posts["dock"]
    post.online = False
    drop = post.scan("withdrawal", tag("BH", 1))
    day.server.set("06:40")
    arrival = dock.scan("arrival", tag("BH", 1))
    assert day.server.findings() == ["withdrawal_missed"]
    assert orders(day) == {}
    day.server.set("07:30")
    again = post.scan("withdrawal", tag("BH", 1))
    post.come_back()
    assert orders(day) == {drop: ("closed", "arrival"), again: ("released", None)}
    assert day.server.findings() == ["late_entry"]
    assert day.server.one("finding", type="withdrawal_missed")["reason"] == (
        "superseded by a late entry"
    )
    row = day.server.one("replenishment_order", id=drop)
    assert (row["opened_at"], row["closed_at"]) == (at("06:00"), at("06:40"))
    assert day.server.fact(arrival)["findings"] == ""
    assert day.server.one("card", id=CARD)["order"] == again


def test_a_late_drop_gives_the_order_its_own_name_and_the_old_one_still_leads_to_it(
    day: Day,
) -> None:
    post, dock = day.posts["post"], day.posts["dock"]
    post.online = False
    early = post.scan("withdrawal", tag("BH", 1))
    day.server.set("06:05")
    first = dock.scan("withdrawal", tag("BH", 1))
    assert orders(day) == {first: ("released", None)}
    day.server.set("06:10")
    post.come_back()
    assert orders(day) == {early: ("released", None)}
    row = day.server.one("replenishment_order")
    assert (row["replaces"], row["opened_at"]) == (first, at("06:00"))
    assert day.server.fact(first)["verdict"] == "duplicate"
    assert day.server.act(lambda turn: order.find_order(turn, first)).id == early
    assert day.server.act(lambda turn: order.find_order(turn, early)).id == early
    assert events(day, "order.renamed") == [early]


def test_an_order_that_is_renamed_twice_answers_under_every_name(day: Day) -> None:
    names = []
    for station, minute in (("post", 0), ("store", 1), ("dock", 2)):
        day.server.set(at("06:00") + minute * MINUTE)
        day.posts[station].online = station == "dock"
        names.append(day.posts[station].scan("withdrawal", tag("BH", 1)))
    day.posts["store"].come_back()
    day.posts["post"].come_back()
    assert orders(day) == {names[0]: ("released", None)}
    for name in names:
        assert day.server.act(partial(order.find_order, order_id=name)).id == names[0]


def test_a_started_order_keeps_its_row_under_a_new_name(day: Day) -> None:
    post, dock, store = day.posts["post"], day.posts["dock"], day.posts["store"]
    post.online = False
    early = post.scan("withdrawal", tag("GK", 1))
    day.server.set("06:05")
    first = dock.scan("withdrawal", tag("GK", 1))
    day.server.set("06:10")
    store.scan("dispatch", tag("GK", 1))
    assert orders(day) == {first: ("in_transit", None)}
    post.come_back()
    assert orders(day) == {early: ("in_transit", None)}
    assert day.server.one("replenishment_order")["replaces"] == first


def test_an_order_whose_cycle_is_gone_is_withdrawn_and_that_is_told(day: Day) -> None:
    post, dock = day.posts["post"], day.posts["dock"]
    drop = post.scan("withdrawal", tag("BH", 1))
    day.server.set("06:01")
    day.do(lambda turn: undo.undo(turn, CARD, "lead", "by mistake", None))
    assert day.refused == []
    assert orders(day) == {drop: ("withdrawn", None)}
    assert day.server.one("card", id=CARD)["state"] == "full"
    assert events(day, "order.withdrawn") == events(day, "order.corrected") == [drop]
    day.server.set("06:02")
    again = dock.scan("withdrawal", tag("BH", 1))
    assert orders(day)[again] == ("released", None)


def test_a_started_order_that_never_was_is_closed_and_found_until_it_was_after_all(
    day: Day,
) -> None:
    """A newer print was scanned before: the old one's dispatch counts for nothing, until that is taken back."""
    post, store = day.posts["post"], day.posts["store"]
    post.online = False
    newer = post.scan("start", printed_code(CARD, 2))
    day.server.set("06:00:10")
    post.undo(newer)
    post.most = 1
    day.server.set("06:00:30")
    sent = store.scan("dispatch", printed_code(CARD, 1))
    assert orders(day) == {sent: ("in_transit", None)}
    post.ask()
    assert day.server.fact(sent)["verdict"] == "old_print"
    assert orders(day) == {sent: ("closed", "inferred")}
    assert "order_unfounded" in day.server.findings()
    assert events(day, "order.corrected") == [sent]
    post.come_back()
    assert orders(day) == {sent: ("in_transit", None)}
    assert "order_unfounded" not in day.server.findings()


def test_a_drop_that_the_clock_moves_behind_its_arrival_opens_an_order_of_its_own(day: Day) -> None:
    post, store, dock = day.posts["post"], day.posts["store"], day.posts["dock"]
    post.online = False
    post.clock = ClockState.UNSET
    drop = post.scan("withdrawal", tag("GK", 1), at("05:00"), up=10.0)
    post.online = True
    post.send()
    assert orders(day) == {drop: ("released", None)}
    store.scan("dispatch", tag("GK", 1), "06:00")
    dock.scan("arrival", tag("GK", 1), "06:00:10")
    assert orders(day)[drop] == ("closed", "arrival")
    # the clock says that the drop was after all that
    day.server.set("07:00")
    post.clock_right("07:00", up=10.0 + 600)
    assert day.server.fact(drop)["at"] == at("06:50")
    assert orders(day)[drop] == ("released", None)


def test_a_worker_takes_back_his_own_last_drop_within_a_minute(day: Day) -> None:
    post = day.posts["post"]
    drop = post.scan("withdrawal", tag("BH", 1))
    day.server.set("06:00:30")
    undo = post.undo(drop)
    assert day.server.fact(undo)["verdict"] == "accepted"
    assert orders(day) == {drop: ("withdrawn", None)}
    late = post.scan("withdrawal", tag("BH", 2))
    day.server.set("06:02")
    assert day.server.fact(post.undo(late))["verdict"] == "not_in_state"
    assert orders(day)[late] == ("released", None)


def test_what_happened_between_keeps_a_drop_from_being_taken_back(day: Day) -> None:
    post, store = day.posts["post"], day.posts["store"]
    drop = post.scan("withdrawal", tag("GK", 1))
    store.online = False
    day.server.set("06:00:10")
    store.scan("dispatch", tag("GK", 1))
    day.server.set("06:00:20")
    undo = post.undo(drop)
    assert day.server.fact(undo)["verdict"] == "accepted"
    store.come_back()
    assert day.server.fact(undo)["verdict"] == "not_in_state", "goods were on their way already"
    assert orders(day) == {drop: ("in_transit", None)}


def test_undo_of_another_journals_entry_or_of_none_is_refused(day: Day) -> None:
    drop = day.posts["dock"].scan("withdrawal", tag("BH", 1))
    for of in (drop, "post-1.77", "nonsense", "post-1.x"):
        row = day.server.fact(day.posts["post"].undo(of))
        assert (row["verdict"], row["card"]) == ("not_in_state", None)
    assert orders(day) == {drop: ("released", None)}


# -- early stop


def test_a_late_fact_stops_where_the_card_is_what_it_was() -> None:
    loop = Loop(
        "L", Kind.WITHDRAWAL, "hose", "works", "line", 20, 3, HOUR, ("withdrawal", "arrival")
    )
    ground = Ground(loop, lambda released: released + HOUR)
    story, now = [], Card(actual=20)
    for number in range(400):
        event = Event.WITHDRAWAL if number % 2 == 0 else Event.ARRIVAL
        item = Fact("j", number, number * HOUR, "here", event)
        outcome = step(now, item, ground)
        story.append(Step(item, outcome))
        now = outcome.card
    late = Fact("k", 1, 10 * HOUR + 10 * MINUTE, "here", Event.WITHDRAWAL)
    story.append(Step(late))
    story.sort(key=lambda s: s.item.key)
    refolded = refold(Card(actual=20), story, Span(late.key, late.key), lambda _: ground)
    assert [s.item.id for s in refolded.steps] == ["k.1", "j.11", "j.12"]
    assert not refolded.whole


def test_a_late_fact_of_a_long_story_writes_few_rows(day: Day) -> None:
    post, dock = day.posts["post"], day.posts["dock"]
    store = day.posts["store"]
    store.online = False
    for hour in range(12):
        day.server.set(at("07:00") + hour * HOUR)
        post.scan("withdrawal", tag("BH", 1))
        if hour == 2:
            store.scan("withdrawal", tag("BH", 1), day.server.now + MINUTE)
        day.server.set(day.server.now + 30 * MINUTE)
        dock.scan("arrival", tag("BH", 1))
    before = {(r["journal"], r["seq"]): r for r in day.server.rows("fact")}
    store.come_back()
    changed = [r for r in day.server.rows("fact") if before.get((r["journal"], r["seq"])) != r]
    assert [r["verdict"] for r in changed] == ["misplaced"]
    assert len(orders(day)) == 12


# -- clocks


def test_a_clock_that_becomes_right_moves_the_entries_of_its_boot(day: Day) -> None:
    post, dock = day.posts["post"], day.posts["dock"]
    day.server.set("09:00")
    post.clock = ClockState.UNSET
    drop = post.scan("withdrawal", tag("BH", 1), "05:00", up=100.0)
    other = post.press("cord", "material", "05:00")
    day.server.set("09:10")
    arrival = dock.scan("arrival", tag("BH", 1), "08:59:00")
    assert orders(day) == {drop: ("closed", "arrival")}
    post.clock_right("09:10", up=700.0)
    assert day.server.fact(drop)["at"] == at("09:00")
    assert orders(day) == {drop: ("released", None)}
    assert day.server.fact(arrival)["findings"] == "withdrawal_missed"
    assert day.server.fact(other)["at"] >= at("09:00")
    assert day.server.fact(drop)["seen_at"] == at("05:00")


def test_entries_after_the_clock_became_right_go_by_their_own_time(day: Day) -> None:
    """The station thought it was 2030: what it says later must not be held back by that."""
    post = day.posts["post"]
    post.online = False
    post.clock = ClockState.UNSET
    drop = post.scan("withdrawal", tag("BH", 1), at("06:00") + 9 * 365 * 24 * HOUR, up=60.0)
    right = post.clock_right("06:10", up=660.0)
    next_ = post.scan("withdrawal", tag("BH", 2), "06:20", up=1260.0)
    day.server.set("12:00")
    post.come_back()
    assert day.server.fact(drop)["at"] == at("06:00")
    assert day.server.fact(right)["at"] == at("06:10")
    assert day.server.fact(next_)["at"] == at("06:20")
    assert "clock" not in day.server.findings()


def test_an_entry_from_the_future_counts_when_it_came_and_is_found(day: Day) -> None:
    post = day.posts["post"]
    near = post.scan("withdrawal", tag("BH", 1), at("06:01"))
    far = post.scan("withdrawal", tag("BH", 2), at("06:01:00.001"))
    assert day.server.fact(near)["at"] == at("06:01")
    assert day.server.fact(far)["at"] == at("06:01"), "never before an entry of its journal"
    assert day.server.findings() == ["clock"]
    assert day.server.fact(far)["seen_at"] == at("06:01:00.001")


def test_within_a_journal_time_never_goes_back(day: Day) -> None:
    post = day.posts["post"]
    day.server.set("06:30")
    first = post.scan("withdrawal", tag("BH", 1), "06:30")
    second = post.scan("withdrawal", tag("BH", 2), "06:10")
    assert day.server.fact(first)["at"] == day.server.fact(second)["at"] == at("06:30")


# -- tags


def test_a_tag_bound_an_hour_later_heals_what_was_dropped(day: Day) -> None:
    post = day.posts["post"]
    drop = post.scan("withdrawal", "NEWTAG")
    assert day.server.fact(drop)["verdict"] == "unknown"
    day.server.set("07:00")
    day.do(lambda turn: card.bind(turn, "NEWTAG", CARD, "lead"))
    row = day.server.fact(drop)
    assert (row["verdict"], row["card"], row["findings"]) == ("accepted", CARD, "")
    assert orders(day) == {drop: ("released", None)}
    assert day.server.one("replenishment_order")["due_at"] == at("06:45")
    assert day.server.findings() == []
    assert day.server.one("finding", type="unknown")["reason"] == f"bound to {CARD}"


def test_an_undo_of_a_drop_that_is_healed_is_healed_with_it(day: Day) -> None:
    post = day.posts["post"]
    drop = post.scan("withdrawal", "NEWTAG")
    day.server.set("06:00:20")
    undo = post.undo(drop)
    assert day.server.fact(undo)["verdict"] == "not_in_state"
    day.do(lambda turn: card.bind(turn, "NEWTAG", CARD, "lead"))
    assert day.server.fact(undo)["verdict"] == "accepted"
    assert [o for o, (state, _) in orders(day).items() if state != "withdrawn"] == []
    assert day.server.one("card", id=CARD)["state"] == "full"


@pytest.mark.parametrize("typed", [str, str.lower])
def test_a_printed_code_counts_once_its_card_is_issued(
    day: Day, typed: Callable[[str], str]
) -> None:
    post, count = day.posts["post"], day.server.one("loop_state", id="BH")["cards"]
    new = f"BH-{count + 1:03d}"
    drop = post.scan("withdrawal", typed(printed_code(new, 1)))
    day.server.set("06:00:20")
    misread = post.scan("withdrawal", typed(f"PC-{new}-1-0"))
    assert day.server.fact(drop)["verdict"] == "unknown"
    assert day.server.fact(misread)["verdict"] == "misread"
    day.do(lambda turn: loop.change(turn, "BH", "planner", "more", cards=count + 1))
    row = day.server.fact(drop)
    assert (row["verdict"], row["card"], row["findings"]) == ("accepted", new, "")
    assert orders(day) == {drop: ("released", None)}
    assert day.server.findings() == ["misread"]
    assert day.server.fact(misread)["card"] is None


def test_a_tag_that_is_bound_to_another_card_leaves_what_was_dropped_with_the_first(
    day: Day,
) -> None:
    post = day.posts["post"]
    drop = post.scan("withdrawal", tag("BH", 1))
    day.server.set("07:00")
    day.do(lambda turn: card.bind(turn, tag("BH", 1), "BH-002", "lead"))
    assert day.server.fact(drop)["card"] == "BH-001"
    again = post.scan("withdrawal", tag("BH", 1))
    assert day.server.fact(again)["card"] == "BH-002"
    assert {r["card"] for r in day.server.rows("portion")} == {"BH-001", "BH-002"}


def test_a_drop_between_unbinding_and_binding_belongs_to_the_new_card(day: Day) -> None:
    post = day.posts["post"]
    day.do(lambda turn: card.unbind(turn, tag("BH", 1), "lead"))
    day.server.set("06:30")
    drop = post.scan("withdrawal", tag("BH", 1))
    assert day.server.fact(drop)["verdict"] == "unbound"
    day.server.set("07:00")
    day.do(lambda turn: card.bind(turn, tag("BH", 1), "BH-002", "lead"))
    assert day.server.fact(drop)["card"] == "BH-002"
    post.online = False
    day.server.set("08:00")
    late = post.scan("withdrawal", tag("BH", 1), "06:40")
    post.come_back()
    assert day.server.fact(late)["card"] == "BH-002", "whenever it comes"


def test_unbinding_takes_nothing_away_from_before(day: Day) -> None:
    post = day.posts["post"]
    post.online = False
    late = post.scan("withdrawal", tag("BH", 1))
    day.server.set("07:00")
    day.do(lambda turn: card.unbind(turn, tag("BH", 1), "lead"))
    post.come_back()
    assert day.server.fact(late)["card"] == "BH-001"
    after = post.scan("withdrawal", tag("BH", 1))
    assert day.server.fact(after)["verdict"] == "unbound"


def test_a_tag_is_bound_after_the_newest_drop_it_was_read_with(day: Day) -> None:
    """The station's clock is ahead: the drop was the first card's, also for who refills."""
    post = day.posts["post"]
    drop = post.scan("withdrawal", tag("BH", 1), at("06:00:40"))
    day.do(lambda turn: card.bind(turn, tag("BH", 1), "BH-002", "lead"))
    assert day.server.fact(drop)["card"] == "BH-001"
    assert day.server.rows("decision")[-1]["at"] == at("06:00:40") + 1


# -- plants


def test_entries_are_judged_by_the_plant_of_their_time(day: Day) -> None:
    post, wrong = day.posts["post"], day.posts["wrong"]
    wrong.online = False
    early = wrong.scan("arrival", tag("BH", 1))
    day.server.set("07:00")
    moved = tagged().replace(
        'id = "wrong"\nprocess = "elsewhere"', 'id = "wrong"\nprocess = "assembly"'
    )
    day.server.apply(moved)
    late = wrong.scan("arrival", tag("BH", 2))
    wrong.come_back()
    assert day.server.fact(early)["verdict"] == "misplaced"
    assert day.server.fact(late)["verdict"] == "accepted"
    assert day.server.fact(post.scan("withdrawal", tag("BH", 3)))["verdict"] == "accepted"


def test_the_first_plant_holds_for_all_time_before_it(tmp_path: Path) -> None:
    day = Day.begin(new_database(tmp_path / "pullcord.db"), now="12:00")
    post = day.posts["post"]
    assert day.server.fact(post.scan("withdrawal", tag("BH", 1), "05:00"))["verdict"] == "accepted"


def test_cards_are_folded_again_by_a_plant_that_is_applied_before_their_newest_scan(
    day: Day,
) -> None:
    """A station's clock is ahead by half a minute when the loop gets another lead time."""
    post = day.posts["post"]
    drop = post.scan("withdrawal", tag("BH", 1), at("06:00:30"))
    assert day.server.one("replenishment_order", id=drop)["due_at"] == at("06:45:30")
    day.server.apply(tagged().replace('lead_time = "45m"', 'lead_time = "60m"'))
    day.server.set("06:00:31")
    assert day.server.one("replenishment_order", id=drop)["due_at"] == at("07:00:30")


def test_a_loop_that_a_later_plant_adds_is_known_at_once(day: Day) -> None:
    more = (
        tagged(BH=4, GK=3, NW=2)
        + """
[[loop]]
id = "NW"
kind = "withdrawal"
item = "hose"
source = "machining"
consumer = "elsewhere"
quantity = 5
cards = 2
lead_time = "30m"
scans = ["withdrawal", "arrival"]
"""
    )
    early = day.posts["wrong"].scan("withdrawal", tag("NW", 1))
    assert day.server.fact(early)["verdict"] == "unknown"
    day.server.set("06:30")
    day.server.apply(more)
    assert day.server.fact(early)["verdict"] == "accepted", "its tag was bound at last"
    again = day.posts["wrong"].scan("withdrawal", tag("NW", 2))
    assert orders(day) == {early: ("released", None), again: ("released", None)}


# -- lost and found


def test_a_lost_card_that_is_found_closes_its_finding_and_is_lost_again_when_it_was_not(
    day: Day,
) -> None:
    post = day.posts["post"]
    day.do(lambda turn: card.change(turn, CARD, "lead", "gone", life="lost"))
    assert day.server.findings() == ["lost"]
    day.server.set("06:30")
    found = post.scan("withdrawal", tag("BH", 1))
    assert day.server.findings() == []
    assert day.server.one("finding", type="lost")["reason"] == "found"
    assert day.server.one("card", id=CARD)["life"] == Life.CIRCULATING
    day.server.set("06:31")
    day.do(lambda turn: undo.undo(turn, CARD, "lead", "it was another", found))
    assert day.server.findings() == ["lost"]
    assert day.server.one("card", id=CARD)["life"] == Life.LOST


def test_a_refusal_that_comes_a_few_seconds_late_is_shown_and_stands(day: Day) -> None:
    post, dock = day.posts["post"], day.posts["dock"]
    day.do(lambda turn: card.change(turn, CARD, "lead", "recount", blocked=True))
    post.online = False
    day.server.set("06:10")
    drop = post.scan("withdrawal", tag("BH", 1))
    day.server.set("06:10:20")
    dock.scan("arrival", tag("BH", 1))
    post.come_back()
    assert day.server.fact(drop)["verdict"] == "blocked"
    assert [v.verdict for v in day.server.verdicts()] == ["blocked", "blocked"]
    ruled = [d for d in day.server.rows("decision") if d["action"] == "ruling"]
    about = [json.loads(d["body"])["cards"][CARD]["entry"] for d in ruled]
    assert sorted(about) == ["dock-1.1", drop]


def test_a_refusal_read_an_hour_ago_is_folded_anew_with_everything_else(day: Day) -> None:
    post = day.posts["post"]
    day.do(lambda turn: card.change(turn, CARD, "lead", "recount", blocked=True))
    post.online = False
    day.server.set("06:10")
    drop = post.scan("withdrawal", tag("BH", 1))
    day.server.set("07:30")
    post.come_back()
    assert day.server.fact(drop)["verdict"] == "blocked"
    assert [d["action"] for d in day.server.rows("decision")] == ["apply", "block"]
    assert day.server.verdicts() == []


def test_a_card_is_taken_out_by_what_is_shown_not_by_what_was_read_offline(day: Day) -> None:
    post, dock = day.posts["post"], day.posts["dock"]
    post.online = False
    early = post.scan("withdrawal", tag("BH", 1))
    day.server.set("06:30")
    day.move(("number", "BH", 3))
    post.come_back()
    assert day.server.fact(early)["verdict"] == "accepted", "dropped before the number fell"
    day.server.set("06:40")
    live = dock.scan("withdrawal", tag("BH", 2))
    assert day.server.fact(live)["verdict"] == "take_out"
    assert day.server.one("loop_state", id="BH")["to_take_out"] == 0
