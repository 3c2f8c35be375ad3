"""The link to a real broker: what comes in, what goes out, and what happens when the broker goes."""

import itertools
import os
import queue
import resource
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from pullcord_server.outside import mqtt_line
from pullcord_server.outside.broker import parse_broker
from pullcord_server.outside.mqtt import Link, Received
from pullcord_wire.codec import FRAME_BYTES
from pullcord_wire.topic import Address, Kind, events_topic, topic
from support.broker import Broker, free_port
from support.until import BUSY_S, LONG_S, until


class Peer:
    """A plain client of the broker: stands for stations and displays."""

    _numbers = itertools.count()

    def __init__(self, port: int, *filters: str) -> None:
        self.got: queue.Queue[tuple[str, bytes, bool]] = queue.Queue()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=f"peer{next(self._numbers)}")
        self._client.on_message = self._take
        ready = threading.Event()
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if filters:
            self._client.subscribe([(name, 1) for name in filters])
            assert ready.wait(LONG_S)

    def _take(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.got.put((message.topic, bytes(message.payload), message.retain))

    def say(self, name: str, payload: bytes, retain: bool = False) -> None:
        self._client.publish(name, payload, 1, retain).wait_for_publish(LONG_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Side:
    """A link with what it delivered and what crashed."""

    def __init__(self, url: str, deliver: Callable[[Received], None] | None = None) -> None:
        self.got: queue.Queue[Received] = queue.Queue()
        self.crashes: queue.Queue[tuple[str, BaseException]] = queue.Queue()
        self.link = Link(
            parse_broker(url),
            "s1",
            deliver or self.got.put,
            lambda name, error: self.crashes.put((name, error)),
        )


@pytest.fixture
def side(broker: Broker) -> Iterator[Side]:
    side = Side(broker.url)
    side.link.start()
    until(lambda: side.link.connected, "the link is up")
    yield side
    side.link.stop()


def test_pages_statuses_and_reports_of_its_site_are_delivered_and_nothing_else(
    broker: Broker, side: Side
) -> None:
    peer = Peer(broker.port)
    peer.say("pullcord/v1/s2/post/journal", b"other site")
    peer.say("pullcord/v1/s1/post/ack", b"own")
    peer.say("pullcord/v1/s1/post/journal", b"page")
    peer.say("pullcord/v1/s1/post/status", b"status")
    peer.say("pullcord/v1/s1/post/report", b"report")
    got = [side.got.get(timeout=LONG_S) for _ in range(3)]
    assert got == [
        Received(Address("s1", "post", Kind.JOURNAL), b"page", False),
        Received(Address("s1", "post", Kind.STATUS), b"status", False),
        Received(Address("s1", "post", Kind.REPORT), b"report", False),
    ]
    assert side.got.empty()
    peer.close()


def test_a_retained_status_is_delivered_as_retained(broker: Broker) -> None:
    peer = Peer(broker.port)
    peer.say(topic("s1", "post", Kind.STATUS), b"old", retain=True)
    side = Side(broker.url)
    side.link.start()
    assert side.got.get(timeout=LONG_S).retained
    peer.say(topic("s1", "post", Kind.STATUS), b"new", retain=True)
    assert not side.got.get(timeout=LONG_S).retained
    side.link.stop()
    peer.close()


def test_a_topic_that_names_no_station_is_counted_with_its_reason(
    broker: Broker, side: Side
) -> None:
    peer = Peer(broker.port)
    for station in ("events", "po st", "x" * 65, "p*"):
        peer.say(f"pullcord/v1/s1/{station}/journal", b"page")
    peer.say("pullcord/v1/s1/post/journal", b"page")
    assert side.got.get(timeout=LONG_S).address.station == "post"
    assert side.link.strays == 4
    assert side.link.stray is not None
    assert "must not contain '*'" in side.link.stray
    peer.close()


def test_a_payload_longer_than_a_frame_is_cut_so_that_it_is_still_refused(
    broker: Broker, side: Side
) -> None:
    peer = Peer(broker.port)
    peer.say("pullcord/v1/s1/post/journal", b"x" * (FRAME_BYTES + 5000))
    assert len(side.got.get(timeout=LONG_S).payload) == FRAME_BYTES + 1
    peer.close()


def test_answers_lamps_and_events_arrive_and_their_fates_say_so(broker: Broker, side: Side) -> None:
    peer = Peer(broker.port, "pullcord/v1/s1/#")
    sent = [
        (topic("s1", "post", Kind.ACK), b"answer", False),
        (topic("s1", "post", Kind.LAMPS), b"lamps", True),
        (events_topic("s1", "order.released"), b"event", False),
    ]
    fates = [side.link.publish(*message) for message in sent]
    assert all(fate.result(LONG_S) for fate in fates)
    assert side.link.flush(LONG_S)
    got = {peer.got.get(timeout=LONG_S)[:2] for _ in range(3)}
    assert got == {message[:2] for message in sent}
    late = Peer(broker.port, "pullcord/v1/s1/#")
    assert late.got.get(timeout=LONG_S) == (sent[1][0], b"lamps", True)
    peer.close()
    late.close()


def test_answers_of_one_thread_stay_in_order_also_beyond_the_window(
    broker: Broker, side: Side
) -> None:
    peer = Peer(broker.port, "pullcord/v1/s1/+/ack")
    name = topic("s1", "post", Kind.ACK)
    for number in range(3000):
        side.link.publish(name, str(number).encode())
    assert side.link.flush(LONG_S)
    got = [int(peer.got.get(timeout=LONG_S)[1]) for _ in range(3000)]
    assert got == list(range(3000))
    peer.close()


def test_many_threads_may_publish_at_once(broker: Broker, side: Side) -> None:
    peer = Peer(broker.port, "pullcord/v1/s1/+/ack")

    def publish(station: int) -> None:
        for number in range(300):
            side.link.publish(topic("s1", f"p{station}", Kind.ACK), str(number).encode())

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert side.link.flush(LONG_S)
    heard: dict[str, list[int]] = {}
    for _ in range(2400):
        name, payload, _ = peer.got.get(timeout=LONG_S)
        heard.setdefault(name, []).append(int(payload))
    assert all(numbers == list(range(300)) for numbers in heard.values())
    assert len(heard) == 8
    peer.close()


def test_without_a_broker_it_says_why_and_drops_answers_at_once() -> None:
    port = free_port()
    side = Side(f"mqtt://127.0.0.1:{port}")
    side.link.start()
    until(lambda: "no connection to" in (side.link.fault or ""), "the fault names the broker")
    assert side.link.publish(topic("s1", "post", Kind.ACK), b"x").result(0) is False
    assert not side.link.connected
    assert not side.link.flush(0)
    began = time.monotonic()
    side.link.stop()
    assert time.monotonic() - began < 1 + BUSY_S
    assert side.link.fault == "stopped"


def test_a_broker_that_comes_later_or_again_gets_the_newest_lamps(tmp_path: Path) -> None:
    port = free_port()
    side = Side(f"mqtt://127.0.0.1:{port}")
    side.link.start()
    lamps = topic("s1", "post", Kind.LAMPS)
    fates = [side.link.publish(lamps, payload, retain=True) for payload in (b"old", b"new")]
    since = side.link.since
    broker = Broker(tmp_path / "broker", port=port)
    broker.start()
    assert all(fate.result(LONG_S) for fate in fates)
    until(lambda: side.link.connected, "the link is up")
    assert side.link.since > since
    for _ in range(3):
        broker.kill()
        until(lambda: not side.link.connected, "the link is down")
        broker.start()
        until(lambda: side.link.connected, "the link is up again")
        assert side.link.flush(LONG_S)
        display = Peer(port, "pullcord/v1/s1/+/lamps")
        assert display.got.get(timeout=LONG_S) == (lamps, b"new", True)
        display.close()
    side.link.forget()
    broker.restart()
    until(lambda: side.link.connected, "the link is up again")
    display = Peer(port, "pullcord/v1/s1/+/lamps")
    assert side.link.flush(LONG_S)
    assert display.got.empty()
    display.close()
    side.link.stop()
    broker.kill()


def test_after_a_restart_of_the_broker_pages_come_again(broker: Broker, side: Side) -> None:
    broker.restart()
    until(lambda: side.link.connected, "the link is up again")
    peer = Peer(broker.port)
    peer.say("pullcord/v1/s1/post/journal", b"page")
    assert side.got.get(timeout=LONG_S).payload == b"page"
    peer.close()


def test_a_frozen_broker_is_given_up_and_its_answers_dropped(
    broker: Broker, side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_line, "KEEPALIVE_S", 1)
    broker.restart()  # connect anew, with a short keep-alive
    until(lambda: side.link.connected, "the link is up again")
    os.kill(broker.pid, signal.SIGSTOP)
    fate = side.link.publish(topic("s1", "post", Kind.ACK), b"x")
    assert not side.link.flush(0.1)
    assert fate.result(LONG_S) is False
    until(lambda: not side.link.connected, "the link is down")
    os.kill(broker.pid, signal.SIGCONT)
    until(lambda: side.link.connected, "the link is up again")


def test_a_peer_that_accepts_and_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_line, "CONNECT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        side = Side(f"mqtt://127.0.0.1:{silent.getsockname()[1]}")
        side.link.start()
        until(lambda: "does not answer" in (side.link.fault or ""), "the fault says so")
        side.link.stop()


def test_a_broker_that_wants_a_password_refuses_by_name(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "broker", settings=("allow_anonymous false",))
    broker.start()
    side = Side(broker.url)
    side.link.start()
    until(lambda: "Not authorized" in (side.link.fault or ""), "the fault names the reason")
    side.link.stop()
    broker.kill()


def test_an_error_in_delivery_is_told_and_the_link_comes_back(broker: Broker) -> None:
    got: queue.Queue[bytes] = queue.Queue()

    def deliver(received: Received) -> None:
        if received.payload == b"poison":
            raise KeyError("boom")
        got.put(received.payload)

    side = Side(broker.url, deliver)
    side.link.start()
    until(lambda: side.link.connected, "the link is up")
    peer = Peer(broker.port)
    peer.say("pullcord/v1/s1/post/journal", b"poison")
    name, error = side.crashes.get(timeout=LONG_S)
    assert (name, repr(error)) == ("pages", "KeyError('boom')")
    until(lambda: side.link.connected, "the link is up again")
    peer.say("pullcord/v1/s1/post/journal", b"good")
    assert got.get(timeout=LONG_S) == b"good"
    side.link.stop()
    peer.close()


def test_answers_leave_while_delivery_is_blocked(broker: Broker) -> None:
    taken, free = threading.Event(), threading.Event()

    def deliver(_received: Received) -> None:
        taken.set()
        free.wait(LONG_S)

    side = Side(broker.url, deliver)
    side.link.start()
    until(lambda: side.link.connected, "the link is up")
    peer = Peer(broker.port)
    peer.say("pullcord/v1/s1/post/journal", b"page")
    assert taken.wait(LONG_S)
    assert side.link.publish(topic("s1", "post", Kind.ACK), b"x").result(LONG_S)
    assert side.link.flush(LONG_S)
    free.set()
    side.link.stop()
    peer.close()


def test_it_speaks_tls_to_a_broker_it_can_verify_and_to_no_other(tmp_path: Path) -> None:
    own, other = certificate(tmp_path, "own"), certificate(tmp_path, "other")
    files = (own.with_suffix(".pem"), own.with_suffix(".pem"), own.with_suffix(".key"))
    broker = Broker(tmp_path / "broker", tls=files)
    broker.start()
    delivered: queue.Queue[Received] = queue.Queue()
    link = Link(parse_broker(broker.url, ca=files[0]), "s1", delivered.put, lambda *_: None)
    link.start()
    until(lambda: link.connected, "the link is up")
    big = b"x" * 200_000
    name = topic("s1", "post", Kind.JOURNAL)
    assert all(link.publish(name, big).result(LONG_S) for _ in range(5))
    assert [delivered.get(timeout=LONG_S).payload for _ in range(5)] == [big] * 5
    link.stop()
    stranger = parse_broker(broker.url, ca=other.with_suffix(".pem"))
    link = Link(stranger, "s1", delivered.put, lambda *_: None)
    link.start()
    until(lambda: "certificate verify failed" in (link.fault or ""), "the fault says why")
    link.stop()
    broker.kill()


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate for 127.0.0.1: `<path>.pem` and `<path>.key`."""
    path = folder / name
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}"]
    files = ["-keyout", f"{path}.key", "-out", f"{path}.pem", "-days", "2"]
    subprocess.run(
        [*command, *files, "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True,
        capture_output=True,
    )
    return path


def test_it_works_beside_a_thousand_open_screens(broker: Broker) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 3000), hard))
    screens = [socket.socket() for _ in range(1200)]
    side = Side(broker.url)
    side.link.start()
    until(lambda: side.link.connected, "the link is up")
    assert side.link.publish(topic("s1", "post", Kind.ACK), b"x").result(LONG_S)
    side.link.stop()
    for screen in screens:
        screen.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
