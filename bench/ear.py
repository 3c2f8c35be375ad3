"""What a station would hear, with the moment it came: verdicts and lamps of a broker."""

import json
import secrets
import select
import socket
import time
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from bench.plant import SITE
from pullcord_wire.topic import Kind, parse_topic, subscription

HEARD = (Kind.VERDICT, Kind.LAMPS)


class Ear:
    """One subscriber, read by the thread that waits."""

    def __init__(self, port: int) -> None:
        self._came: list[tuple[float, Kind, str, dict[str, Any]]] = []
        self._granted = False
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=f"ear-{secrets.token_hex(6)}")
        self._client.on_message = self._hear
        self._client.on_subscribe = self._on_subscribe
        self._client.on_socket_open = _without_delay
        wanted = [(subscription(SITE, kind), 1) for kind in HEARD]
        self._client.on_connect = lambda client, *_: client.subscribe(wanted)
        self._client.connect("127.0.0.1", port)
        give_up = time.monotonic() + 10
        while not self._granted:
            self._work(give_up)

    def verdict(self, card: str, within_s: float = 10.0) -> float:
        """When the verdict on a card came; it may be there already."""
        return self._wait(Kind.VERDICT, lambda _, body: bool(body["card"] == card), within_s)

    def red(self, station: str, within_s: float = 10.0) -> float:
        """When a station was told to burn red."""

        def burns(name: str, body: dict[str, Any]) -> bool:
            lights = body.get("lamps", {}).values()
            return name == station and any(x.get("red", "off") != "off" for x in lights)

        return self._wait(Kind.LAMPS, burns, within_s)

    def idle(self, until: float) -> None:
        """Read, and forget, what comes until an instant."""
        while time.monotonic() < until:
            self._work(until, raises=False)
        self._came.clear()

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_write()

    def _wait(self, kind: Kind, wanted: Any, within_s: float) -> float:
        give_up = time.monotonic() + within_s
        while True:
            for at, came, station, body in self._came:
                if came is kind and wanted(station, body):
                    self._came.clear()
                    return at
            self._work(give_up)

    def _work(self, give_up: float, *, raises: bool = True) -> None:
        sock = self._client.socket()
        if sock is None:
            raise ConnectionError("the broker is gone")
        left = give_up - time.monotonic()
        if left <= 0 and raises:
            raise TimeoutError("the verdict did not come")
        ready, _, _ = select.select([sock], [], [], max(left, 0.0))
        if ready:
            self._client.loop_read()
        if self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()

    def _hear(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        now = time.monotonic()
        address = parse_topic(message.topic)
        if message.payload:
            self._came.append((now, address.kind, address.station, json.loads(message.payload)))

    def _on_subscribe(self, *_: Any) -> None:
        self._granted = True


def _without_delay(_client: Client, _data: object, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
