"""A family of readers whose settings can be read and written over the line they read cards on."""

from collections.abc import Callable
from dataclasses import dataclass

from pullcord_edge.readers.framer import Scan

from .knob import Knob, Register
from .step import Ask


@dataclass(frozen=True, slots=True)
class Family:
    """How to talk to the readers of one driver.

    `probe`: the question that any of them answers; `identify` says what its answer tells of the
    device. `hush`: sent first, to end what the reader streams; `hush_s`: how long it needs.
    `bauds`: the speeds at which one may be found, the fresh one first. `set_baud`: the command for
    another speed (its answer is not waited for). `save`: without it nothing is kept. `leave`: asked
    last, where the probe puts the reader into a mode for settings.
    `forgets`: most of them lose what was written when their power goes.
    `spare`: makes a knob of a name that is not in `knobs`; None where it is no such name.
    """

    name: str
    scan: Scan
    longest: int
    knobs: tuple[Knob, ...]
    probe: Ask
    bauds: tuple[int, ...]
    identify: Callable[[bytes], str] | None = None
    gap_s: float = 0.1
    finish: Scan | None = None
    hush: bytes = b""
    hush_s: float = 0.2
    set_baud: Callable[[int], bytes] | None = None
    save: Ask | None = None
    leave: Ask | None = None
    forgets: bool = False
    spare: Callable[[str], Knob | None] | None = None
    spare_about: str = ""

    def find(self, name: str) -> Knob | None:
        """The knob of this name."""
        for knob in self.knobs:
            if knob.name == name:
                return knob
        return self.spare(name) if self.spare else None


def registers(knobs: tuple[Knob, ...]) -> tuple[Register, ...]:
    """The registers of these knobs, each once."""
    found: dict[str, Register] = {}
    for knob in knobs:
        found.setdefault(knob.register.name, knob.register)
    return tuple(found.values())
