"""A lost database: decisions settled again from their copy, journals sent again by stations, rows equal (DESIGN 8)."""

from pathlib import Path
from typing import Any

from pullcord_server.storage.engine import open_engine
from support.day import Day, from_nothing, moved_to, reborn
from support.desk import HOUR, MINUTE, new_database
from support.refill import assert_equal, backup, refill

WHOLE_DAY: list[tuple[Any, ...]] = [
    ("scan", "post", "withdrawal", "BH", 1),
    ("wait", 30_000),
    ("scan", "post", "withdrawal", "BH", 1),
    ("scan", "post", "withdrawal", "GK", 1),
    ("wait", 5 * MINUTE),
    ("scan", "store", "dispatch", "GK", 1),
    ("offline", "post"),
    ("wait", 10 * MINUTE),
    ("scan", "post", "withdrawal", "BH", 2),
    ("scan", "post", "withdrawal", "BH", 3),
    ("wait", 20_000),
    ("undo", "post", 1),
    ("wait", 30 * MINUTE),
    ("scan", "dock", "arrival", "BH", 1),
    ("scan", "dock", "arrival", "BH", 2),
    ("scan", "dock", "arrival", "GK", 1),
    ("wait", HOUR),
    ("scan", "post", "withdrawal", "BH", 2),
    ("change", "BH-003", "blocked", True),
    ("scan", "wrong", "withdrawal", "BH", 4),
    ("wait", 20 * MINUTE),
    ("online", "post"),
    ("scan", "post", "withdrawal", "BH", 3),
    ("wait", 10_000),
    ("change", "BH-003", "blocked", False),
    ("press", "post"),
    ("number", "BH", 3),
    ("wait", 30 * MINUTE),
    ("scan", "dock", "arrival", "BH", 4),
    ("restart", "post"),
    ("scan", "post", "withdrawal", "BH", 4),
    ("wait", 1_000),
    ("collect", "post"),
    ("scan", "post", "arrival", "GK", 2),
    ("scan", "wrong", "arrival", "BH", 2),
    ("code", "post", "withdrawal", "UNKNOWN"),
    ("wait", 40 * MINUTE),
    ("number", "BH", 4),
    ("scan", "post", "withdrawal", "BH", 4),
    ("issue", "BH", 2 * HOUR),
    ("confirm", "BH-004", HOUR),
    ("wait", MINUTE),
    ("change", "GK-003", "life", "lost"),
    ("scan", "post", "withdrawal", "GK", 3),
    ("take_back", "GK-003"),
    ("resolve",),
    ("bind", "NEW", "BH-001"),
    ("code", "post", "withdrawal", "NEW"),
    ("close", "BH-002"),
    ("wait", 30_000),
    ("scan", "post", "withdrawal", "BH", 2),
]


def test_a_database_made_anew_from_copy_and_journals_is_equal_row_for_row(tmp_path: Path) -> None:
    day = Day.begin(new_database(tmp_path / "a.db")).play(WHOLE_DAY)
    day.end()
    assert day.refused == []
    again = moved_to(day, from_nothing(day, tmp_path / "b.db"))
    refill(again)
    assert_equal(day, again)


def test_a_refill_raises_and_ends_no_call_before_it_is_quiet(tmp_path: Path) -> None:
    day = Day.begin(new_database(tmp_path / "a.db"))
    day.play([("scan", "post", "withdrawal", "GK", n) for n in (1, 2, 3)])
    day.play([("wait", HOUR), ("scan", "dock", "arrival", "BH", 1), ("wait", HOUR)])
    (call,) = day.server.rows("call")
    assert call["state"] != "closed", "every gasket box is empty"
    again = moved_to(day, from_nothing(day, tmp_path / "b.db"))
    refill(again, page=1)
    assert again.server.rows("call") == [call]
    again.server.set(again.server.now + 2 * MINUTE)
    assert again.server.rows("call") == [call]
    again.play([("scan", "store", "dispatch", "GK", 1), ("wait", MINUTE)])
    again.play([("scan", "dock", "arrival", "GK", 1), ("wait", MINUTE)])
    assert [c["state"] for c in again.server.rows("call")] == ["closed"]


def test_a_backup_of_the_middle_of_the_day_with_copy_and_journals_is_equal(tmp_path: Path) -> None:
    for cut in range(5, len(WHOLE_DAY), 9):
        folder = tmp_path / str(cut)
        folder.mkdir()
        day = Day.begin(new_database(folder / "a.db")).play(WHOLE_DAY[:cut])
        kept = backup(day, folder / "c.db")
        day.play(WHOLE_DAY[cut:]).end()
        engine = open_engine(f"sqlite:///{kept}")
        again = moved_to(day, reborn(engine, day.server.copy, day.server.now))
        refill(again)
        assert_equal(day, again)
