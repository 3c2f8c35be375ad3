"""Pins of the header: BCM numbers, and who took which."""

from typing import Any, Final

from pullcord_edge.config.section import Section
from pullcord_edge.readers.option import show

#: The 40-pin header of every Pi since the B+: physical pin → BCM number.
HEADER: Final = {
    3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10,
    21: 9, 22: 25, 23: 11, 24: 8, 26: 7, 27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19,
    36: 16, 37: 26, 38: 20, 40: 21,
}  # fmt: skip
_HOW: Final = 'write the BCM number (0 to 27) of the pin, or "BOARD11" for its place'


class Pins:
    """Every pin that was given out, by whom; a second taker is a problem."""

    def __init__(self) -> None:
        self._taken: dict[int, str] = {}

    def take(self, section: Section, key: str, use: str) -> int | None:
        """The pin at `key`, taken for `use`; None, and a problem, where that cannot be."""
        if not section.has(key):
            return None
        value = section.table[key]
        pin = read_pin(value)
        if pin is None:
            section.wrong(key, f"{show(value)} is no pin of the header", _HOW)
            return None
        owner = self._taken.setdefault(pin, use)
        if owner != use:
            section.wrong(
                key, f"pin {pin} is already taken by {owner}", "give one of the two another pin"
            )
            return None
        return pin


def read_pin(value: Any) -> int | None:
    """17, "17", "GPIO17", "BCM17" or "BOARD11" as a BCM number; None for anything else."""
    if type(value) is int:
        return value if 0 <= value <= 27 else None
    if type(value) is not str:
        return None
    text = value.strip().upper()
    for prefix in ("GPIO", "BCM", "BOARD", ""):
        digits = text.removeprefix(prefix)
        if text.startswith(prefix) and digits.isascii() and digits.isdigit() and len(digits) < 3:
            return HEADER.get(int(digits)) if prefix == "BOARD" else read_pin(int(digits))
    return None
