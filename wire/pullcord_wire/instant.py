"""Instants: whole milliseconds since 1970-01-01T00:00:00Z inside, RFC 3339 text on the wire."""

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,12})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def format_instant(at: int) -> str:
    """`at` (ms) as RFC 3339 in UTC with milliseconds and `Z`."""
    text = (_EPOCH + at * _MS).isoformat(timespec="milliseconds")
    return text[:-6] + "Z"


def parse_instant(text: str) -> int:
    """RFC 3339 text with an offset as ms, floored; ValueError for anything else."""
    if not _RFC3339.fullmatch(text):
        raise ValueError("an instant is RFC 3339 with an offset, such as 2026-11-23T08:15:00.123Z")
    return (datetime.fromisoformat(text.upper()) - _EPOCH) // _MS
