"""Scenarios of a plant's day as values: the file's words, its instants, and a plant with its tags."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pullcord_wire.instant import format_instant, parse_instant

DAY = parse_instant("2026-11-23T00:00:00Z")
"""Day 1, Monday."""
_AT = re.compile(r"(?:D\+(\d+) )?(\d{2}):(\d{2})(?::(\d{2}))?")
_ACTIONS = ("tick", "scan", "offline", "online", "redeliver", "level", "press", "http")
_EXPECTED = frozenset(
    [
        "status",
        "type",
        "json",
        "verdict",
        "verdicts",
        "cards",
        "life",
        "orders",
        "order",
        "open_orders",
        "closed_orders",
        "all_orders",
        "findings",
        "lamps",
        "calls",
        "count",
    ]
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens and what must then be true."""

    number: int
    at: int
    action: str
    subject: Any
    expect: Mapping[str, Any] = field(default_factory=dict)
    save: str | None = None

    def __str__(self) -> str:
        return f"step {self.number}, {format_instant(self.at)}: {self.action} {self.subject}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story and the plant it plays in."""

    id: str
    title: str
    plant: str
    steps: tuple[Step, ...]


def read_scenarios(path: Path) -> list[Scenario]:
    """Every scenario of the file; ValueError for a word that is not understood."""
    document = json.loads(path.read_text())
    return [
        Scenario(
            row["id"],
            row["title"],
            document["plants"][row["plant"]],
            tuple(_read_step(number, step) for number, step in enumerate(row["steps"], 1)),
        )
        for row in document["scenarios"]
    ]


def parse_at(text: str) -> int:
    """`HH:MM[:SS]` of day 1 or `D+n HH:MM[:SS]`, in ms since 1970."""
    match = _AT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no time of a scenario")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return DAY + (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000


def tag_code(number: int) -> str:
    """The code of the tag with a running number."""
    return f"{number:010X}"


def cards_of(plant: str) -> Iterator[str]:
    """The cards a plant issues: loops in file order, cards 1 to N."""
    for loop in tomllib.loads(plant)["loop"]:
        for number in range(1, loop["cards"] + 1):
            yield f"{loop['id']}-{number:03}"


def with_tags(plant: str) -> tuple[str, dict[str, str]]:
    """The plant with one tag a card appended, and the code of each card."""
    codes = {card: tag_code(number) for number, card in enumerate(cards_of(plant), 1)}
    tags = [f'[[tag]]\ncode = "{code}"\ncard = "{card}"\n' for card, code in codes.items()]
    return "\n".join([plant, *tags]), codes


def _read_step(number: int, row: dict[str, Any]) -> Step:
    actions = [word for word in _ACTIONS if word in row]
    if len(actions) != 1:
        raise ValueError(f"step {number} must do one of {', '.join(_ACTIONS)}: {row}")
    unknown = row.keys() - {"at", "expect", "save", *_ACTIONS}
    expect = row.get("expect", {})
    unknown |= expect.keys() - _EXPECTED
    if unknown:
        raise ValueError(f"step {number}: not understood: {', '.join(sorted(unknown))}")
    action = actions[0]
    return Step(number, parse_at(row["at"]), action, row[action], expect, row.get("save"))
