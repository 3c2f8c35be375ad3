"""Rows out of the raw pages of an SQLite file whose trees may lead nowhere any more.

The layout is that of https://www.sqlite.org/fileformat2.html; what is carved proves itself.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

PAGE_SIZE: Final = 1024
"""The size of every page of a journal's file."""
_PAYLOAD_MAX: Final = 1024 * 1024
_INTEGER_SIZES: Final = (0, 1, 2, 3, 4, 6, 8)
_LEAF: Final = 0x0D
_LEAF_HEADER: Final = 8
_ROOM: Final = PAGE_SIZE - 35
_LEAST: Final = (PAGE_SIZE - 12) * 32 // 255 - 23

Value: TypeAlias = int | bytes | None
Fetch: TypeAlias = Callable[[int], bytes]
"""The page with a number, from 1; IndexError when there is none."""


def carve(page: bytes, fetch: Fetch) -> Iterator[tuple[int, tuple[Value, ...]]]:
    """Each row `page` may hold if it is a leaf of a table: its rowid and its columns."""
    if page[0] != _LEAF:
        return
    count = int.from_bytes(page[3:5], "big")
    for place in range(min(count, PAGE_SIZE // 4)):
        at = _LEAF_HEADER + 2 * place
        try:
            yield _cell(page, int.from_bytes(page[at : at + 2], "big"), fetch)
        except (IndexError, ValueError):
            continue


def _cell(page: bytes, at: int, fetch: Fetch) -> tuple[int, tuple[Value, ...]]:
    size, at = _varint(page, at)
    if size > _PAYLOAD_MAX:
        raise ValueError("no row is so long")
    rowid, at = _varint(page, at)
    local = _local(size)
    payload = page[at : at + local]
    if local < size:
        payload += _overflow(page[at + local : at + local + 4], size - local, fetch)
    return rowid, tuple(_columns(payload))


def _local(size: int) -> int:
    """How many bytes of a row stand in the cell; the rest is in a chain of pages."""
    if size <= _ROOM:
        return size
    some = _LEAST + (size - _LEAST) % (PAGE_SIZE - 4)
    return some if some <= _ROOM else _LEAST


def _overflow(pointer: bytes, size: int, fetch: Fetch) -> bytes:
    """The rest of a row, from its chain of pages."""
    rest = b""
    while len(rest) < size:
        page = fetch(int.from_bytes(pointer, "big"))
        pointer, rest = page[:4], rest + page[4:PAGE_SIZE]
    return rest[:size]


def _columns(payload: bytes) -> Iterator[Value]:
    """The values of a record; reals and texts, which journals do not have, make it a ValueError."""
    end, at = _varint(payload, 0)
    body = end
    while at < end:
        kind, at = _varint(payload, at)
        if kind in (8, 9):
            yield kind - 8
            continue
        if kind < len(_INTEGER_SIZES):
            size = _INTEGER_SIZES[kind]
        elif kind >= 12 and kind % 2 == 0:
            size = (kind - 12) // 2
        else:
            raise ValueError("no column of a journal")
        data = payload[body : body + size]
        if len(data) < size:
            raise IndexError("the row is cut")
        body += size
        yield data if kind >= 12 else int.from_bytes(data, "big", signed=True) if kind else None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of 1 to 9 bytes at `at`, and where the next thing begins."""
    value = 0
    for step in range(8):
        byte = data[at + step]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + step + 1
    return value << 8 | data[at + 8], at + 9
