"""What a new start of the program remembers of the ones before it, from their newest entries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pullcord_wire.message import (
    CallBody,
    ClockState,
    CodeBody,
    DeviceBody,
    Entry,
    EntryType,
    LevelBody,
    Page,
)


@dataclass(frozen=True, slots=True)
class Memory:
    """`known`: codes seen before, oldest first; `resting`: reader → codes that lay there.

    `empty`: sensor → its last judgement; `pressed`: button → whether it was; `faulty`: devices whose
    last word was a fault; `clock_due`: entries of this boot wait for its clock to become right.
    """

    known: tuple[str, ...] = ()
    resting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    empty: Mapping[str, bool] = field(default_factory=dict)
    pressed: Mapping[str, bool] = field(default_factory=dict)
    faulty: frozenset[str] = frozenset()
    clock_due: bool = False


def recall(pages: Iterable[Page], boot: str) -> Memory:
    """The memory of these pages, oldest first; `boot`: the id of the running boot."""
    known: dict[str, None] = {}
    resting: dict[str, dict[str, None]] = {}
    empty: dict[str, bool] = {}
    pressed: dict[str, bool] = {}
    faulty: set[str] = set()
    clock_due = False
    for page in pages:
        for entry in page.entries:
            if not isinstance(entry, Entry):
                continue
            match entry.body:
                case CodeBody(reader, code):
                    known.pop(code, None)
                    known[code] = None
                    lying = resting.setdefault(reader, {})
                    lying.pop(code, None)
                    if entry.type is not EntryType.REMOVED:
                        lying[code] = None
                case LevelBody(sensor, _, judged):
                    empty[sensor] = judged
                case CallBody(button, _, down):
                    pressed[button] = down
                case DeviceBody(device, fault):
                    faulty.discard(device)
                    if fault is not None:
                        faulty.add(device)
            if page.boot == boot:
                clock_due = entry.clock is ClockState.UNSET
    return Memory(
        known=tuple(known),
        resting={reader: tuple(codes) for reader, codes in resting.items()},
        empty=empty,
        pressed=pressed,
        faulty=frozenset(faulty),
        clock_due=clock_due,
    )
