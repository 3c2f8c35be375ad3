"""Stations that live in one MQTT client: they record, send pages, and wait for answers, as the wire has it."""

import itertools
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from pullcord_wire.codec import decode, encode
from pullcord_wire.message import (
    Ack,
    Ask,
    Body,
    ClockState,
    Entry,
    EntryType,
    LampsMessage,
    Page,
    VerdictMessage,
)
from pullcord_wire.topic import Kind, parse_topic, subscription, topic

ANSWER_S = 10.0


@dataclass(slots=True)
class DrivenStation:
    """One station: a journal that starts with it, and what it was told."""

    name: str
    journal: str
    boot: str
    started_at: int
    offline: bool = False
    mark: int = 0
    entries: list[Entry] = field(default_factory=list)
    pages: list[bytes] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def record(self, kind: EntryType, body: Body, at: int) -> int:
        """Keep an entry; its number in the journal."""
        seq = len(self.entries) + 1
        up = max(0, at - self.started_at) / 1000
        self.entries.append(Entry(seq, kind, at, up, ClockState.SYNCED, body))
        return seq

    def next_page(self) -> Page:
        """A question, with everything that was not acknowledged."""
        ask = Ask(self.journal, next(self.numbers))
        waiting = tuple(self.entries[self.mark :])
        return Page(self.journal, None, 1, self.mark, ask, self.name, self.boot, waiting)


class PlantDriver:
    """The stations of a site on one connection, and everything the server says to them."""

    def __init__(self, port: int, site: str) -> None:
        self.site = site
        self.lamps: dict[str, LampsMessage] = {}
        self._stations: dict[str, DrivenStation] = {}
        self._acks: dict[Ask, Ack] = {}
        self._verdicts: dict[tuple[str, int], VerdictMessage] = {}
        self._marks: set[bytes] = set()
        self._news = threading.Condition()
        self._mark_topic = f"driver/{secrets.token_hex(8)}"
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=f"d{secrets.token_hex(8)}")
        self._client.on_message = self._receive
        granted = threading.Event()
        self._client.on_subscribe = lambda *_: granted.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        heard = [subscription(site, kind) for kind in (Kind.ACK, Kind.VERDICT, Kind.LAMPS)]
        self._client.subscribe([(name, 1) for name in [*heard, self._mark_topic]])
        assert granted.wait(ANSWER_S), "the broker does not answer"

    def station(self, name: str, at: int) -> DrivenStation:
        """The station of this name; at its first mention it starts, at `at`."""
        if name not in self._stations:
            journal = f"{name}-{secrets.token_hex(6)}"
            self._stations[name] = DrivenStation(name, journal, secrets.token_hex(8), at)
        return self._stations[name]

    def send(self, station: DrivenStation) -> None:
        """Send what waits until the server has it all."""
        end = len(station.entries)
        for _ in range(5):
            page = station.next_page()
            ack = self._ask(station, page, encode(page))
            if ack.journal == station.journal:
                station.mark = ack.upto
            if station.mark >= end:
                return
        raise AssertionError(f"{station.name} was told {ack}, but holds {end} entries")

    def redeliver(self, station: DrivenStation) -> None:
        """Every page the station ever sent, once more."""
        for data in station.pages[:]:
            page = decode(Page, data)
            with self._news:
                self._acks.pop(page.ask, None)
            self._publish(station, data)
            self._await(lambda page=page: page.ask in self._acks, f"an answer to {page.ask}")

    def verdict(self, station: DrivenStation, seq: int) -> VerdictMessage:
        """The verdict message about an entry."""
        key = (station.journal, seq)
        self._await(lambda: key in self._verdicts, f"a verdict for {key[0]}.{seq}")
        return self._verdicts[key]

    def settle(self) -> None:
        """Return when everything the broker took before has been received here."""
        mark = secrets.token_bytes(8)
        self._client.publish(self._mark_topic, mark, 1)
        self._await(lambda: mark in self._marks, "the broker's echo")

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def _ask(self, station: DrivenStation, page: Page, data: bytes) -> Ack:
        station.pages.append(data)
        self._publish(station, data)
        self._await(lambda: page.ask in self._acks, f"an answer to {page.ask} of {station.name}")
        return self._acks[page.ask]

    def _publish(self, station: DrivenStation, data: bytes) -> None:
        self._client.publish(topic(self.site, station.name, Kind.JOURNAL), data, 1)

    def _await(self, condition: Any, what: str) -> None:
        give_up = time.monotonic() + ANSWER_S
        with self._news:
            while not condition():
                left = give_up - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"not within {ANSWER_S:.0f} s: {what}")
                self._news.wait(left)

    def _receive(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        payload = bytes(message.payload)
        with self._news:
            if message.topic == self._mark_topic:
                self._marks.add(payload)
            else:
                self._take(message.topic, payload)
            self._news.notify_all()

    def _take(self, name: str, payload: bytes) -> None:
        address = parse_topic(name)
        if address.kind is Kind.ACK:
            ack = decode(Ack, payload)
            self._acks[ack.re] = ack
        elif address.kind is Kind.VERDICT:
            verdict = decode(VerdictMessage, payload)
            self._verdicts[verdict.journal, verdict.seq] = verdict
        elif payload:
            self.lamps[address.station] = decode(LampsMessage, payload)
