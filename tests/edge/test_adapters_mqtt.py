"""The link to a real broker: up, down, up again; every reason has its words; nothing retained is proof."""

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.adapters.mqtt import Link, read_message
from pullcord_edge.core.input import LinkDown, LinkUp, Unread
from pullcord_edge.core.setting import Broker as Where
from pullcord_wire.codec import encode
from pullcord_wire.message import (
    Ack,
    Ask,
    Command,
    LampsMessage,
    Pattern,
    Status,
    Verdict,
    VerdictMessage,
)
from pullcord_wire.topic import Kind
from support.broker import PLAIN, Broker, free_port
from support.certificate import Authority
from support.until import BUSY_S

RUN = "01RUN"
BASE = "pullcord/v1/tsutsumi/assy1-post"
ACK = Ack(RUN, 7, Ask(RUN, 3), "S1", 1_795_420_800_000)


class Plant:
    """The rest of the plant at the broker: hears everything, says anything."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self.client = Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", port)
        self.client.subscribe("pullcord/#", 1)
        self.client.loop_start()

    def say(self, kind: str, payload: bytes, retain: bool = False) -> None:
        """Publish, and wait for the broker's receipt."""
        self.client.publish(f"{BASE}/{kind}", payload, 1, retain).wait_for_publish(5)

    def close(self) -> None:
        """Leave."""
        self.client.disconnect()
        self.client.loop_stop()

    def statuses(self) -> list[dict[str, Any]]:
        """Every status heard."""
        return [json.loads(data) for name, data, _ in self.heard if name == f"{BASE}/status"]

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload), message.retain))


@pytest.fixture
def inbox() -> Inbox:
    """The station's inbox."""
    return Inbox()


Start = Callable[..., Link]


@pytest.fixture
def start(inbox: Inbox) -> Iterator[Start]:
    """Starts links that end with the test."""
    links: list[Link] = []

    def make(where: Where, run: str = RUN) -> Link:
        link = Link(where, "tsutsumi", "assy1-post", run, inbox)
        links.append(link)
        link.start()
        return link

    yield make
    for link in links:
        assert link.stop(3)


@pytest.fixture
def plant(broker: Broker) -> Iterator[Plant]:
    """The rest of the plant."""
    rest = Plant(broker.port)
    yield rest
    rest.close()


def at(broker: Broker, **more: Any) -> Where:
    """Where this broker is."""
    return replace(Where("127.0.0.1", broker.port), **more)


def wait_for(inbox: Inbox, found: Callable[[object], bool], seconds: float = 8.0) -> list[object]:
    """What came until something was found."""
    seen: list[object] = []
    end = time.monotonic() + seconds
    while not any(found(each) for each in seen):
        assert time.monotonic() < end, f"only {seen}"
        seen += inbox.take(0.1)
    return seen


def is_up(item: object) -> bool:
    """Whether the link came up."""
    return isinstance(item, LinkUp)


def down(inbox: Inbox, seconds: float = 8.0) -> str:
    """Why the link is down."""
    seen = wait_for(inbox, lambda item: isinstance(item, LinkDown), seconds)
    return next(item.reason for item in seen if isinstance(item, LinkDown))


def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_what_the_server_says_reaches_the_inbox(
    broker: Broker, plant: Plant, inbox: Inbox, start: Start
) -> None:
    start(at(broker))
    wait_for(inbox, is_up)
    messages: tuple[Ack | VerdictMessage | LampsMessage | Command, ...] = (
        ACK,
        VerdictMessage(RUN, 7, Verdict.ACCEPTED, "BH-A1-003", "Brake hose 20"),
        LampsMessage(31, "S1", {"stack": {"red": Pattern.FAST}}),
        Command("c1", "identify"),
    )
    for kind, message in zip(("ack", "verdict", "lamps", "command"), messages, strict=True):
        plant.say(kind, encode(message))
        assert wait_for(inbox, lambda item, m=message: item == m)  # type: ignore[misc]


def test_an_unreadable_message_is_a_value_and_the_next_one_is_read(
    broker: Broker, plant: Plant, inbox: Inbox, start: Start
) -> None:
    start(at(broker))
    wait_for(inbox, is_up)
    for payload in (b"", b"{", b"\xff\xfe", b"[" * 100_000, b"1" * 2_000_000):
        plant.say("ack", payload)
        wait_for(inbox, lambda item: isinstance(item, Unread))
    plant.say("ack", encode(ACK))
    wait_for(inbox, lambda item: item == ACK)


def test_of_retained_messages_only_lamps_count() -> None:
    lamps = LampsMessage(31, "S1", {})
    assert read_message(f"{BASE}/lamps", encode(lamps), True) == lamps
    assert read_message(f"{BASE}/ack", encode(ACK), True) is None
    assert read_message(f"{BASE}/ack", encode(ACK), False) == ACK
    assert isinstance(read_message(f"{BASE}/status", b"{}", False), Unread)
    assert isinstance(read_message("elsewhere", b"{}", False), Unread)


def test_the_link_comes_back_with_its_subscriptions_when_the_broker_does(
    broker: Broker, inbox: Inbox, start: Start
) -> None:
    link = start(at(broker))
    wait_for(inbox, is_up)
    broker.kill()
    assert down(inbox)
    assert not link.publish(Kind.REPORT, b"x")
    broker.start()
    wait_for(inbox, is_up)
    plant = Plant(broker.port)
    plant.say("ack", encode(ACK))
    wait_for(inbox, lambda item: item == ACK)
    plant.close()


def test_a_broker_that_comes_later_is_found(inbox: Inbox, start: Start, tmp_path: Path) -> None:
    late = Broker(tmp_path / "late", port=free_port())
    start(at(late))
    assert "refuses the connection: no broker there" in down(inbox)
    late.start()
    wait_for(inbox, is_up)
    late.kill()


def test_a_broker_that_accepts_and_never_answers_is_given_up(inbox: Inbox, start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start(Where("127.0.0.1", silent.getsockname()[1], connect_timeout_s=0.5))
        assert "no answer within 0.5 s" in down(inbox, 3)


def test_the_same_reason_is_told_once(inbox: Inbox, start: Start) -> None:
    start(Where("127.0.0.1", free_port()))
    time.sleep(2)
    assert sum(isinstance(item, LinkDown) for item in inbox.take(0.1)) == 1


def test_the_will_speaks_when_the_station_falls_silent(
    broker: Broker, plant: Plant, inbox: Inbox, start: Start
) -> None:
    link = start(at(broker, keepalive_s=2))
    wait_for(inbox, is_up)
    link.publish(Kind.STATUS, encode(Status(True, RUN)), retain=True)
    until(plant.statuses)
    client = link._client
    assert client is not None
    sock: Any = client.socket()
    assert sock is not None
    sock.shutdown(socket.SHUT_RDWR)
    until(lambda: {"online": False, "journal": RUN} in plant.statuses())


def test_an_orderly_end_says_so_in_place_of_the_will(
    broker: Broker, plant: Plant, inbox: Inbox
) -> None:
    link = Link(at(broker), "tsutsumi", "assy1-post", RUN, inbox)
    link.start()
    wait_for(inbox, is_up)
    begun = time.monotonic()
    assert link.stop(2)
    assert time.monotonic() - begun < 1 + BUSY_S
    until(lambda: plant.statuses() == [{"online": False, "journal": RUN}])


def test_no_packet_waits_for_the_one_before(broker: Broker, inbox: Inbox, start: Start) -> None:
    link = start(at(broker))
    wait_for(inbox, is_up)
    assert link._client is not None
    sock: Any = link._client.socket()
    assert sock is not None
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_what_is_published_arrives_whole_and_in_order_from_two_threads(
    broker: Broker, plant: Plant, inbox: Inbox, start: Start
) -> None:
    link = start(at(broker))
    wait_for(inbox, is_up)

    def publish(kind: Kind) -> None:
        for number in range(60):
            link.publish(kind, b"%05d" % number + b"x" * 30_000)

    threads = [
        threading.Thread(target=publish, args=(kind,)) for kind in (Kind.JOURNAL, Kind.REPORT)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for kind in ("journal", "report"):
        name = f"{BASE}/{kind}"
        until(lambda n=name: sum(topic == n for topic, _, _ in plant.heard) == 60, 20)  # type: ignore[misc]
        bodies = [data for topic, data, _ in plant.heard if topic == name]
        assert bodies == [b"%05d" % number + b"x" * 30_000 for number in range(60)]


def test_two_stations_with_one_name_do_not_throw_each_other_out(
    broker: Broker, inbox: Inbox, start: Start
) -> None:
    start(at(broker), "01ONE")
    start(at(broker), "01TWO")
    time.sleep(2)
    seen = inbox.take(0.1)
    assert sum(is_up(item) for item in seen) == 2
    assert not any(isinstance(item, LinkDown) for item in seen)


def test_protocol_5_works_too(broker: Broker, plant: Plant, inbox: Inbox, start: Start) -> None:
    start(at(broker, protocol="5"))
    wait_for(inbox, is_up)
    plant.say("ack", encode(ACK))
    wait_for(inbox, lambda item: item == ACK)


def test_a_wrong_password_is_named_and_the_right_one_read_at_the_next_try(
    inbox: Inbox, start: Start, tmp_path: Path
) -> None:
    passwords = tmp_path / "passwords"
    subprocess.run(
        ["mosquitto_passwd", "-c", "-b", str(passwords), "post", "right"],
        check=True,
        capture_output=True,
    )
    passwords.chmod(0o644)
    settings = (*PLAIN[:1], "allow_anonymous false", f"password_file {passwords}")
    locked = Broker(tmp_path / "locked", settings=settings)
    locked.start()
    secret = tmp_path / "secret"
    start(at(locked, username="post", password_file=str(secret)))
    assert f"{secret}: No such file" in down(inbox)
    secret.write_text("wrong\n")
    assert "refuses the station" in down(inbox)
    secret.write_text("right\n")
    wait_for(inbox, is_up)
    locked.kill()


def test_tls_with_certificates_of_both_sides(inbox: Inbox, start: Start, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    server, station = authority.sign("server"), authority.sign("assy1-post")
    secure = Broker(tmp_path / "secure", tls=(authority.ca, server.cert, server.key))
    secure.extra = ("require_certificate true",)
    secure.start()
    where = at(secure, tls=True, ca=str(authority.ca))
    start(where, "01NONE")
    assert down(inbox)
    start(replace(where, cert=str(station.cert), key=str(station.key)))
    wait_for(inbox, is_up)
    secure.kill()


@pytest.mark.parametrize("trouble", ["other authority", "over", "no file"])
def test_a_certificate_that_is_not_good_is_named(
    trouble: str, inbox: Inbox, start: Start, tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "ca")
    server = authority.sign("server", -1 if trouble == "over" else 2)
    secure = Broker(tmp_path / "secure", tls=(authority.ca, server.cert, server.key))
    secure.start()
    ca = {
        "other authority": Authority(tmp_path / "other").ca,
        "over": authority.ca,
        "no file": tmp_path / "none.pem",
    }[trouble]
    start(at(secure, tls=True, ca=str(ca)))
    words = {
        "other authority": "not trusted",
        "over": "certificate has expired",
        "no file": "none.pem: No such file",
    }[trouble]
    assert words in down(inbox)
    secure.kill()
