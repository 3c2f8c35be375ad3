"""The line of a TOML file on which a key stands; the standard parser does not tell."""

import tomllib
from typing import Any, Final

#: Steps from the document to a value: keys, and places in lists from 0.
Path = tuple[str | int, ...]

_MISSING: Final = object()


def find_line(text: str, path: Path) -> int:
    """The line (from 1) where the statement begins that brings `path`, or else its nearest parent.

    `text` is a document the parser accepts; 1 for the document itself. Of a statement's lines only
    all together parse, so the first lines that do and have the path end with its statement.
    """
    lines = text.split("\n")
    while path and look_up(tomllib.loads(text), path) is _MISSING:
        path = path[:-1]
    if not path:
        return 1
    low, high = 0, len(lines)  # lines[:low] lack the path, lines[:high] have it
    while True:
        half = (low + high) // 2
        middle = _whole(lines, half, high)
        if middle == high:
            middle = _whole_below(lines, half, low)
        if middle == low:
            return _begin(lines, low)
        if look_up(_parse(lines[:middle]), path) is _MISSING:
            low = middle
        else:
            high = middle


def look_up(document: Any, path: Path) -> Any:
    """What stands at `path`, or a value that is nothing else."""
    value = document
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return _MISSING
    return value


def _whole(lines: list[str], count: int, most: int) -> int:
    """The least number of lines from `count` on that is whole statements; at most `most`."""
    while count < most and _parse(lines[:count]) is None:
        count += 1
    return count


def _whole_below(lines: list[str], count: int, least: int) -> int:
    while count > least and _parse(lines[:count]) is None:
        count -= 1
    return count


def _begin(lines: list[str], start: int) -> int:
    """The first line behind `start` that is neither blank nor a comment."""
    while not lines[start].strip() or lines[start].lstrip().startswith("#"):
        start += 1
    return start + 1


def _parse(lines: list[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return None
