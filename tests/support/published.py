"""The published transition tables and what their words on orders mean, apart from the code that is judged by them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pullcord_server.domain.card import ClosedBy, Event, OrderState
from pullcord_server.domain.plant import Kind

ORACLE: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "server" / "data" / "tables.json").read_text()
)
PROFILES = (
    "tolerant",
    "strict",
    "tolerant_two_scans",
    "strict_two_scans",
    "tolerant_one_scan",
)
IN_HOUSE = (Kind.PRODUCTION, Kind.SIGNAL)
BY_CARD = (Kind.WITHDRAWAL, Kind.PRODUCTION)


def scans_of(kind: Kind, profile: str) -> tuple[str, ...]:
    """The scans of a loop that the profile's table judges."""
    steps = ("start", "finish") if kind in IN_HOUSE else ("dispatch", "arrival")
    if profile.endswith("two_scans"):
        return ("withdrawal", steps[1])
    if profile.endswith("one_scan"):
        return ("withdrawal",)
    return ("withdrawal", *steps)


def columns() -> Iterator[tuple[str, Event, bool]]:
    """Every column that a station or a rule brings about: its name, its event, whether again."""
    for column in ORACLE["events"]:
        if column != "undo":
            yield column, Event(column.removesuffix("_again")), column.endswith("_again")


@dataclass(frozen=True, slots=True)
class Open:
    """A card's open order."""

    order: str
    state: OrderState


@dataclass(frozen=True, slots=True)
class Expected:
    """What a cell makes of the card's orders: each touched one's state and what closed it; the open one."""

    touched: dict[str, tuple[OrderState, ClosedBy | None]]
    open: Open | None


def expected_orders(ops: str, card: Open | None, item: str, kind: Kind) -> Expected:
    """The published words on orders, carried out on an empty sheet. `item`: the entry's id."""
    touched: dict[str, tuple[OrderState, ClosedBy | None]] = {}
    own = ClosedBy.FINISH if kind in IN_HOUSE else ClosedBy.ARRIVAL
    for op in () if ops == "none" else ops.split("+"):
        closed: ClosedBy | None = None
        order = item if op.startswith("open") or card is None else card.order
        match op:
            case "open":
                state = OrderState.OPEN
            case "open_lot" | "open_or_join_delivery" | "release":
                state = OrderState.RELEASED
            case "start" | "lot_start":
                state = OrderState.IN_PROCESS
            case "dispatch" | "card_dispatch":
                state = OrderState.IN_TRANSIT
            case "close" | "card_close":
                state, closed = OrderState.CLOSED, own
            case "close_inferred" | "card_close_inferred":
                state, closed = OrderState.CLOSED, ClosedBy.INFERRED
            case _:
                raise AssertionError(op)
        assert card is not None or op.startswith("open"), ops
        touched[order] = (state, closed)
        card = None if state is OrderState.CLOSED else Open(order, state)
    return Expected(touched, card)
