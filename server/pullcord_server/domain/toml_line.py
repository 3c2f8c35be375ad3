"""On which line of a TOML text each key stands; tomllib reads the values but does not say where."""

import re
from collections.abc import Mapping
from typing import TypeAlias

#: Way to a value: keys, and the index of an array's element.
Path: TypeAlias = tuple[str | int, ...]

_SPACE = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*'""")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}\n#]+")


def lines_of(text: str) -> Mapping[Path, int]:
    """The line (from 1) of every table, key and element of a text that tomllib has accepted."""
    scanner = _Scanner(text.replace("\r\n", "\n"))
    scanner.document()
    return scanner.lines


def line_at(lines: Mapping[Path, int], path: Path) -> int | None:
    """The line of `path`, or of the nearest table around it."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.sizes: dict[Path, int] = {}
        self.line = 1
        self.counted = 0

    def document(self) -> None:
        table: Path = ()
        while self.skip():
            if self.taken("[["):
                table = self.element(self.keys())
                self.find("]]")
            elif self.taken("["):
                table = self.resolved(self.keys())
                self.note(table)
                self.find("]")
            else:
                self.pair(table)

    def pair(self, table: Path) -> None:
        path = table + self.keys()
        for length in range(len(table) + 1, len(path) + 1):
            self.note(path[:length])
        self.find("=")
        self.value(path)

    def value(self, path: Path) -> None:
        self.skip()
        if self.taken("["):
            index = 0
            while self.skip() and not self.taken("]"):
                self.note((*path, index))
                self.value((*path, index))
                index += 1
                self.skip()
                self.taken(",")
        elif self.taken("{"):
            while self.skip() and not self.taken("}"):
                self.pair(path)
                self.skip()
                self.taken(",")
        else:
            found = _STRING.match(self.text, self.at) or _SCALAR.match(self.text, self.at)
            if found is None:
                raise ValueError(f"no value on line {self.here()}: the text is not TOML")
            self.at = found.end()

    def keys(self) -> Path:
        """A dotted key; names in quotes without their escapes, which the names here never need."""
        names: list[str] = []
        self.skip()
        while found := _KEY.match(self.text, self.at):
            names.append(found[0].strip("\"'"))
            self.at = found.end()
            dot = _DOT.match(self.text, self.at)
            if dot is None:
                break
            self.at = dot.end()
        if not names:
            raise ValueError(f"no key on line {self.here()}: the text is not TOML")
        return tuple(names)

    def element(self, keys: Path) -> Path:
        array = (*self.resolved(keys[:-1]), keys[-1])
        index = self.sizes.get(array, 0)
        self.sizes[array] = index + 1
        self.note(array)
        self.note((*array, index))
        return (*array, index)

    def resolved(self, keys: Path) -> Path:
        """The table that a header means: of arrays, their newest element."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self.sizes:
                path = (*path, self.sizes[path] - 1)
        return path

    def note(self, path: Path) -> None:
        self.lines.setdefault(path, self.here())

    def here(self) -> int:
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        return self.line

    def skip(self) -> bool:
        """Pass over space and comments; whether anything is left."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at < len(self.text)

    def taken(self, sign: str) -> bool:
        if not self.text.startswith(sign, self.at):
            return False
        self.at += len(sign)
        return True

    def find(self, sign: str) -> None:
        self.at = self.text.index(sign, self.at) + len(sign)
