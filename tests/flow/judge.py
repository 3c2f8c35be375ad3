"""What a step expects against what the API, the retained lamps and the verdicts say."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flow.scenario import parse_at
from pullcord_wire.instant import format_instant, parse_instant
from support.plant_driver import PlantDriver
from support.server_process import ServerProcess

UNJUDGED = ("stuck", "batched_drops")
"""Findings that a step need not expect."""


class Judge:
    """Reads the plant's state from outside. `names`: saved name → card."""

    def __init__(
        self, server: ServerProcess, driver: PlantDriver, names: Mapping[str, str]
    ) -> None:
        self._server = server
        self._driver = driver
        self._names = names

    def finding_ids(self) -> set[str]:
        """Every finding there is."""
        return {row["id"] for row in self._server.collection("findings")}

    def differences(self, expect: Mapping[str, Any], before: set[str]) -> list[str]:
        """One line for each expectation that is not met; `before`: the findings before the step."""
        lines = []
        for word, wanted in expect.items():
            if word in ("verdict", "verdicts", "status", "type", "json"):
                continue  # judged by who did the step
            got = self._look(word, wanted, before)
            if got != wanted:
                lines.append(f"{word}: expected {wanted}, got {got}")
        return lines

    def card(self, name: str) -> dict[str, Any]:
        """A card by its id or saved name."""
        row: dict[str, Any] = self._server.call(
            "GET", f"/api/v1/cards/{self._names.get(name, name)}"
        )
        return row

    def open_order(self, card: str) -> dict[str, Any] | None:
        """The open order of a card."""
        order = self.card(card)["order"]
        if order is None:
            return None
        row: dict[str, Any] = self._server.call("GET", f"/api/v1/orders/{order}")
        return row

    def newest_order(self, card: str) -> str:
        """The id of the card's open order, else of its last one."""
        order = self.open_order(card)
        if order is not None:
            return str(order["id"])
        rows = self._server.collection("orders", card=self._names.get(card, card))
        newest = max(rows, key=lambda row: str(row["opened_at"]), default={"id": "none"})
        return str(newest["id"])

    def newest_call(self, station: str) -> str:
        """The id of the newest call of a station."""
        rows = self._server.collection("calls", station=station)
        newest = max(rows, key=lambda row: str(row["raised_at"]), default={"id": "none"})
        return str(newest["id"])

    def verdicts(self, journal: str, first: int) -> list[str]:
        """The verdicts of a journal's entries from number `first` on, as the API lists them."""
        rows = self._server.collection("journal")
        mine = [row for row in rows if row["journal"] == journal and row["seq"] >= first]
        return [row["verdict"] for row in sorted(mine, key=lambda row: int(row["seq"]))]

    def _look(self, word: str, wanted: Any, before: set[str]) -> Any:
        match word:
            case "cards":
                return {name: self.card(name)["state"] for name in wanted}
            case "life":
                return {name: self.card(name)["life"] for name in wanted}
            case "orders":
                found = {name: self.open_order(name) for name in wanted}
                return {name: order and order["state"] for name, order in found.items()}
            case "order":
                return {
                    name: _fields(self.open_order(name), fields) for name, fields in wanted.items()
                }
            case "open_orders":
                return {loop: self._orders(loop, state="open") for loop in wanted}
            case "closed_orders":
                return {loop: self._orders(loop, state="closed") for loop in wanted}
            case "all_orders":
                return {loop: self._orders(loop) for loop in wanted}
            case "findings":
                return self._findings(wanted, before)
            case "lamps":
                return {name: self._lamps(name, colours) for name, colours in wanted.items()}
            case "calls":
                return {station: self._calls(station, calls) for station, calls in wanted.items()}
            case "count":
                return {loop: self._count(loop, states) for loop, states in wanted.items()}
            case _:
                raise ValueError(f"{word} is not understood")

    def _orders(self, loop: str, **filters: str) -> int:
        return len(self._server.collection("orders", loop=loop, **filters))

    def _findings(self, wanted: list[str], before: set[str]) -> list[str]:
        rows = self._server.collection("findings")
        new = [row["type"] for row in rows if row["id"] not in before]
        judged = [kind for kind in new if kind not in UNJUDGED or kind in wanted]
        return _in_order_of(wanted, judged)

    def _lamps(self, station: str, colours: Mapping[str, str]) -> dict[str, str | None]:
        """The named colours of a station's lights; None where it has no lamps message."""
        message = self._driver.lamps.get(station)
        if message is None:
            return dict.fromkeys(colours)
        shown: dict[str, str | None] = {}
        for light in message.lamps.values():
            shown |= {colour: pattern.value for colour, pattern in light.items()}
        return {colour: shown.get(colour) for colour in colours}

    def _calls(self, station: str, wanted: list[str]) -> list[str]:
        rows = self._server.collection("calls", station=station, state="open")
        return _in_order_of(wanted, [f"{row['type']}:{row['state']}" for row in rows])

    def _count(self, loop: str, states: Mapping[str, int]) -> dict[str, int]:
        rows = self._server.collection("cards", loop=loop)
        found = Counter(row["state"] for row in rows if row["life"] == "circulating")
        return {state: found[state] for state in states}


def _fields(order: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    """The wanted fields of an order; what means the same as wanted is written as wanted."""
    if order is None:
        return None
    got: dict[str, Any] = {}
    for name, value in wanted.items():
        found = order.get(name)
        if name.endswith("_at") and isinstance(found, str) and isinstance(value, str):
            at = parse_instant(found)
            found = value if at == parse_at(value) else format_instant(at)
        elif isinstance(value, list) and isinstance(found, list):
            found = _in_order_of(value, found)
        got[name] = found
    return got


def part_of(answer: Any, wanted: Any) -> Any:
    """What an answer says of the keys that are wanted, row by row of a list, whatever else it says."""
    if isinstance(wanted, dict) and isinstance(answer, dict):
        return {key: part_of(answer.get(key), value) for key, value in wanted.items()}
    if isinstance(wanted, list) and isinstance(answer, list) and len(wanted) == len(answer):
        return [part_of(row, value) for row, value in zip(answer, wanted, strict=True)]
    return answer


def _in_order_of(wanted: list[str], got: list[str]) -> list[str]:
    """`got` as `wanted` when both hold the same, else sorted."""
    return list(wanted) if Counter(wanted) == Counter(got) else sorted(got)
