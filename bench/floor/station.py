"""A station of one page: bytes from serial lines → a row that is on disk → a page → until it is answered."""

import json
import os
import secrets
import select
import socket
import sqlite3
import sys
import time
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

SCHEMA = """
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS entry (journal TEXT, seq INTEGER, body TEXT, PRIMARY KEY (journal, seq)) WITHOUT ROWID;
"""


class Station:
    """One start's journal, its mark, and the page in flight."""

    def __init__(self, name: str, database: str, port: int) -> None:
        self.name, self.run = name, secrets.token_hex(13)
        self.db = sqlite3.connect(database, isolation_level=None)
        self.db.executescript(SCHEMA)
        self.last = self.mark = self.asked = 0
        self.flight: tuple[str, float] | None = None
        self.client = Client(CallbackAPIVersion.VERSION2)
        self.client.on_connect = lambda c, *_: c.subscribe(f"pullcord/v1/s1/{name}/+", 1)
        self.client.on_message = lambda _c, _d, m: self.hear(m.topic, bytes(m.payload))
        self.client.on_socket_open = _without_delay
        self.client.connect("127.0.0.1", port)

    def keep(self, role: str, code: str) -> None:
        """On disk when this returns."""
        self.last += 1
        now = time.time()
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"
        body = {"seq": self.last, "type": role, "reader": role, "code": code, "at": at,
                "up": time.monotonic(), "clock": "synced"}  # fmt: skip
        self.db.execute("INSERT INTO entry VALUES (?,?,?)", (self.run, self.last, json.dumps(body)))

    def send(self) -> None:
        """What waits, unless a page is under way."""
        due = self.flight is None or time.monotonic() > self.flight[1]
        if self.mark == self.last or not due:
            return
        self.asked += 1
        self.flight = (f"{self.run}.{self.asked}", time.monotonic() + 1)
        rows = self.db.execute(
            "SELECT body FROM entry WHERE journal = ? AND seq > ? ORDER BY seq LIMIT 500",
            (self.run, self.mark),
        )
        page: dict[str, Any] = {"journal": self.run, "follows": None, "held": 1, "acked": self.mark, "boot": "b",
                "ask": self.flight[0], "station": self.name, "entries": [json.loads(r[0]) for r in rows]}  # fmt: skip
        self.client.publish(f"pullcord/v1/s1/{self.name}/journal", json.dumps(page), 1)

    def hear(self, topic: str, payload: bytes) -> None:
        """An answer moves the mark."""
        if topic.endswith("/ack"):
            ack = json.loads(payload)
            if self.flight is not None and ack["re"] == self.flight[0]:
                self.mark, self.flight = ack["upto"], None


def _without_delay(_client: Client, _data: object, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def main(name: str, database: str, port: int, readers: list[str]) -> None:
    """Work until killed. `readers`: role=path."""
    station = Station(name, database, port)
    lines: dict[int, tuple[str, bytearray]] = {}
    for reader in readers:
        role, _, path = reader.partition("=")
        lines[os.open(path, os.O_RDONLY | os.O_NOCTTY)] = (role, bytearray())
    while (sock := station.client.socket()) is not None:
        waited: list[Any] = [sock, *lines]
        ready, _, _ = select.select(waited, [], [], 0.5)
        for fd in ready:
            if fd in lines:
                role, data = lines[fd]
                data += os.read(fd, 4096)
                while (end := data.find(b"\r\n")) >= 0:
                    station.keep(role, data[:end].decode())
                    del data[: end + 2]
        station.client.loop_read()
        station.client.loop_write()
        station.client.loop_misc()
        station.send()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:])
