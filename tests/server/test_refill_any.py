"""Any day can be made anew: random days, refilled in random order, end in equal rows (DESIGN 8)."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pullcord_server.storage.engine import open_engine
from support.day import STATIONS, Day, from_nothing, moved_to, reborn
from support.desk import HOUR, MINUTE, new_database, quick_place
from support.refill import assert_equal, backup, refill

Moves = list[tuple[Any, ...]]
CARDS = [("BH", 1), ("BH", 2), ("BH", 3), ("GK", 1)]


def moves() -> st.SearchStrategy[Moves]:
    """What may happen on a day: mostly scans, some outages, some decisions."""
    card = st.sampled_from(CARDS)
    named = card.map(lambda c: f"{c[0]}-{c[1]:03d}")
    scan = st.tuples(
        st.just("scan"),
        st.sampled_from(["post", "post", "dock", "dock", "store", "wrong"]),
        st.sampled_from(["withdrawal", "withdrawal", "arrival", "dispatch"]),
        card,
    ).map(lambda m: (m[0], m[1], m[2], *m[3]))
    wait = st.tuples(
        st.just("wait"), st.sampled_from([1_000, 20_000, 61_000, 10 * MINUTE, 50 * MINUTE])
    )
    link = st.tuples(st.sampled_from(["offline", "online"]), st.sampled_from(STATIONS))
    undo = st.tuples(st.just("undo"), st.sampled_from(["post", "dock"]), st.integers(1, 2))
    flag = st.tuples(st.just("change"), named, st.sampled_from(["blocked", "hold"]), st.booleans())
    life = st.tuples(
        st.just("change"), named, st.just("life"), st.sampled_from(["lost", "circulating"])
    )
    other = st.one_of(
        st.tuples(st.just("restart"), st.sampled_from(STATIONS)),
        st.tuples(st.just("take_back"), named),
        st.tuples(st.just("close"), named),
        st.tuples(st.just("confirm"), named, st.just(HOUR)),
        st.tuples(st.just("order"), named, st.sampled_from(["dispatch", "arrival"])),
        st.tuples(st.just("number"), st.just("BH"), st.integers(3, 5)),
        st.tuples(st.just("replace"), named),
        st.tuples(st.just("issue"), st.just("BH"), st.just(HOUR)),
        st.tuples(st.just("empty"), st.sampled_from(["BH", "GK"])),
        st.tuples(st.just("bind"), st.just("SPARE"), named),
        st.tuples(st.just("unbind"), st.just("SPARE")),
        st.tuples(st.just("code"), st.just("post"), st.just("withdrawal"), st.just("SPARE")),
        st.tuples(st.just("collect"), st.just("post")),
        st.tuples(st.just("press"), st.just("post")),
        st.tuples(st.just("resolve")),
    )
    return st.lists(
        st.one_of(scan, scan, scan, wait, wait, link, undo, flag, life, other),
        min_size=1,
        max_size=25,
    )


SOME = settings(
    max_examples=500 if os.environ.get("HYPOTHESIS_PROFILE") == "wide" else 12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


#: A tag is bound after its drop: the card was at two stations within a minute.
BOUND_LATER: Moves = [
    ("scan", "store", "withdrawal", "BH", 3),
    ("wait", 1_000),
    ("code", "post", "withdrawal", "SPARE"),
    ("wait", 1_000),
    ("bind", "SPARE", "BH-003"),
]
#: A strict loop refuses an undo that comes too late: what was shown stands.
UNDONE_LATE: Moves = [
    ("scan", "post", "withdrawal", "GK", 1),
    ("change", "GK-001", "life", "lost"),
    ("wait", HOUR),
    ("undo", "post", 1),
]


@SOME
@example(BOUND_LATER, 0, 1)
@example(UNDONE_LATE, 0, 500)
@given(moves(), st.integers(0, 9), st.sampled_from([1, 2, 500]))
def test_any_day_can_be_made_anew(happened: Moves, seed: int, page: int) -> None:
    with TemporaryDirectory(dir=quick_place()) as folder:
        day = Day.begin(new_database(Path(folder) / "a.db")).play(happened)
        day.end()
        assert day.server.tally.failed_turns == 0
        again = moved_to(day, from_nothing(day, Path(folder) / "b.db"))
        refill(again, seed, page)
        assert_equal(day, again)


@SOME
@example([("code", "post", "withdrawal", "SPARE"), ("resolve",)], BOUND_LATER[-1:], 0, 1)
@example([("number", "BH", 3)], BOUND_LATER, 0, 1)
@given(moves(), moves(), st.integers(0, 9), st.sampled_from([1, 500]))
def test_any_day_can_be_made_anew_from_a_backup(
    before: Moves, after: Moves, seed: int, page: int
) -> None:
    with TemporaryDirectory(dir=quick_place()) as folder:
        day = Day.begin(new_database(Path(folder) / "a.db")).play(before)
        kept = backup(day, Path(folder) / "c.db")
        day.play(after).end()
        engine = open_engine(f"sqlite:///{kept}")
        again = moved_to(day, reborn(engine, day.server.copy, day.server.now))
        refill(again, seed, page)
        assert_equal(day, again)
