"""What the server tells systemd: ready when it serves, fed while the desk turns."""

import itertools
import time
from pathlib import Path

from pullcord_server.outside.supervisor import Supervisor
from support.broker import Broker
from support.notified import Notified
from support.process import wait_while_running
from support.server_process import ServerProcess
from support.until import until


def test_a_server_says_ready_when_it_serves_feeds_and_says_that_it_ends(
    tmp_path: Path, broker: Broker
) -> None:
    with Notified(watchdog_s=3.0) as systemd:
        server = ServerProcess(tmp_path, broker=broker.url, environment=systemd.environment)
        server.process.start()
        wait_while_running(server.process, "ready", lambda: systemd.count("READY=1") > 0, 60)
        until(lambda: server.answers("/livez"), "it serves", 60)
        until(systemd.feeds, "it is fed", 60)
        server.stop()
        until(lambda: systemd.heard[-1][1] == "STOPPING=1", "the end")
        server.close()


def test_a_desk_that_stands_still_is_not_fed() -> None:
    turns, stands = itertools.count(), [False]
    with Notified(watchdog_s=0.3) as systemd:
        supervisor = Supervisor(
            lambda: True, lambda: 0 if stands[0] else next(turns) + 1, systemd.environment
        )
        supervisor.start()
        until(lambda: len(systemd.feeds()) >= 3, "it is fed", 60)
        stands[0] = True
        until(lambda: time.monotonic() - systemd.feeds()[-1] > 1.0, "nothing feeds it", 60)
        stands[0] = False
        fed = len(systemd.feeds())
        until(lambda: len(systemd.feeds()) > fed, "it is fed again", 60)
        supervisor.stop()
    assert systemd.count("READY=1") == 1


def test_without_systemd_nothing_is_told() -> None:
    supervisor = Supervisor(lambda: True, lambda: 0, {})
    supervisor.start()
    supervisor.stop()
