"""Whether two databases say the same of a plant, row for row (DESIGN 8)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Engine

from support.desk import read

#: Columns that say when and how something came here, not what it is (DESIGN 8).
_ARRIVAL = {
    "fact": {"received_at"},
    "lost_range": {"at"},
    "replenishment_order": {"replaces"},
    "finding": {"written_at", "resolved_at"},
    "tag_binding": {"number"},
}
COMPARED = (
    "fact",
    "decision",
    "decision_card",
    "card",
    "replenishment_order",
    "portion",
    "lost_range",
    "tag_binding",
    "loop_state",
    "finding",
)


def whole(engine: Engine, tables: Iterable[str] = COMPARED) -> dict[str, list[dict[str, Any]]]:
    """Everything that must be equal after a refill, row for row."""
    found = {name: read(engine, name) for name in tables}
    unfounded = {
        f["entry"]
        for f in read(engine, "finding", type="order_unfounded")
        if f["resolved_by"] != "pullcord"
    }
    gone = {
        o["id"]
        for o in read(engine, "replenishment_order")
        if o["state"] == "withdrawn" or o["id"] in unfounded
    }
    for name, rows in found.items():
        if name == "replenishment_order":
            rows = [r for r in rows if r["id"] not in gone]
        elif name == "portion":
            rows = [r for r in rows if r["order"] not in gone and r["state"] != "withdrawn"]
        elif name == "finding":
            rows = [r for r in rows if _stands(r)]
        left_out = _ARRIVAL.get(name, set())
        found[name] = [{k: v for k, v in r.items() if k not in left_out} for r in rows]
    return found


def _stands(finding: Mapping[str, Any]) -> bool:
    """Notes of arrival and findings that a late entry made pointless are aside."""
    if finding["type"] in ("late_entry", "order_unfounded"):
        return False
    reason = finding["reason"] or ""
    return not (
        finding["resolved_by"] == "pullcord" and reason.startswith(("superseded", "bound to"))
    )


def differences(
    one: Mapping[str, Sequence[Mapping[str, Any]]], two: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[str]:
    """What two databases say differently, in a few readable lines."""
    lines = []
    for name, rows in one.items():
        others = [json.dumps(r, sort_keys=True, default=str) for r in two[name]]
        own = [json.dumps(r, sort_keys=True, default=str) for r in rows]
        lines += [f"{name} - {row}" for row in own if row not in others]
        lines += [f"{name} + {row}" for row in others if row not in own]
    return lines
