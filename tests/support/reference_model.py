"""The slow model: a card is every fact and decision of its own in time order, walked through the published table.

Written from DESIGN 3 and tables.json alone; nothing of the server is used. A card is folded from its
beginning each time, at every moment at which the server got to know something about it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

TABLES: Mapping[str, Any] = json.loads(
    (Path(__file__).parent.parent / "server" / "data" / "tables.json").read_text()
)
MINUTE = 60_000
UNDO_WINDOW = SHOWN = MINUTE
IN_HOUSE = ("production", "signal")
BY_CARD = ("withdrawal", "production")
#: Refusals that sent the card away; a strict loop's other refusals do so too.
SENT_AWAY = ("take_out", "hold", "blocked", "retired", "old_print", "expired", "mismatch")
#: The state that a normal scan leaves (DESIGN 3.2, overlays): where a found or new card was.
LEAVES: Mapping[bool, Mapping[str, str]] = {
    True: {
        "withdrawal": "full",
        "dispatch": "full",
        "start": "released",
        "finish": "in_process",
        "arrival": "in_process",
    },
    False: {"withdrawal": "full", "dispatch": "released", "arrival": "in_transit"},
}
MOVES: Mapping[str, tuple[str, str | None]] = {
    "open": ("open", None),
    "release": ("released", None),
    "open_lot": ("released", None),
    "open_or_join_delivery": ("released", None),
    "start": ("in_process", None),
    "lot_start": ("in_process", None),
    "dispatch": ("in_transit", None),
    "card_dispatch": ("in_transit", None),
    "close": ("closed", ""),
    "card_close": ("closed", ""),
    "close_inferred": ("closed", "inferred"),
    "card_close_inferred": ("closed", "inferred"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A loop as the model needs it. `profile`: the table that judges it; `waits`: its release is not at once."""

    id: str
    kind: str
    source: str
    consumer: str
    quantity: int
    cards: int
    profile: str
    waits: bool
    min_cycle: int
    repeat_window: int = 5 * MINUTE
    lot: int | None = None
    reorder_point: int | None = None
    count: int | None = None
    hours: tuple[int, ...] = ()

    @property
    def strict(self) -> bool:
        """Whether it refuses what is out of step."""
        return self.profile.startswith("strict")

    def place(self, event: str) -> str:
        """The process at whose stations `event` is scanned."""
        return self.source if self.kind in IN_HOUSE or event == "dispatch" else self.consumer

    def places(self, event: str) -> set[str]:
        """Where `event` is not misplaced: what is no step of the loop, at both its ends."""
        if self.kind not in IN_HOUSE and event in ("start", "finish"):
            return {self.source, self.consumer}
        return {self.place(event)}

    def window(self, event: str) -> int:
        """How long the same scan again is a repeat."""
        return self.min_cycle if event == "withdrawal" else self.repeat_window


@dataclass(frozen=True, slots=True)
class Seen:
    """A scan. `known`: the moment at which the server got it; `shown`: it was young enough to be shown."""

    journal: str
    seq: int
    at: int
    station: str
    places: tuple[str, ...]
    event: str
    known: int
    shown: bool
    version: int | None = None
    of: str | None = None

    @property
    def id(self) -> str:
        """`<journal>.<seq>`."""
        return f"{self.journal}.{self.seq}"

    @property
    def key(self) -> tuple[int, int, str, int]:
        """Facts of a millisecond by journal and number, before its decisions."""
        return (self.at, 0, self.journal, self.seq)


@dataclass(frozen=True, slots=True)
class Said:
    """What a decision does to one card."""

    number: int
    id: str
    at: int
    what: str
    known: int
    entry: str | None = None
    verdict: str | None = None
    order: str | None = None

    @property
    def key(self) -> tuple[int, int, str, int]:
        """Decisions by number, behind the facts of their millisecond."""
        return (self.at, 1, "", self.number)


Item: TypeAlias = Seen | Said


@dataclass(slots=True)
class Share:
    """A card's part of an order."""

    state: str
    closed_by: str | None = None
    closed_at: int = 0


@dataclass(frozen=True, slots=True)
class Ruling:
    """A refusal that was shown, with what it changed."""

    verdict: str
    finding: str | None
    state: str | None
    life: str | None


@dataclass(slots=True)
class Told:
    """A card after its story: where it is, its orders, what was said to each scan, what was found."""

    state: str = "full"
    life: str = "circulating"
    blocked: bool = False
    replaced: bool = False
    version: int = 1
    order: str | None = None
    since: int = 0
    last: dict[str, int] = field(default_factory=dict)
    shares: dict[str, Share] = field(default_factory=dict)
    verdicts: dict[str, str | None] = field(default_factory=dict)
    findings: set[tuple[str, str]] = field(default_factory=set)
    rulings: dict[str, Ruling] = field(default_factory=dict)

    @property
    def waiting(self) -> bool:
        """Dropped, and nothing but its release is missing."""
        return self.state == "empty" and self.life == "circulating" and not self.blocked

    @property
    def usable(self) -> bool:
        """A full box."""
        return self.state == "full" and self.life == "circulating" and not self.blocked


class Teller:
    """Folds the stories of one loop's cards."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def told(self, items: Iterable[Item], issued: bool = True) -> Told:
        """The card after `items`, moment by moment, so that what was shown stays. `issued`: with the loop."""
        ordered = sorted(items, key=lambda i: i.key)
        rulings: dict[str, Ruling] = {}
        told = self._fold([], rulings, issued)
        for moment in sorted({i.known for i in ordered}):
            known = [i for i in ordered if i.known <= moment]
            told = self._fold(known, rulings, issued)
            fresh = {i.id for i in known if i.known == moment and isinstance(i, Seen) and i.shown}
            for entry, ruling in self._due.items():
                if entry in fresh:
                    rulings[entry] = ruling
        told.rulings = rulings
        return told

    def _fold(self, items: Sequence[Item], rulings: Mapping[str, Ruling], issued: bool) -> Told:
        card = Told() if issued else Told(state="empty", life="new")
        voided = _voids(items)
        adopted = {i.entry for i in items if isinstance(i, Said) and i.verdict == "accepted"}
        self._due: dict[str, Ruling] = {}
        for item in items:
            if isinstance(item, Said):
                self._decided(card, item)
                continue
            if item.event == "undo":
                card.verdicts[item.id] = "accepted" if item.id in voided else "not_in_state"
                continue
            before = replace(
                card,
                last=dict(card.last),
                shares={o: replace(s) for o, s in card.shares.items()},
                findings=set(card.findings),
            )
            self._scan(card, item, rulings.get(item.id), item.id in adopted)
            if self._stands(card, item, before):
                found = next((t for e, t in card.findings if e == item.id), None)
                self._due[item.id] = Ruling(
                    card.verdicts[item.id] or "",
                    found,
                    card.state if card.state != before.state else None,
                    card.life if card.life != before.life else None,
                )
            if item.id in voided:
                before.verdicts = card.verdicts
                card = before
        return card

    def _stands(self, card: Told, item: Seen, before: Told) -> bool:
        verdict = card.verdicts[item.id]
        refused = verdict in ("misplaced", "not_in_state")
        moved = card.state != before.state or card.shares != before.shares
        return verdict in SENT_AWAY or (self.rule.strict and refused and not moved)

    # -- scans

    def _scan(self, card: Told, item: Seen, ruling: Ruling | None, adopted: bool) -> None:
        if ruling is None and self._sent_away(card, item):
            return
        if item.version is not None:
            card.version = max(card.version, item.version)
        joins = card.life == "new" or (card.life == "lost" and not card.replaced)
        if ruling is not None:
            joins = joins and ruling.life == "circulating"
        elif adopted:
            joins = joins or card.life == "surplus"
        if not joins:
            self._judge(card, item, ruling)
            return
        was = (card.state, card.life, card.order, card.since)
        shares = {o: replace(s) for o, s in card.shares.items()}
        card.state = LEAVES[self.rule.kind in IN_HOUSE].get(item.event, card.state)
        card.life = "circulating"
        if card.state == "full":
            self._move(card, item, "close_inferred")
        full, joined = card.state == "full", (card.state, card.order)
        self._judge(card, item, ruling)
        if not full and (card.state, card.order) == joined and card.shares == shares:
            card.state, card.life, card.order, card.since = was

    def _sent_away(self, card: Told, item: Seen) -> bool:
        if card.life == "retired":
            return self._refuse(card, item, "retired", "retired_seen")
        if item.version is not None and item.version < card.version:
            return self._refuse(card, item, "old_print", "old_print")
        if card.life == "lost" and card.replaced:
            card.life = "surplus"
            return self._refuse(card, item, "take_out", "found_after_replacement")
        return False

    def _judge(self, card: Told, item: Seen, ruling: Ruling | None) -> None:
        rule, event = self.rule, item.event
        here = not rule.places(event).isdisjoint(item.places)
        if ruling is not None:
            if ruling.state is not None and ruling.state != card.state:
                self._move(card, item, "close_inferred")
                card.state, card.since = ruling.state, item.at
            card.life = ruling.life or card.life
            self._refuse(card, item, ruling.verdict, ruling.finding)
        elif card.life == "surplus":
            self._refuse(card, item, "take_out", "surplus_seen")
        elif card.blocked:
            if event == "withdrawal" and card.state == "full":
                card.state, card.since = "empty", item.at
            self._refuse(card, item, "blocked", "blocked_drop")
        elif not here and not (event == "withdrawal" and card.state == "full" and not rule.strict):
            self._refuse(card, item, "misplaced", "misplaced")
        else:
            again = event in card.last and item.at - card.last[event] < rule.window(event)
            self._table(card, item, event + ("_again" if again else ""))
            if card.verdicts[item.id] == "accepted":
                card.last[event] = item.at
                if not here:
                    self._refuse(card, item, "misplaced", "misplaced")

    def _refuse(self, card: Told, item: Item, verdict: str, finding: str | None) -> bool:
        card.verdicts[item.id] = verdict
        if finding is not None:
            card.findings.add((item.id, finding))
        return True

    def _table(self, card: Told, item: Item, column: str) -> None:
        cell = TABLES[self.rule.profile][self.rule.kind][card.state][column]
        ops = [] if cell["order"] == "none" else cell["order"].split("+")
        to = card.state if cell["to"] == "same" else cell["to"]
        opens = to == "released" and "open" in ops and column != "release"
        if self.rule.waits and opens:
            to, ops = "empty", [op for op in ops if op != "release"]
        for op in ops:
            self._move(card, item, op)
        if to != card.state or ops:
            card.since = item.at
        card.state = to
        card.verdicts[item.id] = cell["verdict"]
        if "finding" in cell:
            card.findings.add((item.id, cell["finding"]))

    def _move(self, card: Told, item: Item, op: str) -> None:
        state, closed = MOVES[op]
        if card.order is None or op.startswith("open"):
            if state == "closed":
                return
            card.order = item.id
        if closed == "":
            closed = "finish" if self.rule.kind in IN_HOUSE else "arrival"
        card.shares[card.order] = Share(state, closed, item.at if state == "closed" else 0)
        if state == "closed":
            card.order = None

    # -- decisions

    def _decided(self, card: Told, item: Said) -> None:
        match item.what:
            case "start" if item.order is not None and item.order != card.order:
                pass  # its lot was started; the card is in no lot by then, or in another
            case "release" | "start":
                self._table(card, item, item.what)
            case "block":
                card.blocked = True
                self._end(card, item, "block", "empty")
            case "unblock":
                card.blocked = False
                self._need(card, item)
            case "close":
                self._end(card, item, "hand", "full")
            case "lost":
                card.life = "lost"
                card.findings.add((item.id, "lost"))
            case "replaced":
                card.replaced = True
            case "issue":
                card.since = item.at
            case "print" | "ruling":
                pass
            case _:
                raise AssertionError(f"the model has no word for {item.what}")

    def _end(self, card: Told, item: Said, closed_by: str, to: str) -> None:
        if card.order is not None:
            card.shares[card.order] = Share("closed", closed_by, item.at)
            card.order, card.state, card.since = None, to, item.at

    def _need(self, card: Told, item: Said) -> None:
        """An empty card that may circulate again is a need."""
        if card.waiting and card.order is None and self.rule.kind in BY_CARD:
            self._move(card, item, "open")
            card.since = item.at
            if not self.rule.waits:
                self._move(card, item, "release")
                card.state = "released"


def _voids(items: Sequence[Item]) -> set[str]:
    """Entries that the worker took back by the next entry of the card, of the same journal, within a minute; and those."""
    voided = set()
    story = [i for i in items if isinstance(i, Seen) or i.what not in ("release", "ruling")]
    for drop, undo in pairwise(story):
        if not (isinstance(drop, Seen) and isinstance(undo, Seen)):
            continue
        named = undo.event == "undo" and undo.of == drop.id and undo.journal == drop.journal
        if named and drop.event != "undo" and undo.at - drop.at <= UNDO_WINDOW:
            voided |= {drop.id, undo.id}
    return voided


def clones_of(items: Iterable[Item]) -> set[str]:
    """Entries of one card at two stations within a minute, the later of each pair."""
    reads = sorted(
        (i for i in items if isinstance(i, Seen) and i.event != "undo"), key=lambda i: i.key
    )
    return {
        later.id
        for number, later in enumerate(reads)
        for read in reads[:number]
        if later.station != read.station and later.at - read.at <= MINUTE
    }


@dataclass(frozen=True, slots=True)
class Expected:
    """A replenishment order as it must be."""

    loop: str
    quantity: int
    cards: tuple[str, ...]
    state: str
    closed_by: frozenset[str | None]


def orders_of(rule: Rule, cards: Mapping[str, Told]) -> dict[str, Expected]:
    """The orders of a loop: each the sum of its cards' shares."""
    shares: dict[str, dict[str, Share]] = {}
    for card, told in cards.items():
        for order, share in told.shares.items():
            shares.setdefault(order, {})[card] = share
    return {order: _order(rule, parts) for order, parts in shares.items()}


def _order(rule: Rule, parts: Mapping[str, Share]) -> Expected:
    """It moves on with its first card and closes with its last; who closed it is who closed that one.

    A card that was blocked is not asked for any more where others are.
    """
    closed = [p for p in parts.values() if p.state == "closed"]
    pending = [p for p in parts.values() if p.state != "closed"]
    by: frozenset[str | None] = frozenset([None])
    if not pending:
        state, end = "closed", max(p.closed_at for p in closed)
        by = frozenset(p.closed_by for p in closed if p.closed_at == end)
    elif any(p.closed_by != "block" for p in closed) or any(
        p.state in ("in_process", "in_transit") for p in pending
    ):
        state = "in_process" if rule.kind in IN_HOUSE else "in_transit"
    else:
        state = "released" if any(p.state == "released" for p in pending) else "open"
    asked = [card for card, p in parts.items() if p.closed_by != "block"] or [*parts]
    return Expected(rule.id, rule.quantity * len(asked), tuple(sorted(asked)), state, by)
