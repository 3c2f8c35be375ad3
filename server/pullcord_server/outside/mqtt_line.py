"""One MQTT 3.1.1 connection with a thread of its own: it reconnects for ever."""

import secrets
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from pullcord_server.outside.broker import Broker, tls_context
from pullcord_server.outside.outbox import Fate, Outbox
from pullcord_server.outside.retry import delay

CONNECT_S: Final = 5.0
"""CONNACK and every SUBACK come within this, or the connection is given up; TCP and TLS likewise."""
KEEPALIVE_S: Final = 10
STABLE_S: Final = 5.0
"""A connection that lasted this long is tried again at once when it breaks."""
QUICK: Final = 3
"""Attempt numbers go no higher while connections come about, however soon they break."""


class Line:
    """A connection to `broker` under a client id of its own.

    A message is written by the thread that publishes it (waking another thread would cost up to the
    interpreter's switch interval); the line's own thread connects, reads and writes the rest, and calls
    `receive`. `crashed` is told an error in that work, which then begins anew.
    """

    def __init__(
        self,
        broker: Broker,
        name: str,
        *,
        subscriptions: Sequence[str] = (),
        receive: Callable[[MQTTMessage], None] | None = None,
        changed: Callable[[], None],
        crashed: Callable[[str, BaseException], None],
    ) -> None:
        self.name = name
        self.connected = False
        self.fault: str | None = "not started"
        self._broker = broker
        self._tls = tls_context(broker) if broker.tls else None
        self._client_id = f"pc-{name}-{secrets.token_hex(6)}"
        self._subscriptions = subscriptions
        self._receive = receive
        self._changed = changed
        self._crashed = crashed
        self._outbox = Outbox()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._client: Client | None = None
        self._ungranted: set[int | None] = set()
        self._thread = threading.Thread(target=self._run, name=f"mqtt-{name}", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Say goodbye to the broker and end the thread; what was not acknowledged is dropped."""
        self._stopping.set()
        self._wake()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        self.forget()

    def publish(self, topic: str, payload: bytes, retain: bool) -> Fate:
        """Hand a message over, and write it at once when the line is up and its window has room."""
        with self._holding():
            fate = self._outbox.offer(topic, payload, retain)
            self._advance()
        return fate

    def forget(self) -> None:
        """Drop the retained messages kept for the next connect."""
        with self._holding():
            self._outbox.forget()

    def pending(self) -> list[Fate]:
        """The fates of everything that neither arrived nor was dropped."""
        with self._holding():
            return self._outbox.pending()

    @contextmanager
    def _holding(self) -> Iterator[None]:
        """Hold the line; fates settled meanwhile are told after it is free again."""
        settled: list[tuple[Fate, bool]] = []
        try:
            with self._lock:
                try:
                    yield
                finally:
                    settled = self._outbox.take_settled()
        finally:
            for fate, arrived in settled:
                fate.set_result(arrived)

    def _advance(self) -> None:
        """Write what waits while the window has room. Holds the line."""
        client = self._client
        if client is None or not self._outbox.up:
            return
        while (message := self._outbox.next()) is not None:
            info = client.publish(message.topic, message.payload, qos=1, retain=message.retain)
            self._outbox.sent(info.mid, message)
        if client.want_write() or client.socket() is None:
            self._wake()

    def _wake(self) -> None:
        try:
            self._wake_write.send(b"\0")
        except OSError:
            pass  # full: the thread is about to wake anyway

    def _run(self) -> None:
        attempt = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            crash: Exception | None = None
            try:
                self._attend()
            except Exception as error:  # noqa: BLE001  the thread's boundary
                self.fault = f"crashed: {error!r}"
                crash = error
            was_connected = self._leave()
            if crash is not None:
                self._crashed(self.name, crash)
            if was_connected:
                lasted = time.monotonic() - began > STABLE_S
                attempt = 0 if lasted else min(attempt + 1, QUICK)
            else:
                attempt += 1
            self._stopping.wait(delay(attempt))
        self.fault = "stopped"

    def _attend(self) -> None:
        """One connection from its beginning to its end."""
        client = self._new_client()
        try:
            client.connect(self._broker.host, self._broker.port, keepalive=KEEPALIVE_S)
        except (OSError, UnicodeError) as error:
            self.fault = f"no connection to {self._broker}: {error}"
            return
        self._client = client
        sock: Any = client.socket()
        descriptor = sock.fileno()
        give_up = time.monotonic() + CONNECT_S
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        while not self._stopping.is_set():
            with self._lock:
                if client.socket() is None:
                    return
                writing = select.POLLOUT if client.want_write() else 0
                poll.register(descriptor, select.POLLIN | writing)
                wait_ms = 0 if _holds_bytes(sock) else 1000
            ready = dict(poll.poll(wait_ms))
            if self._wake_read.fileno() in ready:
                self._wake_read.recv(4096)
            self._exchange(client, sock, ready.get(descriptor, 0))
            if not self.connected and time.monotonic() > give_up:
                self.fault = f"{self._broker} does not answer within {CONNECT_S:.0f} s"
                return

    def _exchange(self, client: Client, sock: Any, ready: int) -> None:
        """Read and write what is ready."""
        with self._holding():
            if ready & ~select.POLLOUT or _holds_bytes(sock):
                client.loop_read()
            if client.want_write():
                client.loop_write()
            client.loop_misc()
            self._advance()

    def _leave(self) -> bool:
        """Take leave of a connection and give up what was under way; whether it was up."""
        with self._holding():
            client, self._client = self._client, None
            if client is not None and client.socket() is not None:
                client.disconnect()
                client.loop_write()
            was_connected, self.connected = self.connected, False
            self._ungranted.clear()
            self._outbox.fall()
        if was_connected:
            self._changed()
        return was_connected

    def _new_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            clean_session=True,
            protocol=MQTTProtocolVersion.MQTTv311,
        )
        client.max_inflight_messages = 0  # no limit: the outbox keeps a window
        client.connect_timeout = CONNECT_S
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.on_socket_open = _without_delay
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_publish = lambda _client, _data, mid, _reason, _props: self._outbox.acknowledge(
            mid
        )
        if self._receive is not None:
            receive = self._receive
            client.on_message = lambda _client, _data, message: receive(message)
        return client

    def _on_connect(
        self, client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, _props: Any
    ) -> None:
        if reason.is_failure:
            self.fault = f"{self._broker} refuses the connection: {reason}"
            return
        for subscription in self._subscriptions:
            _, mid = client.subscribe(subscription, qos=1)
            self._ungranted.add(mid)
        self._rise_when_granted()

    def _on_subscribe(
        self, client: Client, _data: Any, mid: int, reasons: list[ReasonCode], _props: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self.fault = f"{self._broker} refuses a subscription the server needs"
            client.disconnect()
            return
        self._ungranted.discard(mid)
        self._rise_when_granted()

    def _rise_when_granted(self) -> None:
        if self._ungranted or self.connected:
            return
        self._outbox.rise()
        self.connected = True
        self.fault = None
        self._changed()

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _props: Any
    ) -> None:
        if self.fault is None:
            self.fault = f"connection to {self._broker} lost: {reason}"


def _without_delay(_client: Client, _data: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _holds_bytes(sock: Any) -> bool:
    """Whether TLS holds decrypted bytes that no poll would show."""
    pending = getattr(sock, "pending", None)
    return pending is not None and pending() > 0
