"""A server of one page: pages in, one transaction for all that waits, then answers and verdicts. Plain sqlite3."""

import json
import select
import socket
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

PREFIX = "pullcord/v1/s1"
TURN, FRESH_S = 1000, 60.0
SCHEMA = """
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS journal (id TEXT PRIMARY KEY, upto INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (journal TEXT, seq INTEGER, station TEXT, type TEXT, card TEXT, at TEXT, up REAL,
  clock TEXT, verdict TEXT, PRIMARY KEY (journal, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, card TEXT, opened TEXT, closed TEXT) WITHOUT ROWID;
"""
Page = dict[str, Any]


class Server:
    """Journals, cards and their open orders in memory; what happened in the database first."""

    def __init__(self, database: str, cards: dict[str, str]) -> None:
        self.db = sqlite3.connect(database, isolation_level=None)
        self.db.executescript(SCHEMA)
        self.cards = cards
        self.upto: dict[str, int] = dict(self.db.execute("SELECT id, upto FROM journal"))
        self.open: dict[str, str] = dict(
            self.db.execute("SELECT card, id FROM orders WHERE closed IS NULL")
        )

    def take(self, pages: list[tuple[str, Page]]) -> list[tuple[str, str, dict[str, Any]]]:
        """One transaction; (station, topic, message) to send after it."""
        entries, opened, closed, out = [], [], [], []
        fresh = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - FRESH_S))
        for station, page in pages:
            journal = page["journal"]
            upto = self.upto.get(journal, 0)
            for entry in page["entries"]:
                if entry["seq"] != upto + 1:
                    continue
                upto += 1
                id_, card, verdict = f"{journal}.{upto}", self.cards.get(entry["code"]), "accepted"
                at = entry["at"]
                if card is None:
                    verdict = "unknown"
                elif entry["type"] == "withdrawal" and card not in self.open:
                    self.open[card] = id_
                    opened.append((id_, card, at))
                elif entry["type"] == "arrival" and card in self.open:
                    closed.append((at, self.open.pop(card)))
                else:
                    verdict = "duplicate"
                entries.append((journal, upto, station, entry["type"], card, at, entry["up"],
                                entry["clock"], verdict))  # fmt: skip
                if at > fresh:
                    body = {
                        "journal": journal,
                        "seq": upto,
                        "verdict": verdict,
                        "card": card,
                        "text": card,
                    }
                    out.append((station, "verdict", body))
            self.upto[journal] = upto
            out.append((station, "ack", {"journal": journal, "upto": upto, "re": page["ask"],
                                         "server": "floor", "now": _now()}))  # fmt: skip
        if entries:
            run = self.db
            run.execute("BEGIN IMMEDIATE")
            run.executemany("INSERT INTO entry VALUES (?,?,?,?,?,?,?,?,?)", entries)
            run.executemany("INSERT INTO orders VALUES (?,?,?,NULL)", opened)
            run.executemany("UPDATE orders SET closed = ? WHERE id = ?", closed)
            marks = [(p["journal"], self.upto[p["journal"]]) for _, p in pages]
            run.executemany("INSERT OR REPLACE INTO journal VALUES (?,?)", marks)
            run.execute("COMMIT")
        return out


def _now() -> str:
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"


def _without_delay(_client: Client, _data: object, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def main(port: int, database: str, cards: str) -> None:
    """Serve on a broker's port until killed."""
    server = Server(database, json.loads(Path(cards).read_text()))
    waiting: list[tuple[str, Page]] = []
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(0)
    client.on_connect = lambda c, *_: c.subscribe(f"{PREFIX}/+/journal", 1)
    client.on_message = lambda _c, _d, m: waiting.append(
        (m.topic.split("/")[3], json.loads(m.payload))
    )
    client.on_socket_open = _without_delay
    client.connect("127.0.0.1", port)
    while (sock := client.socket()) is not None:
        wait_s = 0.0 if waiting else 1.0
        while len(waiting) < TURN and any(
            select.select([sock], [sock] if client.want_write() else [], [], wait_s)
        ):
            client.loop_read()
            client.loop_write()
            wait_s = 0.0
        client.loop_misc()
        room = TURN
        pages: list[tuple[str, Page]] = []
        while waiting and (not pages or len(waiting[0][1]["entries"]) <= room):
            pages.append(waiting.pop(0))
            room -= len(pages[-1][1]["entries"])
        for station, kind, body in server.take(pages):
            client.publish(f"{PREFIX}/{station}/{kind}", json.dumps(body), 1)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
