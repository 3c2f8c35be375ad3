"""The files that `apply` takes: plant.toml, or tables as CSV files and workbooks (XLSX)."""

import csv
import io
import tomllib
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from pullcord_server.domain.plant import Plant
from pullcord_server.domain.plant_file import parse_plant, read_plant
from pullcord_server.domain.plant_table import Cell, Grid, Tables
from pullcord_server.domain.problem import Problem, WrongFile
from pullcord_server.domain.toml_line import line_at, lines_of

_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Source:
    """A plant as it was given: its file for what concerns the whole, its text as plant.toml, its value.

    `as_given`: the text is that of the file.
    """

    file: str
    text: str
    plant: Plant
    as_given: bool

    def problem(self, loop: str | None, key: str | None, text: str) -> Problem:
        """What is wrong with a key of the plant, or of a loop, where it stands."""
        path: tuple[str | int, ...] = () if key is None else (key,)
        if loop is not None:
            names = list(self.plant.loops)
            path = ("loop", names.index(loop), *path) if loop in names else ()
        words = [] if loop is None else ["loop", loop]
        word = ".".join([*words, *([] if key is None else [key])])
        line = line_at(lines_of(self.text), path) if self.as_given else None
        return Problem(self.file, line, word, text)


def read_source(
    paths: Sequence[Path], now: str | None, site: str, issued: Collection[str]
) -> Source:
    """The plant that the files define; WrongFile with every problem.

    `now`: the plant file that is valid, for the tables that are not given. `site`: the server's.
    """
    if all(path.suffix.lower() in (".csv", ".xlsx") for path in paths):
        return _tables(paths, now, site, issued)
    if len(paths) > 1:
        others = ", ".join(str(path) for path in paths[1:])
        text = f"is a whole plant; apply it alone, without {others}"
        raise WrongFile([Problem(str(paths[0]), None, "", text)])
    try:
        text = paths[0].read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongFile([_unread(paths[0], error)]) from None
    return Source(str(paths[0]), text, parse_plant(text, str(paths[0]), issued), True)


def _tables(paths: Sequence[Path], now: str | None, site: str, issued: Collection[str]) -> Source:
    before: Mapping[str, Any] = {"site": site} if now is None else tomllib.loads(now)
    sheet = Tables([grid for path in paths for grid in _grids(path)], before)
    if sheet.problems:
        raise WrongFile(sheet.problems)
    plant = read_plant(sheet, issued)
    files = ", ".join(str(path) for path in paths)
    return Source(files, tomli_w.dumps(sheet.table), plant, False)


def _grids(path: Path) -> Iterator[Grid]:
    try:
        if path.suffix.lower() == ".csv":
            yield Grid(str(path), path.stem, list(_csv_rows(path)))
        else:
            yield from _workbook(path)
    except UnicodeDecodeError:
        text = "is not UTF-8; save it as “CSV UTF-8”"
        raise WrongFile([Problem(str(path), None, "", text)]) from None
    except (OSError, csv.Error, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise WrongFile([_unread(path, error)]) from None


def _csv_rows(path: Path) -> Iterator[Sequence[Cell]]:
    """Rows as they are numbered in the file; the sign between cells is the one its heads have most of."""
    text = path.read_text(encoding="utf-8-sig")
    found = Counter(sign for sign in text.partition("\n")[0] if sign in _DELIMITERS)
    delimiter = max(_DELIMITERS, key=lambda sign: found[sign])
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _workbook(path: Path) -> Iterator[Grid]:
    """Its sheets but those whose name begins with #, with the values that formulas had last."""
    from openpyxl import load_workbook  # slow to load, and seldom needed

    book = load_workbook(path, read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            if not sheet.title.startswith("#"):
                rows = [tuple(row) for row in sheet.iter_rows(values_only=True)]
                yield Grid(f"{path}[{sheet.title}]", sheet.title, rows)
    finally:
        book.close()


def _unread(path: Path, error: Exception) -> Problem:
    return Problem(str(path), None, "", f"cannot be read: {error}; is it the right file?")
