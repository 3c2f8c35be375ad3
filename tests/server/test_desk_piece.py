"""A large plant is read in pieces, a turn each, and ends as if it had been read at once."""

import gc
from pathlib import Path
from typing import Any

import pytest

from pullcord_server.desk import piece
from pullcord_server.outside.memory import keep
from support.desk import HOUR, Server, at, new_database
from support.hose_loop import hose_loop
from support.plant_day import Floor, plan

MADE = plan(3, at("06:00"), HOUR // 2, loops_=10, cards_=6, scans=120, stations=6)
#: What must be the same, and by which columns.
SAME = {
    "card": ("id", "state", "life", "since"),
    "lamp_group": ("item", "place", "body"),
    "finding": ("type", "card", "loop", "station", "at"),
}


def played(folder: Path) -> Server:
    """The day; its server."""
    folder.mkdir()
    floor = Floor.open(MADE, Server(new_database(folder / "pullcord.db")))
    floor.play()
    assert floor.server.tally.failed_turns == 0
    return floor.server


def rows(server: Server) -> dict[str, list[tuple[Any, ...]]]:
    """What must be the same."""
    return {
        table: sorted((tuple(r[c] for c in columns) for r in server.rows(table)), key=repr)
        for table, columns in SAME.items()
    }


def test_a_day_read_in_pieces_ends_as_one_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = played(tmp_path / "once")
    monkeypatch.setattr(piece, "PIECE", 1)
    in_pieces = played(tmp_path / "pieces")
    assert in_pieces.tally.turns > at_once.tally.turns
    assert rows(in_pieces) == rows(at_once)
    assert lamps(in_pieces) == lamps(at_once)


def lamps(server: Server) -> dict[str, str]:
    """What each station shows."""
    return {r["station"]: r["lamps"] for r in server.rows("station_lamps")}


def test_the_first_turn_after_a_start_reads_a_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piece, "PIECE", 1)
    once = played(tmp_path / "once")
    again = Server(once.engine)
    again.desk.clock.set(once.now)  # type: ignore[union-attr]
    settled: list[int] = []
    again.desk.settle = lambda: settled.append(again.now)
    again.work()
    assert len(again.desk._shelf.loop_cards) < len(MADE.rules)
    assert settled == []
    again.set(once.now)
    assert again.desk._shelf.loop_cards.keys() == MADE.rules.keys()
    assert lamps(again) == lamps(once)
    again.set(once.now + HOUR)
    assert len(settled) == 1


def test_without_a_plant_nothing_falls_due(tmp_path: Path) -> None:
    server = Server(new_database(tmp_path / "pullcord.db"))
    server.set("06:00")
    turns = server.tally.turns
    server.set("09:00")
    assert server.tally.turns == turns + 1


def test_what_a_plant_brings_is_settled_once(tmp_path: Path) -> None:
    server = Server(new_database(tmp_path / "pullcord.db"))
    settled: list[int] = []
    server.desk.settle = lambda: settled.append(server.now)
    server.set("06:00")
    assert settled == []
    for cards in (4, 4, 5):
        server.apply(hose_loop(cards, "45m"))
        server.set(server.now + 1)
        server.set(server.now + 1)
    assert len(settled) == 2


def test_what_lives_is_looked_through_no_more() -> None:
    gc.unfreeze()
    keep()
    try:
        assert gc.get_freeze_count() > 1000
    finally:
        gc.unfreeze()
