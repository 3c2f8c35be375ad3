"""What a driver says: cards, measurements, presence, device facts, noise, bytes to be sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

Fact: TypeAlias = str | int | float | bool | None
Facts: TypeAlias = Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class CardRead:
    """One good frame of a tag or a printed code. `symbology`: the AIM identifier, where sent."""

    code: str
    symbology: str | None = None
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TagsPresent:
    """A whole look of the reader is over and saw exactly these codes; none: it saw nothing."""

    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One good measurement. `unit` None: the device sends none; `stable` None: it does not tell."""

    value: float
    unit: str | None
    stable: bool | None
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Status:
    """What the device says of itself or of a command: firmware, power, an error code, done."""

    facts: Facts


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that are no good frame. `reason` starts with a word of `docs/readers/index.md`."""

    data: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes the driver wants written to the device."""

    data: bytes


Event: TypeAlias = CardRead | TagsPresent | Measurement | Status | Noise | Send


class Driver(Protocol):
    """A sans-I/O reader. `now`: seconds, never going back. No bytes make it raise."""

    @property
    def due_at(self) -> float | None:
        """When `tick` should next be called; None: nothing is pending."""

    def start(self, now: float) -> list[Event]:
        """The port was opened (again): forget what was half read, wake the device."""

    def feed(self, data: bytes, now: float) -> list[Event]:
        """Bytes arrived."""

    def tick(self, now: float) -> list[Event]:
        """Time passed: endings by silence, time-outs, the next question."""
