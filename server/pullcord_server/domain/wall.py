"""The clock on the wall: minutes of local days as instants. Instants are ms since 1970 UTC."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1)
_SECOND = 1000


@lru_cache(maxsize=65_536)
def instant_of(timezone: str, day: int, minute: int) -> int:
    """When the clock shows `minute` (0 to 1440) of day `day` (ordinal) for the first time.

    A time that is skipped is the moment of the skip, so that order is kept.
    """
    zone = ZoneInfo(timezone)
    shown = datetime.combine(date.fromordinal(day), datetime.min.time()) + timedelta(minutes=minute)
    at, later = (_utc(shown.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if at <= later:  # a time shown once, or twice
        return at
    return _skip(zone, later, at)


def day_of(timezone: str, at: int) -> int:
    """The local day (ordinal) that `at` falls in: days begin when midnight is first shown."""
    day = (_EPOCH + timedelta(milliseconds=at)).replace(tzinfo=UTC).astimezone(ZoneInfo(timezone))
    ordinal = day.toordinal()
    while at >= instant_of(timezone, ordinal + 1, 0):
        ordinal += 1
    return ordinal


def _utc(shown: datetime) -> int:
    return (shown.astimezone(UTC).replace(tzinfo=None) - _EPOCH) // timedelta(milliseconds=1)


def _skip(zone: ZoneInfo, before: int, after: int) -> int:
    """The moment in (before, after] at which the zone's clock jumps ahead."""
    offset = _offset(zone, after)
    while after - before > _SECOND:
        middle = (before + after) // 2 // _SECOND * _SECOND
        if _offset(zone, middle) == offset:
            after = middle
        else:
            before = middle
    return after


def _offset(zone: ZoneInfo, at: int) -> timedelta | None:
    return datetime.fromtimestamp(at / 1000, zone).utcoffset()


def clock_of(timezone: str, at: int) -> str:
    """What the clock on the wall shows: `06:00`."""
    return datetime.fromtimestamp(at / 1000, ZoneInfo(timezone)).strftime("%H:%M")
