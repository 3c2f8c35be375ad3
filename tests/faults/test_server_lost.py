"""The server's database is lost or goes back: the stations refill it, the copy of decisions completes it."""

import json
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from faults.reckoning import wait_until_all_is_there
from support.broker import Broker
from support.cable import Cable
from support.hose_loop import hose_loop
from support.server_process import ServerProcess
from support.station_process import StationProcess
from support.until import until

CARDS = 12
CODES = {f"BH-A1-{number:03}": f"{number:010X}" for number in range(1, CARDS + 1)}
PLANT = hose_loop(CARDS, "45m") + "".join(
    [f'[[station]]\nid = "{name}"\nprocess = "assembly-1"\n' for name in ("post", "dock", "aisle")]
    + [f'[[tag]]\ncode = "{code}"\ncard = "{card}"\n' for card, code in CODES.items()]
)
TABLES = {
    "fact": "journal, seq, station, type, event, code, version, of, card, at, clock, boot, body, verdict",
    "decision": "number, id, at, by, action, reason, body",
    "card": 'id, loop, kind, state, life, blocked, hold, actual, version, "order", since',
    "replenishment_order": "id, loop, item, quantity, source, consumer, state, cards, opened_at,"
    " released_at, due_at, closed_at, closed_by",
    "lost_range": "journal, first, last, station",
    "tag_binding": "code, card, since, decision",
    "finding": "type, card, loop, station, entry, at",
}
ASIDE = {
    "replenishment_order": "state != 'withdrawn'",
    "finding": "type NOT IN ('late_entry', 'order_unfounded', 'two_servers') AND resolved_at IS NULL",
}
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(slots=True)
class Story:
    """What was there before the loss, and the stations that go on."""

    folder: Path
    broker: Broker
    stations: list[StationProcess]
    backup: Path
    decisions: Path
    whole: Rows
    decided: set[str]


def rows_of(server: ServerProcess) -> Rows:
    """What must be equal after a loss, table by table."""
    with closing(sqlite3.connect(f"file:{server.file}?mode=ro", uri=True)) as connection:
        return {
            table: sorted(
                connection.execute(
                    f"SELECT {columns} FROM {table} WHERE {ASIDE.get(table, 'true')}"
                ).fetchall(),
                key=repr,
            )
            for table, columns in TABLES.items()
        }


def check_equal(got: Rows, wanted: Rows) -> None:
    """Every table row for row; fails with the rows that differ."""
    lines = []
    for table, rows in wanted.items():
        lines += [f"{table} has     {row}" for row in got[table] if row not in rows]
        lines += [f"{table} has not {row}" for row in rows if row not in got[table]]
        if len(got[table]) != len(rows):
            lines.append(f"{table} has {len(got[table])} rows, not {len(rows)}")
    assert not lines, "\n".join(lines)


def drop(station: StationProcess, *cards: str) -> None:
    """Present cards one after the other, each until it beeped."""
    for card in cards:
        code = CODES.get(card, card)
        again_at = time.monotonic()
        give_up = again_at + 20
        while code not in [kept.code for kept in station.look()]:
            assert time.monotonic() < give_up, f"{station.name} does not beep for {card}"
            if time.monotonic() >= again_at:
                station.present(code)
                again_at = time.monotonic() + 1.5
            time.sleep(0.005)


def card(number: int) -> str:
    return f"BH-A1-{number:03}"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A morning with an offline station, decisions, a backup, a dead server, and stations that go on."""
    folder = tmp_path_factory.mktemp("lost")
    broker = Broker(folder / "broker")
    broker.start()
    cable = Cable(broker.port)
    places = (("post", "withdrawal", broker.url), ("dock", "arrival", broker.url))
    stations = [
        StationProcess(folder / name, station=name, broker=url, driver="line", role=role)
        for name, role, url in (*places, ("aisle", "withdrawal", cable.url))
    ]
    server = ServerProcess(folder / "whole", broker=broker.url)
    server.apply(PLANT)
    server.start()
    for station in stations:
        station.start()
    try:
        backup = play(server, stations, cable)
        yield Story(
            folder, broker, stations, backup, server.decisions, rows_of(server), decided(server)
        )
    finally:
        for station in stations:
            station.close()
        cable.close()
        server.close()
        broker.kill()


def play(server: ServerProcess, stations: list[StationProcess], cable: Cable) -> Path:
    """The story; the path of the backup made in the middle of it."""
    post, dock, aisle = stations
    drop(post, *(card(number) for number in (1, 2, 3, 4)))
    drop(aisle, card(5))
    wait_until_all_is_there(server, stations)
    drop(dock, card(1), card(2))
    post.process.kill()  # another start: a journal that follows this one
    post.start()
    wait_until_all_is_there(server, stations)
    change(server, "PATCH", f"/cards/{card(3)}", blocked=True, reason="scratched")
    change(server, "POST", f"/cards/{card(4)}/undo", reason="dropped by mistake")
    backup = server.folder / "backup.db"
    server.command("backup", str(backup))
    cable.cut()
    drop(aisle, card(6), card(7))
    drop(dock, card(6))
    drop(post, card(8), card(1), "FFFFFFFFFF")
    wait_until_all_is_there(server, [post, dock])
    change(server, "PATCH", f"/cards/{card(3)}", blocked=False, reason="cleaned")
    change(server, "PUT", "/tags/0B0B0B0B0B", card=card(9))
    server.call(
        "POST",
        "/api/v1/cards",
        {
            "loop": "BH-A1",
            "kind": "express",
            "quantity": 5,
            "expires_at": "2030-01-01T00:00:00Z",
            "by": "lead-7",
            "reason": "rework",
        },
        status=201,
    )
    server.kill()
    drop(post, "0B0B0B0B0B", card(2))
    drop(dock, card(8))
    drop(aisle, card(10), card(11))
    dock.process.kill()
    dock.start()
    drop(dock, card(10))
    server.start()
    cable.mend()
    wait_until_all_is_there(server, stations)
    server.stop()
    return backup


def change(server: ServerProcess, method: str, path: str, **body: Any) -> None:
    """A decision of a person."""
    server.call(method, f"/api/v1{path}", {"by": "lead-7", **body})


def decided(server: ServerProcess) -> set[str]:
    """The cards that a decision touched, other than by the plant file."""
    query = (
        "SELECT card FROM decision_card JOIN decision USING (number) WHERE action != :plant"
        " UNION SELECT card FROM tag_binding JOIN decision ON decision.id = tag_binding.decision"
        " WHERE action != :plant"
    )
    with closing(sqlite3.connect(f"file:{server.file}?mode=ro", uri=True)) as connection:
        plants = connection.execute("SELECT action FROM decision WHERE number = 1").fetchone()[0]
        return {row[0] for row in connection.execute(query, {"plant": plants})}


def successor(story: Story, name: str, *, decisions: bool) -> ServerProcess:
    """A server for the same site with an empty database, and the copy of decisions if it is left."""
    server = ServerProcess(story.folder / name, broker=story.broker.url)
    if decisions:
        shutil.copy(story.decisions, server.decisions)
    return server


def refill(story: Story, server: ServerProcess) -> Rows:
    """Start it, wait until the stations gave it all they hold, end it; what it has then."""
    try:
        server.start()
        wait_until_all_is_there(server, story.stations)
        server.stop()
        return rows_of(server)
    finally:
        server.close()


def test_the_story_has_what_makes_a_refill_hard(story: Story) -> None:
    facts = story.whole["fact"]
    assert len({row[0] for row in facts}) == 5, "two stations started twice"
    assert len(story.whole["decision"]) >= 6
    assert "unknown" in {row[0] for row in story.whole["finding"]}
    assert len(story.whole["replenishment_order"]) >= 8


def test_a_backup_and_the_copy_of_decisions_give_everything_back(story: Story) -> None:
    server = successor(story, "from-backup", decisions=True)
    server.command("restore", str(story.backup))
    check_equal(refill(story, server), story.whole)


def test_the_copy_of_decisions_alone_gives_everything_back(story: Story) -> None:
    server = successor(story, "from-nothing", decisions=True)
    server.command("restore")
    check_equal(refill(story, server), story.whole)


def test_an_empty_database_beside_decisions_is_not_served(story: Story) -> None:
    server = successor(story, "refused", decisions=True)
    server.process.start()
    until(lambda: not server.process.running, "it refuses", 30)
    assert server.process.status == 1
    assert "restore" in server.process.said()
    server.close()


def test_without_the_copy_facts_and_undecided_cards_come_back(story: Story) -> None:
    server = successor(story, "without-copy", decisions=False)
    server.apply(PLANT)
    check_undecided(story, refill(story, server))


def test_an_old_database_in_place_of_a_newer_one_is_refilled(story: Story) -> None:
    server = successor(story, "old-copy", decisions=False)
    shutil.copy(story.backup, server.database.removeprefix("sqlite:///"))
    check_undecided(story, refill(story, server))


def check_undecided(story: Story, got: Rows) -> None:
    """Facts, and the cards and orders that no decision touched, are as in an undisturbed server."""
    columns = TABLES["fact"].split(", ")
    folded = [columns.index(name) for name in ("event", "version", "of", "card", "verdict")]
    card = columns.index("card")

    def facts(rows: Rows) -> list[tuple[Any, ...]]:
        """What stations saw; with what it meant, where no decision touched the card."""
        return [
            row
            if whole[card] is not None and whole[card] not in story.decided
            else tuple(value for number, value in enumerate(row) if number not in folded)
            for row, whole in zip(rows["fact"], story.whole["fact"], strict=True)
        ]

    def undecided(rows: Rows, table: str, column: int) -> list[tuple[Any, ...]]:
        return [row for row in rows[table] if not story.decided & _cards(row[column])]

    assert facts(got) == facts(story.whole)
    assert undecided(got, "card", 0) == undecided(story.whole, "card", 0)
    cards = TABLES["replenishment_order"].split(", ").index("cards")
    assert undecided(got, "replenishment_order", cards) == undecided(
        story.whole, "replenishment_order", cards
    )


def _cards(text: str) -> set[str]:
    """A card's id, or the cards of an order."""
    return set(json.loads(text)) if text.startswith("[") else {text}
