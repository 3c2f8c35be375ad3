"""The broker beside the server: it carries messages, comes again when it dies, and never outlives us."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from pullcord_server.outside.embedded_broker import (
    EmbeddedBroker,
    EmbeddedBrokerError,
    find_mosquitto,
)
from support.until import LONG_S, until


def program(kind: str) -> str | None:
    if kind == "amqtt":
        return None
    found = find_mosquitto()
    assert found is not None, "these tests need Mosquitto: apt-get install mosquitto"
    return found


@pytest.fixture(params=["mosquitto", "amqtt"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(tmp_path, program(request.param))
    broker.start()
    yield broker
    broker.stop()


def client(port: int, name: str, will: str | None = None) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, client_id=name)
    if will is not None:
        client.will_set(will, b"gone", 1, retain=True)
    client.connect("127.0.0.1", port)
    client.loop_start()
    until(client.is_connected, f"{name} is connected")
    return client


def listen(client: Client, *filters: str) -> list[tuple[str, bytes]]:
    got: list[tuple[str, bytes]] = []
    client.on_message = lambda _client, _data, message: got.append(
        (message.topic, bytes(message.payload))
    )
    granted = threading.Event()
    client.on_subscribe = lambda *_: granted.set()
    client.subscribe([(name, 1) for name in filters])
    assert granted.wait(LONG_S)
    return got


def test_it_carries_pages_answers_retained_lamps_and_the_last_will(broker: EmbeddedBroker) -> None:
    assert broker.fault is None
    station = client(broker.port, "station", "pullcord/v1/s1/post/status")
    server = client(broker.port, "server")
    heard = listen(server, "pullcord/v1/s1/+/journal", "pullcord/v1/s1/+/status")
    answers = listen(station, "pullcord/v1/s1/post/ack")
    page = b"p" * 250_000
    station.publish("pullcord/v1/s1/post/journal", page, 1).wait_for_publish(LONG_S)
    server.publish("pullcord/v1/s1/post/ack", b"ack", 1).wait_for_publish(LONG_S)
    server.publish("pullcord/v1/s1/post/lamps", b"lamps", 1, True).wait_for_publish(LONG_S)
    until(lambda: heard == [("pullcord/v1/s1/post/journal", page)], "the page arrives")
    until(lambda: answers == [("pullcord/v1/s1/post/ack", b"ack")], "the answer arrives")
    display = client(broker.port, "display")
    lamps = listen(display, "pullcord/v1/s1/+/lamps")
    until(lambda: lamps == [("pullcord/v1/s1/post/lamps", b"lamps")], "lamps are retained")
    sock = station.socket()
    assert isinstance(sock, socket.socket)
    sock.shutdown(socket.SHUT_RDWR)
    until(lambda: ("pullcord/v1/s1/post/status", b"gone") in heard, "the will is published")
    for one in (station, server, display):
        one.disconnect()
        one.loop_stop()


def test_eight_clients_that_come_and_go_at_once_are_all_served(broker: EmbeddedBroker) -> None:
    served: list[int] = []

    def come_and_go(number: int) -> None:
        for _ in range(5):
            one = client(broker.port, f"c{number}", f"w/{number}")
            heard = listen(one, f"t/{number}")
            one.publish(f"t/{number}", b"x", 1).wait_for_publish(LONG_S)
            until(partial(bool, heard), "the echo arrives")
            one.disconnect()
            one.loop_stop()
        served.append(number)

    threads = [threading.Thread(target=come_and_go, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(served) == list(range(8))


def test_it_comes_again_on_its_port_when_it_dies(broker: EmbeddedBroker) -> None:
    port, dead = broker.port, broker.pid
    assert dead is not None
    station = client(port, "station")
    station.reconnect_delay_set(1, 1)
    os.kill(dead, signal.SIGKILL)
    until(lambda: broker.fault is not None, "the fault is seen")
    until(lambda: broker.fault is None, "it runs again")
    assert broker.pid != dead
    assert broker.port == port
    until(station.is_connected, "the station is back")
    station.disconnect()
    station.loop_stop()


def test_it_ends_with_stop(broker: EmbeddedBroker) -> None:
    pid = broker.pid
    assert pid is not None
    broker.stop()
    assert broker.fault == "stopped"
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", broker.port), timeout=1)


@pytest.mark.parametrize("kind", ["mosquitto", "amqtt"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_server_however_that_dies(
    kind: str, number: signal.Signals, tmp_path: Path
) -> None:
    code = (
        "import sys, pathlib; from pullcord_server.outside.embedded_broker import EmbeddedBroker;"
        "broker = EmbeddedBroker(pathlib.Path(sys.argv[1]), sys.argv[2] or None);"
        "broker.start(); print(broker.pid, flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), program(kind) or ""],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as server:
        assert server.stdout is not None
        pid = int(server.stdout.readline())
        assert running(pid)
        server.send_signal(number)
        server.wait(LONG_S)
    until(lambda: not running(pid), "the broker is gone")


def running(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_its_port_is_kept_from_start_to_start_and_left_when_taken(tmp_path: Path) -> None:
    first = EmbeddedBroker(tmp_path, program("mosquitto"))
    first.start()
    neighbour = EmbeddedBroker(tmp_path / "neighbour", program("mosquitto"))
    neighbour.start()
    assert neighbour.port != first.port
    ports = (first.port, neighbour.port)
    first.stop()
    neighbour.stop()
    again = EmbeddedBroker(tmp_path / "neighbour", program("mosquitto"))
    again.start()
    assert again.port == ports[1]
    again.stop()
    with socket.create_server(("127.0.0.1", ports[1])):
        moved = EmbeddedBroker(tmp_path / "neighbour", program("mosquitto"))
        moved.start()
        assert moved.port != ports[1]
        moved.stop()


def test_a_broker_that_does_not_start_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedBrokerError, match="mosquitto ended with status 1 at its start"):
        EmbeddedBroker(tmp_path, "/bin/false").start()
