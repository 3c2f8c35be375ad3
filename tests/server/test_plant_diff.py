"""What applying a plant file says it will do."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from pullcord_server.domain.plant import Plant
from pullcord_server.domain.plant_diff import Changes, Refusal, diff
from pullcord_server.domain.plant_file import parse_plant

FULL = (Path(__file__).parent / "data" / "plant.toml").read_text()
PLANT = parse_plant(FULL)


def edited(*edits: tuple[str, str], retire: Collection[str] = ()) -> Changes:
    text = FULL
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return diff(PLANT, parse_plant(text), retire=retire)


def without_loop(name: str) -> Plant:
    loops = {loop: value for loop, value in PLANT.loops.items() if loop != name}
    return replace(PLANT, loops=loops)


def test_the_same_plant_changes_nothing() -> None:
    assert diff(PLANT, parse_plant(FULL)) == Changes((), (), {}, {}, ())


def test_the_first_plant_is_all_new() -> None:
    found = diff(None, PLANT)
    assert found.refused == ()
    assert "+ process assembly-1" in found.lines
    assert "+ item 90901-X0001: Brake hose" in found.lines
    assert (
        "+ loop BH-A1: withdrawal of 90901-X0001 from machining-3 to assembly-1, 6 cards of 20; "
        "6 cards issued, empty: each is a signal at once"
    ) in found.lines
    assert (
        "+ loop BH-P: production of 90901-X0001 at machining-3, 5 cards of 20; 5 cards issued, full"
    ) in found.lines
    assert "+ station aisle-post at machining-3, press-1" in found.lines
    assert "+ bin bin-7 at assy1-post: BH-A1-004" in found.lines
    assert "+ tag 0A00B41F2C: BH-A1-003" in found.lines
    assert found.issued == {"BH-A1": 6, "BH-P": 5, "ST-S": 6, "SB": 14, "CL-A1": 6}


def test_more_cards_are_issued() -> None:
    found = edited(("cards = 6", "cards = 8"))
    assert found.lines == (
        "~ loop BH-A1: cards 6 → 8; 2 cards more, those taken out before come first",
    )
    assert (found.issued, found.taken_out) == ({"BH-A1": 2}, {})


def test_fewer_cards_are_taken_out_at_their_drops() -> None:
    found = edited(("cards = 6", "cards = 5"))
    assert found.lines == ("~ loop BH-A1: cards 6 → 5; 1 card to take out, at the next drops",)
    assert (found.issued, found.taken_out) == ({}, {"BH-A1": 1})


def test_another_quantity_wants_new_prints() -> None:
    (line,) = edited(("quantity = 5\n", "quantity = 10\n")).lines
    assert line == (
        "~ loop SB: quantity 5 → 10; boxes that are full keep what they hold, cards want a new print"
    )


def test_values_are_shown_as_people_write_them() -> None:
    found = edited(
        ('lead_time = "45m"', 'lead_time = "90m"'),
        ('demand = "60/h"', 'demand = "100/d"'),
        ('["08:00", "10:00"]', '["08:00"]'),
        ("strict = true", "strict = false"),
        ('drop_at = "first-piece"\n', ""),
        ("cycle = [2, 3, 2]", "cycle = [1, 3, 4]"),
        ('cut_off = "30m"\n', ""),
    )
    assert found.lines == (
        "~ loop BH-A1: lead_time 45m → 1h30m, demand 60/h → 400/63/h, release_times 08:00 10:00 → "
        "08:00, strict yes → no, drop_at first-piece → last-piece",
        "~ loop SB: cycle 2 3 2 → 1 3 4, cut_off 30m → 0m",
    )


def test_calendars_are_shown_whole() -> None:
    found = edited(('breaks = [["10:00", "10:15"]]\n', ""), ('timezone = "Asia/Tokyo"', ""))
    assert found.lines[:2] == (
        "~ timezone: Asia/Tokyo → UTC",
        "~ calendar: [days 0 1 2 3 4, shifts 06:00-14:00 14:00-22:00, breaks 10:00-10:15, "
        "1 holiday, Asia/Tokyo] → [days 0 1 2 3 4, shifts 06:00-14:00 14:00-22:00, 1 holiday, UTC]",
    )


def test_a_loop_whose_cards_circulate_must_not_go() -> None:
    found = diff(PLANT, without_loop("CL-A1"))
    assert found.lines == ("- loop CL-A1",)
    text = "must not go: 6 cards of it circulate; collect them, then apply with --retire CL-A1"
    assert found.refused == (Refusal("CL-A1", None, text),)
    assert found.retired == ()


def test_a_loop_goes_when_whoever_applies_names_it() -> None:
    found = diff(PLANT, without_loop("CL-A1"), retire=["CL-A1"])
    assert (found.refused, found.retired) == ((), ("CL-A1",))
    assert found.lines == (
        "- loop CL-A1",
        "- 6 cards of loop CL-A1 retired; the orders they have open end",
    )


def test_a_loop_without_cards_on_the_floor_goes() -> None:
    found = diff(PLANT, without_loop("CL-A1"), circulating={"CL-A1": 0})
    assert (found.refused, found.retired) == ((), ("CL-A1",))


@pytest.mark.parametrize("name", ["BH-A1", "XX"])
def test_only_a_loop_that_goes_can_be_retired(name: str) -> None:
    text = f"is not one that goes; leave --retire {name} out"
    assert edited(retire=[name]).refused == (Refusal(name, None, text),)


def test_a_loop_keeps_its_kind_and_item() -> None:
    found = edited(
        (
            'item = "strut"\nsource = "press-1"\nconsumer',
            'item = "seal"\nsource = "press-1"\nconsumer',
        )
    )
    text = (
        "must stay strut, not seal: its boxes and orders are of that; "
        "give the new loop an id of its own"
    )
    assert found.refused == (Refusal("ST-S", "item", text),)
    loops = {**PLANT.loops, "BH-P": replace(PLANT.loops["BH-A1"], id="BH-P")}
    first = diff(PLANT, replace(PLANT, loops=loops)).refused[0]
    assert (first.loop, first.key) == ("BH-P", "kind")
    assert first.text.startswith("must stay production, not withdrawal")


def test_a_site_is_for_ever() -> None:
    text = "must stay tsutsumi: journals and topics have it; a new site is a new database"
    found = edited(('site = "tsutsumi"', 'site = "motomachi"'))
    assert found.refused == (Refusal(None, "site", text),)


def test_tags_and_bins_that_move_are_named() -> None:
    found = edited(
        ('card = "BH-A1-004"\n', ""),
        ('code = "0A00B41F2C"\ncard = "BH-A1-003"', 'code = "AA"\ncard = "SB-001"'),
    )
    assert found.lines == (
        "~ bin bin-7 at assy1-post: BH-A1",
        "+ tag AA: SB-001",
        "- tag 0A00B41F2C: BH-A1-003 no more",
    )
    moved = edited(('card = "BH-A1-003"', 'card = "BH-A1-002"'))
    assert moved.lines == ("~ tag 0A00B41F2C: BH-A1-003 → BH-A1-002",)
    gone = edited(
        (
            '[[bin]]\nstation = "assy1-post"\nsensor = "bin-7"\nloop = "BH-A1"\ncard = "BH-A1-004"\n',
            "",
        )
    )
    assert gone.lines == ("- bin bin-7 at assy1-post",)


def test_many_tags_are_told_as_a_number() -> None:
    tags = {f"{n:04}": f"SB-{n:03}" for n in range(1, 15)}
    found = diff(PLANT, replace(PLANT, tags={**PLANT.tags, **tags}))
    assert found.lines == ("+ 14 tags bound",)
