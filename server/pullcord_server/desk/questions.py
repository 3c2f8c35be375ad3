"""*Read while offline: still needed?* One list for the lead when a station is back, done when answered (DESIGN 3.2)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from pullcord_server.storage.book import ALIAS, ORDER
from pullcord_server.storage.model import TaskRow
from pullcord_server.storage.rows import Row, table_of

from .suspicion import answer, ask
from .turn import FRESH, Turn

TASK = table_of(TaskRow)
STILL_NEEDED = "still_needed"


@dataclass(slots=True)
class _Question:
    """An open list of one station. `cards`: those whose change may answer it."""

    id: str
    orders: tuple[str, ...]
    cards: frozenset[str]


@dataclass(slots=True)
class Questions:
    """The lists that are open, by station."""

    open: dict[str, _Question] = field(default_factory=dict)

    def load(self, connection: Connection) -> None:
        """Read them from the database."""
        self.open = {}
        query = select(TASK).where(TASK.c.type == STILL_NEEDED, TASK.c.done_at.is_(None))
        for row in connection.execute(query):
            orders = tuple(json.loads(row.orders or "[]"))
            cards = _cards(connection, orders)
            self.open[row.station] = _Question(row.id, orders, cards)

    def run(self, turn: Turn) -> None:
        """Take back what was answered, and ask about what this turn brought late."""
        answered = [s for s, q in self.open.items() if q.cards & turn.book.touched]
        for station in answered:
            self._check(turn, station)
        asked: dict[str, list[tuple[str, str]]] = {}
        for row, known in turn.shown:
            late = row["event"] == "withdrawal" and turn.now - row["at"] > FRESH
            if known is None or not late or row["at"] < turn.born:
                continue
            portion = known.card.portion
            entry = f"{row['journal']}.{row['seq']}"
            if portion is not None and portion.order == entry:
                asked.setdefault(row["station"], []).append((entry, known.id))
        rows = [self._ask(turn, station, orders) for station, orders in sorted(asked.items())]
        ask(turn, rows)

    def _ask(self, turn: Turn, station: str, late: Sequence[tuple[str, str]]) -> Row:
        was = self.open.get(station)
        if was is not None:
            done = select(TASK.c.done_at).where(TASK.c.id == was.id)
            if turn.book.connection.execute(done).scalar() is not None:
                was = None
        orders = dict.fromkeys((*(was.orders if was else ()), *(order for order, _ in late)))
        cards = frozenset(card for _, card in late) | (was.cards if was else frozenset())
        question = _Question(
            was.id if was else f"{late[0][0]}.{STILL_NEEDED}", tuple(orders), cards
        )
        self.open[station] = question
        return {
            "id": question.id,
            "type": STILL_NEEDED,
            "station": station,
            "card": None,
            "loop": None,
            "at": turn.now,
            "reason": "read while offline: still needed?",
            "orders": list(question.orders),
        }

    def _check(self, turn: Turn, station: str) -> None:
        """The list is answered when none of its orders is open any more."""
        question = self.open[station]
        if _still_open(turn, question):
            return
        turn.book.flush()
        run = turn.book.connection.execute
        renamed = {r.old: r.id for r in run(select(ALIAS).where(ALIAS.c.old.in_(question.orders)))}
        ids = [renamed.get(o, o) for o in question.orders]
        still = select(ORDER.c.id).where(
            ORDER.c.id.in_(ids), ORDER.c.state.not_in(("closed", "withdrawn"))
        )
        if run(still.limit(1)).first() is None:
            answer(turn, [question.id], "none of the orders is open any more")
            del self.open[station]


def _still_open(turn: Turn, question: _Question) -> bool:
    """Whether one of its cards has one of its orders as its open one."""
    orders = frozenset(question.orders)
    known = (turn.book.shelf.cards.get(card) for card in question.cards)
    portions = (one.card.portion for one in known if one is not None)
    return any(portion is not None and portion.order in orders for portion in portions)


def _cards(connection: Connection, orders: Sequence[str]) -> frozenset[str]:
    query = select(ORDER.c.cards).where(ORDER.c.id.in_(orders))
    return frozenset(c for text in connection.execute(query).scalars() for c in json.loads(text))
