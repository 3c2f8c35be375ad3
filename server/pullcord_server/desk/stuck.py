"""Cards that stay longer than expected: found once for each entry into a state, cleared when they move (DESIGN 3.5)."""

from dataclasses import dataclass, field
from heapq import heappop, heappush

from sqlalchemy import func, select

from pullcord_server.domain.audit import Pace, Stay, pace, stay, watched
from pullcord_server.domain.card import Card, State
from pullcord_server.domain.group import Service
from pullcord_server.domain.plant import Loop, Plant
from pullcord_server.storage.book import CARD, DECISION, FINDING, ORDER
from pullcord_server.storage.rows import Row
from pullcord_server.storage.shelf import Known

from .loops import loop_row
from .piece import take_piece
from .release import has_hours, next_hour
from .service import service_of
from .suspicion import answer, ask, clear, suspect
from .turn import Turn

#: When the first cards of each loop were issued.
_BEGUN = (
    select(CARD.c.loop, func.min(DECISION.c.at))
    .join(DECISION, DECISION.c.id == CARD.c.issued_by)
    .group_by(CARD.c.loop)
)
#: When to look at which card, for its entry into a state then.
Look = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class _Open:
    """A card that was found stuck: the finding, and its loop."""

    finding: str
    loop: str


@dataclass(slots=True)
class Stuck:
    """When to look at each card next, and those that are stuck.

    `begun`: since when each loop is there; where that was before driven time began, `since` counts.
    `open`: cards that are stuck; `at_loop`: the same by loop. `unread`: loops whose cards have no look planned.
    """

    since: int = 0
    looks: list[Look] = field(default_factory=list)
    due: dict[str, Look] = field(default_factory=dict)
    open: dict[str, _Open] = field(default_factory=dict)
    at_loop: dict[str, set[str]] = field(default_factory=dict)
    searched: set[str] = field(default_factory=set)
    begun: dict[str, int] = field(default_factory=dict)
    paces: dict[str, tuple[int, Pace]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def load(self, turn: Turn, plant: Plant, since: int) -> None:
        """Everything anew, after a start or under another plant; the cards of each loop are yet to be read."""
        turn.book.flush()
        self.since = since
        run = turn.book.connection.execute
        self.begun, self.paces = {r[0]: r[1] for r in run(_BEGUN)}, {}
        standing = (FINDING.c.type == "stuck") & FINDING.c.resolved_at.is_(None)
        found = run(select(FINDING.c.id, FINDING.c.card, FINDING.c.loop).where(standing))
        self.open, self.at_loop = {}, {}
        for row in found:
            self._keep(row.card, _Open(row.id, row.loop))
        self.searched = set()
        self.looks, self.due = [], {}
        self.unread = list(plant.loops)

    def read(self, turn: Turn, plant: Plant) -> None:
        """Plan a look at the cards of further loops."""
        for loop_id in take_piece(turn, self.unread, lambda loop_id: [loop_id]):
            for known in turn.book.cards_of(loop_id):
                look = self._plan(turn, plant, known)
                if look is not None:
                    heappush(self.looks, look)

    @property
    def next_at(self) -> int | None:
        """When to look next; a look that is out of date is dropped."""
        while self.looks and self.due.get(self.looks[0][1]) is not self.looks[0]:
            heappop(self.looks)
        return self.looks[0][0] if self.looks else None

    def note(self, turn: Turn, plant: Plant, touched: set[str]) -> None:
        """These cards changed: when to look at them is new, and what moved is not stuck."""
        cleared: dict[str, str] = {}
        for card_id in touched:
            known = turn.book.card(card_id)
            if known is None:
                continue
            look = self._plan(turn, plant, known)
            if look is not None:
                heappush(self.looks, look)
            was = self.open.get(card_id)
            if was is not None and was.finding != finding_of(known):
                cleared[card_id] = was.finding
        if cleared:
            clear(turn, cleared.values(), "the card moved on")
            answer(turn, [search_of(f) for f in cleared.values()], "the card moved on")
            for card_id in cleared:
                self.at_loop[self.open.pop(card_id).loop].discard(card_id)

    def _keep(self, card_id: str, one: _Open) -> None:
        self.open[card_id] = one
        self.at_loop.setdefault(one.loop, set()).add(card_id)

    def run(self, turn: Turn, plant: Plant) -> None:
        """Find every card whose stay is over."""
        rows: list[Row] = []
        while (at := self.next_at) is not None and at <= turn.now:
            _, card_id, _ = heappop(self.looks)
            del self.due[card_id]
            known = turn.book.card(card_id)
            if known is None or known.loop not in plant.loops or not watched(known.card):
                continue
            over = self._over_at(turn, plant, known)
            if over is None:
                continue
            if over > turn.now:
                self._look_again(known, over)
            elif known.id in self.open:
                continue
            elif service_of(turn, known.loop) is not Service.IN_SERVICE:
                self._look_again(known, turn.now + plant.loops[known.loop].lead_time)
            else:
                rows.append(_row(known, over))
                self._keep(known.id, _Open(finding_of(known), known.loop))
        suspect(turn, rows)
        self._search(turn, {r["loop"] for r in rows} | turn.loops)

    def _look_again(self, known: Known, at: int) -> None:
        look = (at, known.id, entered(known.card))
        self.due[known.id] = look
        heappush(self.looks, look)

    def _plan(self, turn: Turn, plant: Plant, known: Known) -> Look | None:
        """When to look at the card at the earliest; None where the look that is planned holds, or none is due."""
        card, loop = known.card, plant.loops.get(known.loop)
        expected = self._stay(turn, plant, loop, card) if loop and watched(card) else None
        if expected is None:
            self.due.pop(known.id, None)
            return None
        entry = entered(card)
        planned = self.due.get(known.id)
        if planned is not None and planned[2] == entry:
            return None
        look = (expected.at_least, known.id, entry)
        self.due[known.id] = look
        return look

    def _over_at(self, turn: Turn, plant: Plant, known: Known) -> int | None:
        expected = self._stay(turn, plant, plant.loops[known.loop], known.card)
        return None if expected is None else expected.over_at

    def _stay(self, turn: Turn, plant: Plant, loop: Loop, card: Card) -> Stay | None:
        since = card.since
        if since is None:
            since = self.begun.get(loop.id) or self.since
        run_at = None
        if card.state is State.EMPTY and has_hours(loop):
            run_at = next_hour(plant, loop, since)
        return stay(plant, loop, self._pace(turn, loop), card, since, run_at)

    def _pace(self, turn: Turn, loop: Loop) -> Pace:
        row = turn.book.shelf.loops.get(loop.id) or loop_row(turn, loop.id)
        cards: int = row["cards"] or loop.cards
        known = self.paces.get(loop.id)
        if known is None or known[0] != cards:
            known = self.paces[loop.id] = (cards, pace(loop, cards))
        return known[1]

    def _search(self, turn: Turn, loops: set[str]) -> None:
        """A stuck card while all others of its loop have turned since may be lost: somebody looks for it."""
        cards = sorted(card for loop in loops for card in self.at_loop.get(loop, ()))
        stuck = [(c, self.open[c]) for c in cards]
        wanted = [(c, one) for c, one in stuck if search_of(one.finding) not in self.searched]
        tasks = [t for card_id, one in wanted if (t := self._task(turn, card_id, one)) is not None]
        self.searched |= {t["id"] for t in tasks}
        ask(turn, tasks)

    def _task(self, turn: Turn, card_id: str, one: _Open) -> Row | None:
        known = turn.book.card(card_id)
        if known is None or known.card.since is None:
            return None
        turn.book.flush()
        turned = turn.book.connection.execute(
            select(func.count()).where(
                ORDER.c.loop == known.loop,
                ORDER.c.state == "closed",
                ORDER.c.opened_at > known.card.since,
            )
        ).scalar()
        others = sum(watched(k.card) for k in turn.book.cards_of(known.loop)) - 1
        if others < 1 or int(turned or 0) < others:
            return None
        return {
            "id": search_of(one.finding),
            "type": "find_card",
            "station": None,
            "card": known.id,
            "loop": known.loop,
            "at": turn.now,
            "reason": f"{known.card.state.value} while the other cards turned: lost?",
        }


def entered(card: Card) -> str:
    """The card's entry into its state."""
    return f"{card.since or 'start'}.{card.state.value}"


def finding_of(known: Known) -> str:
    """The id of the finding that the card is stuck where it is; none where it is out of the loop."""
    return f"{known.id}.{entered(known.card)}.stuck" if watched_life(known.card) else ""


def watched_life(card: Card) -> bool:
    """Whether the card is in the loop at all; a block does not move it."""
    return card.life == "circulating"


def search_of(finding: str) -> str:
    """The id of the task to look for a card that was found stuck."""
    return f"{finding}.search"


def _row(known: Known, at: int) -> Row:
    return {
        "id": finding_of(known),
        "type": "stuck",
        "card": known.id,
        "loop": known.loop,
        "at": at,
    }
