"""A plant written as tables (CSV files, sheets of a workbook): rows and columns as the keys of plant.toml.

A table that is given stands for the whole of it; the others stay as they are in the plant of now.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, TypeAlias

from .plant_file import KEYS
from .problem import Problem, did_you_mean
from .section import Sheet
from .toml_line import Path

#: What a cell of a workbook or of a CSV file holds; None: nothing.
Cell: TypeAlias = object

#: What people call a table, and the key it has in plant.toml; `plant` has one row.
TABLES: Mapping[str, str] = {
    "plant": "",
    "processes": "process",
    "suppliers": "supplier",
    "items": "item",
    "loops": "loop",
    "stations": "station",
    "bins": "bin",
    "tags": "tag",
}
_CALENDAR = tuple(f"calendar.{key}" for key in KEYS["calendar"])
_WHOLE = frozenset({"quantity", "cards", "release_count", "lot", "reorder_point"})
_FLAGS = frozenset({"pacemaker", "strict"})
_LISTS = frozenset({"scans", "release_times", "slots", "processes", "lights", "calendar.holidays"})
_NUMBERS = frozenset({"cycle", "calendar.days"})
_SPANS = frozenset({"calendar.shifts", "calendar.breaks"})
_TRUTHS = {"true": True, "yes": True, "x": True, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as it was read: where it stands (`loops.csv`, `plant.xlsx[loops]`), its name, its rows of cells."""

    file: str
    name: str
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where the cells of a table's row stand: the file, the row from 1, the column from 0 of each head."""

    file: str
    row: int
    columns: Mapping[str, int]


class Tables(Sheet):
    """Grids over the plant of now, read as a plant file is; each problem is told with its cell."""

    def __init__(self, grids: Sequence[Grid], now: Mapping[str, Any]) -> None:
        self.file, self.text, self.lines = "the plant as it is", "", None
        self.problems: list[Problem] = []
        self.wrong: set[Path] = set()
        self.origins: dict[Path, _Origin] = {}
        self.told: set[tuple[str, str]] = set()
        self.table = dict(now)
        seen: dict[str, str] = {}
        for grid in grids:
            key = _table_key(grid.name)
            if key is None:
                text = f"is no table of a plant; {did_you_mean(grid.name, TABLES)}"
                self.problems.append(Problem(grid.file, None, grid.name, text))
            elif key in seen:
                text = f"is there twice, also in {seen[key]}; give each table once"
                self.problems.append(Problem(grid.file, None, grid.name, text))
            else:
                seen[key] = grid.file
                self._take(grid, key)

    def note(self, path: Path, key: str, text: str) -> None:
        """A problem at `path`, told with its cell; one of a column that is not there is told once."""
        self.wrong.add(path)
        origin, head = self._origin(path)
        if origin is None:
            self.problems.append(Problem(self.file, None, key, text))
        elif head in origin.columns:
            cell = f"{_letters(origin.columns[head])}{origin.row}"
            self.problems.append(Problem(origin.file, origin.row, f"{cell} {key}", text))
        elif (origin.file, head) not in self.told and not text.startswith("is missing"):
            self.problems.append(Problem(origin.file, origin.row, key, text))
        elif (origin.file, head) not in self.told:
            self.told.add((origin.file, head))
            self.problems.append(Problem(origin.file, origin.row, key, f"{text} (column {head})"))

    def _origin(self, path: Path) -> tuple[_Origin | None, str]:
        """Where a path's row stands, and the head of its column."""
        start = 2 if path[:2] in self.origins else 0
        origin = self.origins.get(path[:start])
        names = [str(part) for part in path[start:] if isinstance(part, str)]
        columns = {} if origin is None else origin.columns
        for length in range(len(names), 0, -1):
            if ".".join(names[:length]) in columns:
                return origin, ".".join(names[:length])
        return origin, ".".join(names)

    def _take(self, grid: Grid, key: str) -> None:
        """The rows of one grid become the tables of `key`."""
        heads = [_head(cell) for cell in (grid.rows[0] if grid.rows else ())]
        columns = {head: n for n, head in enumerate(heads) if head and not head.startswith("#")}
        if not self._check_heads(grid, key, heads):
            return
        rows = list(_rows(grid, columns))
        if key:
            self.table[key] = [table for _, table in rows]
            for number, (row, _) in enumerate(rows):
                self.origins[key, number] = _Origin(grid.file, row, columns)
            return
        if len(rows) != 1:
            text = f"must have one row below its heads, not {len(rows)}; write the plant's in it"
            self.problems.append(Problem(grid.file, None, "", text))
            return
        row, table = rows[0]
        self.table |= table
        self.origins[()] = _Origin(grid.file, row, columns)

    def _check_heads(self, grid: Grid, key: str, heads: Sequence[str]) -> bool:
        """Each column's head is a key of the table, and stands once."""
        known = [k for k in KEYS[key] if k != "calendar" and (key or k not in TABLES.values())]
        if "calendar" in KEYS[key]:
            known += _CALENDAR
        before = len(self.problems)
        for number, head in enumerate(heads):
            cell = f"{_letters(number)}1 {head}"
            if not head or head.startswith("#"):
                continue
            if head not in known:
                text = f"is no column of {grid.name}; {did_you_mean(head, known)}"
                self.problems.append(Problem(grid.file, 1, cell, text))
            elif head in heads[:number]:
                text = "is there twice; leave one column out"
                self.problems.append(Problem(grid.file, 1, cell, text))
        if not any(heads):
            text = f"has no heads; write in its first row {', '.join(known[:4])} …"
            self.problems.append(Problem(grid.file, 1, "", text))
        return len(self.problems) == before


def _table_key(name: str) -> str | None:
    plain = name.strip().casefold()
    return next((key for table, key in TABLES.items() if plain in (table, key or table)), None)


def _head(cell: Cell) -> str:
    return "" if cell is None else str(cell).strip().casefold()


def _rows(grid: Grid, columns: Mapping[str, int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row that is not blank, with its number; one that begins with # is kept aside."""
    for number, row in enumerate(grid.rows[1:], 2):
        cells = {head: row[n] for head, n in columns.items() if n < len(row)}
        filled = {head: c for head, c in cells.items() if c is not None and str(c).strip()}
        if not filled or str(row[0] or "").lstrip().startswith("#"):
            continue
        table: dict[str, Any] = {}
        for head, cell in filled.items():
            above, _, key = head.rpartition(".")
            (table.setdefault(above, {}) if above else table)[key] = value_of(head, cell)
        yield number, table


def value_of(head: str, cell: Cell) -> Any:
    """A cell as the value it has in plant.toml; what cannot be that stays, to be refused with its reason."""
    text = _text(cell)
    if head in _WHOLE:
        return int(text) if re.fullmatch(r"-?\d{1,12}", text) else text
    if head in _FLAGS:
        return _TRUTHS.get(text.casefold(), text)
    if head in _NUMBERS:
        return [int(w) if re.fullmatch(r"-?\d{1,9}", w) else w for w in _words(text)]
    if head in _SPANS:
        return [span.split("-") for span in _words(text)]
    if head in _LISTS:
        return _words(text)
    return text


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,;]+", text) if word]


def _text(cell: Cell) -> str:
    """A cell as somebody would have typed it."""
    match cell:
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case time():
            return cell.strftime("%H:%M")
        case _:
            return str(cell).strip()


def _letters(column: int) -> str:
    """A column as a workbook calls it: A, B … AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
