"""Single values of a TOML file: read as what they should be (None: they are not), and shown."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from fractions import Fraction
from typing import Any, TypeVar

from .duration import parse_date, parse_time

Value = TypeVar("Value")

_NAME = re.compile(r"\w[\w.-]{0,63}")
_LOGIN = re.compile(r"//.*@", re.DOTALL)


def shown(value: Any) -> str:
    """A value as the file's writer knows it, not longer than a line, without a login in an address."""
    match value:
        case bool():
            text = str(value).lower()
        case str():
            text = f'"{_LOGIN.sub("//…@", value)}"'
        case list():
            text = (
                "[" + ", ".join(shown(v) for v in value[:8]) + ("]" if len(value) < 9 else ", …]")
            )
        case dict():
            text = "a table"
        case date() | time() | datetime():
            text = value.isoformat()
        case _:
            text = str(value)
    text = "".join(c if c.isprintable() else "�" for c in text)
    return text if len(text) <= 80 else text[:79] + "…"


def parse_text(parse: Callable[[str], Value | None]) -> Callable[[Any], Value | None]:
    """A reader of texts as a reader of anything."""
    return lambda value: parse(value) if isinstance(value, str) else None


def read_time(value: Any) -> int | None:
    """A time of the day as its minute."""
    return parse_time(value)


def read_span(value: Any) -> tuple[int, int] | None:
    """`["06:00", "14:00"]` as minutes of the day; the end may be 24:00, or on the next day."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    first, last = parse_time(value[0]), parse_time(value[1], to_midnight=True)
    return None if first is None or last is None else (first, last)


def read_date(value: Any) -> str | None:
    """A date as ISO text."""
    found = parse_date(value)
    return None if found is None else found.isoformat()


def read_name(value: Any) -> str | None:
    """An id."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else None


def read_text(value: Any) -> str | None:
    """A line of text that is not blank."""
    good = isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= 200
    return value if good else None


def read_whole(value: Any) -> int | None:
    """A whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_flag(value: Any) -> bool | None:
    """true or false."""
    return value if isinstance(value, bool) else None


def read_number(value: Any) -> Fraction | None:
    """A number as it is written, also in quotes."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if not re.fullmatch(r"-?\d{1,12}(\.\d{1,12})?", str(value).strip()):
        return None
    return Fraction(str(value).strip())
