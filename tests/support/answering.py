"""A server in ten lines for a station's tests: keeps every entry once, answers every page."""

import threading
import time
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from pullcord_wire.codec import decode, encode
from pullcord_wire.message import (
    Ack,
    Command,
    Entry,
    Lamps,
    LampsMessage,
    Page,
    Report,
    Status,
    Verdict,
    VerdictMessage,
    WireError,
)
from pullcord_wire.topic import Kind, parse_topic, topic


class Answering:
    """Answers as `server`; `entries` are what it has, in their order; `answers` False: it is mute."""

    def __init__(self, port: int, server: str = "S1", site: str = "s1", ahead_ms: int = 0) -> None:
        """`ahead_ms`: its clock before ours."""
        self.server = server
        self.answers = True
        self.entries: list[tuple[str, Entry]] = []
        self.pages: list[Page] = []
        self.statuses: list[Status] = []
        self.reports: list[Report] = []
        self.verdict: Verdict | None = Verdict.ACCEPTED
        self._marks: dict[str, int] = {}
        self._site = site
        self._ahead_ms = ahead_ms
        self._lock = threading.Lock()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(0.05, 0.2)  # type: ignore[arg-type]
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def forget(self) -> None:
        """The database is deleted."""
        with self._lock:
            self._marks.clear()
            self.entries.clear()

    def want(self, station: str, revision: int, lamps: Lamps) -> None:
        """Publish lamps, retained."""
        message = LampsMessage(revision, self.server, lamps)
        name = topic(self._site, station, Kind.LAMPS)
        self._client.publish(name, encode(message), 1, retain=True).wait_for_publish(5)

    def command(self, station: str, command: Command) -> None:
        """Ask a station for something."""
        name = topic(self._site, station, Kind.COMMAND)
        self._client.publish(name, encode(command), 1).wait_for_publish(5)

    def codes(self) -> list[str]:
        """The codes of the entries, in order."""
        return [
            code
            for _, entry in self.entries
            if (code := getattr(entry.body, "code", None)) is not None
        ]

    def _on_connect(self, client: Client, *_: Any) -> None:
        client.subscribe(
            [(f"pullcord/v1/{self._site}/+/{k}", 1) for k in ("journal", "status", "report")]
        )

    def _on_message(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        address = parse_topic(message.topic)
        try:
            match address.kind:
                case Kind.STATUS:
                    self.statuses.append(decode(Status, bytes(message.payload)))
                case Kind.REPORT:
                    self.reports.append(decode(Report, bytes(message.payload)))
                case Kind.JOURNAL:
                    self._take(address.station, decode(Page, bytes(message.payload)))
        except WireError as error:
            raise AssertionError(f"the station wrote what cannot be read: {error}") from error

    def _take(self, station: str, page: Page) -> None:
        with self._lock:
            self.pages.append(page)
            follows = page.follows
            if follows is not None and self._marks.get(follows.journal, 0) < follows.upto:
                self._answer(station, follows.journal, page)
                return
            for entry in page.entries:
                assert isinstance(entry, Entry)
                if entry.seq == self._marks.get(page.journal, 0) + 1:
                    self._marks[page.journal] = entry.seq
                    self.entries.append((page.journal, entry))
                    self._judge(station, page.journal, entry)
            self._answer(station, page.journal, page)

    def _answer(self, station: str, journal: str, page: Page) -> None:
        if self.answers:
            now = time.time_ns() // 1_000_000 + self._ahead_ms
            ack = Ack(journal, self._marks.get(journal, 0), page.ask, self.server, now)
            self._client.publish(topic(self._site, station, Kind.ACK), encode(ack), 1)

    def _judge(self, station: str, journal: str, entry: Entry) -> None:
        if self.answers and self.verdict is not None and hasattr(entry.body, "code"):
            said = VerdictMessage(journal, entry.seq, self.verdict, "BH-A1-003", "Brake hose 20")
            self._client.publish(topic(self._site, station, Kind.VERDICT), encode(said), 1)
