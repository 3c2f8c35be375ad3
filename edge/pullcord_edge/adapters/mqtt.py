"""The broker by paho: callbacks only enqueue; it connects for ever, each time subscribing anew.

A message is written by the thread that publishes it; the link's own thread connects, reads, and
writes what the socket would not take at once. What cannot be sent now is dropped: every message of a
station is repeated until it is answered, or said again.
"""

import hashlib
import random
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.adapters.waker import Waker
from pullcord_edge.adapters.worker import Worker
from pullcord_edge.core.backoff import delay
from pullcord_edge.core.input import DeviceState, Heard, LinkDown, LinkUp, Unread
from pullcord_edge.core.setting import Broker
from pullcord_wire.codec import decode, encode
from pullcord_wire.message import (
    Ack,
    Command,
    LampsMessage,
    Status,
    VerdictMessage,
    WireError,
)
from pullcord_wire.topic import Kind, parse_topic, topic

ROOM: Final = 1_000
UNACKED: Final = 200
"""So many messages without the broker's receipt, and the connection is given up."""
RETRY_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 3.0)
STABLE_S: Final = 5.0
"""A connection that lasted so long is tried again at once when it breaks."""
HEARD: Final[dict[Kind, type[Ack | VerdictMessage | LampsMessage | Command]]] = {
    Kind.ACK: Ack,
    Kind.VERDICT: VerdictMessage,
    Kind.LAMPS: LampsMessage,
    Kind.COMMAND: Command,
}


class LinkError(Exception):
    """The broker cannot be reached at present; the text says why."""


class Link:
    """The station's one connection to the broker."""

    def __init__(self, broker: Broker, site: str, station: str, run: str, inbox: Inbox) -> None:
        """`run`: the running journal, which the last will names."""
        self._broker = broker
        self._topics = {kind: topic(site, station, kind) for kind in Kind}
        self._will = encode(Status(online=False, journal=run))
        self._client_id = f"pc-{hashlib.sha256(run.encode()).hexdigest()[:18]}"
        self._inbox = inbox
        self._lane = inbox.lane(ROOM)
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._up = False
        self._unacked = 0
        self._ungranted: set[int | None] = set()
        self._reason: str | None = None
        self._told: str | None = None
        self._waker = Waker()
        self._worker = Worker("mqtt", inbox, self._work)

    def start(self) -> None:
        """Begin to connect; it never waits."""
        self._worker.start()

    def stop(self, timeout_s: float) -> bool:
        """Say goodbye (a last status in place of the will) and end; whether it ended in time."""
        self.publish(Kind.STATUS, self._will, retain=True)
        self._worker.stopping.set()
        self._waker.wake()
        return self._worker.join(timeout_s)

    def publish(self, kind: Kind, payload: bytes, retain: bool = False) -> bool:
        """Send with QoS 1; False where the broker is not there: the message is dropped."""
        with self._lock:
            client = self._client
            if client is None or not self._up:
                return False
            client.publish(self._topics[kind], payload, qos=1, retain=retain)
            self._unacked += 1
            if client.want_write() or client.socket() is None or self._unacked > UNACKED:
                self._waker.wake()
        return True

    # The link's own thread ------------------------------------------------------------------

    def _work(self) -> None:
        self._inbox.put(DeviceState(self._worker.name, None))
        tries = 0
        while not self._worker.stopping.is_set():
            begun = time.monotonic()
            was_up = False
            try:
                self._attend()
            except LinkError as error:
                self._reason = str(error)
            finally:
                was_up = self._leave()
            if self._worker.stopping.is_set():
                return
            self._tell_down()
            lasted = was_up and time.monotonic() - begun >= STABLE_S
            tries = 0 if lasted else tries + 1
            self._worker.stopping.wait(delay(tries, random.random(), RETRY_S) * _share())

    def _attend(self) -> None:
        """One connection, from its beginning to its end."""
        self._reason = None
        client = self._connect()
        sock: Any = client.socket()
        if sock is None:
            raise LinkError("the broker ended the connection at once")
        descriptor = sock.fileno()
        give_up_at = time.monotonic() + self._broker.connect_timeout_s
        poll = select.poll()
        poll.register(self._waker, select.POLLIN)
        while not self._worker.stopping.is_set():
            with self._lock:
                if client.socket() is None or self._unacked > UNACKED:
                    return
                poll.register(descriptor, select.POLLIN | (client.want_write() * select.POLLOUT))
            wait_s = 1.0 if self._up else max(0.0, min(1.0, give_up_at - time.monotonic()))
            ready = dict(poll.poll(0 if _holds_bytes(sock) else wait_s * 1000))
            self._waker.was_woken()
            with self._lock:
                self._exchange(client, sock, ready.get(descriptor, 0))
            if not self._up and time.monotonic() >= give_up_at and self._reason is None:
                raise LinkError(f"no answer within {self._broker.connect_timeout_s:g} s")

    def _exchange(self, client: Client, sock: Any, ready: int) -> None:
        """Read and write what is ready; TLS may hold bytes that no poll shows."""
        if ready & ~select.POLLOUT:
            client.loop_read()
        while _holds_bytes(sock) and client.socket() is not None:
            client.loop_read()
        if client.socket() is not None and client.want_write():
            client.loop_write()
        client.loop_misc()

    def _connect(self) -> Client:
        broker = self._broker
        client = self._make_client()
        try:
            client.connect(broker.host, broker.port, keepalive=broker.keepalive_s)
        except (OSError, UnicodeError, ValueError) as error:
            raise LinkError(_explain(error)) from error
        with self._lock:
            self._client, self._unacked = client, 0
        return client

    def _leave(self) -> bool:
        """Take leave of a connection; whether it was up."""
        with self._lock:
            client, self._client = self._client, None
            was_up, self._up = self._up, False
            self._ungranted.clear()
            if client is not None and (sock := client.socket()) is not None:
                client.disconnect()
                client.loop_write()
                sock.close()
        return was_up

    def _tell_down(self) -> None:
        """Tell why the link is down, once as long as the reason stays the same."""
        reason = f"{self._broker}: {self._reason or 'connection lost'}"
        if reason != self._told:
            self._told = reason
            self._inbox.put(LinkDown(reason))

    def _make_client(self) -> Client:
        broker = self._broker
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=MQTTProtocolVersion.MQTTv5
            if broker.protocol == "5"
            else MQTTProtocolVersion.MQTTv311,
            clean_session=None if broker.protocol == "5" else True,
        )
        client.connect_timeout = broker.connect_timeout_s
        client.max_inflight_messages_set(0)
        client.will_set(self._topics[Kind.STATUS], self._will, qos=1, retain=True)
        try:
            if broker.username is not None:
                client.username_pw_set(broker.username, read_password(broker))
            if broker.tls:
                client.tls_set_context(tls_context(broker))
        except (OSError, ValueError) as error:
            raise LinkError(_explain(error)) from error
        client.on_socket_open = _without_delay
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        return client

    # Callbacks: they run in `_exchange`, and only take notes and enqueue ---------------------

    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _props: Any
    ) -> None:
        if reason.is_failure:
            self._reason = f"refuses the station: {reason}"
            client.disconnect()
            return
        for kind in HEARD:
            _, mid = client.subscribe(self._topics[kind], qos=1)
            self._ungranted.add(mid)

    def _on_subscribe(
        self, client: Client, _data: Any, mid: int, reasons: list[ReasonCode], _props: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._reason = "refuses a subscription that the station needs"
            client.disconnect()
            return
        self._ungranted.discard(mid)
        if not self._ungranted and not self._up:
            self._up, self._told = True, None
            self._inbox.put(LinkUp())

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _props: Any
    ) -> None:
        if self._reason is None:
            self._reason = f"connection lost: {reason}"

    def _on_publish(
        self, _client: Client, _data: Any, _mid: int, _reason: Any, _props: Any
    ) -> None:
        self._unacked -= 1

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        item = read_message(message.topic, bytes(message.payload), bool(message.retain))
        if item is not None and not self._lane.offer(item):
            self._reason = "more messages than the station can take"


def read_message(name: str, payload: bytes, retained: bool) -> Heard | Unread | None:
    """What a message means. A retained one is of another moment: only lamps count, by revision."""
    try:
        kind = parse_topic(name).kind
        if retained and kind is not Kind.LAMPS:
            return None
        return decode(HEARD[kind], payload)
    except (WireError, KeyError) as error:
        return Unread(name, str(error))


def read_password(broker: Broker) -> str | None:
    """The password in the broker's password file, its first line."""
    if broker.password_file is None:
        return None
    return Path(broker.password_file).read_text(encoding="utf-8").split("\n")[0].rstrip("\r")


def tls_context(broker: Broker) -> ssl.SSLContext:
    """How the station and the broker prove themselves to each other. OSError: a file cannot be used."""
    for path in (broker.ca, broker.cert, broker.key):
        if path is not None:
            Path(path).open("rb").close()
    context = ssl.create_default_context(cafile=broker.ca)
    if broker.cert is not None:
        context.load_cert_chain(broker.cert, broker.key)
    return context


def _explain(error: Exception) -> str:
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS fails: {error.reason or error}"
        case TimeoutError():
            return "cannot be reached: timed out"
        case ConnectionRefusedError():
            return "refuses the connection: no broker there"
        case socket.gaierror():
            return f"its name is not found: {error.strerror}"
        case OSError() if error.filename:
            return f"{error.filename}: {error.strerror}"
        case _:
            return " ".join(str(error).split())


def _without_delay(_client: Client, _data: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 10_000)


def _holds_bytes(sock: Any) -> bool:
    pending: Callable[[], int] | None = getattr(sock, "pending", None)
    return pending is not None and pending() > 0


def _share() -> float:
    """Half to the whole of a delay, so that stations do not come back in step."""
    return 0.5 + random.random() / 2
