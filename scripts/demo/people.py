"""What the people of the demo do: each does what the cards say, after a while, and nobody does more."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from pullcord_server.domain.plant import Kind, Loop

from .shop import Shop

#: A row of the API.
Row = Mapping[str, Any]
#: The state of an order → how long until somebody takes its next step, seconds, by the loop's kind.
PACE: Mapping[tuple[Kind, str], tuple[float, float]] = {
    (Kind.WITHDRAWAL, "released"): (8, 25),
    (Kind.WITHDRAWAL, "in_transit"): (4, 10),
    (Kind.PRODUCTION, "released"): (4, 12),
    (Kind.PRODUCTION, "in_process"): (10, 18),
    (Kind.SIGNAL, "released"): (8, 15),
    (Kind.SIGNAL, "in_process"): (8, 12),
    (Kind.SUPPLIER, "released"): (60, 240),
}
#: Between the shop and the line somebody walks: a card that is faster was cloned, or misread.
WALK: Mapping[str, tuple[float, float]] = {"released": (62, 80), "in_transit": (62, 75)}
#: How long the final line works on a box, seconds.
LINE_PACE = (30.0, 50.0)
#: So long after a step nobody takes the same one again, whatever the pages still show.
ONCE_S = 8.0


@dataclass(slots=True)
class People:
    """`tell(station, line)` does it. `owed`: pieces that a process used beyond the boxes it has emptied."""

    shop: Shop
    tell: Callable[[str, str], None]
    random: random.Random
    due: dict[tuple[str, str], float] = field(default_factory=dict)
    done: dict[tuple[str, str], float] = field(default_factory=dict)
    owed: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    next_box: dict[str, float] = field(default_factory=dict)

    def work(self, orders: Iterable[Row], cards: Iterable[Row], now: float, pace: float) -> None:
        """One look around: whoever is due does the next step. `pace`: 0 at once, 1 as usual, more is slower."""
        full = self._full(cards)
        waiting = {c["id"]: c for c in cards if c["order"]}
        for order in orders:
            loop = self.shop.plant.loops[order["loop"]]
            span = _span(loop, order["state"])
            if span is None:
                continue
            key = (order["id"], order["state"])
            slow = pace if loop.kind is Kind.WITHDRAWAL else min(pace, 1.0)
            due = self.due.setdefault(key, now + self.random.uniform(*span))
            if slow > 0 and now < due + (slow - 1) * span[1]:
                continue
            card = next((c for c in order["cards"] if self._waits(c, order, waiting, now)), None)
            if card is not None and self._step(loop, order["state"], card, full, now):
                self.done[card, order["state"]] = now
                self.due.pop(key)

    def use_up(self, cards: Iterable[Row], now: float) -> None:
        """The final line empties box after box."""
        full = self._full(cards)
        for loop in self.shop.inputs("assembly-1"):
            due = self.next_box.setdefault(loop.id, now + self.random.uniform(2, LINE_PACE[0]))
            if now >= due and full[loop.id]:
                self._drop(full[loop.id].pop(0))
                boxes = loop.quantity / 20 if loop.id == "BH-A1" else loop.quantity / 50
                self.next_box[loop.id] = now + boxes * self.random.uniform(*LINE_PACE)

    def _full(self, cards: Iterable[Row]) -> dict[str, list[str]]:
        """Cards on full boxes, by their loop, the longest full first."""
        found: dict[str, list[str]] = defaultdict(list)
        for card in sorted(cards, key=lambda c: (c["since"] or "", c["id"])):
            good = card["state"] == "full" and card["life"] == "circulating"
            if good and not card["blocked"] and not card["hold"]:
                found[card["loop"]].append(card["id"])
        return found

    def _waits(self, card: str, order: Row, waiting: Mapping[str, Row], now: float) -> bool:
        """Whether this card's own step is still to do."""
        state = order["state"]
        if now - self.done.get((card, state), -ONCE_S) < ONCE_S:
            return False
        own = waiting.get(card)
        return own is not None and own["order"] == order["id"] and own["state"] == state

    def _step(
        self, loop: Loop, state: str, card: str, full: dict[str, list[str]], now: float
    ) -> bool:
        """Do a card's next step; False where something is missing for it."""
        match loop.kind, state:
            case Kind.WITHDRAWAL, "released":
                return self._fetch(loop, card, full)
            case ((Kind.PRODUCTION | Kind.SIGNAL), "released"):
                return self._start(loop, card, full)
            case ((Kind.PRODUCTION | Kind.SIGNAL), _):
                self._scan("finish", card)
            case _:
                self._scan("arrival", card)
        return True

    def _fetch(self, loop: Loop, card: str, full: dict[str, list[str]]) -> bool:
        """The handler takes a full box from the store: the two cards are swapped on it."""
        maker = self.shop.maker(loop)
        if maker is None:
            self._scan("arrival", card)
            return True
        if not full[maker.id]:
            return False
        self._scan("store", card)
        self._scan("store", full[maker.id].pop(0))
        return True

    def _start(self, loop: Loop, card: str, full: dict[str, list[str]]) -> bool:
        """The operator begins, where the material is there; boxes that it empties drop their cards."""
        pieces = Fraction(loop.quantity * (loop.lot or 1))
        inputs = self.shop.inputs(loop.source)
        if any(self.owed[i.id] + pieces > 0 and not full[i.id] for i in inputs):
            return False
        for used in inputs:
            self.owed[used.id] += pieces
            while self.owed[used.id] > 0 and full[used.id]:
                self._drop(full[used.id].pop(0))
                self.owed[used.id] -= used.quantity
        self._scan("start", card)
        return True

    def _drop(self, card: str) -> None:
        self._scan("post", card)

    def _scan(self, what: str, card: str) -> None:
        self.tell(*self.shop.step(what, card))


def _span(loop: Loop, state: str) -> tuple[float, float] | None:
    """How long until somebody takes an order's next step; None where nobody does."""
    if loop.id == "BH-A1" and state in WALK:
        return WALK[state]
    return PACE.get((loop.kind, state))
