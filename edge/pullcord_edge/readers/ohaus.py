"""Ohaus: weight, unit, `?` while it is not stable, sometimes a legend behind."""

import re

from .event import Event, Measurement, Noise, Status
from .weight import read_amount

ASK = b"IP\r\n"
_LINE = re.compile(
    r"\s*(?P<amount>[+-]?\s*[\d.:]+\s*(?:lb:oz|[A-Za-z%/]+)?)(?:\s*(?P<moving>\?))?"
    r"(?:\s+(?P<legend>[A-Za-z]+))?(?:\s*(?P<late>\?))?\s*"
)
#: Legends of a weight on the pan; a tare, a total or a memory is none.
_WEIGHTS = frozenset(("", "N", "NET", "G", "B", "GROSS"))
_OVER = re.compile(r"\s*(?:-{3,}|.*\b(?:8\.3|OL|OVERLOAD|OVER)\b.*)\s*", re.IGNORECASE)
_UNDER = re.compile(r"\s*(?:_{3,}|.*\b(?:8\.4|UL|UNDERLOAD|UNDER)\b.*)\s*", re.IGNORECASE)


def read_ohaus(text: str) -> Event | None:
    """What one line means. Printed lines that are no weight (time, total, user) are a Status."""
    found = _LINE.fullmatch(text)
    amount = read_amount(found["amount"]) if found else None
    if found is None or amount is None:
        return _read_other(text)
    if (found["legend"] or "").upper() not in _WEIGHTS:
        return Status({"text": text.strip()})
    stable = not (found["moving"] or found["late"])
    return Measurement(amount[0], amount[1], stable)


def _read_other(text: str) -> Event | None:
    raw = text.encode("latin-1")
    if text.strip() == "ES":
        return Noise(raw, "syntax error")
    if not text.strip() or not all(" " <= char <= "~" for char in text):
        return None
    if _OVER.fullmatch(text):
        return Noise(raw, "overload")
    if _UNDER.fullmatch(text):
        return Noise(raw, "underload")
    return Status({"text": text.strip()})
