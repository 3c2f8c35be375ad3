"""A weight as scales print it: sign, digits, unit."""

import re

_AMOUNT = re.compile(
    r"\s*(?P<sign>[+-]?)\s*(?P<digits>\d+(?:[.,]\d*)?|[.,]\d+)\s*(?P<unit>[A-Za-z%/][A-Za-z%/. ]*?)?\s*"
)
_POUNDS = re.compile(r"\s*([+-]?)\s*(\d+)\s*:\s*(\d+(?:\.\d+)?)\s*(?:lb:oz)?\s*")
_UNITS = {"pc": "pcs", "pce": "pcs", "stk": "pcs"}


def read_amount(text: str) -> tuple[float, str | None] | None:
    """Value and unit (None: none is there) of the whole text; None where it is no amount.

    Blanks may stand between sign and digits, nowhere inside the digits. Pounds and ounces
    (`1:12.5`) become ounces.
    """
    found = _AMOUNT.fullmatch(text)
    if found is None:
        return _read_pounds(text)
    value = float(found["sign"] + found["digits"].replace(",", "."))
    return value, to_unit(found["unit"])


def to_unit(text: str | None) -> str | None:
    """A unit in the station's spelling: small letters, `pcs` for pieces."""
    if not text:
        return None
    unit = text.strip().lower()
    return _UNITS.get(unit, unit)


def _read_pounds(text: str) -> tuple[float, str | None] | None:
    found = _POUNDS.fullmatch(text)
    if found is None:
        return None
    ounces = int(found[2]) * 16 + float(found[3])
    return (-ounces if found[1] == "-" else ounces), "oz"
