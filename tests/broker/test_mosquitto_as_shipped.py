"""deploy/mosquitto: who may say and hear what. A forbidden publish is acknowledged all the same by
Mosquitto 2.0, so what counts is what arrived."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from support.shipped_broker import SITE, ShippedBroker
from support.until import LONG_S, until

LOGINS = {name: f"word of {name}" for name in ("server", "events", "post", "dock", "events2")}
ROOT = f"pullcord/v1/{SITE}"
STATION_SAYS = ("journal", "status", "report")
STATION_HEARS = ("ack", "verdict", "lamps", "command")
Connect = Callable[..., "Person"]


class Person:
    """Somebody logged in, who hears everything the broker lets them hear."""

    def __init__(self, client: Client) -> None:
        self.heard: list[str] = []
        self._client = client
        client.on_message = lambda _client, _data, message: self.heard.append(message.topic)

    def listen(self, *filters: str) -> None:
        granted = threading.Event()
        self._client.on_subscribe = lambda *_: granted.set()
        self._client.subscribe([(name, 1) for name in filters])
        assert granted.wait(LONG_S)

    def say(self, *topics: str, size: int = 4) -> None:
        """Publish and wait for the PUBACK (or for the end of the connection)."""
        for topic in topics:
            info = self._client.publish(topic, b"x" * size, 1)
            until(
                lambda info=info: info.is_published() or not self._client.is_connected(),  # type: ignore[misc]
                "a PUBACK",
            )

    @property
    def connected(self) -> bool:
        return self._client.is_connected()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShippedBroker]:
    broker = ShippedBroker(tmp_path_factory.mktemp("shipped"), LOGINS)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def login(broker: ShippedBroker) -> Iterator[Connect]:
    clients: list[Client] = []

    def connect(name: str, password: str | None = None) -> Person:
        client = Client(CallbackAPIVersion.VERSION2, client_id=f"{name}-{len(clients)}")
        client.username_pw_set(name, LOGINS[name] if password is None else password)
        person = Person(client)
        clients.append(client)
        refused = threading.Event()
        client.on_connect_fail = lambda *_: refused.set()
        client.on_connect = lambda _client, _data, _flags, reason, _props: (
            refused.set() if reason.is_failure else None
        )
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        until(lambda: client.is_connected() or refused.is_set(), "an answer of the broker")
        return person

    yield connect
    for client in clients:
        client.disconnect()
        client.loop_stop()


def all_topics(*names: str) -> list[str]:
    return [f"{ROOT}/{name}/{kind}" for name in names for kind in STATION_SAYS + STATION_HEARS]


def test_the_server_says_and_hears_everything_of_its_site_and_nothing_else(login: Connect) -> None:
    server, witness = login("server"), login("server")
    witness.listen("#")
    everything = [*all_topics("post", "dock"), f"{ROOT}/events/order.released"]
    server.say("pullcord/v1/other/post/ack", "somewhere/else", *everything)
    until(lambda: len(witness.heard) >= len(everything), "all arrived")
    assert witness.heard == everything


def test_a_station_says_its_own_journal_status_and_report_and_nothing_else(login: Connect) -> None:
    server, post = login("server"), login("post")
    server.listen("#")
    post.say(
        *all_topics("dock", "server", "events", "post"),
        f"{ROOT}/events/order.released",
        f"{ROOT}/post",
        f"{ROOT}/post/journal/more",
        "pullcord/v1/other/post/journal",
        "somewhere/else",
    )
    server.say(f"{ROOT}/end/ack")
    until(lambda: f"{ROOT}/end/ack" in server.heard, "the last message arrived")
    assert server.heard[:-1] == [f"{ROOT}/post/{kind}" for kind in STATION_SAYS]


@pytest.mark.parametrize("wanted", [["#"], ["+/+/+/+/+", f"{ROOT}/#"], all_topics("post", "dock")])
def test_a_station_hears_its_own_answers_lamps_and_status_and_nothing_else(
    login: Connect, wanted: list[str]
) -> None:
    server, post = login("server"), login("post")
    post.listen(*wanted)
    server.say(
        *all_topics("dock", "events"),
        f"{ROOT}/events/order.released",
        *(f"{ROOT}/post/{kind}" for kind in STATION_SAYS),
        *(f"{ROOT}/post/{kind}" for kind in STATION_HEARS),
    )
    until(lambda: f"{ROOT}/post/command" in post.heard, "the last message arrived")
    assert set(post.heard) == {f"{ROOT}/post/{kind}" for kind in (*STATION_HEARS, "status")}


def test_displays_hear_events_statuses_and_lamps_and_say_nothing(login: Connect) -> None:
    server, display, other = login("server"), login("events"), login("events")
    server.listen("#")
    display.listen("#")
    other.listen("#")
    display.say(*all_topics("post", "events"), f"{ROOT}/events/order.released", f"{ROOT}/events")
    allowed = [f"{ROOT}/events/order.released", f"{ROOT}/post/status", f"{ROOT}/post/lamps"]
    server.say(*all_topics("post"), *allowed, f"{ROOT}/events/end")
    for listener in (display, other):
        until(lambda to=listener: f"{ROOT}/events/end" in to.heard, "the last message arrived")  # type: ignore[misc]
    until(lambda: f"{ROOT}/events/end" in server.heard, "the last message arrived")
    assert set(display.heard) == {*allowed, f"{ROOT}/events/end"}
    assert set(other.heard) == set(display.heard)
    assert len(server.heard) == len(all_topics("post")) + len(allowed) + 1


def test_a_login_that_begins_like_another_is_a_station_of_its_own(login: Connect) -> None:
    server, station = login("server"), login("events2")
    server.listen("#")
    station.say(f"{ROOT}/events/journal", f"{ROOT}/events2/journal")
    until(lambda: server.heard, "a message arrived")
    assert server.heard == [f"{ROOT}/events2/journal"]


def test_nobody_comes_in_without_the_right_password(login: Connect, broker: ShippedBroker) -> None:
    assert not login("post", "wrong").connected
    assert not login("server", "").connected
    anonymous = Client(CallbackAPIVersion.VERSION2, client_id="anonymous")
    anonymous.connect("127.0.0.1", broker.port)
    anonymous.loop_start()
    refused = threading.Event()
    anonymous.on_disconnect = lambda *_: refused.set()
    assert refused.wait(LONG_S)
    anonymous.disconnect()
    anonymous.loop_stop()


def test_a_page_of_any_allowed_size_passes_and_a_flood_in_one_message_does_not(
    login: Connect,
) -> None:
    server, post = login("server"), login("post")
    server.listen(f"{ROOT}/+/journal")
    post.say(f"{ROOT}/post/journal", size=1024 * 1024 + 1)
    until(lambda: len(server.heard) == 1, "the page arrived")
    post.say(f"{ROOT}/post/journal", size=2_000_001)
    assert len(server.heard) == 1


def test_over_tls_the_same_logins_hold(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path / "certs")
    broker = ShippedBroker(tmp_path, LOGINS, tls=certificates)
    broker.start()
    ca = str(certificates / "ca.pem")
    post = tls_client("post", LOGINS["post"])
    post.tls_set(ca)
    post.connect("127.0.0.1", broker.tls_port)
    post.loop_start()
    until(post.is_connected, "the station is in")
    stranger = tls_client("post", "wrong")
    stranger.tls_set(ca)
    stranger.connect("127.0.0.1", broker.tls_port)
    refused = threading.Event()
    stranger.on_disconnect = lambda *_: refused.set()
    stranger.loop_start()
    assert refused.wait(LONG_S)
    stop(post, stranger)
    broker.kill()


def test_with_certificates_the_common_name_is_the_login(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path / "certs")
    broker = ShippedBroker(tmp_path, {}, tls=certificates, mutual=True)
    broker.start()
    server, post = tls_client("ignored"), tls_client("server")
    heard: list[str] = []
    server.on_message = lambda _client, _data, message: heard.append(message.topic)
    for client, name in ((server, "server"), (post, "post")):
        pair = (str(certificates / f"{name}.pem"), str(certificates / f"{name}.key"))
        client.tls_set(str(certificates / "ca.pem"), *pair)
        client.connect("127.0.0.1", broker.tls_port)
        client.loop_start()
        until(client.is_connected, f"{name} is in")
    granted = threading.Event()
    server.on_subscribe = lambda *_: granted.set()
    server.subscribe("#", 1)
    assert granted.wait(LONG_S)
    for topic in (f"{ROOT}/dock/journal", f"{ROOT}/post/journal"):
        post.publish(topic, b"x", 1).wait_for_publish(LONG_S)
    until(lambda: heard, "the page arrived")
    assert heard == [f"{ROOT}/post/journal"]
    stop(server, post)
    broker.kill()


def tls_client(login: str, password: str | None = None) -> Client:
    client = Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(login, password)
    return client


def stop(*clients: Client) -> None:
    for client in clients:
        client.disconnect()
        client.loop_stop()


def make_certificates(folder: Path) -> Path:
    """An authority and what it signed: broker (for 127.0.0.1), server, post."""
    folder.mkdir()
    openssl(
        folder, "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem"
    )
    for name in ("broker", "server", "post"):
        openssl(
            folder,
            f"req -newkey rsa:2048 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr",
        )
        (folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
        signed = f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2"
        openssl(folder, f"{signed} -extfile san -out {name}.pem")
    return folder


def openssl(folder: Path, arguments: str) -> None:
    subprocess.run(["openssl", *arguments.split()], cwd=folder, check=True, capture_output=True)
