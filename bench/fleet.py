"""Many stations in one thread: the stations' own replication over journals in memory, on a real broker."""

import json
import random
import secrets
import select
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from bench.plant import SITE
from pullcord_edge.core.replication import JournalHead, Question, Replication
from pullcord_wire.codec import PAGE_ENTRIES, decode, encode, encode_entry
from pullcord_wire.message import (
    Ack,
    ClockState,
    CodeBody,
    Entry,
    EntryType,
    Page,
)
from pullcord_wire.topic import Kind, parse_topic, subscription, topic


@dataclass(frozen=True, slots=True)
class Scan:
    """A card to be read: how and which code, ms since 1970."""

    type: EntryType
    code: str
    at: int


class Member:
    """One station of the fleet: a journal in memory, and replication as a station has it."""

    def __init__(self, name: str, scans: Iterable[Scan] = ()) -> None:
        self.name = name
        self.run = secrets.token_hex(13)
        self.texts: list[bytes] = []
        for scan in scans:
            self.keep(scan)
        head = JournalHead(self.run, None, len(self.texts), 1, 0, SITE)
        self.replication = Replication(self.run, SITE, [head], random.random)

    def keep(self, scan: Scan) -> int:
        """Keep a read; its number."""
        seq = len(self.texts) + 1
        body = CodeBody("reader", scan.code)
        entry = Entry(seq, scan.type, scan.at, seq / 10, ClockState.SYNCED, body)
        self.texts.append(encode_entry(entry).encode())
        return seq

    def read(self, scan: Scan, now: float) -> int:
        """A read at this moment; its number."""
        seq = self.keep(scan)
        self.replication.recorded(seq, now)
        return seq

    def page(self, question: Question) -> bytes:
        """The page that asks `question`."""
        head = encode(
            Page(
                question.journal, None, question.held, question.acked, question.ask, self.name, "b"
            )
        )
        first = question.first - 1
        texts = self.texts[first : first + min(question.count, PAGE_ENTRIES)]
        return head.removesuffix(b"]}") + b",".join(texts) + b"]}"


@dataclass(slots=True)
class Heard:
    """What the server said: `verdicts` (journal, seq) → when, seconds of the monotonic clock."""

    acks: int = 0
    last_ack_at: float = 0.0
    verdicts: dict[tuple[str, int], float] = field(default_factory=dict)
    lamps: dict[str, tuple[float, bytes]] = field(default_factory=dict)


class Fleet:
    """Stations on one broker. Two connections: what is said does not wait behind what is heard."""

    def __init__(self, port: int, members: Sequence[Member]) -> None:
        self.members = {member.name: member for member in members}
        self.heard = Heard()
        self._next: dict[str, float] = {}
        self._out, self._in = _client(port), _client(port)
        self._in.on_message = self._hear
        self._granted = False
        self._in.on_subscribe = self._on_subscribe
        wanted = [subscription(SITE, kind) for kind in (Kind.ACK, Kind.VERDICT, Kind.LAMPS)]
        self._in.on_connect = lambda client, *_: client.subscribe([(name, 1) for name in wanted])
        self._run(lambda: self._granted and self._out.is_connected(), 10.0)

    def connect(self) -> None:
        """The broker is there, for every station."""
        now = time.monotonic()
        for member in self.members.values():
            member.replication.connected(now)
        self._next.clear()

    def disconnect(self) -> None:
        """The broker is gone, for every station."""
        now = time.monotonic()
        for member in self.members.values():
            member.replication.disconnected(now)

    def join(self, member: Member) -> None:
        """One more station, connected."""
        self.members[member.name] = member
        member.replication.connected(time.monotonic())

    @property
    def backlog(self) -> int:
        """Entries not acked."""
        return sum(member.replication.backlog for member in self.members.values())

    def until(
        self,
        done: Callable[[], bool],
        within_s: float,
        each: Callable[[float], float] | None = None,
    ) -> None:
        """Work until `done`. `each`: what else is to be done now, and when to call it again."""
        self._run(done, within_s, each)

    def read(self, member: Member, scan: Scan) -> tuple[str, int]:
        """A read at a station now, sent at once; the entry."""
        now = time.monotonic()
        seq = member.read(scan, now)
        self._tend(member, now)
        return member.run, seq

    def close(self) -> None:
        """Disconnect."""
        for client in (self._out, self._in):
            client.disconnect()
            client.loop_write()

    def _run(
        self,
        done: Callable[[], bool],
        within_s: float,
        each: Callable[[float], float] | None = None,
    ) -> None:
        give_up = time.monotonic() + within_s
        again = 0.0
        while not done():
            now = time.monotonic()
            if now > give_up:
                raise TimeoutError(f"not within {within_s:.0f} s; backlog {self.backlog}")
            if each is not None and now >= again:
                again = each(now)
            due = self._tend_all(now)
            self._exchange(max(0.0, min(due, again or due, now + 0.1) - now))

    def _tend_all(self, now: float) -> float:
        for name, member in self.members.items():
            if self._next.get(name, 0.0) <= now:
                self._tend(member, now)
        return min(self._next.values(), default=now + 0.1)

    def _tend(self, member: Member, now: float) -> None:
        while (question := member.replication.due(now)) is not None:
            name = topic(SITE, member.name, Kind.JOURNAL)
            self._out.publish(name, member.page(question), 1)
        self._next[member.name] = member.replication.next_at(now)

    def _exchange(self, wait_s: float) -> None:
        socks: dict[Any, Client] = {c.socket(): c for c in (self._out, self._in)}
        if None in socks:
            raise ConnectionError("the broker is gone")
        writing = [s for s, c in socks.items() if c.want_write()]
        ready, able, _ = select.select(list(socks), writing, [], wait_s)
        for sock in ready:
            socks[sock].loop_read()
        for sock in able:
            socks[sock].loop_write()
        for client in socks.values():
            client.loop_misc()

    def _hear(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        now = time.monotonic()
        address = parse_topic(message.topic)
        match address.kind:
            case Kind.ACK:
                self._answered(address.station, bytes(message.payload), now)
            case Kind.VERDICT:
                verdict = json.loads(message.payload)
                self.heard.verdicts[verdict["journal"], verdict["seq"]] = now
            case _:
                self.heard.lamps[address.station] = (now, bytes(message.payload))

    def _answered(self, station: str, payload: bytes, now: float) -> None:
        member = self.members.get(station)
        if member is None:
            return
        self.heard.acks += 1
        self.heard.last_ack_at = now
        member.replication.answered(decode(Ack, payload), now)
        self._tend(member, now)

    def _on_subscribe(self, *_: Any) -> None:
        self._granted = True


def _client(port: int) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, client_id=f"fleet-{secrets.token_hex(6)}")
    client.max_inflight_messages_set(0)
    client.on_socket_open = _without_delay
    client.connect("127.0.0.1", port)
    return client


def _without_delay(_client: Client, _data: object, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
