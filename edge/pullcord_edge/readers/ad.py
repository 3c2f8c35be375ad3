"""A&D: `ST,+00012.34  g`; the comma-separated line that CAS and other indicators print as well."""

import re

from .event import Event, Noise, Status
from .scale import measure

ASK = b"Q\r\n"
STABLE, UNSTABLE, OVER = ("ST", "QT"), ("US",), ("OL", "UL")
_ERROR = re.compile(r"EC,\s*(E\d+)")


def read_ad(text: str) -> Event | None:
    """What one line means."""
    if text == "\x06":
        return Status({"command": "ACK"})
    error = _ERROR.fullmatch(text.strip())
    if error is not None:
        return Noise(text.encode("latin-1"), f"not executable: {error[1]}")
    head, comma, _ = text.partition(",")
    return _read_fields(text, head.strip(), text.rpartition(",")[2]) if comma else None


def _read_fields(text: str, head: str, last: str) -> Event | None:
    if head in OVER:
        low = head == "UL" or last.strip().startswith("-")
        reason = "overload: below the range" if low else "overload"
        return Noise(text.encode("latin-1"), reason)
    if head not in STABLE + UNSTABLE:
        return None
    return measure(last, head in STABLE)
