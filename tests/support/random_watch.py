"""What must hold of a plant after every step, looked at in its database apart from the code that decides."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pullcord_server.domain.card import Card, Change, Decision, Fact, Life, OrderState, State
from pullcord_server.domain.finding import FINDINGS
from pullcord_server.domain.fold import Span, Step, refold
from pullcord_server.domain.group import Colour, Judgement, Service, judge, view
from pullcord_server.domain.lamp import HOLD
from pullcord_server.domain.place import serves
from pullcord_server.domain.plant import Kind, Loop, Plant
from pullcord_server.domain.transition import Ground
from pullcord_server.storage.card_json import load_card
from pullcord_server.storage.shelf import BEGINNING, Known
from pullcord_server.storage.story import story_from
from pullcord_wire.message import Pattern, Verdict
from support.day import Day

_PENDING = ("open", "released", "in_process", "in_transit")
_STATES = {
    Kind.WITHDRAWAL: {"full", "empty", "released", "in_transit"},
    Kind.SUPPLIER: {"full", "empty", "released", "in_transit"},
    Kind.PRODUCTION: {"full", "empty", "released", "in_process"},
    Kind.SIGNAL: {"full", "empty", "released", "in_process"},
}
_LIVES = {life.value for life in Life}
_VERDICTS = {v.value for v in Verdict}
_START = {"open": "empty"}


@dataclass(slots=True)
class Watch:
    """Remembers what was there, so that nothing goes away unseen."""

    day: Day
    path: Path
    raw: sqlite3.Connection
    findings: set[str] = field(default_factory=set)
    orders: set[str] = field(default_factory=set)
    cards: dict[str, tuple[str, Card]] = field(default_factory=dict)
    reads: int = 0

    @classmethod
    def over(cls, day: Day) -> "Watch":
        """A second pair of eyes on the day's database."""
        path = day.server.engine.url.database
        assert path is not None
        raw = sqlite3.connect(path, isolation_level=None)
        raw.row_factory = sqlite3.Row
        return cls(day, Path(path), raw)

    def look(self) -> None:
        """Everything that must hold now; AssertionError says what does not."""
        tally = self.day.server.tally
        assert tally.failed_turns == 0, "a turn failed"
        assert tally.invariants == 0, "the server stopped a card itself"
        rows = list(self.raw.execute("select * from card"))
        self._see(rows)
        portions = list(self.raw.execute("select * from portion"))
        orders = {r["id"]: r for r in self.raw.execute("select * from replenishment_order")}
        self._cards(rows)
        self._portions(rows, portions)
        self._orders(orders, portions)
        self._findings()
        self._facts()
        self._lamps(rows)

    def _see(self, rows: list[sqlite3.Row]) -> None:
        for row in rows:
            known = self.cards.get(row["id"])
            if known is None or known[0] != row["after"]:
                self.cards[row["id"]] = (row["after"], load_card(row["after"]))
        gone = self.cards.keys() - {r["id"] for r in rows}
        assert not gone, f"cards are gone: {sorted(gone)}"

    @property
    def plant(self) -> Plant:
        """As the desk has it."""
        plant = self.day.server.desk.floor.plant
        assert plant is not None
        return plant

    def _cards(self, rows: list[sqlite3.Row]) -> None:
        loops = {r["id"]: r for r in self.raw.execute("select * from loop_state")}
        issued = Counter(r["loop"] for r in rows)
        for name, count in issued.items():
            assert loops[name]["next_number"] == count + 1, f"{name}: {count} cards were issued"
            assert loops[name]["to_take_out"] >= 0, f"{name}: fewer than no card to take out"
        for row in rows:
            name, card, loop = row["id"], self.cards[row["id"]][1], self.plant.loops[row["loop"]]
            assert name == f"{row['loop']}-{row['number']:03d}", name
            assert row["life"] in _LIVES, f"{name} is {row['life']}"
            assert row["state"] in _STATES[loop.kind], f"{name} is {row['state']}"
            said = (row["state"], row["life"], row["blocked"], row["hold"], row["actual"])
            held = (card.state, card.life, card.blocked, card.hold, card.actual)
            assert said == held, f"{name}: its row says {said}"
            most = card.quantity or loop.quantity
            assert 0 <= card.actual <= (most if card.state is State.FULL else 0), (
                f"{name}: {card.actual} pieces, {card.state}"
            )

    def _portions(self, rows: list[sqlite3.Row], portions: list[sqlite3.Row]) -> None:
        """Never two open orders of a card; what is open is its own; state and order agree."""
        own: dict[str, list[sqlite3.Row]] = {r["id"]: [] for r in rows}
        for portion in portions:
            if portion["state"] in _PENDING:
                own[portion["card"]].append(portion)
        for row in rows:
            name, open_ = row["id"], own[row["id"]]
            assert len(open_) <= 1, f"{name} has open orders {[p['order'] for p in open_]}"
            ordered = open_[0]["order"] if open_ else None
            assert row["order"] == ordered, f"{name} names order {row['order']}, open is {ordered}"
            if open_:
                state = open_[0]["state"]
                assert _START.get(state, state) == row["state"], (
                    f"{name} is {row['state']}, its order {state}"
                )
                loop, card = self.plant.loops[row["loop"]], self.cards[name][1]
                most = card.quantity or loop.quantity
                assert 1 <= open_[0]["quantity"] <= most, f"{name}: {open_[0]['quantity']} pieces"
            elif row["life"] == "circulating":
                assert row["state"] in ("full", "empty"), f"{name} is {row['state']} unordered"

    def _orders(self, orders: dict[str, sqlite3.Row], portions: list[sqlite3.Row]) -> None:
        """An order is the sum of its cards; an id that was told once answers for ever."""
        of: dict[str, list[sqlite3.Row]] = {}
        for portion in portions:
            of.setdefault(portion["order"], []).append(portion)
        assert of.keys() == orders.keys(), f"rows of one kind: {of.keys() ^ orders.keys()}"
        for name, row in orders.items():
            live = [p for p in of[name] if p["state"] != "withdrawn"] or of[name]
            asked = [p for p in live if not _sent_away(p)] or live
            assert row["quantity"] == sum(p["quantity"] for p in asked), f"order {name}: quantity"
            assert json.loads(row["cards"]) == sorted(p["card"] for p in asked), f"order {name}"
            pending = any(p["state"] in _PENDING for p in live)
            assert (row["state"] in _PENDING) is pending, f"order {name} is {row['state']}"
            if len(of[name]) == 1:
                said = (row["state"], row["closed_at"], row["closed_by"], row["due_at"])
                only = tuple(of[name][0][k] for k in ("state", "closed_at", "closed_by", "due_at"))
                assert said == only, f"order {name} says {said}, its card {only}"
        former = {r["old"]: r["id"] for r in self.raw.execute("select * from order_alias")}
        assert set(former.values()) <= orders.keys(), "a former id answers with nothing"
        missing = self.orders - orders.keys() - former.keys()
        assert not missing, f"orders do not answer any more: {sorted(missing)}"
        self.orders |= orders.keys()

    def _findings(self) -> None:
        """Never deleted, and of the closed list."""
        found = {r["id"]: r["type"] for r in self.raw.execute("select id, type from finding")}
        missing = self.findings - found.keys()
        assert not missing, f"findings are gone: {sorted(missing)}"
        strange = [f for f, type_ in found.items() if type_ not in FINDINGS]
        assert not strange, f"findings of no type: {strange}"
        self.findings |= found.keys()

    def _facts(self) -> None:
        """Every scan of a card was judged."""
        query = (
            "select rowid, * from fact where rowid > ? and card is not null and event is not null"
        )
        for row in self.raw.execute(query, (self.reads,)):
            self.reads = max(self.reads, row["rowid"])
            level = row["type"] == "level"
            assert level or row["verdict"] in _VERDICTS, f"{row['journal']}.{row['seq']} unjudged"

    # -- lamps

    def _lamps(self, rows: list[sqlite3.Row]) -> None:
        lamps, now, plant = self.day.server.desk.lamps, self.day.server.now, self.plant
        groups: dict[tuple[str, str], list[Loop]] = {}
        for loop in plant.loops.values():
            groups.setdefault(loop.group, []).append(loop)
        service = dict(self._services(rows))
        held: dict[str, list[Card]] = {}
        for row in rows:
            held.setdefault(row["loop"], []).append(self.cards[row["id"]][1])
        for group, loops in groups.items():
            views = [view(x, held.get(x.id, ()), service[x.id], plant) for x in loops]
            _check_group(group, judge(views, now), lamps.groups[group], now)
        for station in plant.stations.values():
            own = [lamps.groups[g].colour for g in groups if g[1] in station.processes]
            for shown in lamps.wanted[station.id].lamps.values():
                red = Colour.RED in own or any(
                    c.burning and c.type in ("quality", "line-stop")
                    for c in lamps.calls.known.values()
                    if c.station == station.id or station.id in c.pressed
                )
                said = f"{station.id} shows {shown}, its groups {own}"
                assert (shown[Colour.RED] is not Pattern.OFF) is red, said
                steady = [c for c in ("red", "amber", "green") if shown[c] is not Pattern.OFF]
                assert len(steady) == (1 if red or any(own) else 0), said

    def _services(self, rows: list[sqlite3.Row]) -> Iterator[tuple[str, Service]]:
        said = {r["id"]: r["in_service"] for r in self.raw.execute("select * from loop_state")}
        for name in self.plant.loops:
            own = [self.cards[r["id"]][1] for r in rows if r["loop"] == name]
            if said.get(name) is not None:
                yield name, Service.IN_SERVICE if said[name] else Service.SUSPENDED
            else:
                empty = any(
                    not c.filled and c.life is Life.CIRCULATING and c.kind == "standing"
                    for c in own
                )
                yield name, Service.FILLING if empty else Service.IN_SERVICE

    # -- now and then

    def tell_again(self) -> None:
        """Every card is the fold of its whole story; its orders and findings are what that fold says."""
        desk = self.day.server.desk
        with self.day.server.engine.connect() as connection:
            for row in list(self.raw.execute("select * from card")):
                known = Known(
                    row["id"], row["loop"], row["number"], load_card(row["start"]), Card()
                )
                start, story = story_from(connection, known, BEGINNING)
                self._fold(desk.floor, known, start, story)

    def _fold(self, floor: Any, known: Known, start: Card, story: list[Step]) -> None:
        rulings = {
            s.item.entry: s.item
            for s in story
            if isinstance(s.item, Decision) and s.item.what is Change.RULING
        }

        def ground(item: Fact | Decision) -> Ground:
            loop, here = floor.loop_at(known.loop, item.at), True
            if isinstance(item, Fact):
                here = serves(floor.plant_at(item.at), loop, item.station, item.event)
            return Ground(loop, floor.due(loop, item.at), here, rulings.get(item.id))

        if not story:
            return
        told = refold(start, [Step(s.item) for s in story], Span(BEGINNING, BEGINNING), ground)
        orders: dict[str, Any] = {}
        for was, step in zip(story, told.steps, strict=True):
            assert step.outcome is not None and was.outcome is not None, f"{known.id} unjudged"
            said, is_ = was.outcome, step.outcome
            about = f"{known.id} after {step.item.id}"
            assert said.card == is_.card, f"{about}: kept as {said.card}, folded {is_.card}"
            assert said.findings == is_.findings, f"{about}: {said.findings} {is_.findings}"
            if isinstance(step.item, Fact):
                assert said.verdict == is_.verdict, f"{about}: {said.verdict} {is_.verdict}"
            orders |= {p.order: p for p in is_.portions}
        last = told.steps[-1].outcome
        assert last is not None and self.cards[known.id][1] == last.card, f"{known.id}: its row"
        self._compare(known.id, orders)

    def _compare(self, card: str, orders: dict[str, Any]) -> None:
        unfounded = {
            r["entry"]
            for r in self.raw.execute("select * from finding where type = 'order_unfounded'")
            if r["resolved_by"] != "pullcord"
        }
        query = "select * from portion where card = ? and state != 'withdrawn'"
        rows = {r["order"]: r for r in self.raw.execute(query, (card,))}
        strange = rows.keys() - orders.keys() - unfounded
        assert not strange, f"{card}: orders {sorted(strange)} have no ground"
        missing = {
            o for o, p in orders.items() if p.state is not OrderState.WITHDRAWN
        } - rows.keys()
        assert not missing, f"{card}: orders {sorted(missing)} are missing"
        for order, portion in orders.items():
            if order in rows:
                said = (rows[order]["state"], rows[order]["closed_by"], rows[order]["quantity"])
                is_ = (portion.state, portion.closed_by, portion.quantity)
                assert said == is_, f"{card}: order {order} is {said}, folded {is_}"


def _check_group(group: tuple[str, str], judged: Judgement, shown: Any, now: int) -> None:
    """Red at once; amber and green as they are, or waiting for their minute."""
    said = f"{group} shows {shown}, judged {judged} at {now}"
    assert (shown.colour == Colour.RED) is judged.red, said
    if judged.under is None:
        assert shown.colour is None, said
    elif shown.under != judged.under:
        assert shown.pending == judged.under, said
        assert shown.since is not None and now - shown.since < HOLD, said


def _sent_away(portion: sqlite3.Row) -> bool:
    """A block, a take-out or a loss ended it before its goods came: others of its lot are asked for."""
    return portion["delivered"] == 0 and portion["closed_by"] in ("block", "hand")
