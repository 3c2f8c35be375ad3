"""Instants: whole milliseconds since 1970-01-01T00:00:00Z inside, RFC 3339 text on the wire."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def format_instant(at: int) -> str:
    """`at` (ms) as RFC 3339 in UTC with milliseconds and `Z`."""
    text = (_EPOCH + at * _MS).isoformat(timespec="milliseconds")
    return text[:-6] + "Z"


def parse_instant(text: str) -> int:
    """RFC 3339 text with an offset as ms, floored; ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant needs an offset, such as Z")
    return (moment - _EPOCH) // _MS
