"""What the station tells systemd: ready when it reads, fed while its loop turns, patience while it waits."""

import os
import threading
import time
from pathlib import Path

import pytest

from pullcord_edge.adapters.clock import Clock
from pullcord_edge.adapters.inbox import Call, Inbox, Stop
from pullcord_edge.adapters.log import Log
from pullcord_edge.adapters.watchdog import PATIENCE_S, Watchdog
from pullcord_edge.agent import Agent
from pullcord_edge.config import parse
from support.broker import free_port
from support.notified import Notified
from support.station_process import StationProcess
from support.until import until

NOWHERE = "mqtt://127.0.0.1:1"


class Dark:
    """No pins."""

    def start(self) -> None: ...
    def light(self, lit: object) -> None: ...
    def sound(self, sounds: bool) -> None: ...
    def write(self, rows: object) -> None: ...
    def check(self) -> None: ...
    def stop(self) -> None: ...


def test_the_program_says_ready_feeds_and_says_that_it_ends(tmp_path: Path) -> None:
    with Notified(watchdog_s=0.6) as systemd:
        url = f"mqtt://127.0.0.1:{free_port()}"
        station = StationProcess(
            tmp_path, station="a1", broker=url, environment=systemd.environment
        )
        station.start()
        until(lambda: len(systemd.feeds()) >= 4, "it is fed", 60)
        assert systemd.heard[0][1] == "READY=1\nSTATUS=station a1 of s1"
        assert station.journal.exists()
        assert station.process.stop() == 0
        assert systemd.heard[-1][1] == "STOPPING=1"
        station.close()


def test_a_loop_that_stands_still_is_not_fed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Notified(watchdog_s=0.3) as systemd:
        for name, value in systemd.environment.items():
            monkeypatch.setenv(name, value)
        text = (
            f'site = "s1"\nstation = "a1"\nbroker = {{ url = "{NOWHERE}" }}\n'
            f'journal = {{ path = "{tmp_path}/journal.db" }}\n'
            '[[light]]\nname = "stack"\npins = { red = 5 }\n'
        )
        inbox, log = Inbox(), (tmp_path / "log").open("w")
        agent = Agent(parse(text), inbox, Dark(), (), Log(log), Clock())
        thread = threading.Thread(target=agent.run)
        thread.start()
        until(lambda: len(systemd.feeds()) >= 3, "it is fed", 60)
        stands, goes = threading.Event(), threading.Event()

        def stand() -> None:
            stands.set()
            goes.wait(60)

        inbox.put(Call(stand))
        assert stands.wait(60)
        until(lambda: time.monotonic() - systemd.feeds()[-1] > 1.0, "nothing feeds it", 60)
        fed = len(systemd.feeds())
        goes.set()
        until(lambda: len(systemd.feeds()) > fed, "it is fed again", 60)
        inbox.put(Stop("test"))
        thread.join(60)
        log.close()


def test_a_start_that_waits_for_its_disk_asks_for_patience_and_is_not_ready(tmp_path: Path) -> None:
    blocked = tmp_path / "journal.db"
    blocked.mkdir()
    with Notified(watchdog_s=20) as systemd:
        station = StationProcess(
            tmp_path / "a1",
            station="a1",
            broker=NOWHERE,
            journal=blocked,
            environment=systemd.environment,
        )
        station.start()
        asks = f"EXTEND_TIMEOUT_USEC={PATIENCE_S}000000"
        until(lambda: systemd.count(asks) >= 2, "it asks for patience, again and again", 60)
        assert "STATUS=" in systemd.heard[0][1]
        assert str(blocked) in systemd.heard[0][1]
        assert systemd.count("READY=1") == 0
        blocked.rmdir()
        until(lambda: systemd.count("READY=1"), "it is ready once the disk is", 60)
        station.close()


def test_an_abstract_socket_another_process_and_no_systemd_are_understood() -> None:
    assert Watchdog({}).next_at() == float("inf")
    Watchdog({}).ready("nobody hears")
    other = {"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid() + 1)}
    assert Watchdog(other).every_s is None
    own = {"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}
    assert Watchdog(own).every_s == 1.0
    assert Watchdog({"NOTIFY_SOCKET": "@pullcord"})._address == "\0pullcord"
