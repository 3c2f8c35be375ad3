"""Readers of one field of a parsed object: its value in its type, or a WireError that names it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from math import isfinite
from typing import Final, TypeAlias, TypeVar

from pullcord_wire.document import INTEGER_MAX, Doubled, is_clean, show
from pullcord_wire.instant import parse_instant
from pullcord_wire.message import Ask, ClockState, WireError

NAME_LENGTH: Final = 256
"""The longest name: of a station, reader, sensor, boot, server, command and the like."""
INSTANT_MAX: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""
_TOKEN: Final = re.compile(r"[0-9A-Za-z._-]{1,64}")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_MISSING: Final = object()

Fields: TypeAlias = dict[str, object]
Choice = TypeVar("Choice", bound=StrEnum)
Value = TypeVar("Value")


def fields_of(value: object) -> Fields:
    """`value` as an object in which no key stands twice."""
    if type(value) is dict:
        return value
    if isinstance(value, Doubled):
        raise WireError(clip(value.twice[0]), "stands twice")
    raise WireError("", f"must be an object, is {show(value)}")


@contextmanager
def within(path: str) -> Iterator[None]:
    """Every WireError raised inside has a path that begins with `path`."""
    try:
        yield
    except WireError as error:
        joined = f"{path}.{error.path}" if error.path else path
        raise WireError(joined, error.reason) from None


def clip(key: str) -> str:
    """A foreign key as it may stand in a path."""
    return key if 0 < len(key) <= 64 and key.isprintable() else ascii(key[:64])


def key(name: str) -> str:
    """A foreign key that is used as a name itself."""
    if not name or len(name) > NAME_LENGTH or not is_clean(name):
        raise WireError(clip(name), f"must be a name of 1 to {NAME_LENGTH} characters")
    return name


def take(fields: Fields, key: str) -> object:
    """What stands at `key`; WireError when nothing does."""
    value = fields.get(key, _MISSING)
    if value is _MISSING:
        raise WireError(key, "is missing")
    return value


def text(fields: Fields, key: str) -> str:
    """A text, possibly empty, that databases can hold."""
    value = take(fields, key)
    if type(value) is not str:
        raise WireError(key, f"must be a text, is {show(value)}")
    if not is_clean(value):
        raise WireError(key, "must not hold NUL or half of a surrogate pair")
    return value


def filled(fields: Fields, key: str) -> str:
    """A text that is not empty: a code."""
    value = text(fields, key)
    if not value:
        raise WireError(key, "must not be empty")
    return value


def name(fields: Fields, key: str) -> str:
    """A short text that is not empty: a name or an id of the plant's."""
    value = filled(fields, key)
    if len(value) > NAME_LENGTH:
        raise WireError(key, f"has {len(value)} characters, at most {NAME_LENGTH} are allowed")
    return value


def optional(read: Callable[[Fields, str], Value], fields: Fields, key: str) -> Value | None:
    """What `read` gives, or None where the key holds null."""
    return None if take(fields, key) is None else read(fields, key)


def items(fields: Fields, key: str) -> list[object]:
    """A list of whatever."""
    value = take(fields, key)
    if type(value) is not list:
        raise WireError(key, f"must be a list, is {show(value)}")
    return value


def flag(fields: Fields, key: str) -> bool:
    """true or false."""
    value = take(fields, key)
    if type(value) is not bool:
        raise WireError(key, f"must be true or false, is {show(value)}")
    return value


def integer(fields: Fields, key: str, low: int = 0) -> int:
    """A whole number from `low` to the largest of 64 bits."""
    value = take(fields, key)
    if type(value) is not int:
        raise WireError(key, f"must be a whole number, is {show(value)}")
    if not low <= value <= INTEGER_MAX:
        raise WireError(key, f"must be from {low} to {INTEGER_MAX}, is {show(value)}")
    return value


def number(fields: Fields, key: str) -> float:
    """A finite number, whole or not."""
    value = take(fields, key)
    if type(value) is float and isfinite(value):
        return value
    if type(value) is int and -INTEGER_MAX <= value <= INTEGER_MAX:
        return float(value)
    raise WireError(key, f"must be a number within bounds, is {show(value)}")


def instant(fields: Fields, key: str) -> int:
    """An RFC 3339 time of the years 1970 to 9999, as ms since 1970."""
    value = take(fields, key)
    if type(value) is not str:
        raise WireError(key, f"must be an RFC 3339 time, is {show(value)}")
    try:
        at = parse_instant(value)
    except ValueError:
        raise WireError(key, f"must be an RFC 3339 time, is {show(value)}") from None
    if not 0 <= at <= INSTANT_MAX:
        raise WireError(key, f"must be of the years 1970 to 9999, is {show(value)}")
    return at


def choice(choices: type[Choice]) -> Callable[[Fields, str], Choice]:
    """A reader of one of a closed set of words."""
    words = {member.value: member for member in choices}

    def read(fields: Fields, key: str) -> Choice:
        value = take(fields, key)
        member = words.get(value) if type(value) is str else None
        if member is None:
            raise WireError(key, f"must be one of {', '.join(words)}, is {show(value)}")
        return member

    return read


clock_state: Final = choice(ClockState)


def journal_id(fields: Fields, key: str) -> str:
    """The id of a journal: 1 to 64 of `0-9 A-Z a-z . _ -`."""
    value = take(fields, key)
    if type(value) is not str or not _TOKEN.fullmatch(value):
        raise WireError(key, f"must be 1 to 64 of 0-9 A-Z a-z . _ -, is {show(value)}")
    return value


def entry_id(fields: Fields, key: str) -> str:
    """The name of an entry, `<journal>.<seq>`."""
    value = take(fields, key)
    if type(value) is str:
        journal, _, digits = value.rpartition(".")
        if _TOKEN.fullmatch(journal) and _NUMBER.fullmatch(digits) and digits != "0":
            return value
    raise WireError(key, f"must be <journal>.<seq>, is {show(value)}")


def ask(fields: Fields, key: str) -> Ask:
    """The name of a question, `<run>.<number>`: 3 to 64 of `0-9 A-Z a-z . _ -`."""
    value = journal_id(fields, key)
    run, _, digits = value.rpartition(".")
    if not run or not _NUMBER.fullmatch(digits) or int(digits) > INTEGER_MAX:
        raise WireError(key, f"must be <run>.<number>, is {show(value)}")
    return Ask(run, int(digits))
