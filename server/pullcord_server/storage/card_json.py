"""Cards and their decisions as compact JSON text: only what differs from the defaults."""

import json
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from typing import Any

from pullcord_server.domain.card import (
    Card,
    Change,
    ClosedBy,
    Decision,
    Event,
    Level,
    Life,
    OrderState,
    Portion,
    State,
)
from pullcord_wire.message import Verdict

_CARD = {f.name: f.default for f in fields(Card) if f.name not in ("portion", "last", "bin")}
_PORTION = {f.name: f.default for f in fields(Portion)}
_card_fields, _portion_fields = attrgetter(*_CARD), attrgetter(*_PORTION)
#: Compact JSON of a value.
compact = json.JSONEncoder(separators=(",", ":")).encode
_DECISION = {
    f.name: f.default for f in fields(Decision) if f.name not in ("number", "id", "at", "what")
}
_EVENTS = {e.value: e for e in Event}


def dump_card(card: Card) -> str:
    """`card` as one line of JSON."""
    out = _changed(_CARD, _card_fields(card))
    if card.last:
        out["last"] = dict(sorted(card.last.items())) if len(card.last) > 1 else card.last
    if card.portion is not None:
        out["portion"] = portion_values(card.portion)
    if card.bin is not None:
        out["bin"] = [card.bin.empty, card.bin.at, card.bin.journal]
    return compact(out)


def portion_values(portion: Portion) -> dict[str, Any]:
    """`portion` without what is as by default."""
    return _changed(_PORTION, _portion_fields(portion))


def _changed(defaults: dict[str, Any], values: tuple[Any, ...]) -> dict[str, Any]:
    """The values that are not as by default, by name."""
    named = zip(defaults.items(), values, strict=True)
    return {
        name: value for (name, default), value in named if value is not default and value != default
    }


@lru_cache(maxsize=4096)
def load_card(text: str) -> Card:
    """The inverse of `dump_card`; cards that nobody touched yet share one value."""
    raw: dict[str, Any] = json.loads(text)
    if "state" in raw:
        raw["state"] = State(raw["state"])
    if "life" in raw:
        raw["life"] = Life(raw["life"])
    if "last" in raw:
        raw["last"] = {_EVENTS[e]: t for e, t in raw["last"].items()}
    if "portion" in raw:
        raw["portion"] = load_portion(raw["portion"])
    if "bin" in raw:
        raw["bin"] = Level(*raw["bin"])
    return Card(**raw)


def load_portion(raw: dict[str, Any]) -> Portion:
    """The inverse of `portion_values`."""
    values = dict(raw)
    values["state"] = OrderState(values["state"])
    if values.get("closed_by") is not None:
        values["closed_by"] = ClosedBy(values["closed_by"])
    return Portion(**values)


def decision_values(decision: Decision) -> dict[str, Any]:
    """A card's decision as JSON values, without number, id and time."""
    out: dict[str, Any] = {"what": str(decision.what)}
    for name, default in _DECISION.items():
        value = getattr(decision, name)
        if value != default:
            out[name] = value
    return out


def load_decision(number: int, id_: str, at: int, raw: dict[str, Any]) -> Decision:
    """The inverse of `decision_values`."""
    values = dict(raw)
    what = values.pop("what")
    values["what"] = _EVENTS[what] if what in _EVENTS else Change(what)
    for name, kind in (("verdict", Verdict), ("life", Life), ("state", State)):
        if values.get(name) is not None:
            values[name] = kind(values[name])
    return Decision(number=number, id=id_, at=at, **values)
