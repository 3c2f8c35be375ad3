"""Sartorius SBI: 16 characters, or 22 with an identification; a blank unit means *not stable*."""

import re

from .event import Event, Measurement, Noise, Status
from .weight import to_unit

ASK = b"\x1bP\r\n"
HEAD = 6
_VALUE = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<digits>\d+(?:\.\d*)?|\.\d+)(?:\s*(?P<unit>[^\s\d?]\S*))?\s*(?P<moving>\?)?"
)
#: Identifications of a weight; others (tare, reference, statistics) are no weight on the pan.
_WEIGHTS = frozenset(("", "N", "N1", "G", "G#", "Qnt", "Net", "Gross"))
_CODES = {"H": "overload", "HH": "overload", "HIGH": "overload"}
_CODES |= {"L": "underload", "LL": "underload", "LOW": "underload"}
_ERROR = re.compile(r"(?:ERR\.?\s*#?\s*(\d+)|(APP|DIS|PRT)\.?\s?ERR?\.?)", re.IGNORECASE)


def read_sbi(text: str) -> Event | None:
    """What one line means."""
    if not text.strip():
        return Status({"text": "blank display"})
    if text.startswith("Stat"):
        return _read_code(text, text[4:].strip())
    head, body = _split(text)
    found = _VALUE.fullmatch(re.sub(r"[\[\])]", "", body).strip())
    if found is None:
        return _read_code(text, body.strip())
    if head not in _WEIGHTS:
        return Status({"id": head, "text": body.strip()})
    unit = to_unit(found["unit"])
    stable = unit is not None and found["moving"] is None
    value = float(found["sign"] + found["digits"])
    return Measurement(value, unit, stable, {"id": head} if head else {})


def _split(text: str) -> tuple[str, str]:
    """The identification, where there is one, and what stands behind it."""
    head = text[:HEAD].strip()
    if text[0].isalpha() and head.upper() not in _CODES and len(text) > HEAD:
        return head, text[HEAD:]
    return "", text


def _read_code(text: str, code: str) -> Event | None:
    raw = text.encode("latin-1")
    if code.upper() in _CODES:
        return Noise(raw, _CODES[code.upper()])
    if _ERROR.fullmatch(code):
        return Noise(raw, f"not executable: {code}")
    if code in ("C", "--", "- -") or code.lower().startswith("cal"):
        return Status({"text": code})
    return None
