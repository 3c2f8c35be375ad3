"""One setting of a reader: what it may be, and where and how its firmware keeps it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from pullcord_edge.readers.option import did_you_mean, show

from .step import Ask, Watch

Value: TypeAlias = str | int | float | bool


class Kind(Protocol):
    """What a setting may be."""

    @property
    def about(self) -> str:
        """In words, for the list of settings."""

    def take(self, value: object) -> Value:
        """The value as it is compared and written. Raises ValueError with the reason."""


@dataclass(frozen=True, slots=True)
class Word:
    """One of a closed set of words; the number each stands for."""

    codes: Mapping[str, int]

    @property
    def about(self) -> str:
        """The words."""
        return " · ".join(self.codes)

    def take(self, value: object) -> Value:
        """The word."""
        if isinstance(value, str) and value in self.codes:
            return value
        raise ValueError(f"{show(value)} is unknown{did_you_mean(str(value), self.codes)}")

    def name(self, code: int) -> str:
        """The word of a number; the number itself where it has none."""
        found = (word for word, number in self.codes.items() if number == code)
        return next(found, f"0x{code:02X}")


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    @property
    def about(self) -> str:
        """The two."""
        return "true · false"

    def take(self, value: object) -> Value:
        """The flag."""
        if isinstance(value, bool):
            return value
        raise ValueError(f"must be true or false, is {show(value)}")


@dataclass(frozen=True, slots=True)
class Number:
    """A number from `low` to `high` in steps of `step`."""

    low: float
    high: float
    step: float = 1

    @property
    def about(self) -> str:
        """The range."""
        steps = "" if self.step == 1 else f", in steps of {self.step:g}"
        return f"{self.low:g} to {self.high:g}{steps}"

    def take(self, value: object) -> Value:
        """The number, whole where the steps are."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"must be a number, is {show(value)}")
        if not self.low <= value <= self.high:
            raise ValueError(f"{value:g} is out of range, it is {self.about}")
        steps = round(value / self.step)
        if abs(steps * self.step - value) > 1e-6:
            raise ValueError(f"{value:g} lies between two steps, it is {self.about}")
        return steps * int(self.step) if self.step >= 1 else round(steps * self.step, 6)


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a pattern, upper case."""

    pattern: str
    about: str

    def take(self, value: object) -> Value:
        """The text."""
        if isinstance(value, str) and re.fullmatch(self.pattern, value.upper()):
            return value.upper()
        raise ValueError(f"{show(value)} is not {self.about}")


@dataclass(frozen=True, slots=True)
class Codes:
    """A list of codes, kept as one text with blanks between."""

    pattern: str
    about: str

    def take(self, value: object) -> Value:
        """The codes in their order."""
        if not isinstance(value, list) or not value:
            raise ValueError(f"must be a list of texts, is {show(value)}")
        for code in value:
            if not isinstance(code, str) or not re.fullmatch(self.pattern, code):
                raise ValueError(f"{show(code)} is not {self.about}")
        return " ".join(value)


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes what a register shall hold. Several knobs of one register share one."""

    name: str
    make: Callable[[bytes], tuple[Ask, ...]]


@dataclass(frozen=True, slots=True)
class Register:
    """What one question reads. Without a question it cannot be read, and is taken for `blank`."""

    name: str
    ask: Ask | Watch | None = None
    blank: bytes = b""


@dataclass(frozen=True, slots=True)
class Knob:
    """A setting in its register. `get` says None where the register does not tell the value.

    `check` says why this reader cannot have the value. `law`: a reader that has it otherwise must
    not transmit. `slack`: so large a difference, relative to the value, is none. `option`: the
    station's own option that must say the same.
    """

    name: str
    about: str
    kind: Kind
    register: Register
    writer: Writer
    get: Callable[[bytes], Value | None]
    put: Callable[[bytes, Value], bytes]
    check: Callable[[bytes, Value], str | None] = lambda _content, _value: None
    law: bool = False
    slack: float = 0.0
    option: str = ""

    def holds(self, content: bytes, wanted: Value) -> bool:
        """Whether the register has the wanted value."""
        found = self.get(content)
        if isinstance(found, bool | str) or found is None:
            return found == wanted
        return not isinstance(wanted, str) and abs(found - wanted) <= 1e-6 + self.slack * abs(
            wanted
        )


def bits(content: bytes, at: int, shift: int, size: int) -> int:
    """The number in `size` bits of byte `at`, from bit `shift` on."""
    return content[at] >> shift & (1 << size) - 1


def with_bits(content: bytes, at: int, shift: int, size: int, value: int) -> bytes:
    """The content with that number there instead."""
    mask = (1 << size) - 1 << shift
    byte = content[at] & ~mask | value << shift & mask
    return content[:at] + bytes([byte]) + content[at + 1 :]
