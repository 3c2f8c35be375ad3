"""What a station read while it was cut off: what its drops gathered was released then, and the steps behind find it so."""

from pathlib import Path

from support.desk import HOUR, MINUTE, new_database
from support.random_day import RandomDay
from support.random_plant import Move, Story

EVENING = 1_792_864_800_000


def away(folder: Path, part: str, station: str, *moves: Move) -> RandomDay:
    """A day with one loop whose station is cut off meanwhile."""
    day = RandomDay.on(new_database(folder / "a.db"), Story(EVENING, (part,), ()))
    for move in (("offline", station), *moves, ("wait", HOUR), ("online", station)):
        day.move(move)
    return day


def drops(part: str, station: str, count: int) -> list[Move]:
    """So many cards, a minute apart."""
    moves: list[Move] = []
    for number in range(1, count + 1):
        moves += [("scan", station, "withdrawal", part, number), ("wait", MINUTE)]
    return moves


def steps(part: str, station: str, event: str, count: int) -> list[Move]:
    return [("scan", station, event, part, number) for number in range(1, count + 1)]


def test_a_lot_that_gathered_and_was_made_while_its_press_was_cut_off(tmp_path: Path) -> None:
    made = [
        ("scan", "press", "start", "SG", 1),
        ("wait", MINUTE),
        *steps("SG", "press", "finish", 3),
    ]
    day = away(tmp_path, "SG", "press", *drops("SG", "press", 3), *made)
    order = day.server.one("replenishment_order")
    assert (order["state"], order["quantity"]) == ("closed", 60)
    assert order["released_at"] == EVENING + 2 * MINUTE + 1
    assert day.server.findings() == []


def test_a_count_that_gathered_while_its_post_was_cut_off(tmp_path: Path) -> None:
    day = away(tmp_path, "CO", "post", *drops("CO", "post", 3))
    orders = day.server.rows("replenishment_order", "opened_at")
    assert [o["state"] for o in orders] == ["released", "released", "open"]
    assert [o["released_at"] for o in orders] == [EVENING + MINUTE + 1] * 2 + [None]


def test_what_comes_late_for_a_card_is_folded_before_anything_is_released(tmp_path: Path) -> None:
    day = RandomDay.on(new_database(tmp_path / "a.db"), Story(EVENING, ("CO",), ()))
    for move in (
        ("offline", "post"),
        ("scan", "post", "withdrawal", "CO", 1),
        ("wait", MINUTE),
        ("scan", "dock", "arrival", "CO", 1),
        ("scan", "post", "withdrawal", "CO", 2),
        ("wait", HOUR),
        ("online", "post"),
    ):
        day.move(move)
    orders = day.server.rows("replenishment_order", "opened_at")
    assert [(o["state"], o["cards"]) for o in orders] == [
        ("closed", '["CO-001"]'),
        ("open", '["CO-002"]'),
    ]
