"""One start of the program as the journal keeps it, and the id it goes by."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from pullcord_wire.message import Follows

_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME_DIGITS: Final = 10
_RANDOM_BYTES: Final = 10
_TIME_MAX: Final = 2**48 - 1


@dataclass(frozen=True, slots=True)
class Start:
    """Where and when the program starts: `at` wall time, ms since 1970, right or wrong."""

    site: str
    station: str
    boot: str
    at: int


@dataclass(frozen=True, slots=True)
class Head:
    """What never changes of a journal."""

    id: str
    site: str
    station: str
    boot: str
    at: int
    follows: Follows | None


def new_id(at: int, before: str | None, entropy: Callable[[int], bytes]) -> str:
    """A ULID: 48 bits of time, 80 of `entropy`; it sorts after `before`, whatever the clock says."""
    time = min(max(at, 0), _TIME_MAX)
    if before is not None:
        time = max(time, _time_of(before) + 1)
    return _digits(time, _TIME_DIGITS) + _digits(int.from_bytes(entropy(_RANDOM_BYTES), "big"), 16)


def write_head(head: Head) -> bytes:
    """`head` as JSON text."""
    return json.dumps(asdict(head), ensure_ascii=False, separators=(",", ":")).encode()


def read_head(data: bytes) -> Head:
    """The head `write_head` wrote; its bytes were proved before."""
    fields = json.loads(data)
    follows = fields.pop("follows")
    return Head(**fields, follows=Follows(**follows) if follows else None)


def _digits(number: int, count: int) -> str:
    return "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(count)))


def _time_of(id: str) -> int:
    time = 0
    for digit in id[:_TIME_DIGITS]:
        time = time << 5 | _DIGITS.index(digit)
    return time
