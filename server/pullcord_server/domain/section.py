"""A table of a TOML file read key by key: typed values out, every problem noted with its line.

A wrong or missing value becomes the default, so that reading goes on; `good` tells the difference.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

from .duration import parse_duration
from .plant import DAY
from .problem import Problem, WrongFile, did_you_mean
from .toml_line import Path, line_at, lines_of
from .toml_value import parse_text, read_flag, read_name, read_number, read_text, read_whole, shown

Choice = TypeVar("Choice", bound=StrEnum)
Value = TypeVar("Value")

MOST = 1_000_000_000
LONGEST = 3660 * DAY
_WHERE = re.compile(r" \((?:at line (\d+), column \d+|at end of document)\)$")


class Sheet:
    """A TOML text that is being read: where its keys stand, and what is wrong so far."""

    def __init__(self, text: str, file: str) -> None:
        """WrongFile when it is not TOML at all."""
        self.file, self.text = file, text
        self.lines: Mapping[Path, int] | None = None
        self.problems: list[Problem] = []
        self.wrong: set[Path] = set()
        try:
            self.table: dict[str, Any] = tomllib.loads(text.removeprefix("\ufeff"))
        except ValueError as error:
            raise WrongFile([_not_toml(str(error), text, file)]) from None
        except RecursionError:
            raise WrongFile(
                [Problem(file, None, "", "is nested too deeply; write it flat")]
            ) from None

    def note(self, path: Path, key: str, text: str) -> None:
        """A problem at `path`, which people call `key`."""
        if self.lines is None:
            self.lines = lines_of(self.text.removeprefix("\ufeff"))
        self.wrong.add(path)
        self.problems.append(Problem(self.file, line_at(self.lines, path), key, text))

    def root(self, keys: Sequence[str]) -> "Section":
        """The file's top table."""
        return Section(self, self.table, (), "", keys)

    def check(self) -> None:
        """WrongFile when anything was wrong."""
        if self.problems:
            raise WrongFile(self.problems)


class Section:
    """One table: `label` is what people call it, `keys` are all it may have."""

    def __init__(
        self, sheet: Sheet, table: Mapping[str, Any], path: Path, label: str, keys: Sequence[str]
    ) -> None:
        self.sheet, self.table, self.path, self.label = sheet, table, path, label
        for key in table:
            if key not in keys:
                self.wrong(key, f"is no key of this table; {did_you_mean(key, keys)}")

    def wrong(self, key: str, text: str, element: int | None = None) -> None:
        """Note that `key` (or an element of it) is wrong: what is, then `;` and the fix.

        A key that is wrong already is not blamed again.
        """
        if element is None and not self.good(key):
            return
        label = ".".join(part for part in (self.label, key) if part)
        if element is not None:
            label += f"[{element}]"
            self.sheet.wrong.add((*self.path, key))
        path = (*self.path, key) if element is None else (*self.path, key, element)
        self.sheet.note(path, label, text)

    def good(self, *keys: str) -> bool:
        """Whether nothing is wrong with these keys so far."""
        return all((*self.path, key) not in self.sheet.wrong for key in keys)

    def has(self, key: str) -> bool:
        """Whether the file gives this key."""
        return key in self.table

    def text(self, key: str, default: str | None, fix: str) -> str:
        """Any text that is not blank; required where there is no default."""
        return self._read(key, default, "", fix, read_text, "a text in quotes")

    def name(self, key: str, default: str | None, fix: str) -> str:
        """An id: safe in topics and addresses."""
        found = self.text(key, default, fix)
        if self.good(key) and read_name(found) is None:
            plain = re.sub(r"[^\w.-]+", "-", found).strip("-.")[:64] or "a-1"
            self.wrong(
                key,
                f"must be letters, digits, . _ and - (64 at most, a letter or digit first), "
                f'not {shown(found)}; write "{plain}"',
            )
        return found

    def whole(
        self, key: str, default: int | None, fix: str, least: int = 0, most: int = MOST
    ) -> int:
        """A whole number."""
        found = self._read(key, default, least, fix, read_whole, "a whole number")
        if self.has(key) and self.good(key) and not least <= found <= most:
            bound = f"at least {least}" if found < least else f"at most {most}"
            self.wrong(key, f"must be {bound}, not {found}; {fix}")
            return least
        return found

    def number(self, key: str, default: Fraction | None, fix: str, over: int) -> Fraction:
        """A number, exact as written (also in quotes); more than `over`."""
        found = self._read(key, default, Fraction(over + 1), fix, read_number, "a number")
        if self.has(key) and self.good(key) and not over < found <= MOST:
            self.wrong(
                key, f"must be more than {over}, at most {MOST}, not {self._shown(key)}; {fix}"
            )
        return found

    def flag(self, key: str, default: bool, fix: str) -> bool:
        """true or false."""
        return self._read(key, default, default, fix, read_flag, "true or false")

    def choice(self, key: str, kinds: type[Choice], default: Choice | None, fix: str) -> Choice:
        """One of the words of an enum."""
        first = next(iter(kinds)) if default is None else default
        word = self.text(key, first.value if default is not None else None, fix)
        if not self.good(key):
            return first
        try:
            return kinds(word)
        except ValueError:
            self.wrong(
                key, f"must be one of {_or(kinds)}, not {shown(word)}; {_meant(word, kinds)}"
            )
            return first

    def duration(self, key: str, default: int | None, fix: str, least: int = 0) -> int:
        """A duration such as `45m`, as ms."""
        wanted = 'a duration such as "45m", "90s", "1h30m" or "1d"'
        found = self._read(key, default, least, fix, parse_text(parse_duration), wanted)
        if self.has(key) and self.good(key) and not least <= found <= LONGEST:
            bound = "more than 0" if found < least else "at most 3660d"
            self.wrong(key, f"must be {bound}, not {self._shown(key)}; {fix}")
        return found

    def each(
        self, key: str, fix: str, read: Callable[[Any], Value | None], wanted: str
    ) -> tuple[Value, ...]:
        """A list, empty when absent, of what `read` makes of each element (None: wrong)."""
        found: list[Value] = []
        given = self.table.get(key, [])
        if not isinstance(given, list):
            self.wrong(key, f"must be a list, each element {wanted}, not {shown(given)}; {fix}")
            return ()
        for index, element in enumerate(given):
            value = read(element)
            if value is None:
                self.wrong(key, f"must be {wanted}, not {shown(element)}; {fix}", index)
            elif value in found:
                self.wrong(key, f"is there twice: {shown(element)}; leave one out", index)
            else:
                found.append(value)
        return tuple(found)

    def one(self, key: str, keys: Sequence[str]) -> "Section | None":
        """A table inside this one, such as `[process.calendar]`."""
        if key not in self.table:
            return None
        label = f"{self.label}.{key}" if self.label else key
        if isinstance(self.table[key], dict):
            return Section(self.sheet, self.table[key], (*self.path, key), label, keys)
        self.wrong(key, f"must be a table, not {shown(self.table[key])}; write [{label}]")
        return None

    def many(self, key: str, keys: Sequence[str], called: str = "id") -> Iterator["Section"]:
        """The tables of an array, such as all `[[loop]]`; each labelled by what `called` says."""
        given = self.table.get(key, [])
        if not isinstance(given, list):
            self.wrong(key, f"must be tables, not {shown(given)}; write [[{key}]] above each")
            return
        for index, table in enumerate(given):
            if not isinstance(table, dict):
                self.wrong(key, f"must be a table; write [[{key}]] above each", index)
                continue
            name = table.get(called)
            label = f"{key}.{name}" if isinstance(name, str) and name else f"{key}[{index + 1}]"
            yield Section(self.sheet, table, (*self.path, key, index), label, keys)

    def _read(
        self,
        key: str,
        default: Value | None,
        instead: Value,
        fix: str,
        read: Callable[[Any], Value | None],
        wanted: str,
    ) -> Value:
        if key not in self.table:
            if default is None:
                self.wrong(key, f"is missing; {fix}")
                return instead
            return default
        found = read(self.table[key])
        if found is None:
            self.wrong(key, f"must be {wanted}, not {self._shown(key)}; {fix}")
            return instead if default is None else default
        return found

    def _shown(self, key: str) -> str:
        return shown(self.table[key])


def _or(kinds: type[StrEnum]) -> str:
    return ", ".join(f'"{kind.value}"' for kind in kinds)


def _meant(word: str, kinds: type[StrEnum]) -> str:
    found = did_you_mean(word, [kind.value for kind in kinds])
    return found if found.startswith("did") else "write one of them"


def _not_toml(error: str, text: str, file: str) -> Problem:
    where = _WHERE.search(error)
    line = text.count("\n") + 1 if where is None or where[1] is None else int(where[1])
    says = _WHERE.sub("", error)
    return Problem(
        file, line, "", f"is not TOML: {says[:1].lower()}{says[1:]}; see https://toml.io"
    )
