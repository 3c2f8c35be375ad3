"""From what is so to an entry on disk, and what follows when the disk kept it or did not.

A drop is shown and heard only when its entry was kept: there is no other way to the beep.
"""

from collections.abc import Mapping
from dataclasses import asdict
from math import inf
from typing import assert_never

from pullcord_edge.core.cause import Cause, Change, Drop, Finished, Owed, Wish
from pullcord_edge.core.effect import Record, Weight
from pullcord_edge.core.fault import FaultBook
from pullcord_edge.core.feedback import Notice
from pullcord_edge.core.front import Front
from pullcord_edge.core.last_drop import LastDrop
from pullcord_edge.core.ledger import JOURNAL, Ledger
from pullcord_edge.core.outbox import Outbox
from pullcord_edge.core.wall import Wall
from pullcord_wire.codec import encode_entry
from pullcord_wire.message import (
    Body,
    DeviceBody,
    EmptyBody,
    Entry,
    EntryType,
    SelftestBody,
    UndoBody,
    WireError,
)


class Recorder:
    """Everything that becomes an entry goes through `record`; `kept` and `lost` are the disk's answers."""

    def __init__(self, wall: Wall, last: LastDrop, front: Front, out: Outbox) -> None:
        """`last`: the last drop, which it keeps."""
        self._wall = wall
        self._last = last
        self._front = front
        self._out = out
        self._ledger = Ledger()
        self._devices = FaultBook()

    @property
    def failing(self) -> bool:
        """Whether nothing is kept at present."""
        return self._ledger.failing is not None

    @property
    def faults(self) -> Mapping[str, str]:
        """Device → fault, of those that are broken; a disk that fails is one."""
        return self._devices.faults

    @property
    def broken(self) -> bool:
        """Whether a device of the station is broken, its disk aside."""
        return bool(self.faults.keys() - {JOURNAL})

    def remember(self, faulty: frozenset[str]) -> None:
        """These devices were broken when the last start ended."""
        self._devices.remember(faulty)

    def next_at(self) -> float:
        """When to call `tick` again; `inf`: nothing waits."""
        return min(self._ledger.next_at(), inf if self.failing else self._devices.next_at())

    def record(self, type: EntryType, body: Body, up: float, cause: Cause) -> None:
        """Ask the disk to keep this; what no server could read is refused, and shown so."""
        at, clock = self._wall.stamp(up)
        up = round(up, 3)
        try:
            encode_entry(Entry(1, type, at, up, clock, body))
        except WireError as error:
            self._front.notice(Notice.REFUSED, up)
            self._out.say("unrecordable", Weight.ERROR, type=type, reason=str(error))
            return
        self._ask(Record(type, at, up, clock, body), cause)

    def undo(self, up: float) -> None:
        """A worker takes back his last drop; where there is none, he is shown so."""
        entry = self._last.undo(up)
        if entry is None:
            self._front.notice(Notice.REFUSED, up)
            self._out.say("nothing-to-undo", Weight.WARNING)
            return
        self.record(EntryType.UNDO, UndoBody(entry), up, Wish())

    def clock_right(self, up: float) -> None:
        """This boot's clock became right: its earlier entries are corrected by it."""
        self.record(EntryType.CLOCK, EmptyBody(), up, Owed())
        self._out.say("clock-right", source=self._wall.state.value)

    def set_device(self, name: str, fault: str | None) -> None:
        """A device works (None), or how it does not."""
        if self._devices.set(name, fault):
            weight = Weight.INFO if fault is None else Weight.WARNING
            self._out.say("device", weight, device=name, fault=fault or "none")

    def kept(self, first: int, now: float) -> int | None:
        """Everything asked for is on disk, from number `first` on: the last number; None: it was nothing."""
        healed = self.failing
        kept = self._ledger.keep()
        if not kept:
            return None
        for seq, (record, cause) in enumerate(kept, first):
            self._follow(seq, record, cause, now)
        if healed:
            self.set_device(JOURNAL, None)
        return first + len(kept) - 1

    def lost(self, reason: str, now: float) -> None:
        """Nothing asked for is on disk: red light, no beep, and no drop of these counts."""
        for record, cause in self._ledger.lose(reason, now):
            match cause:
                case Wish():
                    self._last.undo_failed()
                case Change(device):
                    self._devices.unrecord(device, now)
                case Finished(told):
                    self._out.put(*told)
            facts = _facts(record.body)
            self._out.say("not-kept", Weight.ERROR, type=record.type.value, **facts, reason=reason)
        self.set_device(JOURNAL, reason)

    def take_rearmed(self, now: float) -> list[Drop]:
        """The drops that were not kept and whose cards count again from now on."""
        return self._ledger.take_rearmed(now)

    def tick(self, now: float) -> None:
        """A disk that failed is tried again; while it works, faults of devices become entries."""
        if self.failing:
            self._retry(now)
        else:
            for name, fault in self._devices.take_due(now):
                self.record(EntryType.DEVICE, DeviceBody(name, fault), now, Change(name))

    def _retry(self, now: float) -> None:
        owed = self._ledger.take_owed(now)
        if owed is None:
            return
        for record, cause in owed:
            self._ask(record, cause)
        body = DeviceBody(JOURNAL, self._ledger.failing)
        self._devices.record(JOURNAL, now)
        self.record(EntryType.DEVICE, body, now, Change(JOURNAL))

    def _ask(self, record: Record, cause: Cause) -> None:
        self._ledger.ask(record, cause)
        self._out.put(record)

    def _follow(self, seq: int, record: Record, cause: Cause, now: float) -> None:
        """This entry is on disk: what people see and hear of it."""
        match cause:
            case Drop(code=code):
                self._last.drop(seq, record.up)
                self._front.notice(Notice.KEPT, now)
                self._front.words.show_kept(code, now)
            case Wish():
                self._front.notice(Notice.UNDONE, now)
                self._front.words.show_undone(now)
            case Owed(notice):
                if notice is not None:
                    self._front.notice(notice, now)
            case Finished(told):
                self._out.put(*told)
            case Change():
                pass
            case _:
                assert_never(cause)
        self._out.say(record.type.value, seq=seq, **_facts(record.body))


def _facts(body: Body) -> dict[str, object]:
    """What the log says of an entry; of a report its outcome."""
    match body:
        case SelftestBody({"outcome": outcome}):
            return {"outcome": outcome}
        case SelftestBody():
            return {}
        case _:
            return asdict(body)
