"""Printed codes: `PC-<card>-<version>-<check>`; what is read under a reader is one of them, or a tag."""

import re
from dataclasses import dataclass

from stdnum.iso7064 import mod_37_36

_PREFIX = "PC-"
_CODE = re.compile(r"PC-([0-9A-Z][0-9A-Z-]*-[0-9]{3,})-([1-9][0-9]*)-[0-9A-Z]")
_SIGN = re.compile(r"[0-9A-Z]")


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed code that was read well: the card and the version of its print."""

    card: str
    version: int


@dataclass(frozen=True, slots=True)
class Misread:
    """A printed code that was read badly: a sign is wrong or missing."""

    code: str


def printed_code(card: str, version: int) -> str:
    """The code on version `version` of a card's print; ValueError where no printed code can say it."""
    body = f"{_PREFIX}{card}-{version}"
    code = f"{body}-{_check(body)}"
    if not _CODE.fullmatch(code):
        raise ValueError(f"no printed code for card {card!r}, version {version}")
    return code


def parse(code: str) -> Printed | Misread | None:
    """What a printed code says; None for the code of a tag. Only what begins with PC- can be misread.

    Small letters are taken as capitals: a scanner types them when the keyboard's lock is on.
    """
    capital = code.upper()
    if not capital.startswith(_PREFIX):
        return None
    found = _CODE.fullmatch(capital)
    if found is None or _check(capital[:-2]) != capital[-1]:
        return Misread(code)
    return Printed(found[1], int(found[2]))


def _check(body: str) -> str:
    """ISO 7064 Mod 37,36 over the letters and digits of `body`."""
    check: str = mod_37_36.calc_check_digit("".join(_SIGN.findall(body)))
    return check
