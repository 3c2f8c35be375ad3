"""Mettler-Toledo MT-SICS and KERN KCP: `S S 100.00 g` and what else a balance answers."""

import re

from .event import Event, Noise, Status
from .scale import measure

ASK = b"SI\r\n"
_ERRORS = {"ES": "syntax error", "ET": "transmission error", "EL": "logical error"}
_REFUSALS = {
    "I": "not executable",
    "L": "logical error",
    "+": "overload",
    "-": "underload",
}
_WEIGHING = frozenset(("S", "SI", "SIR", "SU", "SIU", "SIRU", "SR", "SRU", "SNR", "SNRU", "SX"))
_LINE = re.compile(
    r"(?P<name>@|[A-Z]{1,4}\d{0,3})(?:\s+(?P<state>[A-Z+-])(?:\s+(?P<rest>.*))?)?\s*"
)


def read_sics(text: str) -> Event | None:
    """What one line means."""
    found = _LINE.fullmatch(text.strip())
    if found is None:
        return None
    name, state, rest = found["name"], found["state"], found["rest"] or ""
    if name in _ERRORS and not state:
        return Noise(text.encode("latin-1"), _ERRORS[name])
    if state in _REFUSALS and not rest:
        return Noise(text.encode("latin-1"), _REFUSALS[state])
    if name in _WEIGHING and state in ("S", "D"):
        return _weigh(text, rest, stable=state == "S")
    if state:
        return Status({"command": name, "state": state, "text": rest.strip('" ')})
    return Status({"command": name, "from": "host"})


def _weigh(text: str, rest: str, *, stable: bool) -> Event | None:
    if rest.startswith("Error"):
        return Noise(text.encode("latin-1"), f"not executable: {rest.strip()}")
    return measure(rest, stable)
