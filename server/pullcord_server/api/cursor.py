"""Cursors: where a page of a collection ended, as text that only this module reads."""

import base64
import json
from collections.abc import Sequence
from typing import TypeAlias

Key: TypeAlias = tuple[int | str, ...]


def write(collection: str, key: Sequence[int | str]) -> str:
    """The cursor behind the row with `key`, the values that the collection is ordered by."""
    text = json.dumps([collection, *key], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(collection: str, cursor: str, kinds: Sequence[type]) -> Key:
    """The key in a cursor of `collection`, one value for each of `kinds`; ValueError for any other text."""
    found = _load(cursor)
    if isinstance(found, list) and len(found) == len(kinds) + 1 and found[0] == collection:
        key = found[1:]
        if all(type(value) is kind for value, kind in zip(key, kinds, strict=True)) and _fits(key):
            return tuple(key)
    raise ValueError(f"is not a cursor of {collection}; send `next` of the page before as it is")


def _load(cursor: str) -> object:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        loaded: object = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        return None
    return loaded


def _fits(key: Sequence[int | str]) -> bool:
    """Whether every number is one that a database takes."""
    return all(not isinstance(v, int) or -(2**63) <= v < 2**63 for v in key)
