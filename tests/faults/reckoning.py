"""After a storm: what the stations hold against what the server made of it."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

from faults.crew import Worker
from pullcord_wire.instant import parse_instant
from support.server_process import ServerProcess
from support.station_process import Held, StationProcess
from support.until import until

REFILL_S = 180.0
Row = Mapping[str, Any]


def wait_until_all_is_there(
    server: ServerProcess, stations: Iterable[StationProcess], within_s: float = REFILL_S
) -> None:
    """Wait until the server has every entry the stations hold."""
    wanted = Counter(held.journal for station in stations for held in station.held())

    def complete() -> bool:
        upto = _upto_in_file(server) if server.file.exists() else _upto_by_api(server)
        return all(upto.get(journal, 0) >= count for journal, count in wanted.items())

    until(complete, "the server has all the stations hold", within_s, every_s=0.1)


def _upto_in_file(server: ServerProcess) -> dict[str, int]:
    """How many entries of each journal are there: cheap, also when there are many."""
    with closing(sqlite3.connect(f"file:{server.file}?mode=ro", uri=True)) as connection:
        return dict(connection.execute("SELECT id, upto FROM station_journal"))


def _upto_by_api(server: ServerProcess) -> dict[str, int]:
    return Counter(str(row["journal"]) for row in server.collection("journal"))


def _held(stations: Iterable[StationProcess]) -> dict[tuple[str, int], Held]:
    return {(one.journal, one.seq): one for station in stations for one in station.held()}


def check_entries(server: ServerProcess, stations: Iterable[StationProcess]) -> None:
    """Every entry of every journal is in the server once, as it was recorded, in its order."""
    stations = list(stations)
    wait_until_all_is_there(server, stations)
    rows, held = server.collection("journal"), _held(stations)
    if len(rows) < len(
        held
    ):  # one more was kept meanwhile, as by a worker who heard no beep in time
        wait_until_all_is_there(server, stations)
        rows, held = server.collection("journal"), _held(stations)
    by_id = {(row["journal"], row["seq"]): row for row in rows}
    assert len(by_id) == len(rows), "an entry is listed twice"
    assert by_id.keys() == held.keys()
    wrong = [
        f"{key}: {row} is not {held[key]}"
        for key, row in by_id.items()
        if not _same(row, held[key])
    ]
    assert wrong == []
    journals = defaultdict(list)
    for row in sorted(rows, key=lambda row: int(row["seq"])):
        journals[row["journal"]].append((row["seq"], parse_instant(row["at"])))
    for journal, entries in journals.items():
        assert [seq for seq, _ in entries] == list(range(1, len(entries) + 1)), journal
        times = [at for _, at in entries]
        assert times == sorted(times), f"{journal}: time goes back"


def _same(row: Row, held: Held) -> bool:
    return bool(row["type"] == held.entry["type"])


def check_beeps(workers: Iterable[Worker], codes: Mapping[str, str]) -> None:
    """Every read that beeped is in its station's journal, in the order in which it beeped."""
    for worker in workers:
        entries = [one for one in worker.station.held() if one.entry["type"] == "withdrawal"]
        kept = [(one.seq, one.entry["code"]) for one in entries]
        beeped = [(one.seq, one.code) for one in worker.station.kept if one.type == "withdrawal"]
        position = 0
        for read in beeped:
            try:
                position = kept.index(read, position) + 1
            except ValueError:
                raise AssertionError(
                    f"{worker.station.name}: beeped and lost: {read} ({codes.get(read[1])})"
                ) from None


def check_effects(
    server: ServerProcess, stations: Iterable[StationProcess], cards: Mapping[str, str]
) -> None:
    """Every card that was kept has exactly one order, opened by its first read; the others have none."""
    reads = [
        (one, cards[one.entry["code"]])
        for station in stations
        for one in station.held()
        if one.entry["type"] == "withdrawal"
    ]
    orders = server.collection("orders")
    by_card = Counter(card for order in orders for card in order["cards"])
    assert set(by_card) == {card for _, card in reads}, (
        "cards with orders are not the cards dropped"
    )
    doubled = {card: count for card, count in by_card.items() if count != 1}
    assert doubled == {}
    verdicts = defaultdict(list)
    for row in server.collection("journal"):
        if row["type"] == "withdrawal":
            verdicts[row["card"]].append((row["at"], row["verdict"]))
    for card, found in verdicts.items():
        words = [verdict for _, verdict in sorted(found)]
        assert words == ["accepted", *["duplicate"] * (len(words) - 1)], f"{card}: {found}"
    assert sum(len(found) for found in verdicts.values()) == len(reads)
    unexpected = Counter(row["type"] for row in server.collection("findings"))
    assert unexpected == {}, f"findings: {dict(unexpected)}"
