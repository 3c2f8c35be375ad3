"""Streams: a snapshot first, one change for many commits, a heartbeat; a slow screen is let go."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from pullcord_server.api import feed, live
from pullcord_server.api.application import create_app
from pullcord_server.api.board import part
from pullcord_server.api.feed import MOST, Feed, Screen
from pullcord_server.commands.serve import Web
from pullcord_server.desk.changes import Changes
from pullcord_server.storage import model
from support.house import MINUTE, NOON, Site, call, card, fact, order
from support.until import until

ANDON = "/api/v1/andon/stream"


class Reader:
    """One screen: a connection whose events come one by one."""

    def __init__(self, port: int, path: str, buffer: int | None = None) -> None:
        self._socket = socket.socket()
        if buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self._socket.settimeout(20)
        self._socket.connect(("127.0.0.1", port))
        self._socket.sendall(f"GET {path} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
        self._bytes = b""
        head = self._until(b"\r\n\r\n").decode()
        self.headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])

    def _until(self, end: bytes) -> bytes:
        while end not in self._bytes:
            more = self._socket.recv(1 << 16)
            if not more:
                raise EOFError
            self._bytes += more
        found, _, self._bytes = self._bytes.partition(end)
        return found

    def next(self, *kinds: str) -> tuple[str, dict[str, Any]]:
        """The next event of one of these kinds (any): its name and data."""
        while True:
            lines = self._until(b"\n\n").decode().splitlines()
            event, data = (line.split(": ", 1)[1] for line in lines)
            if not kinds or event in kinds:
                return event, json.loads(data)

    def rest(self) -> None:
        """Read to the end of the stream."""
        while self._socket.recv(1 << 20):
            pass

    def close(self) -> None:
        """The screen is switched off."""
        self._socket.close()


@contextmanager
def serve(site: Site, wait_s: int | None = 1, **more: Any) -> Iterator[int]:
    """The application of `site` on a port of its own. `wait_s`: for whom still listens at the end."""
    app = create_app(site.house(**more))
    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=wait_s, lifespan="off")
    server = Web(config, app.state.feeds.close)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    until(lambda: server.started, "the server is up")
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A loop with full cards."""
    made = Site(tmp_path)
    made.write(model.CardRow, *[card(f"BH-A1-{n:03d}") for n in range(1, 7)])
    return made


def test_a_screen_sees_a_snapshot_then_each_change_with_a_higher_version(site: Site) -> None:
    """The whole board first, then what differs."""
    with serve(site) as port, closing(Reader(port, ANDON)) as screen:
        assert screen.headers["content-type"].startswith("text/event-stream")
        assert screen.headers["cache-control"] == "no-store"
        event, board = screen.next()
        assert event == "snapshot"
        assert board["orders"] == []
        site.write(model.OrderRow, order("J.1", NOON, "BH-A1-001"))
        site.changes.bump()
        event, changed = screen.next("snapshot", "change")
        assert event == "change"
        assert [o["id"] for o in changed["orders"]] == ["J.1"]
        assert changed["version"] == board["version"] + 1
        assert set(changed) == {"version", "now", "orders"}


def test_a_screen_that_comes_later_begins_with_what_is_there(site: Site) -> None:
    """And sees the same changes."""
    with serve(site) as port, closing(Reader(port, ANDON)) as first:
        first.next("snapshot")
        site.write(model.OrderRow, order("J.1", NOON, "BH-A1-001"))
        site.changes.bump()
        _, changed = first.next("change")
        with closing(Reader(port, ANDON)) as second:
            event, board = second.next()
            assert event == "snapshot"
            assert (board["version"], board["orders"]) == (changed["version"], changed["orders"])


def test_a_change_tells_of_long_lists_the_rows_that_are_others(site: Site) -> None:
    """A board of thousands of loops would be sent for every drop."""
    with serve(site) as port, closing(Reader(port, ANDON)) as screen:
        _, board = screen.next("snapshot")
        with site.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE card SET state = 'released' WHERE id = 'BH-A1-001'")
        site.changes.bump()
        _, changed = screen.next("change")
        assert set(changed) == {"version", "now", "rows"}
        assert {name: [r["id"] for r in rows] for name, rows in changed["rows"].items()} == {
            "loops": ["BH-A1"]
        }
        assert changed["rows"]["loops"][0]["released"] == 1
        assert len(board["loops"]) > 1


def test_a_change_tells_a_list_whole_where_its_rows_are_others() -> None:
    """A plant was applied, or a station that the plant does not know was heard."""
    before = {"now": None, "stations": [{"id": "a", "heard": 1}], "loops": [], "orders": []}
    after = before | {"now": "x", "stations": [{"id": "b", "heard": 1}]}
    assert part(before, after) == {"now": "x", "stations": after["stations"]}
    assert part(after, after | {"stations": [{"id": "b", "heard": 2}]}) == {"now": "x"}


def test_a_heartbeat_comes_every_2_s_with_the_newest_version(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the stations that are stale."""
    assert feed.BEAT_S == 2.0
    monkeypatch.setattr(feed, "BEAT_S", 0.05)
    site.write(
        model.StationRow,
        {"id": "assy1-post", "online": True, "status_at": NOON, "heard": NOON},
    )
    with serve(site) as port, closing(Reader(port, ANDON)) as screen:
        _, board = screen.next("snapshot")
        _, beat = screen.next("heartbeat")
        assert beat == {
            "version": board["version"],
            "now": "2026-11-23T12:00:00.000Z",
            "broker": True,
            "stale": ["m3-rack"],
        }
        site.now = NOON + 5001
        while beat["stale"] == ["m3-rack"]:
            _, beat = screen.next("heartbeat")
        assert beat["stale"] == ["assy1-post", "m3-rack"]


def test_a_board_that_did_not_change_is_not_sent_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A station that says the same every 2 s changes nothing that is shown."""
    monkeypatch.setattr(feed, "BEAT_S", 0.05)
    said = {"id": "assy1-post", "online": True, "status_at": NOON, "heard": NOON}
    site.write(model.StationRow, said)
    with serve(site) as port, closing(Reader(port, ANDON)) as screen:
        _, board = screen.next("snapshot")
        with site.engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE station SET heard = {NOON + 1}")
        site.changes.bump()
        for _ in range(4):
            event, beat = screen.next()
            assert (event, beat["version"]) == ("heartbeat", board["version"])


def test_while_the_database_cannot_be_read_there_is_no_heartbeat(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not known to be true must look old; it goes on by itself."""
    monkeypatch.setattr(feed, "BEAT_S", 0.05)
    with serve(site) as port, closing(Reader(port, ANDON)) as screen:
        screen.next("heartbeat")
        _rename(site, "replenishment_order", "away")
        site.changes.bump()
        with pytest.raises(TimeoutError):
            screen._socket.settimeout(1.0)
            while True:
                screen.next()
        _rename(site, "away", "replenishment_order")
        screen._socket.settimeout(20)
        assert screen.next()[0] == "heartbeat"


def _rename(site: Site, old: str, new: str) -> None:
    with site.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")


def test_screens_are_counted_and_one_that_goes_is_let_go(site: Site) -> None:
    """Nothing is made while nobody looks."""
    with serve(site) as port:
        client = site.client()
        reader = Reader(port, ANDON)
        reader.next("snapshot")
        assert _clients(port) == 1
        reader.close()
        until(lambda: _clients(port) == 0, "the screen is let go")
        assert client.get("/livez").status_code == 200


def _clients(port: int) -> float:
    found = _metric(port, 'pullcord_stream_clients{stream="andon"}')
    return 0.0 if found is None else found


def _metric(port: int, name: str) -> float | None:
    with closing(socket.create_connection(("127.0.0.1", port))) as connection:
        connection.sendall(b"GET /metrics HTTP/1.0\r\nHost: x\r\n\r\n")
        text = b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode()
    values = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(name)]
    return float(values[0]) if values else None


def test_a_screen_that_takes_nothing_is_let_go_and_the_others_go_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for it is bounded."""
    monkeypatch.setattr(live, "SLOW_S", 0.2)
    site.write(model.OrderRow, *[order(f"J.{n}", NOON, f"BH-A1-{'0' * 400}") for n in range(50)])
    texts = ["x" * 50_000, "y" * 50_000]
    with serve(site) as port, closing(Reader(port, ANDON)) as good:
        good.next("snapshot")
        stuck = Reader(port, ANDON, buffer=4096)
        until(lambda: _clients(port) == 2, "both are there")
        n = 0
        while _metric(port, 'pullcord_stream_dropped_total{stream="andon"}') != 1:
            n += 1
            with site.engine.begin() as connection:
                connection.exec_driver_sql(
                    "UPDATE replenishment_order SET item = ?", (texts[n % 2],)
                )
            site.changes.bump()
            good.next("change")
            assert n < 200
        assert _clients(port) == 1
        stuck.close()


def test_a_server_that_stops_ends_its_streams(site: Site) -> None:
    """The screen sees the end, and comes again."""
    with serve(site) as port:
        screen = Reader(port, ANDON)
        screen.next("snapshot")
    screen.rest()
    screen.close()


def test_a_server_that_stops_waits_for_no_screen(site: Site) -> None:
    """It would wait for ever, as it is told to here."""
    with serve(site, wait_s=None) as port:
        screen = Reader(port, ANDON)
        screen.next("snapshot")
    screen.rest()
    screen.close()


def test_streams_that_are_closed_end_at_once(site: Site) -> None:
    """So that a server need not wait for its screens."""
    app = create_app(site.house())

    async def look() -> None:
        screen = app.state.feeds.andon.join()
        await _event(screen, "snapshot")
        app.state.feeds.close()
        await asyncio.wait_for(screen.take(), 20)
        assert screen.closed
        app.state.feeds.andon.leave(screen)

    asyncio.run(look())


def test_the_andon_board_has_the_fields_its_page_needs(site: Site) -> None:
    """As docs/andon.md says."""
    site.now = NOON + 60 * MINUTE
    late = order("J.1", NOON, "BH-A1-001")
    site.write(model.OrderRow, late, order("J.2", NOON + 30 * MINUTE, "BH-A1-002"))
    site.write(
        model.StationRow,
        {"id": "assy1-post", "online": True, "status_at": site.now, "heard": NOON, "backlog": 2},
        {"id": "stranger", "online": True, "status_at": site.now, "heard": site.now},
    )
    lamps = {"stack": {"red": "off", "amber": "on", "green": "off", "blue": "off", "white": "off"}}
    site.write(
        model.StationLampsRow, {"station": "assy1-post", "revision": 3, "lamps": json.dumps(lamps)}
    )
    site.write(
        model.GroupRow, {"item": "brake-hose", "place": "assembly-1", "body": '{"colour":"amber"}'}
    )
    site.write(model.FactRow, *[fact("J", n, NOON + n) for n in range(1, 12)])
    with site.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE card SET state = 'released' WHERE id = 'BH-A1-001'")
        connection.exec_driver_sql("UPDATE card SET blocked = 'bent' WHERE id = 'BH-A1-006'")
        connection.exec_driver_sql("UPDATE card SET life = 'lost' WHERE id = 'BH-A1-005'")
    with serve(site) as port, closing(Reader(port, ANDON)) as screen:
        _, board = screen.next("snapshot")
    assert (board["site"], board["timezone"]) == ("s1", "UTC")
    assert (board["broker"], board["demo"]) == (True, False)
    assert board["stations"][0] == {
        "id": "assy1-post",
        "processes": ["assembly-1"],
        "online": True,
        "stale": True,
        "heard": "2026-11-23T12:00:00.000Z",
        "lamps": lamps,
        "state": "amber",
        "faults": [],
        "backlog": 2,
    }
    stations = [(s["id"], s["online"], s["stale"], s["state"]) for s in board["stations"][1:]]
    assert stations == [("m3-rack", False, True, "none"), ("stranger", True, False, "none")]
    assert board["loops"][0] == {
        "id": "BH-A1",
        "item": "brake-hose",
        "name": "Brake hose",
        "kind": "withdrawal",
        "source": "machining-3",
        "consumer": "assembly-1",
        "cards": 6,
        "full": 3,
        "empty": 0,
        "released": 1,
        "in_process": 0,
        "in_transit": 0,
        "late": 1,
        "state": "amber",
    }
    assert [(o["id"], o["late"]) for o in board["orders"]] == [("J.1", True), ("J.2", False)]
    assert set(board["orders"][0]) == {"id", "loop", "item", "quantity", "state", "due_at", "late"}
    assert [d["seq"] for d in board["drops"]] == [11, 10, 9, 8, 7, 6, 5, 4]
    assert set(board["drops"][0]) == {
        "journal",
        "seq",
        "station",
        "type",
        "card",
        "at",
        "verdict",
    }


def _call(id_: str, at: int, state: str, type_: str = "material") -> dict[str, Any]:
    body = {
        "id": id_,
        "type": type_,
        "state": state,
        "station": "assy1-post",
        "raised_at": at,
        "by": "op-2",
        "group": None,
        "pressed": [],
    }
    return call(id_, at, state=state, type=type_, body=json.dumps(body), by="op-2")


def test_calls_on_the_board_are_those_not_closed_and_a_line_stop_is_red(site: Site) -> None:
    """The oldest first."""
    site.write(
        model.CallRow,
        _call("C2", NOON + 2, "resolved"),
        _call("C1", NOON + 1, "acknowledged", "line-stop"),
        _call("C0", NOON, "closed"),
    )
    with serve(site) as port, closing(Reader(port, ANDON)) as screen:
        _, board = screen.next("snapshot")
    assert [c["id"] for c in board["calls"]] == ["C1", "C2"]
    assert set(board["calls"][0]) == {
        "id",
        "type",
        "state",
        "station",
        "loop",
        "raised_at",
        "by",
        "level",
        "promised_at",
    }
    assert board["stations"][0]["state"] == "red"


def test_a_card_nobody_scans_in_counts_as_full_when_it_is_due(site: Site) -> None:
    """And its order is never late."""
    site.now = NOON + 60 * MINUTE
    site.write(
        model.CardRow, card("GK-A1-001"), card("GK-A1-002", state="released"), card("GK-A1-003")
    )
    site.write(
        model.OrderRow, order("J.9", NOON, "GK-A1-002", loop="GK-A1", due_at=NOON + 30 * MINUTE)
    )
    with serve(site) as port, closing(Reader(port, ANDON)) as screen:
        _, board = screen.next("snapshot")
    loop = next(row for row in board["loops"] if row["id"] == "GK-A1")
    assert (loop["full"], loop["released"], loop["late"]) == (3, 0, 0)


def test_a_server_without_plant_or_time_shows_an_empty_board(site: Site) -> None:
    """Rather than none."""
    site.plant, site.now, site.broker_fault = None, None, "connection refused"
    with serve(site, driven=True) as port, closing(Reader(port, ANDON)) as screen:
        _, board = screen.next("snapshot")
    assert (board["now"], board["stations"], board["loops"]) == (None, [], [])
    assert board["broker"] is False


def test_the_board_of_orders_and_cards_is_live_too(site: Site) -> None:
    """Rows as the collections have them."""
    with serve(site) as port, closing(Reader(port, "/api/v1/board/stream")) as screen:
        _, board = screen.next("snapshot")
        assert (board["orders"], board["cards"]) == ([], [])
        site.write(model.OrderRow, order("J.1", NOON, "BH-A1-001"))
        with site.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE card SET state = 'released' WHERE number = 1")
        site.changes.bump()
        _, board = screen.next("change")
    client = site.client()
    assert board["orders"] == client.every("/api/v1/orders")
    assert board["cards"] == client.every("/api/v1/cards", state="released")
    assert board["more"] == {"orders": 0, "cards": 0}


# -- the feed by itself


class Source:
    """A board that says how often it was read."""

    def __init__(self) -> None:
        self.changes = Changes()
        self.reads = 0
        self.value = 0

    def read(self) -> dict[str, Any]:
        """The board."""
        self.reads += 1
        return {"now": None, "value": self.value}

    def feed(self) -> Feed:
        """A feed of it."""
        return Feed(self.changes, self.read, lambda b: b["value"], lambda _: {})


async def _event(screen: Screen, kind: str) -> list[dict[str, Any]]:
    """The boards of the next messages that hold one of `kind`."""
    while True:
        text = (await asyncio.wait_for(screen.take(), 20)).decode()
        parts = [part.splitlines() for part in text.split("\n\n") if part]
        found = [p[1].removeprefix("data: ") for p in parts if p[0] == f"event: {kind}"]
        if found:
            return [json.loads(data) for data in found]


def test_one_reading_serves_every_screen() -> None:
    """A thousand of them."""
    source = Source()

    async def look() -> int:
        made = source.feed()
        screens = [made.join() for _ in range(1000)]
        for screen in screens:
            await _event(screen, "snapshot")
        read = source.reads
        source.value = 7
        source.changes.bump()
        boards = [(await _event(screen, "change"))[0] for screen in screens]
        assert {board["value"] for board in boards} == {7}
        for screen in screens:
            made.leave(screen)
        return source.reads - read

    assert asyncio.run(look()) == 1


def test_a_burst_of_commits_is_one_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last of them."""
    monkeypatch.setattr(feed, "GAP_S", 0.2)
    source = Source()

    async def look() -> list[int]:
        made = source.feed()
        screen = made.join()
        await _event(screen, "snapshot")
        for value in range(1, 51):
            source.value = value
            source.changes.bump()
        seen: list[int] = []
        while not seen or seen[-1] != 50:
            seen += [board["value"] for board in await _event(screen, "change")]
        made.leave(screen)
        return seen

    assert len(asyncio.run(look())) <= 2


def test_a_screen_for_which_too_much_waits_is_closed() -> None:
    """Its memory is bounded."""

    async def fill() -> Screen:
        screen = Screen()
        for _ in range(MOST + 1):
            screen.put(b"x")
        return screen

    screen = asyncio.run(fill())
    assert screen.slow
    assert screen.closed


def test_a_fault_in_making_boards_is_told_and_the_screens_come_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It does not end in silence."""
    source = Source()

    async def look() -> None:
        made = Feed(source.changes, source.read, lambda b: 1 // b["value"], lambda _: {})
        source.value = 1
        screen = made.join()
        await _event(screen, "snapshot")
        source.value = 0
        source.changes.bump()
        while not screen.closed:
            await asyncio.wait_for(screen.take(), 20)
        source.value = 1
        again = made.join()
        assert await _event(again, "snapshot")
        made.leave(again)
        made.leave(screen)

    asyncio.run(look())
    assert "stream ended" in caplog.text
