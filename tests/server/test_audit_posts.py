"""Dead posts and batches at the end of a shift: found where the pull makes them so, and nowhere else."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from pullcord_server.desk.inbox import StatusIn
from pullcord_server.domain.audit import batched, silence
from pullcord_server.domain.plant import MINUTE, Calendar
from pullcord_server.domain.shift import Shift, next_shift_end
from pullcord_wire.message import Status
from server.test_audit_stuck import PLANT, opened
from support.desk import Server, at, tag
from support.post import Post

HOURS = 'site = "s1"\n[calendar]\nshifts = [["06:00", "14:00"], ["14:00", "22:00"]]'
SHIFTS = PLANT.replace('site = "s1"', HOURS).replace("cards = 3", "cards = 9")
ALIVE = Status(True, "j")


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return opened(tmp_path, SHIFTS)


def say(server: Server, status: Status = ALIVE) -> None:
    """The post's status, live."""
    server.desk.inbox.put(StatusIn("post", status, retained=False))
    server.work()


def pull(server: Server, post: Post, *times: str) -> None:
    """A box of BH is dropped at each time and comes back five minutes later, unread by the post."""
    dock = Post(server, "dock")
    for time in times:
        server.set(time)
        post.scan("withdrawal", tag("BH", 1), time)
        server.set(at(time) + 5 * MINUTE)
        dock.scan("arrival", tag("BH", 1))


EVERY_HALF_HOUR = ("06:10", "06:40", "07:10", "07:40", "08:10")


def dead(server: Server) -> list[str]:
    return server.findings(type="dead_post")


def test_a_post_is_dead_after_seven_times_the_usual_silence(server: Server) -> None:
    pull(server, Post(server, "post"), *EVERY_HALF_HOUR)
    say(server)
    server.set("11:39")
    assert dead(server) == []
    server.set("11:40")
    assert dead(server) == ["dead_post"]
    found = server.one("finding", type="dead_post")
    assert (found["station"], found["at"]) == ("post", at("11:40"))
    server.set("13:59")
    assert dead(server) == ["dead_post"]


def test_a_dead_post_that_reads_again_is_alive_visibly(server: Server) -> None:
    post = Post(server, "post")
    pull(server, post, *EVERY_HALF_HOUR)
    say(server)
    server.set("12:00")
    post.scan("withdrawal", "FFFF", "12:00")
    found = server.one("finding", type="dead_post")
    assert (found["resolved_at"], found["reason"]) == (
        at("12:00"),
        "superseded: the post reads again",
    )


def test_a_post_that_reads_at_its_pace_is_not_dead(server: Server) -> None:
    pull(server, Post(server, "post"), *EVERY_HALF_HOUR, "09:40", "11:10", "12:40")
    say(server)
    server.set("13:59")
    assert dead(server) == []


@pytest.mark.parametrize(
    "status",
    [replace(ALIVE, online=False), replace(ALIVE, backlog=4)],
    ids=["away", "with a backlog"],
)
def test_a_station_that_cannot_tell_is_not_called_dead(server: Server, status: Status) -> None:
    pull(server, Post(server, "post"), *EVERY_HALF_HOUR)
    say(server, status)
    server.set("13:59")
    assert dead(server) == []


def test_a_station_that_never_said_it_is_there_is_not_called_dead(server: Server) -> None:
    pull(server, Post(server, "post"), *EVERY_HALF_HOUR)
    server.set("13:59")
    assert dead(server) == []


def test_four_drops_say_nothing_of_a_pull(server: Server) -> None:
    pull(server, Post(server, "post"), *EVERY_HALF_HOUR[:4])
    say(server)
    server.set("13:59")
    assert dead(server) == []


def test_a_post_without_a_full_box_left_has_nothing_to_read(tmp_path: Path) -> None:
    one = SHIFTS.replace("cards = 9", "cards = 1")
    one = "\n".join(line for line in one.split("[[tag]]")[:1]) + "\n".join(
        f'[[tag]]\ncode = "{tag(loop, 1)}"\ncard = "{loop}-001"' for loop in ("BH", "GK")
    )
    server = opened(tmp_path, one)
    post = Post(server, "post")
    pull(server, post, *EVERY_HALF_HOUR)
    server.set("08:40")
    for loop in ("BH", "GK"):
        post.scan("withdrawal", tag(loop, 1), "08:40")
    say(server)
    server.set("13:59")
    assert dead(server) == []


def test_the_night_is_no_silence(tmp_path: Path) -> None:
    server = opened(tmp_path, SHIFTS.replace(', ["14:00", "22:00"]', ""))
    pull(server, Post(server, "post"), "12:00", "12:20", "12:40", "13:00", "13:20")
    say(server)
    server.set("D+1 07:39")
    assert dead(server) == []
    server.set("D+1 07:40")  # 40 min before the night, and 100 after it
    assert dead(server) == ["dead_post"]


# -- batches


def drop(server: Server, *times: str, first: int = 1) -> None:
    """Different cards of BH at the post."""
    post = Post(server, "post")
    for number, time in enumerate(times, first):
        server.set(time)
        post.scan("withdrawal", tag("BH", number), time)


def batches(server: Server) -> list[str]:
    return server.findings(type="batched_drops")


def test_cards_dropped_together_as_the_shift_ends_are_a_batch(server: Server) -> None:
    drop(server, "13:50", "13:51", "13:52", "13:53")
    server.set("13:59:59")
    assert batches(server) == []
    server.set("14:00")
    assert batches(server) == ["batched_drops"]
    found = server.one("finding", type="batched_drops")
    assert (found["station"], found["loop"], found["at"]) == ("post", "BH", at("14:00"))
    server.set("21:00")
    assert batches(server) == ["batched_drops"]


def test_two_cards_at_the_end_of_a_shift_are_no_batch(server: Server) -> None:
    drop(server, "13:50", "13:51")
    server.set("14:01")
    assert batches(server) == []


def test_the_same_cards_in_the_middle_of_a_shift_are_no_batch(server: Server) -> None:
    drop(server, "10:50", "10:51", "10:52", "10:53")
    server.set("15:00")
    assert batches(server) == []


def test_a_plant_without_shifts_has_no_end_of_one(tmp_path: Path) -> None:
    server = opened(tmp_path, PLANT)
    drop(server, "13:50", "13:51", "13:52")
    server.set("15:00")
    assert batches(server) == []


def test_a_shift_that_ended_while_no_server_ran_is_judged_after_the_start(server: Server) -> None:
    drop(server, "13:50", "13:51", "13:52", "13:53")
    again = Server(server.engine, server.copy)
    again.set("14:30")
    again.set("14:32")
    assert batches(again) == ["batched_drops"]


SHIFT = Shift(0, 480 * MINUTE)


def minutes(*values: int) -> list[int]:
    return [v * MINUTE for v in values]


@pytest.mark.parametrize(
    ("drops", "box_every", "expected"),
    [
        (minutes(470, 471, 472), None, True),
        (minutes(470, 471), None, False),
        (minutes(*range(0, 480, 5)), None, False),
        (minutes(*range(0, 465, 31), 466, 468, 470, 472), None, True),
        (minutes(470, 471, 472), Fraction(5), False),
        (minutes(465, 466, 467, 468, 470, 471, 472), Fraction(5), True),
        (minutes(481, 482, 483), None, False),
    ],
    ids=["alone", "two", "even", "sparse then many", "as demanded", "twice the demand", "after"],
)
def test_a_batch_is_three_drops_and_twice_what_the_pull_brings(
    drops: list[int], box_every: Fraction | None, expected: bool
) -> None:
    assert batched(drops, SHIFT, box_every) is expected


def test_a_shift_past_midnight_belongs_to_the_day_it_starts_on() -> None:
    hours = Calendar(days=(0,), shifts=((22 * 60, 6 * 60),))
    shift = next_shift_end(hours, at("23:00"))
    assert shift == Shift(at("22:00"), at("D+1 06:00"))
    following = next_shift_end(hours, at("D+1 06:00"))
    assert following == Shift(at("22:00") + 7 * 1440 * MINUTE, at("D+1 06:00") + 7 * 1440 * MINUTE)


def test_without_shifts_nothing_ends() -> None:
    assert next_shift_end(None, 0) is None
    assert next_shift_end(Calendar(), 0) is None


def test_silence_is_reckoned_in_working_time_and_never_below_ten_minutes() -> None:
    assert silence(minutes(0, 30, 60, 90), None) is None
    assert silence(minutes(0, 30, 60, 90, 120), None) == 210 * MINUTE
    assert silence([0, 1000, 2000, 3000, 4000], None) == 10 * MINUTE
    assert silence(minutes(120, 0, 30, 90, 60), None) == 210 * MINUTE
