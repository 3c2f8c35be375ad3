"""One turn's book: reads through the shelf, collects what changes, writes it in bulk."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Update,
    bindparam,
    func,
    literal_column,
    select,
)

from pullcord_server.domain.card import Card, Item, Portion
from pullcord_server.domain.order import order_of
from pullcord_server.domain.plant import Kind, Loop

from .card_json import compact
from .card_row import card_row, known_card, portion_of, portion_row
from .model import (
    CardRow,
    DecisionCardRow,
    DecisionRow,
    EventRow,
    FactRow,
    FindingRow,
    JournalRow,
    OrderAlias,
    OrderRow,
    PortionRow,
    TaskRow,
)
from .rows import OnlyIf, Row, insert, parts, table_of, update_rows, upsert
from .shelf import JournalState, Known, Shelf

CARD, PORTION, ORDER = table_of(CardRow), table_of(PortionRow), table_of(OrderRow)
FINDING, EVENT, JOURNAL = table_of(FindingRow), table_of(EventRow), table_of(JournalRow)
DECISION, ALIAS = table_of(DecisionRow), table_of(OrderAlias)

_LAST_EVENT = select(func.max(EVENT.c.number))
_LAST_DECISION = select(func.max(DECISION.c.number))
FOUND = "found"
PULLCORD = "pullcord"
_RESOLUTION = ("resolved_at", "resolved_by", "reason")
#: Nobody closed the finding, or a rule did.
_OURS = FINDING.c.resolved_by.is_(None) | (FINDING.c.resolved_by == literal_column(f"'{PULLCORD}'"))
_NOT_A_PERSONS = OnlyIf(dict.fromkeys(_RESOLUTION, _OURS))


@dataclass(slots=True)
class Book:
    """What one turn reads and writes. Nothing is in the database before `flush`, nothing kept before commit.

    `touched`: every card that changed in this turn, flushed or not.
    """

    connection: Connection
    shelf: Shelf
    facts: list[Row] = field(default_factory=list)
    fact_updates: list[Row] = field(default_factory=list)
    decision_cards: list[Row] = field(default_factory=list)
    decision_card_updates: list[Row] = field(default_factory=list)
    cards: dict[str, Known] = field(default_factory=dict)
    new_cards: set[str] = field(default_factory=set)
    portions: dict[str, dict[str, Portion]] = field(default_factory=dict)
    orders: dict[str, Loop] = field(default_factory=dict)
    findings: dict[str, Row] = field(default_factory=dict)
    resolved: list[Row] = field(default_factory=list)
    lost: dict[str, int | None] = field(default_factory=dict)
    tasks: dict[str, Row] = field(default_factory=dict)
    events: list[Row] = field(default_factory=list)
    journals: dict[str, JournalState] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    # -- cards

    def card(self, card_id: str) -> Known | None:
        """A card by its id."""
        known = self.shelf.cards.get(card_id)
        if known is None:
            self.preload([card_id])
            known = self.shelf.cards.get(card_id)
        return known

    def preload(self, card_ids: Iterable[str]) -> None:
        """Bring cards to the shelf with few queries."""
        wanted = [c for c in dict.fromkeys(card_ids) if c not in self.shelf.cards]
        for part in parts(wanted):
            for row in self.connection.execute(select(CARD).where(CARD.c.id.in_(part))):
                self.shelf.cards[row.id] = known_card(row)

    def cards_of(self, loop: str) -> list[Known]:
        """Every card of a loop, by number."""
        ids = self.shelf.loop_cards.get(loop)
        if ids is None:
            query = select(CARD).where(CARD.c.loop == loop).order_by(CARD.c.number)
            ids = []
            for row in self.connection.execute(query):
                ids.append(row.id)
                self.shelf.cards.setdefault(row.id, known_card(row))
            ids += [c for c in self.new_cards if self.shelf.cards[c].loop == loop and c not in ids]
            self.shelf.loop_cards[loop] = ids
        return [self.shelf.cards[i] for i in ids]

    def issue(self, known: Known) -> None:
        """A card that did not exist."""
        self.shelf.cards[known.id] = known
        self.cards[known.id] = known
        self.touched.add(known.id)
        self.new_cards.add(known.id)
        if known.loop in self.shelf.loop_cards:
            self.shelf.loop_cards[known.loop].append(known.id)

    def keep(self, known: Known, card: Card, item: Item) -> None:
        """`card` is what `known` is after `item`."""
        known.card = card
        known.key = max(known.key, item.key)
        self.cards[known.id] = known
        self.touched.add(known.id)

    # -- orders

    def share(self, card_id: str, portions: Sequence[Portion], loop: Loop) -> None:
        """The last word on some of a card's portions."""
        for portion in portions:
            self.portions.setdefault(portion.order, {})[card_id] = portion
            self.orders[portion.order] = loop

    def portions_of(self, wanted: Mapping[str, Collection[str]]) -> dict[str, dict[str, Portion]]:
        """Of each card, its portions of these orders as the database has them (flushed)."""
        found: dict[str, dict[str, Portion]] = {card: {} for card in wanted}
        orders = list(dict.fromkeys(o for ids in wanted.values() for o in ids))
        for part in parts(orders):
            for row in self.connection.execute(select(PORTION).where(PORTION.c.order.in_(part))):
                if row.order in wanted.get(row.card, ()):
                    found[row.card][row.order] = portion_of(row._asdict())
        return found

    def unfounded(self, orders: Iterable[str]) -> set[str]:
        """The orders among these whose whole cycle was found not to exist."""
        ids = [unfounded_id(order) for order in dict.fromkeys(orders)]
        found: set[str] = set()
        for part in parts(ids):
            by = FINDING.c.resolved_by
            query = select(FINDING.c.entry).where(
                FINDING.c.id.in_(part), by.is_(None) | (by != PULLCORD)
            )
            found |= set(self.connection.execute(query).scalars())
        return found

    def order_portions(self, order: str) -> dict[str, Portion]:
        """Card → portion of one order, this turn's word included."""
        query = select(PORTION).where(PORTION.c.order == order)
        found = {r.card: portion_of(r._asdict()) for r in self.connection.execute(query)}
        return found | self.portions.get(order, {})

    def rename(self, card_id: str, old: str, new: str) -> None:
        """The order `old` of a card is called `new` from now on and answers under both (flushed)."""
        run = self.connection.execute
        run(
            PORTION.update()
            .where(PORTION.c.order == old, PORTION.c.card == card_id)
            .values(order=new)
        )
        run(ORDER.update().where(ORDER.c.id == old).values(id=new, replaces=old))
        run(ALIAS.update().where(ALIAS.c.id == old).values(id=new))
        upsert(self.connection, OrderAlias, [{"old": old, "id": new}])
        run(ALIAS.delete().where(ALIAS.c.old == new))

    # -- findings, tasks, events

    def find(self, row: Row) -> None:
        """Record a finding; the same one again is open again."""
        self.findings[row["id"]] = row

    def resolve(self, finding: str, at: int, by: str, reason: str) -> None:
        """Close a finding, visibly; one that is closed stays as it is."""
        if finding in self.findings:
            self.findings[finding] |= {"resolved_at": at, "resolved_by": by, "reason": reason}
            return
        word = {"resolved_at": at, "resolved_by": by, "reason": reason}
        self.resolved.append({"finding": finding} | word)

    def settle(self, finding: str, at: int, by: str, reason: str, known: Row) -> None:
        """A person closes a finding; one that a refill will bring is closed already when it comes.

        `known`: what it said when it was closed.
        """
        self.flush()
        word = {"resolved_at": at, "resolved_by": by, "reason": reason}
        done = self.connection.execute(
            FINDING.update().where(FINDING.c.id == finding).values(**word)
        )
        if done.rowcount:
            return
        awaited = {
            "id": finding,
            "type": finding.rpartition(".")[2],
            "card": None,
            "loop": None,
            "station": None,
            "entry": None,
            "at": at,
            "written_at": at,
        }
        insert(self.connection, FindingRow, [awaited | known | word])

    def found(self, card_id: str, at: int) -> None:
        """A lost card was found: that closes its finding."""
        self.lost[card_id] = at

    def not_found(self, card_id: str) -> None:
        """A card that was taken to be found is lost after all."""
        self.lost[card_id] = None

    def tell(self, row: Row) -> None:
        """Queue a business event; one with the same id is told once."""
        self.events.append(row)

    # -- journals

    def journal(self, journal_id: str) -> JournalState | None:
        """A station's journal, or None when it was never heard of."""
        state = self.shelf.journals.get(journal_id)
        if state is None:
            row = self.connection.execute(
                select(JOURNAL).where(JOURNAL.c.id == journal_id)
            ).one_or_none()
            if row is None:
                return None
            state = JournalState(
                row.id, row.station, row.boot, row.follows, row.follows_upto, row.upto, row.last_at
            )
            self.shelf.journals[journal_id] = state
        return state

    def keep_journal(self, state: JournalState) -> None:
        """`state` is what the journal is now."""
        self.shelf.journals[state.id] = state
        self.journals[state.id] = state

    # -- decisions

    def next_decision(self) -> int:
        """The number the next decision gets."""
        found = self.connection.execute(_LAST_DECISION).scalar()
        return int(found or 0) + 1

    # -- writing

    def flush(self) -> None:
        """Write everything collected so far, in bulk."""
        run = self.connection
        insert(run, FactRow, self.facts)
        update_rows(run, FactRow, ("journal", "seq"), self.fact_updates)
        insert(run, DecisionCardRow, self.decision_cards)
        update_rows(run, DecisionCardRow, ("number", "card"), self.decision_card_updates)
        upsert(run, CardRow, [card_row(k) for k in self.cards.values()])
        rows = [portion_row(c, p) for shares in self.portions.values() for c, p in shares.items()]
        upsert(run, PortionRow, rows)
        self._flush_orders()
        self._flush_told()
        upsert(
            run,
            JournalRow,
            [
                {
                    "id": j.id,
                    "station": j.station,
                    "boot": j.boot,
                    "follows": j.follows,
                    "follows_upto": j.follows_upto,
                    "upto": j.upto,
                    "last_at": j.last_at,
                    "settled": True,
                }
                for j in self.journals.values()
            ],
        )
        self._forget()

    def _flush_orders(self) -> None:
        """Each order as its cards' portions make it."""
        rows = [self._order_row(order, loop) for order, loop in self.orders.items()]
        upsert(self.connection, OrderRow, rows, keep=("replaces",))

    def _flush_told(self) -> None:
        run = self.connection
        self._flush_findings()
        upsert(run, TaskRow, list(self.tasks.values()), keep=("done_at", "done_by"))
        if not self.events:
            return
        found = int(run.execute(_LAST_EVENT).scalar() or 0)
        for number, row in enumerate(self.events, found + 1):
            row["number"] = number
        upsert(run, EventRow, self.events, ignore=True)

    def _flush_findings(self) -> None:
        """What was found, what a late entry superseded, which lost cards came back. A person's word stays."""
        run = self.connection
        if self.findings:
            found = list(self.findings.values())
            upsert(run, FindingRow, found, keep=("written_at",), only_if=_NOT_A_PERSONS)
        if self.resolved:
            run.execute(_RESOLVED, self.resolved)
        for card, at in self.lost.items():
            run.execute(_lost(card, at))

    def _forget(self) -> None:
        for part in (
            self.facts,
            self.fact_updates,
            self.decision_cards,
            self.decision_card_updates,
            self.resolved,
            self.events,
        ):
            part.clear()
        self.cards, self.portions, self.orders, self.lost = {}, {}, {}, {}
        self.findings, self.tasks, self.journals = {}, {}, {}
        self.new_cards = set()

    def _order_row(self, order_id: str, loop: Loop) -> Row:
        portions = self.order_portions(order_id) if loop.shares_orders else self.portions[order_id]
        order = order_of(order_id, portions, in_house=loop.kind in (Kind.PRODUCTION, Kind.SIGNAL))
        return {
            "id": order.id,
            "loop": loop.id,
            "kind": loop.kind.value,
            "item": loop.item,
            "quantity": order.quantity,
            "source": loop.source,
            "consumer": loop.consumer,
            "state": order.state.value,
            "cards": compact(order.cards),
            "opened_at": order.opened_at,
            "released_at": order.released_at,
            "due_at": order.due_at,
            "closed_at": order.closed_at,
            "closed_by": order.closed_by.value if order.closed_by else None,
            "replaces": None,
            "note": order.note,
            "promised_at": order.promised_at,
        }


def _resolved() -> Update:
    """Closes one finding."""
    values: dict[str, BindParameter[Any]] = {c: bindparam(c) for c in _RESOLUTION}
    return FINDING.update().where(FINDING.c.id == bindparam("finding"), _OURS).values(values)


_RESOLVED = _resolved()


def _lost(card: str, at: int | None) -> Update:
    """Closes the findings that a card is lost, since it was found `at`; None: opens them again."""
    lost = (FINDING.c.card == card) & (FINDING.c.type == "lost")
    if at is None:
        undone = dict.fromkeys(_RESOLUTION)
        return FINDING.update().where(lost, FINDING.c.reason == FOUND).values(undone)
    found = {"resolved_at": at, "resolved_by": PULLCORD, "reason": FOUND}
    return FINDING.update().where(lost, FINDING.c.resolved_at.is_(None)).values(found)


def finding_id(item: str, type_: str, card: str | None = None) -> str:
    """The identity of a finding: what caused it and its type, so that a refill repeats it and adds none."""
    return f"{item}.{card}.{type_}" if card else f"{item}.{type_}"


def unfounded_id(order: str) -> str:
    """The identity of the finding that a started order never was."""
    return finding_id(order, "order_unfounded")
