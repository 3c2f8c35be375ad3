"""`pullcord-server doctor`: each thing that can be wrong is made wrong, and named with its fix."""

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pullcord_server.commands import main
from pullcord_server.commands.doctor_broker import judge
from pullcord_server.outside.broker import Broker as Address
from pullcord_server.outside.broker_probe import BrokerFacts, probe_broker
from pullcord_server.outside.lease import FileLease
from pullcord_server.storage.engine import open_engine
from pullcord_server.storage.model import LeaseRow
from pullcord_server.storage.rows import table_of
from support.broker import Broker, free_port
from support.day import PLANT
from support.postgres import Postgres
from support.server_process import ServerProcess

LEASE = table_of(LeaseRow)
Seen = dict[str, tuple[str, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A server's folder with a plant applied; nothing runs."""
    monkeypatch.chdir(tmp_path)
    write_settings(tmp_path)
    (tmp_path / "plant.toml").write_text(PLANT)
    assert main(["apply", "plant.toml"]) == 0
    return tmp_path


def write_settings(folder: Path, *more: str) -> None:
    site = PLANT.split('site = "')[1].split('"')[0]
    lines = [
        f'site = "{site}"',
        'database = "sqlite:///pullcord.db"',
        f'http = "127.0.0.1:{free_port()}"',
        'access = "open"',
        *(more or [f'broker = "mqtt://127.0.0.1:{free_port()}"']),
    ]
    (folder / "server.toml").write_text("\n".join(lines))


def doctor(capsys: pytest.CaptureFixture[str], status: int) -> Seen:
    """The checks by their names: status, what was seen, the fix."""
    capsys.readouterr()
    assert main(["doctor", "--json"]) == status
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert all(set(c) == {"name", "status", "seen", "fix"} for c in checks)
    assert all(c["fix"] for c in checks if c["status"] != "pass")
    return {c["name"]: (c["status"], c["seen"], c["fix"]) for c in checks}


def test_what_does_not_run_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen = doctor(capsys, 1)
    assert seen["plant"][0] == seen["database writable"][0] == seen["database tables"][0] == "pass"
    assert seen["broker reach"][0] == "fail"
    assert "Connection refused" in seen["broker reach"][1]
    assert seen["lease"][:2] == ("warn", "no server ever ran on this database")
    assert seen["server"][0] == "warn"
    assert seen["stations known"][:2] == ("warn", "4 of 4 never heard: post, dock, store, wrong")
    assert seen["decisions copy"][:2] == ("warn", "none is kept")


def test_people_get_a_line_a_check_and_its_fix(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "FAIL  broker reach: " in said
    assert "\n      fix: nc -vz 127.0.0.1 " in said
    assert " checks: " in said.splitlines()[-1]


def test_an_empty_place_is_not_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_settings(tmp_path)
    seen = doctor(capsys, 1)
    assert seen["database reach"][:2] == ("fail", "pullcord.db is not there")
    assert not (tmp_path / "pullcord.db").exists()


@pytest.mark.parametrize(
    ("revision", "status", "says"),
    [
        ("9999", "fail", "revision 9999 is of a newer version"),
        ("0001", "warn", "revision 0001, this"),
    ],
)
def test_tables_of_another_version_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str], revision: str, status: str, says: str
) -> None:
    with sqlite3.connect(folder / "pullcord.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    seen = doctor(capsys, 1)
    assert seen["database tables"][0] == status
    assert says in seen["database tables"][1]


def test_a_locked_database_and_its_holder_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = FileLease(folder / "pullcord.db")
    assert lease.acquire()
    assert doctor(capsys, 1)["lease"][:2] == ("pass", f"process {os.getpid()} decides")
    lease.release()
    assert doctor(capsys, 1)["lease"][1] == "nobody decides: no server runs"


def test_a_copy_with_a_line_missing_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broker = f'broker = "mqtt://127.0.0.1:{free_port()}"'
    write_settings(folder, broker, 'decisions_copy = "copy.jsonl"')
    seen = doctor(capsys, 1)
    assert seen["decisions copy"][:2] == ("fail", "0 of 1 decisions")
    (folder / "copy.jsonl").write_text('{"number": 1}\n{"numb')
    seen = doctor(capsys, 1)
    assert seen["decisions copy"][:2] == ("pass", "1 of 1 decisions")
    assert seen["decisions copy disk"][0] == "warn"
    assert (folder / "copy.jsonl").read_text().endswith('{"numb')  # looked at, not touched
    (folder / "copy.jsonl").write_text("no json\n")
    assert "a line is not a decision" in doctor(capsys, 1)["decisions copy"][1]


def test_silent_stations_and_their_faults_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = time.time_ns() // 1_000_000
    rows = [
        ("post", True, now + 5_000, "[]"),
        ("dock", True, now - 60_000, '["reader: no data"]'),
        ("store", False, now, "[]"),
    ]
    with sqlite3.connect(folder / "pullcord.db") as raw:
        raw.executemany(
            "INSERT INTO station (id, online, status_at, faults, backlog, lamps, lamps_revision)"
            " VALUES (?, ?, ?, ?, 0, '{}', 0)",
            rows,
        )
    seen = doctor(capsys, 1)
    assert seen["stations heard"][:2] == ("warn", "2 of 4 silent: dock, store")
    assert seen["stations known"][:2] == ("warn", "1 of 4 never heard: wrong")
    assert seen["stations' faults"][:2] == ("warn", "dock: reader: no data")


@pytest.fixture
def running(tmp_path: Path, broker: Broker) -> Iterator[ServerProcess]:
    site = PLANT.split('site = "')[1].split('"')[0]
    server = ServerProcess(tmp_path / "server", broker=broker.url, site=site)
    server.apply(PLANT)
    server.start()
    yield server
    server.close()


def test_a_server_that_runs_is_well(
    running: ServerProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--json", "--config", str(running.config)]) == 0
    checks = json.loads(capsys.readouterr().out)["checks"]
    worse = {c["name"]: c["status"] for c in checks if c["status"] != "pass"}
    assert worse == {"decisions copy disk": "warn", "stations known": "warn"}
    assert len(checks) >= 18


def test_postgresql_has_its_lease_looked_at(
    folder: Path, postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = (folder / "server.toml").read_text()
    url = postgres.create()
    (folder / "server.toml").write_text(settings.replace("sqlite:///pullcord.db", url))
    assert main(["apply", "plant.toml"]) == 0
    seen = doctor(capsys, 1)
    assert seen["database reach"][0] == seen["database writable"][0] == "pass"
    assert seen["lease"][:2] == ("warn", "nobody decides for this site")
    site = PLANT.split('site = "')[1].split('"')[0]
    now = time.time_ns() // 1_000_000
    engine = open_engine(url)
    with engine.begin() as connection:
        row = {"site": site, "holder": "abc", "until_ms": now + 60_000, "url": "http://one:8080"}
        connection.execute(LEASE.insert().values(row))
    assert doctor(capsys, 1)["lease"][1].startswith("abc at http://one:8080, until ")
    with engine.begin() as connection:
        connection.execute(LEASE.update().values(until_ms=now - 60_000))
    assert doctor(capsys, 1)["lease"][0] == "fail"
    engine.dispose()


# -- the way to the broker


def checks_of(facts: BrokerFacts, tls: bool = True) -> dict[str, str]:
    return {c.name: c.status.value for c in judge(facts, Address("broker.lan", 8883, tls))}


def test_the_way_to_the_broker_is_judged_as_far_as_it_goes() -> None:
    assert checks_of(BrokerFacts(name_error="no such name")) == {"broker name": "fail"}
    reached = BrokerFacts(addresses=("10.0.0.1",), connect_ms=2.0)
    refused = BrokerFacts(addresses=("10.0.0.1",), connect_error="refused")
    assert checks_of(refused)["broker reach"] == "fail"
    assert checks_of(reached, tls=False)["broker TLS"] == "warn"
    late = BrokerFacts(("10.0.0.1",), certificate_days=3, own_certificate_days=-1)
    assert checks_of(late)["broker certificate"] == "warn"
    assert checks_of(late)["server certificate"] == "fail"
    assert "broker login" not in checks_of(BrokerFacts(tls_error="self-signed certificate"))
    assert checks_of(BrokerFacts(login_error="not authorised"))["broker login"] == "fail"
    assert checks_of(BrokerFacts(denied=("say x",)))["broker topics"] == "fail"


def test_topics_that_a_broker_refuses_are_found(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite pullcord/v1/s1/#\ntopic deny pullcord/v1/s1/doctor/command\n")
    broker = Broker(tmp_path / "broker")
    broker.extra = (f"acl_file {acl}",)
    broker.start()
    try:
        address = Address("127.0.0.1", broker.port)
        assert probe_broker(address, "s1").denied == ("say pullcord/v1/s1/doctor/command",)
        assert len(probe_broker(address, "s2").denied) >= 3
    finally:
        broker.kill()
