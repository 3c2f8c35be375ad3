"""What a station asks its server next, and what the answers mean (go-back-N over pages).

Pure: every method takes `now`, monotonic seconds. Only while connected is anything due.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from pullcord_edge.core.mark import Mark, told
from pullcord_edge.core.obedience import Obedience
from pullcord_edge.core.pace import Pace
from pullcord_edge.core.question import JournalHead, Question, Reply
from pullcord_edge.core.twin import Twin
from pullcord_wire.message import Ack, Ask

__all__ = ["JournalHead", "Question", "Replication", "Reply"]

POLL_S: Final = 2.0
"""An empty page asks so often when there is nothing to send."""
PATIENCE_S: Final = 0.25
"""A new entry waits at most so long for the answer to the page before it."""
LINK_LOST_S: Final = 5.0
"""The link is lost when the newest question answered was asked so long ago."""
TWO_SERVERS: Final = "two servers"
TWO_STATIONS: Final = "two stations: another program uses this station's name"
_QUESTIONS: Final = 1024


@dataclass(slots=True)
class _Lane:
    """One journal on its way; `wanted`: the server named it as missing, whatever the mark says."""

    head: JournalHead
    last: int
    held: int
    mark: Mark
    wanted: bool = False

    @property
    def owes(self) -> bool:
        return self.wanted or self.mark.upto < self.last


@dataclass(slots=True)
class _Flight:
    """The page in flight, and when something is to follow it though no answer came."""

    question: Question
    repeat_at: float
    probe_at: float
    fresh_at: float = inf


class Replication:
    """The one page in flight, the marks, the poll: ask `due`, tell `answered`, `recorded`, …"""

    def __init__(
        self, run: str, site: str, journals: Sequence[JournalHead], jitter: Callable[[], float]
    ) -> None:
        """`journals` oldest first, the running one (`run`) last; `jitter` gives 0 to 1."""
        if not journals or journals[-1].id != run or journals[-1].site != site:
            raise ValueError(f"the running journal {run} of site {site} must come last")
        self._run = run
        self._jitter = jitter
        self._elsewhere = [head for head in journals if head.site != site and head.last]
        self._lanes = [
            _Lane(head, head.last, head.held, Mark(head.acked))
            for head in journals
            if head.site == site
        ]
        self._places = {lane.head.id: place for place, lane in enumerate(self._lanes)}
        self._place = 0
        self._changed: dict[str, int] = {}
        self._obedience = Obedience()
        self._twin = Twin()
        self._connected = False
        self._number = 0
        self._asked: dict[int, tuple[float, int]] = {}
        self._last_asked_at = -inf
        self._heard_asked_at = -inf
        self._flight: _Flight | None = None
        self._pace = Pace()

    # What happens ---------------------------------------------------------------------------

    def connected(self, now: float) -> None:
        """The broker is there (again): ask at once."""
        self._connected = True
        self._pace.begin()
        self._flight = None
        self._last_asked_at = -inf

    def disconnected(self, now: float) -> None:
        """The broker is gone: nothing is due; the page it may have died of is halved."""
        self._connected = False
        if self._flight is not None:
            self._pace.halve(self._flight.question.count)

    def recorded(self, seq: int, now: float) -> None:
        """The running journal now ends with `seq`, on disk."""
        lane = self._lanes[-1]
        lane.last = seq
        flight = self._flight
        if flight is not None and lane is self._lane() and seq - lane.mark.upto <= self._pace.limit:
            flight.fresh_at = min(flight.fresh_at, now + PATIENCE_S)

    def trimmed(self, journal: str, held: int) -> None:
        """The oldest entry of `journal` on disk is now `held`."""
        place = self._places.get(journal)
        if place is not None:
            self._lanes[place].held = held

    def answered(self, ack: Ack, now: float) -> Reply | None:
        """An answer came; None when it must be ignored."""
        if ack.re.run != self._run:
            self._twin.hear(ack.re.run, now)
            return None
        asked = self._asked.get(ack.re.number)
        place = self._places.get(ack.journal)
        if asked is None or place is None:
            return None
        lane = self._lanes[place]
        if ack.upto > lane.last and lane is self._lanes[-1]:
            return None
        asked_at, asked_place = asked
        if not self._obedience.hear(ack.server, asked_at, now):
            return None
        self._heard_asked_at = max(self._heard_asked_at, asked_at)
        moved = self._tell(lane, min(ack.upto, lane.last), ack.re.number, place < asked_place)
        self._settle(ack.re.number, moved, now - asked_at)
        return Reply(asked_at)

    # What to do -----------------------------------------------------------------------------

    def next_at(self, now: float) -> float:
        """When to look again at the latest: something is due, or the link is lost; `inf`: never."""
        lost_at = self._heard_asked_at + LINK_LOST_S
        ask_at = max(self._ask_at(), now) if self._connected else inf
        return min(ask_at, lost_at) if lost_at > now else ask_at

    def due(self, now: float) -> Question | None:
        """The question to publish now, which thereby is asked; None: nothing is due."""
        if not self._connected or now < self._ask_at():
            return None
        lane = self._lane()
        flight = self._flight
        if not lane.owes:
            return self._ask(lane, 0, now)
        if flight is not None and now < min(flight.repeat_at, flight.fresh_at):
            flight.probe_at = inf
            return self._ask(lane, 0, now)
        if flight is not None and now >= flight.repeat_at:
            self._pace.repeat()
        return self._send(lane, now)

    def take_marks(self) -> Mapping[str, int]:
        """The marks that moved since last asked, for the disk; losing them costs a repeat only."""
        changed, self._changed = self._changed, {}
        return changed

    # What is so -----------------------------------------------------------------------------

    @property
    def backlog(self) -> int:
        """Entries for this site that no server has acked."""
        return sum(max(lane.last - lane.mark.upto, 0) for lane in self._lanes[self._place :])

    @property
    def server(self) -> str | None:
        """The server this station obeys."""
        return self._obedience.known

    def obeys(self, server: str) -> bool:
        """Whether `server` is the one this station obeys."""
        return server == self._obedience.known

    def link_lost(self, now: float) -> bool:
        """Whether the newest question answered was asked too long ago, or none was answered."""
        return now - self._heard_asked_at >= LINK_LOST_S

    def faults(self, now: float) -> tuple[str, ...]:
        """What people must see in the status."""
        return tuple(self._faults(now))

    def rivals(self, now: float) -> tuple[str, ...]:
        """Who answers or asks at present though another one should alone."""
        return (
            *((TWO_SERVERS,) if self._obedience.both_answer(now) else ()),
            *((TWO_STATIONS,) if self._twin.lives(now) else ()),
        )

    def _faults(self, now: float) -> Iterator[str]:
        yield from self.rivals(now)
        sites = dict.fromkeys(head.site for head in self._elsewhere)
        for site in sites:
            count = sum(head.site == site for head in self._elsewhere)
            owed = sum(head.last - head.acked for head in self._elsewhere if head.site == site)
            yield f"not sent: {count} journals recorded for site {site}, {owed} entries not acked"

    # Inside ---------------------------------------------------------------------------------

    def _lane(self) -> _Lane:
        """The oldest journal the server is not known to have whole; else the running one."""
        while self._place < len(self._lanes) - 1 and not self._lanes[self._place].owes:
            self._place += 1
        return self._lanes[self._place]

    def _ask_at(self) -> float:
        if not self._lane().owes:
            return self._last_asked_at + POLL_S
        flight = self._flight
        return min(flight.repeat_at, flight.probe_at, flight.fresh_at) if flight else -inf

    def _send(self, lane: _Lane, now: float) -> Question:
        first = max(lane.mark.upto + 1, lane.held)
        question = self._ask(lane, max(min(self._pace.limit, lane.last + 1 - first), 0), now)
        wait = self._pace.wait(self._jitter())
        probe_at = now + wait / 2 if self._pace.probes else inf
        self._flight = _Flight(question, now + wait, probe_at)
        return question

    def _ask(self, lane: _Lane, count: int, now: float) -> Question:
        self._number += 1
        self._last_asked_at = now
        self._asked[self._number] = (now, self._place)
        if len(self._asked) > _QUESTIONS:
            del self._asked[next(iter(self._asked))]
        first = max(lane.mark.upto + 1, lane.held)
        return Question(
            journal=lane.head.id,
            follows=lane.head.follows,
            held=lane.held,
            acked=lane.mark.upto,
            ask=Ask(self._run, self._number),
            first=first,
            count=count,
            raw=count == 1 and self._pace.is_raw,
        )

    def _tell(self, lane: _Lane, upto: int, question: int, earlier: bool) -> bool:
        """Take an answer to `question` for `lane`; `earlier`: asked about a later journal."""
        before, wanted = lane.mark, lane.wanted
        lane.mark = told(before, upto, question)
        if question > before.asked:
            lane.wanted = earlier
        if lane.mark.upto != before.upto:
            self._changed[lane.head.id] = lane.mark.upto
        if lane.owes:
            self._place = min(self._place, self._places[lane.head.id])
        return lane.mark.upto != before.upto or lane.wanted != wanted

    def _settle(self, question: int, moved: bool, took_s: float) -> None:
        """What an answer that came after `took_s` means for the page in flight."""
        flight = self._flight
        if moved:
            self._pace.advance(took_s)
        if flight is None:
            return
        number = flight.question.ask.number
        done = question >= number and (moved or self._is_taken(flight.question))
        if done or not self._lane().owes:
            self._flight = None
        elif question > number:
            self._pace.pass_over(flight.question.count)
            self._flight = None

    def _is_taken(self, page: Question) -> bool:
        """Whether the server has every entry of `page`, whichever answer said so."""
        lane = self._lanes[self._places[page.journal]]
        return page.count > 0 and lane.mark.upto >= page.first + page.count - 1
