"""One table of the file, read key by key: every value in its type, every problem kept, none raised."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pullcord_edge.config.line import Path, find_line
from pullcord_edge.config.problem import Problem
from pullcord_edge.readers.option import did_you_mean, show
from pullcord_wire.message import WireError
from pullcord_wire.topic import check_name

_SECONDS: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)")
_UNIT_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Report:
    """Collects the problems of one file; a problem finds its own line."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self._text = text

    def add(self, path: Path, wrong: str, fix: str) -> None:
        """Keep one problem of what stands, or should stand, at `path`."""
        line = find_line(self._text, path)
        self.problems.append(Problem(self.file, line, show_path(path), wrong, fix))


def show_path(path: Path) -> str:
    """`("reader", 2, "driver")` as people write it: `reader[2].driver`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")


class Section:
    """A table at `path`. Each getter marks its key as known; `finish` refuses the others."""

    def __init__(self, report: Report, path: Path, table: Mapping[str, Any]) -> None:
        self.path = path
        self.table = table
        self._report = report
        self._known: set[str] = set()

    def has(self, key: str) -> bool:
        """Whether the key stands in the file."""
        self._known.add(key)
        return key in self.table

    def wrong(self, key: str, wrong: str, fix: str) -> None:
        """Keep a problem with this key; without a key, with the table."""
        self._report.add((*self.path, key) if key else self.path, wrong, fix)

    def include(self, problems: Iterable[Problem]) -> None:
        """Keep the problems of another file that this one names."""
        self._report.problems.extend(problems)

    def need(self, key: str, example: str) -> bool:
        """Whether the key is there; it is a problem when it is not."""
        if self.has(key):
            return True
        self.wrong(key, "is missing", f"add {key} = {example}")
        return False

    def text(self, key: str, default: str | None = None) -> str | None:
        """A text that is not empty."""
        if not self.has(key):
            return default
        value = self.table[key]
        if type(value) is str and value.strip() and value.isprintable():
            return value
        self.wrong(key, f"must be a text, is {show(value)}", 'write it in quotes: "…"')
        return default

    def name(self, key: str, example: str) -> str | None:
        """A name that can stand in a topic of the wire."""
        if not self.need(key, f'"{example}"'):
            return None
        value = self.table[key]
        if type(value) is not str:
            self.wrong(key, f"must be a text, is {show(value)}", f'write {key} = "{example}"')
            return None
        try:
            return check_name(value, key)
        except WireError as error:
            self.wrong(key, error.reason, f'choose a name such as "{example}"')
            return None

    def choice(self, key: str, choices: Iterable[str], default: str | None) -> str | None:
        """One of a closed set of words."""
        words = tuple(choices)
        value = self.text(key, default)
        if value is None or value == default or value in words:
            return value
        self.wrong(key, f"{show(value)} is unknown{did_you_mean(value, words)}", _one_of(words))
        return default

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        if not self.has(key):
            return default
        value = self.table[key]
        if type(value) is bool:
            return value
        self.wrong(
            key, f"must be true or false, is {show(value)}", f"write {key} = true, without quotes"
        )
        return default

    def number(
        self, key: str, default: float, low: float = 0.0, high: float = 1e9, unit: str = ""
    ) -> float:
        """A number from `low` to `high`."""
        return self._bounded(key, default, low, high, unit, (int, float))

    def integer(self, key: str, default: int, low: int = 0, high: int = 10**9) -> int:
        """A whole number from `low` to `high`."""
        return int(self._bounded(key, default, low, high, "", (int,)))

    def optional_number(self, key: str, low: float = -1e9, high: float = 1e9) -> float | None:
        """A number from `low` to `high`, or None where the key is absent."""
        return self.number(key, 0.0, low, high) if self.has(key) else None

    def seconds(self, key: str, default: float, low: float = 0.0, high: float = 86400.0) -> float:
        """A time: a number of seconds, or a text such as "500ms" or "2m"."""
        value = self.table.get(key)
        if type(value) is not str:
            return self.number(key, default, low, high, " seconds")
        self._known.add(key)
        match = _SECONDS.fullmatch(value.strip())
        if match is None:
            self.wrong(key, f"{show(value)} is no time", 'write seconds, or "500ms", "2s", "5m"')
            return default
        found = float(match[1]) * _UNIT_S[match[2]]
        if low <= found <= high:
            return found
        self.wrong(key, f"{show(value)} is out of range", f"write {low:g} to {high:g} seconds")
        return default

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; none where the key is absent."""
        if not self.has(key):
            return ()
        value = self.table[key]
        if isinstance(value, list) and all(type(item) is str and item for item in value):
            return tuple(value)
        self.wrong(key, f"must be a list of texts, is {show(value)}", f'write {key} = ["…"]')
        return ()

    def sub(self, key: str) -> "Section | None":
        """The table at this key, or None where there is none."""
        if not self.has(key):
            return None
        value = self.table[key]
        if isinstance(value, dict):
            return Section(self._report, (*self.path, key), value)
        self.wrong(key, f"must be a table, is {show(value)}", f"write [{key}] on a line of its own")
        return None

    def each(self, key: str) -> list["Section"]:
        """The tables of the list at this key (`[[key]]`); none where there is none."""
        if not self.has(key):
            return []
        value = self.table[key]
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return [
                Section(self._report, (*self.path, key, place), item)
                for place, item in enumerate(value)
            ]
        self.wrong(
            key, f"must be a list of tables, is {show(value)}", f"write [[{key}]], twice bracketed"
        )
        return []

    def mark(self, keys: Iterable[str]) -> None:
        """These keys are known; something else reads them."""
        self._known.update(keys)

    @property
    def asked(self) -> frozenset[str]:
        """The keys that something has asked for."""
        return frozenset(self._known)

    def unread(self) -> list[str]:
        """The keys of the file that nothing has asked for yet."""
        return [key for key in self.table if key not in self._known]

    def finish(self) -> None:
        """Refuse every key that nothing has asked for."""
        for key in self.unread():
            self.wrong(
                key, f"unknown key{did_you_mean(key, sorted(self._known))}", "correct or remove it"
            )

    def _bounded(
        self,
        key: str,
        default: float,
        low: float,
        high: float,
        unit: str,
        kinds: tuple[type, ...],
    ) -> float:
        if not self.has(key):
            return default
        value = self.table[key]
        if type(value) in kinds and low <= value <= high:
            return float(value) if float in kinds else value
        what = "a number" if float in kinds else "a whole number"
        self.wrong(
            key, f"must be {what}, is {show(value)}", f"write {low:g} to {high:g}{unit}, unquoted"
        )
        return default


def _one_of(words: tuple[str, ...]) -> str:
    return f"write one of {', '.join(words)}"
