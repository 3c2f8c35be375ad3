"""USB keyboards: scanners and RFID pads that type, as boot reports or as Linux input events."""

from enum import StrEnum

from .event import Event, Noise, Status
from .hid_record import RECORDS, Format, Key, Lost
from .key import (
    ALT,
    CHARACTER,
    CTRL,
    DIGITS,
    ENTER,
    F8,
    FIRST_MODIFIER,
    GUI,
    SHIFT,
    TAB,
    control_of,
)
from .line import SHORTEST_BY_SILENCE, split_aim, to_read

LIMIT = 8192
#: The left and the right Alt key, and how many digits its longest number has.
ALT_KEYS, ALT_DIGITS = (0xE2, 0xE6), 4


class Separator(StrEnum):
    """How the scanner types FNC1. Alt and 0029 on the keypad, and Ctrl ], are always understood."""

    STANDARD = "standard"
    ALT_0029 = "gs-as-alt-0029"
    F8 = "gs-as-f8"


class Suffix(StrEnum):
    """Which key ends a code."""

    ENTER = "enter"
    TAB = "tab"


class HidKeyboard:
    """A driver for keyboards. A code ends with the suffix key, or by silence when it is long enough."""

    def __init__(
        self,
        layout: Format = Format.BOOT,
        separator: Separator = Separator.STANDARD,
        suffix: Suffix = Suffix.ENTER,
        gap_s: float = 0.1,
    ) -> None:
        self._records = RECORDS[layout]()
        self._f8_separates = separator is Separator.F8
        self._ends = ENTER if suffix is Suffix.ENTER else frozenset((TAB,))
        self._gap_s = gap_s
        self._raw = bytearray()
        self._text: list[str] = []
        self._alt_digits = ""
        self._alt_held = 0
        self._spoiled = False
        self._last = 0.0

    @property
    def due_at(self) -> float | None:
        """When silence ends what was typed."""
        pending = self._raw or self._text or self._alt_digits or self._spoiled
        return self._last + self._gap_s if pending else None

    def start(self, now: float) -> list[Event]:
        """Forget what was half typed."""
        self._raw.clear()
        self._records.clear()
        self._forget()
        return []

    def feed(self, data: bytes, now: float) -> list[Event]:
        """Whole records, or parts of them."""
        out = self.tick(now)
        self._last = now
        self._raw += data
        size = self._records.size
        whole = len(self._raw) - len(self._raw) % size
        for at in range(0, whole, size):
            for item in self._records.read(bytes(self._raw[at : at + size])):
                out += self._press(item) if isinstance(item, Key) else self._lose(item)
        del self._raw[:whole]
        return out

    def tick(self, now: float) -> list[Event]:
        """A silence may end a code."""
        due = self.due_at
        if due is None or now < due:
            return []
        out: list[Event] = []
        self._records.settle()
        if self._raw:
            out.append(Noise(bytes(self._raw), "truncated: part of a record"))
            self._raw.clear()
        out += self._end_alt()
        text = "".join(self._text).removesuffix("\t")
        if self._text and not self._spoiled and len(text) < SHORTEST_BY_SILENCE:
            self._forget()
            return [*out, Status({"partial": text})]
        return out + self._end(text)

    def _press(self, key: Key) -> list[Event]:
        if not key.down:
            return self._release(key)
        if key.usage >= FIRST_MODIFIER:
            return []
        if key.modifiers & ALT:
            return self._press_alt(key)
        out = self._end_alt()
        if key.usage in self._ends and not key.modifiers & (CTRL | GUI):
            return out + self._end("".join(self._text))
        return out + self._type(self._character(key))

    def _press_alt(self, key: Key) -> list[Event]:
        """Alt and a number. Some scanners hold Alt for the whole number, some for each digit."""
        self._alt_digits += DIGITS.get(key.usage, "")
        self._alt_held += 1
        return self._end_alt() if len(self._alt_digits) == ALT_DIGITS else []

    def _release(self, key: Key) -> list[Event]:
        if key.modifiers & ALT or key.usage not in ALT_KEYS:
            return []
        held, self._alt_held = self._alt_held, 0
        return self._end_alt() if held > 1 else []

    def _end_alt(self) -> list[Event]:
        digits, self._alt_digits = self._alt_digits, ""
        return self._type(chr(int(digits) & 0xFF)) if digits else []

    def _character(self, key: Key) -> str:
        if key.usage == F8 and self._f8_separates:
            return "\x1d"
        pair = CHARACTER.get(key.usage)
        if pair is None or key.modifiers & GUI:
            return ""
        char = pair[1 if key.modifiers & SHIFT else 0]
        return (control_of(char) or "") if key.modifiers & CTRL else char

    def _type(self, char: str) -> list[Event]:
        if not char:
            return []
        self._text.append(char)
        if len(self._text) <= LIMIT:
            return []
        text = "".join(self._text)
        self._text.clear()
        self._spoiled = True
        return [Noise(text.encode(), "framing: too long for a code")]

    def _lose(self, lost: Lost) -> list[Event]:
        """A code that is being typed is spoiled: what is left of it would be another code."""
        self._spoiled = self._spoiled or bool(self._text)
        return [Noise(lost.data, lost.reason)]

    def _end(self, text: str) -> list[Event]:
        spoiled = self._spoiled
        self._forget()
        if spoiled:
            return [Noise(text.encode(), "truncated: keys of this code were lost")]
        symbology, code = split_aim(text)
        return [to_read(symbology, code)] if code else []

    def _forget(self) -> None:
        self._text.clear()
        self._alt_digits = ""
        self._alt_held = 0
        self._spoiled = False
