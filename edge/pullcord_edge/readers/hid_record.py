"""Records of a USB keyboard as keys: boot reports, and Linux input events."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from .key import FIRST_MODIFIER, LAST_USAGE, USAGE_OF_CODE

EV_SYN, EV_KEY, LAST_TYPE = 0, 1, 0x1F
SYN_DROPPED = 3


class Format(StrEnum):
    """How keys come: 8-byte boot reports, or `struct input_event` of 64 or 32 bit systems."""

    BOOT = "boot-report-8"
    EVDEV_64 = "evdev-24"
    EVDEV_32 = "evdev-16"


@dataclass(frozen=True, slots=True)
class Key:
    """A key went down (or up), with the modifiers held."""

    usage: int
    modifiers: int
    down: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """A record that is none, or the kernel's word that keys were lost."""

    data: bytes
    reason: str


class BootReports:
    """Keys of 8-byte reports: a key is new when the report before did not have it."""

    size = 8

    def __init__(self) -> None:
        self._held: tuple[int, ...] = ()
        self._modifiers = 0

    def clear(self) -> None:
        """No key is held."""
        self._held, self._modifiers = (), 0

    def settle(self) -> None:
        """It was silent: a release that was lost must not hide the next press."""
        self.clear()

    def read(self, record: bytes) -> Iterator[Key | Lost]:
        """The keys that changed with this report."""
        usages = tuple(usage for usage in record[2:] if usage)
        if record[1] or any(usage > LAST_USAGE for usage in usages):
            yield Lost(record, "framing: not a keyboard report")
            return
        if 0x01 in usages:
            return  # too many keys at once: the device says that it cannot tell
        modifiers = record[0]
        for bit in range(8):
            if (modifiers ^ self._modifiers) >> bit & 1:
                yield Key(FIRST_MODIFIER + bit, modifiers, bool(modifiers >> bit & 1))
        for usage in usages:
            if usage not in self._held:
                yield Key(usage, modifiers, True)
        self._held, self._modifiers = usages, modifiers


class InputEvents:
    """Keys of Linux input events."""

    def __init__(self, layout: str) -> None:
        self._layout = struct.Struct(layout)
        self.size = self._layout.size
        self._modifiers = 0

    def clear(self) -> None:
        """No key is held."""
        self._modifiers = 0

    def settle(self) -> None:
        """It was silent: a modifier may be held for long, every press is told anyway."""

    def read(self, record: bytes) -> Iterator[Key | Lost]:
        """The key of this event, if it is one."""
        _, micros, kind, code, value = self._layout.unpack(record)
        if not 0 <= micros < 1_000_000 or kind > LAST_TYPE:
            yield Lost(record, "framing: not an input event")
        elif kind == EV_SYN and code == SYN_DROPPED:
            yield Lost(record, "truncated: the kernel dropped keys")
        elif kind == EV_KEY and value in (0, 1) and code in USAGE_OF_CODE:
            usage = USAGE_OF_CODE[code]
            if usage >= FIRST_MODIFIER:
                bit = 1 << usage - FIRST_MODIFIER
                self._modifiers = self._modifiers | bit if value else self._modifiers & ~bit
            yield Key(usage, self._modifiers, bool(value))


RECORDS: dict[Format, Callable[[], BootReports | InputEvents]] = {
    Format.BOOT: BootReports,
    Format.EVDEV_64: lambda: InputEvents("<qqHHi"),
    Format.EVDEV_32: lambda: InputEvents("<iiHHi"),
}
