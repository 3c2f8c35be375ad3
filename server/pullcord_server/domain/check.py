"""The outcome of one check: what was seen, and the fix as a command to type."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Good, worth a look, or broken."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One named check."""

    name: str
    status: Outcome
    seen: str
    fix: str = ""


def passed(name: str, seen: str) -> Check:
    """Nothing to do."""
    return Check(name, Outcome.PASS, seen)


def warned(name: str, seen: str, fix: str) -> Check:
    """It works, but."""
    return Check(name, Outcome.WARN, seen, fix)


def failed(name: str, seen: str, fix: str) -> Check:
    """It does not work."""
    return Check(name, Outcome.FAIL, seen, fix)


def judged(name: str, good: bool, seen: str, fix: str) -> Check:
    """Passed or failed."""
    return passed(name, seen) if good else failed(name, seen, fix)
