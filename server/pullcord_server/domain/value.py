"""A frozen value with some fields changed, at half the price of the standard library's way."""

from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

V = TypeVar("V")


def replace(value: V, /, **changes: Any) -> V:
    """As `dataclasses.replace`, for a frozen slotted dataclass without `__post_init__`."""
    kind: Any = type(value)
    read, setters = _access(kind)
    made: V = object.__new__(kind)
    for put, field in zip(setters.values(), read(value), strict=True):
        put(made, field)
    for name, field in changes.items():
        setters[name](made, field)
    return made


@cache
def _access(kind: type) -> tuple[Any, dict[str, Any]]:
    """What reads every field of `kind` at once, and the setter of each."""
    names = [field.name for field in fields(kind)]
    return attrgetter(*names), {name: getattr(kind, name).__set__ for name in names}
