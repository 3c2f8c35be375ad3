"""Health and metrics: what is not ready is said; every metric is documented and true."""

import re
from pathlib import Path

import pytest

from pullcord_server.storage import model
from support.house import NOON, Site, call, finding, order

DOC = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty database under a small plant."""
    return Site(tmp_path)


def test_a_server_that_decides_is_alive_and_ready(site: Site) -> None:
    """With nothing to note."""
    client = site.client()
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").json() == {"ready": True, "problems": [], "notes": []}


def test_a_server_without_a_copy_of_decisions_is_ready_and_says_so(site: Site) -> None:
    """With the key that makes one."""
    answer = site.client(copies=False).get("/readyz")
    assert answer.status_code == 200
    assert "decisions_copy" in answer.json()["notes"][0]


def test_a_server_that_is_not_ready_lists_everything_that_keeps_it(site: Site) -> None:
    """The desk's problems and the broker's."""
    site.desk.problems = ["no plant: run `pullcord-server apply plant.toml`"]
    site.broker_fault = "connection refused"
    answer = site.client().get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == "not-ready"
    assert body["problems"] == [
        "no plant: run `pullcord-server apply plant.toml`",
        "broker: connection refused",
    ]


def test_a_database_that_does_not_answer_is_not_ready(tmp_path: Path) -> None:
    """Said once, as it is now."""
    site = Site(tmp_path)
    client = site.client()
    site.desk.problems = ["database: old news"]
    site.engine.dispose()
    for file in tmp_path.glob("pullcord.db*"):
        file.unlink()
    (tmp_path / "pullcord.db").mkdir()
    (problem,) = client.get("/readyz").json()["problems"]
    assert problem.startswith("database: ")
    assert "old news" not in problem
    assert client.get("/livez").status_code == 200


def test_a_server_whose_thread_ended_is_not_alive(site: Site) -> None:
    """It must be started again."""
    site.desk.crashed = "ValueError('x')"
    answer = site.client().get("/livez")
    assert (answer.status_code, answer.json()["type"]) == (503, "crashed")


# -- metrics


def metrics(site: Site) -> dict[str, float]:
    """Every sample by its name with labels."""
    answer = site.client().get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_every_metric_is_documented_and_every_documented_one_is_there(site: Site) -> None:
    """By its name and its labels."""
    text = site.client().get("/metrics").text
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    documented = set(re.findall(r"^\| `(pullcord_\w+)", DOC.read_text(), re.MULTILINE))
    assert set(kinds) == documented
    assert all(name.endswith("_total") == (kind == "counter") for name, kind in kinds.items())


def test_the_desks_counters_are_shown(site: Site) -> None:
    """By type and by verdict."""
    tally = site.desk.tally
    tally.entries["withdrawal"] = 7
    tally.verdicts["duplicate"] = 2
    tally.late_folds, tally.quarantined, tally.unreadable_pages = 3, 4, 5
    found = metrics(site)
    assert found['pullcord_entries_total{type="withdrawal"}'] == 7
    assert found['pullcord_verdicts_total{verdict="duplicate"}'] == 2
    assert found["pullcord_late_folds_total"] == 3
    assert found["pullcord_quarantined_total"] == 4
    assert found["pullcord_unreadable_pages_total"] == 5


def test_the_lag_is_counted_once_however_often_it_is_read(site: Site) -> None:
    """A histogram only grows."""
    site.desk.tally.lags.extend([0.004, 0.3])
    client = site.client()
    for _ in range(2):
        text = client.get("/metrics").text
        assert "pullcord_ingest_lag_seconds_count 2.0" in text
        assert 'pullcord_ingest_lag_seconds_bucket{le="0.005"} 1.0' in text


def test_what_waits_is_shown_by_station(site: Site) -> None:
    """The age of a backlog is that of what is committed last, at most."""
    site.write(
        model.StationRow,
        {"id": "a", "online": True, "backlog": 12, "status_at": NOON},
        {"id": "b", "online": True, "backlog": 0, "status_at": NOON - 9000},
    )
    site.write(model.JournalRow, {"id": "J", "station": "a", "boot": "b", "last_at": NOON - 30_000})
    found = metrics(site)
    assert found['pullcord_station_backlog{station="a"}'] == 12
    assert found['pullcord_oldest_unacked_seconds{station="a"}'] == 30
    assert found['pullcord_oldest_unacked_seconds{station="b"}'] == 0
    assert found['pullcord_station_online{station="a"}'] == 1
    assert found['pullcord_station_online{station="b"}'] == 0


def test_a_station_seen_without_a_backlog_has_nothing_older_than_that(site: Site) -> None:
    """One entry after a quiet night is not a night old."""
    site.write(
        model.JournalRow, {"id": "J", "station": "a", "boot": "b", "last_at": NOON - 3_600_000}
    )
    site.write(model.StationRow, {"id": "a", "online": True, "backlog": 0, "status_at": NOON})
    client = site.client()
    client.get("/metrics")
    with site.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE station SET backlog = 1")
    site.now = NOON + 2000
    text = client.get("/metrics").text
    assert 'pullcord_oldest_unacked_seconds{station="a"} 2.0' in text


def test_open_things_and_waiting_events_are_counted(site: Site) -> None:
    """Not those that are over."""
    site.write(model.OrderRow, order("J.1", NOON), order("J.2", NOON, state="closed"))
    site.write(model.FindingRow, finding("F1", NOON), finding("F2", NOON, resolved_at=NOON))
    site.write(model.CallRow, call("C1", NOON), call("C2", NOON, state="closed"))
    site.write(
        model.EventRow,
        {"number": 1, "id": "E1", "type": "x", "at": NOON, "sent": True},
        {"number": 2, "id": "E2", "type": "x", "at": NOON, "sent": False},
    )
    found = metrics(site)
    assert found['pullcord_orders_open{state="released"}'] == 1
    assert found["pullcord_findings_open"] == 1
    assert found["pullcord_calls_open"] == 1
    assert found["pullcord_events_waiting"] == 1


def test_metrics_are_there_when_nothing_else_is(site: Site) -> None:
    """And say what is not."""
    site.desk.problems = ["x"]
    site.broker_fault = "x"
    with site.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE station")
    found = metrics(site)
    assert found["pullcord_ready"] == 0
    assert found["pullcord_broker_connected"] == 0
    assert found["pullcord_database_up"] == 0


def test_requests_are_timed_by_route_not_by_id(site: Site) -> None:
    """Else every order were a series of its own; so were every word a client makes a method of."""
    client = site.client()
    for path in ("/api/v1/orders/J.1", "/api/v1/orders/J.2", "/nothing/1", "/nothing/2"):
        client.get(path)
    client.ask("BREW", "/livez")
    text = client.get("/metrics").text
    count = "pullcord_http_request_duration_seconds_count"
    assert f'{count}{{method="GET",route="/api/v1/orders/{{id}}",status="404"}} 2.0' in text
    assert f'{count}{{method="GET",route="none",status="404"}} 2.0' in text
    assert 'method="other"' in text
    assert "BREW" not in text
