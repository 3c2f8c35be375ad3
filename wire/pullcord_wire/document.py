"""JSON text in and out, strictly: one UTF-8 document of bounded size and finite numbers."""

import json
import re
from collections.abc import Iterator
from itertools import accumulate, pairwise
from math import isfinite
from typing import Final

from pullcord_wire.message import JSON, WireError

FRAME_BYTES: Final = 1024 * 1024
"""A frame longer than this is not read."""
DEPTH: Final = 32
"""A free JSON value nested deeper than this is refused."""
FRAME_DEPTH: Final = 600
"""Fewer open brackets than the parser's stack bears, more than a full page of flat entries has."""
INTEGER_MAX: Final = 2**63 - 1
_NUMBER_LENGTH: Final = 64
_SHOWN: Final = 60
_BRACKET: Final = re.compile(r"[\[\]{}]")
_STRING: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_SPACE: Final = frozenset(" \t\n\r")


class Doubled(dict[str, object]):
    """An object in which the keys `twice` stand more than once: who needs it refuses it."""

    __slots__ = ("twice",)

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        names = sorted(name for name, _ in pairs)
        self.twice = sorted({a for a, b in pairwise(names) if a == b})


class Absurd:
    """A number no field can hold: NaN, Infinity, or one with very many digits."""

    __slots__ = ()


_ABSURD: Final = Absurd()


def _read_object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else Doubled(pairs)


def _read_integer(text: str) -> int | Absurd:
    return int(text) if len(text) <= _NUMBER_LENGTH else _ABSURD


def _read_float(text: str) -> float | Absurd:
    return float(text) if len(text) <= _NUMBER_LENGTH else _ABSURD


def _read_constant(text: str) -> Absurd:
    return _ABSURD


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_read_object,
    parse_int=_read_integer,
    parse_float=_read_float,
    parse_constant=_read_constant,
)
_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
)


def read_text(data: bytes) -> str:
    """The text of a frame; WireError when it is too long or not UTF-8."""
    if len(data) > FRAME_BYTES:
        raise WireError("", f"has {len(data)} bytes, at most {FRAME_BYTES} are read")
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError as error:
        raise WireError("", f"is not UTF-8: {error.reason} at byte {error.start}") from None


def _check_depth(text: str) -> None:
    """Refuse what could exhaust the parser's stack, which some interpreters do not survive."""
    if text.count("[") + text.count("{") <= FRAME_DEPTH:
        return
    brackets = _BRACKET.findall(_STRING.sub("", text))
    if max(accumulate(1 if bracket in "[{" else -1 for bracket in brackets)) > FRAME_DEPTH:
        raise WireError("", "is nested too deeply")


def parse(text: str) -> object:
    """The value of one JSON document, of which nothing is known yet; WireError when it is none."""
    _check_depth(text)
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        raise WireError("", f"is not JSON: {what} at character {error.pos}") from None
    except RecursionError:
        raise WireError("", "is nested too deeply") from None


def elements(text: str, key: str) -> list[str]:
    """The raw texts of the elements of the list at `key`: of an object that `parse` has read."""
    try:
        return list(_elements(text, key))
    except RecursionError:
        raise WireError("", "is nested too deeply") from None


def _elements(text: str, key: str) -> Iterator[str]:
    name, at = _DECODER.raw_decode(text, _after_mark(text, 0))
    at = _after_mark(text, at)
    while name != key:
        _, at = _DECODER.raw_decode(text, at)
        name, at = _DECODER.raw_decode(text, _after_mark(text, at))
        at = _after_mark(text, at)
    at = _after_mark(text, at)
    more = text[at] != "]"
    while more:
        _, end = _DECODER.raw_decode(text, at)
        yield text[at:end]
        mark = _skip(text, end)
        more = text[mark] == ","
        at = _skip(text, mark + 1)


def _after_mark(text: str, at: int) -> int:
    """Where the token behind the next mark (`{ [ , :`) begins."""
    return _skip(text, _skip(text, at) + 1)


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] in _SPACE:
        at += 1
    return at


def dump(value: JSON) -> str:
    """`value` as compact JSON text; WireError for what JSON or UTF-8 cannot hold."""
    try:
        text = _ENCODER.encode(value)
        if not text.isascii():
            text.encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise WireError("", f"cannot be written as JSON in UTF-8: {error}") from None
    return text


def show(value: object) -> str:
    """A parsed value in a few words, for a reason."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return ascii(value) if len(value) <= _SHOWN else f"a text of {len(value)} characters"
        case int() | float():
            return repr(value)
        case list():
            return "a list"
        case dict():
            return "an object"
        case Absurd():
            return "a number beyond bounds"
        case _:
            return f"a Python {type(value).__name__}"


def is_clean(text: str) -> bool:
    """Whether databases and UTF-8 can hold `text`: no NUL, no half of a surrogate pair."""
    if "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def check_json(value: object, path: str) -> JSON:
    """`value` itself when it is plain JSON within the bounds; WireError at `path` otherwise."""
    level = [value]
    for _ in range(DEPTH):
        level = _check_level(level, path)
        if not level:
            return value  # type: ignore[return-value]
    raise WireError(path, f"is nested deeper than {DEPTH}")


def _check_level(level: list[object], path: str) -> list[object]:
    """Check each value of one depth; the values one deeper."""
    below: list[object] = []
    for value in level:
        if type(value) is list:
            below.extend(value)
        elif type(value) is dict:
            if not all(isinstance(name, str) and is_clean(name) for name in value):
                raise WireError(path, "holds an object with an impossible key")
            below.extend(value.values())
        elif isinstance(value, Doubled):
            raise WireError(path, f"holds an object with the key {show(value.twice[0])} twice")
        elif not _is_leaf(value):
            raise WireError(path, f"holds {show(value)}, which cannot be kept")
    return below


def _is_leaf(value: object) -> bool:
    match value:
        case str():
            return is_clean(value)
        case None | bool():
            return True
        case int():
            return -INTEGER_MAX <= value <= INTEGER_MAX
        case float():
            return isfinite(value)
        case _:
            return False
