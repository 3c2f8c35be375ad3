"""Stations without a clock battery, with a wrong year, with clocks that jump: one order a drop, at its time."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.clock_house import Drop, House, Post, open_house
from pullcord_wire.instant import parse_instant
from support.until import until
from support.wall_clock import Steering

SECOND = 1000
HOUR = 3600 * SECOND
ROUNDING = 250
"""Time since boot and wall time are looked at one after the other; the rest is rounding."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    opened = open_house(tmp_path_factory.mktemp("clocks"), 40)
    yield opened
    opened.close()


def check_times(house: House, post: Post, drops: list[Drop], clock: str) -> None:
    """These drops have the time at which they really were, and say how far they trusted theirs."""
    entries = house.check(post)
    for drop in drops:
        row = entries[drop.code]
        at = parse_instant(row["at"])
        assert drop.after - ROUNDING <= at <= drop.before + ROUNDING, (drop, row)
        assert row["clock"] == clock, row


def test_a_boot_in_1970_is_corrected_when_the_time_service_sets_its_clock(house: House) -> None:
    post = house.post()
    post.boot("1970-01-01T00:00:09Z")
    unset = post.drop(house.cards(3))
    assert all(held.entry["at"].startswith("1970-01-01") for held in post.station.held())
    post.machine.steer(Steering.RIGHT, 0)
    post.told("event=clock-right source=synced")
    synced = post.drop(house.cards(2))
    check_times(house, post, synced, "synced")
    check_times(house, post, unset, "unset")
    assert house.findings(post) == []


def test_without_a_time_service_the_time_is_taken_from_the_servers_answers(house: House) -> None:
    post = house.post()
    post.boot("1970-01-01T00:00:09Z")
    unset = post.drop(house.cards(2))
    post.told("event=clock-right source=server")
    told = post.drop(house.cards(2))
    check_times(house, post, told, "server")
    check_times(house, post, unset, "unset")
    assert house.findings(post) == []


def test_a_clock_that_jumps_while_it_counts_as_right_changes_no_order(house: House) -> None:
    post = house.post()
    post.boot()
    right = post.drop(house.cards(2))
    post.machine.step(2 * HOUR)
    ahead = post.drop(house.cards(2))
    post.machine.step(-5 * HOUR)
    behind = post.drop(house.cards(2))
    post.machine.step(3 * HOUR)
    again = post.drop(house.cards(2))
    entries = house.check(post)
    check_times(house, post, [*right, *again], "synced")
    for drop in ahead:  # not trusted: the time of arrival counts
        assert entries[drop.code]["findings"] == ["clock"] or "clock" in house.findings(post)
        assert drop.after <= parse_instant(entries[drop.code]["at"])
    last = parse_instant(entries[ahead[-1].code]["at"])
    assert [parse_instant(entries[drop.code]["at"]) for drop in behind] == [last] * 2
    assert house.findings(post) == ["clock"] * 2


def test_a_leap_second_changes_no_order(house: House) -> None:
    post = house.post()
    post.boot()
    post.machine.steer(Steering.LEAP_SECOND_TODAY)
    before = post.drop(house.cards(1))
    post.machine.step(-SECOND, Steering.LEAP_SECOND_NOW)
    within = post.drop(house.cards(3))
    post.machine.steer(Steering.LEAP_SECOND_OVER)
    after = post.drop(house.cards(1))
    entries = house.check(post)
    for drop in [*before, *within, *after]:
        at = parse_instant(entries[drop.code]["at"])
        assert drop.after - SECOND - ROUNDING <= at <= drop.before + ROUNDING
    assert house.findings(post) == []


def test_a_boot_that_never_had_a_clock_follows_the_last_known_time_before_it(house: House) -> None:
    post = house.post()
    post.boot(up_s=500)
    first = post.drop(house.cards(2))
    post.cable.cut()
    post.boot("1970-01-01T00:00:09Z")
    second = post.drop(house.cards(2))
    post.boot(up_s=700)
    third = post.drop(house.cards(1))
    post.cable.mend()
    check_times(house, post, [*first, *third], "synced")
    entries = house.check(post)
    times = [parse_instant(entries[drop.code]["at"]) for drop in [*first, *second]]
    assert times == sorted(times)
    for drop in second:
        assert entries[drop.code]["clock"] == "unset"
        at = parse_instant(entries[drop.code]["at"])
        assert (
            first[-1].after - ROUNDING
            <= at
            <= first[-1].before + (drop.before - second[0].after) + HOUR
        )


def test_a_boot_in_2099_that_restarts_offline_is_corrected_with_all_it_kept(house: House) -> None:
    post = house.post()
    post.cable.cut()
    post.boot("2099-07-01T12:00:00Z")
    one = post.drop(house.cards(2))
    post.restart()
    two = post.drop(house.cards(2))
    assert all(held.entry["at"].startswith("2099-07-01") for held in post.station.held())
    post.machine.steer(Steering.RIGHT, 0)
    post.told("event=clock-right source=synced")
    three = post.drop(house.cards(1))
    post.cable.mend()
    check_times(house, post, three, "synced")
    check_times(house, post, [*one, *two], "unset")
    until(lambda: house.findings(post) == [], "the year that was wrong is settled", 60)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_clocks_do_every_drop_is_one_order_in_its_order(
    tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    house = open_house(tmp_path, 200)
    try:
        post = house.post()
        post.boot()
        for _ in range(40):
            play(post, dice)
            post.drop(house.cards(dice.randint(1, 4)))
        post.cable.mend()
        house.check(post)
    finally:
        house.close()


def play(post: Post, dice: random.Random) -> None:
    """Something happens to the clocks of a post, or to its cable."""
    match dice.randrange(6):
        case 0:
            year = dice.choice([1970, 2001, 2026, 2038, 2099])
            post.boot(f"{year}-03-01T00:00:00Z", dice.randint(5, 10**6))
        case 1:
            post.boot(up_s=dice.randint(5, 10**6))
        case 2:
            post.restart()
        case 3:
            post.machine.step(dice.randint(-(10**9), 10**9), dice.choice(list(Steering)))
        case 4:
            post.machine.steer(Steering.RIGHT, 0)
        case _:
            dice.choice([post.cable.cut, post.cable.mend])()
