"""The server's disks are full or fail: nothing is said that is not kept, and it recovers by itself."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.crew import Worker
from faults.reckoning import check_beeps, check_effects, check_entries, wait_until_all_is_there
from support.bad_disk import FailingFsync, SmallDisk
from support.broker import Broker
from support.hose_loop import hose_loop
from support.server_process import ServerProcess
from support.station_process import StationProcess
from support.until import until

CARDS = {f"{number:010X}": f"BH-A1-{number:03}" for number in range(1, 61)}
PLANT = (
    hose_loop(60, "8h")
    + """\
[[station]]
id = "post"
process = "assembly-1"
lights = ["stack"]
"""
    + "".join(f'[[tag]]\ncode = "{code}"\ncard = "{card}"\n' for code, card in CARDS.items())
)


@pytest.fixture
def post(broker: Broker, tmp_path: Path) -> Iterator[StationProcess]:
    station = StationProcess(tmp_path / "post", station="post", broker=broker.url)
    yield station
    station.close()


def drop(station: StationProcess, codes: list[str]) -> Worker:
    """Every card until it beeped."""
    worker = Worker(station, codes, 0.0)
    worker.start()
    until(lambda: worker.done, f"{station.name} beeps for {len(codes)} cards", 60)
    assert worker.crash is None
    return worker


def problems(server: ServerProcess) -> str:
    """What /readyz says is not ready."""
    answer = server.http.get("/readyz")
    return "" if answer.status_code == 200 else answer.text


def check(server: ServerProcess, station: StationProcess, workers: list[Worker]) -> None:
    wait_until_all_is_there(server, [station])
    check_beeps(workers, CARDS)
    check_entries(server, [station])
    check_effects(server, [station], CARDS)


def change(server: ServerProcess, reason: str) -> tuple[int, str]:
    """A decision of a person, other than the last: the status, and the type of the problem."""
    blocked = not server.call("GET", "/api/v1/cards/BH-A1-060")["blocked"]
    answer = server.http.patch(
        "/api/v1/cards/BH-A1-060", json={"by": "lead-7", "blocked": blocked, "reason": reason}
    )
    return answer.status_code, str(answer.json().get("type", ""))


def test_while_the_database_is_full_scans_wait_at_the_station_and_changes_are_refused(
    broker: Broker, post: StationProcess, tmp_path: Path
) -> None:
    disk = SmallDisk(tmp_path / "disk", "8m")
    server = ServerProcess(
        tmp_path / "server",
        broker=broker.url,
        database=f"sqlite:///{tmp_path}/disk/pullcord.db",
        before=disk.before,
    )
    try:
        server.apply(PLANT)
        server.start()
        post.start()
        codes = list(CARDS)
        workers = [drop(post, codes[:10])]
        wait_until_all_is_there(server, [post])
        pid = server.process.pid
        disk.fill(pid)
        workers.append(drop(post, codes[10:40]))
        until(lambda: "full" in problems(server), "/readyz says that the disk is full")
        assert server.answers("/livez")
        assert change(server, "scratched") == (503, "database")
        assert len(server.collection("orders")) == 10
        disk.free(pid)
        until(lambda: server.answers("/readyz"), "it is ready again by itself", 30)
        workers.append(drop(post, codes[40:50]))
        check(server, post, workers)
        assert change(server, "scratched")[0] == 200
        server.stop()
    finally:
        server.close()


def test_while_the_database_cannot_be_synced_nothing_is_answered(
    broker: Broker, post: StationProcess, tmp_path: Path
) -> None:
    failing = FailingFsync(tmp_path, "pullcord.db")
    server = ServerProcess(tmp_path / "server", broker=broker.url, environment=failing.environment)
    try:
        server.apply(PLANT)
        server.start()
        post.start()
        codes = list(CARDS)
        workers = [drop(post, codes[:10])]
        wait_until_all_is_there(server, [post])
        failing.begin()
        workers.append(drop(post, codes[10:30]))
        until(lambda: "disk I/O error" in problems(server), "/readyz says that the disk fails")
        assert change(server, "scratched") == (503, "database")
        failing.end()
        until(lambda: server.answers("/readyz"), "it is ready again by itself", 30)
        workers.append(drop(post, codes[30:40]))
        check(server, post, workers)
        server.stop()
    finally:
        server.close()


def test_while_the_copy_of_decisions_is_full_changes_say_so_and_scans_go_on(
    broker: Broker, post: StationProcess, tmp_path: Path
) -> None:
    disk = SmallDisk(tmp_path / "disk", "1m")
    copy = tmp_path / "disk" / "decisions.jsonl"
    server = ServerProcess(
        tmp_path / "server", broker=broker.url, decisions=copy, before=disk.before
    )
    try:
        server.apply(PLANT)
        server.start()
        post.start()
        pid = server.process.pid
        disk.fill(pid)
        said = [change(server, f"{number}: " + "x" * 400) for number in range(20)]
        assert said[-1] == (503, "not-copied")
        assert set(said) <= {(200, ""), (503, "not-copied")}
        assert "copy" in problems(server)
        workers = [drop(post, list(CARDS)[:20])]
        wait_until_all_is_there(server, [post])
        disk.free(pid)
        assert change(server, "the last") == (200, "")
        until(lambda: server.answers("/readyz"), "it is ready again by itself", 30)
        lines = [json.loads(line) for line in disk.read(pid, "decisions.jsonl").splitlines()]
        numbers = [line["number"] for line in lines]
        assert numbers == list(range(1, len(numbers) + 1))
        assert [line["reason"].partition(":")[0] for line in lines[-21:]] == [
            *(str(number) for number in range(20)),
            "the last",
        ]
        check(server, post, workers)
        server.stop()
    finally:
        server.close()
