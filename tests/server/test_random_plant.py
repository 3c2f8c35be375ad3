"""Random plants: all kinds of loops, all lives of cards, people's edits, late stations; what must hold holds after each step."""

import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from support.desk import HOUR, new_database
from support.random_day import RandomDay
from support.random_plant import Move, Story, random_story
from support.random_story import failure, shorten, tell
from support.random_watch import Watch

EVENING = 1_792_864_800_000
#: Moves of a story in `make test`, and in `make soak`.
SHORT, LONG = 40, 400


def check(seed: int, length: int) -> None:
    """A random story holds; one that does not is told as short as it can be."""
    story = random_story(Random(seed), length)
    found = failure(story, seed)
    if found is not None:
        pytest.fail(_told(story, seed, found), pytrace=False)


def _told(story: Story, seed: int, found: str) -> str:
    kind = found[:20]
    short = shorten(story, lambda s: (failure(s, seed) or "")[:20] == kind)
    return f"seed {seed}:\n{tell(short)}\n{short!r}\n{failure(short, seed) or found}"


@pytest.mark.parametrize("seed", range(8))
def test_a_random_plant_keeps_what_must_hold(seed: int) -> None:
    check(seed, SHORT)


#: What random plants found once: the loops, and what happened to them.
FOUND: dict[str, tuple[tuple[str, ...], tuple[Move, ...]]] = {
    "a production card whose partner was taken back at once waits for another, and is found alone": (
        ("XP", "XW"),
        (
            ("scan", "store", "dispatch", "XP", 2),
            ("scan", "store", "dispatch", "XW", 1),
            ("undo", "store", 1),
        ),
    ),
    "an empty place whose only full box is of a card of one turn": (
        ("PR",),
        (
            ("scan", "store", "withdrawal", "PR", 1),
            ("issue_emergency", "PR", 60_000),
            ("empty", "PR"),
            ("order", "PR-004", "arrival"),
            ("scan", "store", "withdrawal", "PR", 3),
            ("empty", "PR"),
            ("wait", 121_000),
            ("printed", "store", "withdrawal", "PR-004", 1),
        ),
    ),
    "an undo that comes too late for a strict loop is ruled by what the card is by then": (
        ("GK",),
        (
            ("scan", "post", "withdrawal", "GK", 2),
            ("wait", 32_402_000),
            ("undo", "post", 1),
        ),
    ),
    "a retired card's sensor speaks, and what was shown stands": (
        ("BC",),
        (
            ("level", "cell", "bc-1", False),
            ("replace", "BC-001"),
            ("scan", "cell", "dispatch", "BC", 1),
            ("wait", 10_801_000),
            ("level", "cell", "bc-1", True),
        ),
    ),
    "a sensor that says the same twice in one millisecond": (
        ("BL",),
        (
            ("level", "cell", "bl-2", True),
            ("level", "cell", "bl-2", True),
            ("level", "cell", "bl-2", False),
        ),
    ),
    "a tag that is bound after its drop gives the card to two stations": (
        ("BH",),
        (
            ("code", "post", "withdrawal", "SPARE"),
            ("scan", "dock", "withdrawal", "BH", 1),
            ("wait", 1_000),
            ("bind", "SPARE", "BH-001"),
        ),
    ),
    "a finding that somebody resolved before its tag was bound": (
        ("BH",),
        (
            ("code", "post", "withdrawal", "SPARE"),
            ("wait", 1_000),
            ("resolve",),
            ("bind", "SPARE", "BH-001"),
        ),
    ),
    "an undo of an undo of a drop whose tag was bound later": (
        ("SG",),
        (
            ("code", "cell", "withdrawal", "NOBODY"),
            ("undo", "cell", 1),
            ("undo", "cell", 1),
            ("bind", "NOBODY", "SG-003"),
        ),
    ),
    "an order that had no ground until the next late entry gave it one": (
        ("BC",),
        (
            ("wait", 32_402_000),
            ("level", "cell", "bc-1", True),
            ("wait", 12_437_000),
            ("scan", "post", "withdrawal", "BC", 1),
            ("wait", 32_766_000),
            ("level", "cell", "bc-1", False),
            ("wait", 361_000),
            ("scan", "post", "withdrawal", "BC", 1),
            ("wait", 36_003_000),
            ("scan", "post", "withdrawal", "BC", 1),
        ),
    ),
    "what a strict loop refuses to a card that is refilled by halves was never shown": (
        ("GZ",),
        (
            ("scan", "post", "withdrawal", "GZ", 1),
            ("wait", 1_000),
            ("scan", "dock", "arrival", "GZ", 1),
            ("scan", "post", "withdrawal", "GZ", 1),
        ),
    ),
    "a card that is scanned in the moment of its issue": (
        ("OS",),
        (("printed", "cell", "dispatch", "OS-001", 1),),
    ),
    "a production card that is scanned without its partner": (
        ("XP", "XW"),
        (
            ("scan", "store", "dispatch", "XP", 1),
            ("wait", 121_000),
            ("scan", "store", "start", "XP", 1),
        ),
    ),
    "a blocked card that was lost while it was empty is dropped": (
        ("XW",),
        (
            ("scan", "post", "withdrawal", "XW", 2),
            ("change", "XW-002", "blocked", True),
            ("change", "XW-002", "life", "lost"),
            ("wait", 3_600_000),
            ("printed", "post", "withdrawal", "XW-002", 2),
        ),
    ),
    "a box of a lot comes and goes in the moment in which the lot is started for it": (
        ("ST",),
        (
            ("scan", "press", "withdrawal", "ST", 2),
            ("scan", "press", "withdrawal", "ST", 4),
            ("wait", 1_502_000),
            ("scan", "press", "finish", "ST", 2),
            ("scan", "press", "finish", "ST", 4),
            ("scan", "press", "withdrawal", "ST", 4),
        ),
    ),
    "a repeat is an exchange once what it repeated is taken back": (
        ("XP", "XW"),
        (
            ("scan", "store", "dispatch", "XP", 3),
            ("printed", "store", "dispatch", "XP-003", 3),
            ("take_back", "XP-003"),
            ("wait", 1_500_000),
        ),
    ),
    "a partner that was missed came late, and a backup remembers that it was missed": (
        ("XP", "XW"),
        (
            ("offline", "post"),
            ("printed", "store", "dispatch", "XW-001", 3),
            ("wait", 1_000),
            ("scan", "post", "withdrawal", "XW", 1),
            ("wait", 123_000),
            ("scan", "store", "dispatch", "XP", 1),
            ("scan", "store", "dispatch", "XW", 1),
            ("wait", 3_601_000),
            ("backup",),
        ),
    ),
    "an exchange with an old print, which the newer print shows only later": (
        ("XP", "XW"),
        (
            ("printed", "post", "start", "XP-003", 3),
            ("wait", 22_000),
            ("printed", "store", "dispatch", "XP-003", 2),
            ("wait", 3_601_000),
        ),
    ),
    "a delivery that its first card leaves before its second one is known": (
        ("SB",),
        (
            ("wait", 3_602_000),
            ("offline", "dock"),
            ("wait", 1_502_000),
            ("scan", "post", "withdrawal", "SB", 3),
            ("wait", 61_000),
            ("scan", "dock", "arrival", "SB", 3),
            ("scan", "post", "withdrawal", "SB", 4),
            ("wait", 40_000_000),
            ("order", "SB-003", "arrival"),
        ),
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_once_holds(name: str) -> None:
    parts, moves = FOUND[name]
    for seed in (0, 1, 3):
        assert failure(Story(EVENING, parts, moves), seed) is None


def test_a_story_that_fails_is_told_in_the_fewest_lines() -> None:
    noise = random_story(Random(7), 30)
    moves = (*noise.moves[:15], ("offline", "post"), *noise.moves[15:], ("trial", "BH"))
    story = Story(EVENING, (*noise.parts, "BH"), moves)

    def fails(one: Story) -> bool:
        offline = ("offline", "post") in one.moves
        return offline and ("trial", "BH") in one.moves

    assert tell(shorten(story, fails)).splitlines()[1:] == [
        "24. 18:00:00 post: offline",
        "24. 18:00:00 people: trial BH",
    ]


SPOILT = {
    "findings are gone": "delete from finding",
    "cards are gone": "delete from card where id = 'BH-004'",
    "has open orders": "update portion set state = 'open'",
    "names order": 'update card set "order" = null',
    "quantity": "update replenishment_order set quantity = 21",
    "rows of one kind": "update replenishment_order set id = 'other' where id = 'post-1.1'",
    "BH-001 is in_process": "update card set state = 'in_process' where id = 'BH-001'",
    "of no type": "update finding set type = 'odd'",
}


@pytest.mark.parametrize("says", SPOILT)
def test_what_does_not_hold_is_seen(says: str, tmp_path: Path) -> None:
    day = RandomDay.on(new_database(tmp_path / "a.db"), Story(EVENING, ("BH",), ()))
    watch = Watch.over(day)
    for move in (
        ("scan", "post", "withdrawal", "BH", 1),
        ("wait", HOUR),
        ("scan", "post", "withdrawal", "BH", 1),
        ("code", "post", "withdrawal", "NOBODY"),
    ):
        day.move(move)
    watch.look()
    watch.raw.execute(SPOILT[says])
    with pytest.raises(AssertionError, match=says):
        watch.look()


def _run(seed: int) -> tuple[int, str | None]:
    return seed, failure(random_story(Random(seed), LONG), seed)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_random_plants_for_a_million_steps() -> None:
    steps = int(os.environ.get("PULLCORD_SOAK", "1000000"))
    first = int(os.environ.get("PULLCORD_SEED", "1000"))
    began = monotonic()
    with ProcessPoolExecutor() as workers:
        seeds = range(first, first + -(-steps // LONG))
        for count, (seed, found) in enumerate(workers.map(_run, seeds), 1):
            if found is not None:
                workers.shutdown(cancel_futures=True)
                pytest.fail(_told(random_story(Random(seed), LONG), seed, found), pytrace=False)
            if count % 25 == 0:
                rate = count * LONG / (monotonic() - began)
                print(f"{count * LONG:,} steps, {rate:,.0f}/s", flush=True)
