"""The server as a station knows it: questions, answers, lamps, verdicts, and the status it is told."""

from collections.abc import Mapping
from typing import assert_never

from pullcord_edge.core.effect import AskPage, Publish, StoreMarks, Weight
from pullcord_edge.core.feedback import VERDICTS
from pullcord_edge.core.front import Front
from pullcord_edge.core.input import LinkDown, LinkUp, Unread
from pullcord_edge.core.last_drop import LastDrop
from pullcord_edge.core.outbox import Outbox
from pullcord_edge.core.replication import Replication
from pullcord_edge.core.teller import Teller
from pullcord_edge.core.wall import Wall
from pullcord_edge.core.wanted import WantedLamps
from pullcord_wire.message import Ack, LampsMessage, VerdictMessage


class Server:
    """Tell it what came over the link; it publishes what is due, and shows what the server wants."""

    def __init__(
        self,
        replication: Replication,
        teller: Teller,
        wall: Wall,
        last: LastDrop,
        front: Front,
        out: Outbox,
    ) -> None:
        """`last`: the last drop, whose verdict is shown."""
        self._replication = replication
        self._teller = teller
        self._wall = wall
        self._last = last
        self._front = front
        self._out = out
        self._wanted = WantedLamps()

    def next_at(self, now: float) -> float:
        """When to publish again at the latest."""
        return min(self._teller.next_at(), self._replication.next_at(now))

    def link(self, happened: LinkUp | LinkDown | Unread, now: float) -> None:
        """The broker is there, or gone, or sent what cannot be read."""
        match happened:
            case LinkUp():
                self._teller.link(True)
                self._replication.connected(now)
                self._out.say("linked")
            case LinkDown(reason):
                self._teller.link(False)
                self._replication.disconnected(now)
                self._out.say("unlinked", Weight.WARNING, reason=reason)
            case Unread(topic, reason):
                self._out.say("unreadable", Weight.WARNING, topic=topic, reason=reason)
            case _:
                assert_never(happened)

    def hear_ack(self, ack: Ack, now: float) -> bool:
        """An answer came; whether the wall clock became right by it."""
        if self._replication.answered(ack, now) is None:
            return False
        self._teller.heard = ack.now
        return self._wall.hear(ack.server, ack.now, now)

    def hear_lamps(self, message: LampsMessage) -> None:
        """A server wants these lamps."""
        self._wanted.hear(message)

    def hear_verdict(self, message: VerdictMessage, now: float) -> None:
        """The server's word on an entry: shown when it is of the last drop, and fresh."""
        shown = self._last.take_verdict(message, now)
        if shown:
            self._front.show(VERDICTS[message.verdict], now, more=True)
            self._front.words.show_verdict(message, now)
        self._out.say(
            "verdict",
            seq=message.seq,
            verdict=message.verdict.value,
            card=message.card or "",
            text=message.text,
            shown=shown,
        )

    def recorded(self, seq: int, now: float) -> None:
        """The running journal now ends with `seq`."""
        self._replication.recorded(seq, now)

    def trimmed(self, journal: str, held: int) -> None:
        """The oldest entry of `journal` on disk is now `held`."""
        self._replication.trimmed(journal, held)

    def ask(self, now: float) -> None:
        """The question that is due now, and the marks that moved."""
        question = self._replication.due(now)
        if question is not None:
            self._out.put(AskPage(question))
        if marks := self._replication.take_marks():
            self._out.put(StoreMarks(marks))

    def has_rivals(self, now: float) -> bool:
        """Whether two servers or two stations are where one should be."""
        return bool(self._replication.rivals(now))

    def refresh(self, faults: Mapping[str, str], now: float) -> None:
        """The lights show what the server wants, or that it is lost; the status says what is so."""
        lamps = self._wanted.of(self._replication.server)
        self._front.panel.wanted = lamps.lamps if lamps else {}
        self._front.lose_link(self._replication.link_lost(now))
        status = self._teller.tell(self._replication, lamps, faults, self._wall.state, now)
        if status is not None:
            self._out.put(Publish(status))
