"""The script of a profile: find the reader, read, compare, write, read back, save."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from .family import Family, registers
from .knob import Knob, Register, Value
from .profile import Profile, knobs_of
from .step import Answer, Ask, Refused, Reopen, Reply, Silence, Step, Tell, Watch

Steps: TypeAlias = Generator[Step, Reply, None]


class Outcome(StrEnum):
    """What became of a setting."""

    UNREAD = "unread"
    SAME = "same"
    DIFFERS = "differs"  # and was not written
    WRITTEN = "written"  # and read back right
    ACKNOWLEDGED = "acknowledged"  # written; the reader has no way to tell it
    WRONG = "wrong"  # written, and read back otherwise


@dataclass(slots=True)
class Line:
    """One setting: what stood there, what is wanted, what stands there now; None: not told."""

    name: str
    wanted: Value
    law: bool = False
    before: Value | None = None
    after: Value | None = None
    outcome: Outcome = Outcome.UNREAD

    @property
    def right(self) -> bool:
        """Whether it is now as wanted, as far as the reader can tell."""
        return self.outcome in (Outcome.SAME, Outcome.WRITTEN, Outcome.ACKNOWLEDGED)


@dataclass(slots=True)
class Report:
    """What was found and done. `baud`: the speed it answers at; None: it does not answer.

    `error`: why it ended early, with the fix; None: everything is as the profile says (or, in a dry
    run, was read).
    """

    lines: list[Line] = field(default_factory=list)
    baud: int | None = None
    was_baud: int | None = None
    identity: str = ""
    saved: bool = False
    error: str | None = None

    @property
    def differing(self) -> list[Line]:
        """The settings that are not as wanted."""
        return [line for line in self.lines if not line.right]

    @property
    def unlawful(self) -> bool:
        """Whether a setting that the law asks for is not proven."""
        return any(line.law for line in self.differing)


@dataclass(frozen=True, slots=True)
class Plan:
    """How far to go: `write` at all; `save` for good; look for the reader at `bauds` in this order."""

    bauds: tuple[int, ...]
    write: bool = True
    save: bool = True


class _Failed(Exception):
    """The script cannot go on; the text says why, and the fix."""


def provision(
    family: Family, profile: Profile, baud: int, plan: Plan
) -> Generator[Step, Reply, Report]:
    """The script. `baud` is the speed at which the port is open."""
    knobs = knobs_of(family, profile)
    lines = [Line(knob.name, profile.settings[knob.name], knob.law) for knob in knobs]
    work = _Work(family, profile, plan, knobs, Report(lines))
    try:
        yield from work.run(baud)
    except _Failed as error:
        work.report.error = str(error)
    if family.leave is not None and work.report.baud is not None:
        yield family.leave
    return work.report


def plan_all(family: Family, baud: int, *, write: bool, save: bool) -> Plan:
    """Look at the port's own speed first, then at every speed of the family."""
    return Plan(tuple(dict.fromkeys((baud, *family.bauds))), write, save)


class _Work:
    """One run of the script: the registers as they were read, and the report as it grows."""

    def __init__(
        self,
        family: Family,
        profile: Profile,
        plan: Plan,
        knobs: tuple[Knob, ...],
        report: Report,
    ) -> None:
        self._family = family
        self._profile = profile
        self._plan = plan
        self._knobs = knobs
        self._contents: dict[str, bytes] = {}
        self.report = report

    def run(self, baud: int) -> Steps:
        """Everything in order."""
        yield from self._find(baud)
        yield from self._read(registers(self._knobs))
        self._compare()
        self._check()
        if not self._plan.write:
            return
        changed = [line for line in self.report.lines if not line.right]
        yield from self._write()
        yield from self._change_baud()
        if (changed or self.report.was_baud) and self._plan.save:
            yield from self._save()

    def _find(self, baud: int) -> Steps:
        tried = []
        for each in self._plan.bauds:
            if each != baud:
                yield Reopen(each)
                baud = each
            if self._family.hush:
                yield Tell(self._family.hush, self._family.hush_s)
            reply = yield self._family.probe
            if not isinstance(reply, Silence):
                self.report.baud = baud
                self._meet(reply)
                return
            tried.append(str(baud))
        raise _Failed(
            f"silent at {', '.join(tried)} baud; look at its supply, at TX and RX (swapped?), and "
            f"whether it is a {self._family.name}"
        )

    def _meet(self, reply: Reply) -> None:
        identify, wanted = self._family.identify, self._profile.identity
        if identify is not None and isinstance(reply, Answer):
            self.report.identity = identify(reply.data)
        if isinstance(reply, Refused):
            raise _Failed(f"it answers, but refuses to say what it is: {reply.reason}")
        if wanted and wanted not in self.report.identity:
            raise _Failed(
                f'it says "{self.report.identity}", the profile is for "{wanted}"; nothing was '
                "written; take the profile of this reader, or the reader of this profile"
            )

    def _read(self, places: Iterable[Register]) -> Steps:
        for place in places:
            match place.ask:
                case None:
                    self._contents[place.name] = place.blank
                case Ask() | Watch() as ask:
                    reply = yield ask
                    if isinstance(reply, Refused) and self._family.hush:
                        # Perhaps it did not hear that it was to leave its stream or boot loader.
                        yield Tell(self._family.hush, self._family.hush_s)
                        reply = yield ask
                    self._contents[place.name] = _content(place, reply)

    def _compare(self) -> None:
        for knob, line in self._pairs():
            content = self._contents[knob.register.name]
            line.before = line.after = knob.get(content)
            holds = knob.holds(content, line.wanted)
            line.outcome = Outcome.SAME if holds else Outcome.DIFFERS

    def _check(self) -> None:
        """Refuse before anything is written."""
        for knob, line in self._pairs():
            problem = knob.check(self._contents[knob.register.name], line.wanted)
            if problem is not None:
                raise _Failed(f"{line.name} = {line.wanted}: {problem}; nothing was written")
        found, port, wanted = self.report.baud, self._plan.bauds[0], self._profile.baud
        if wanted is None and found != port:
            raise _Failed(
                f"it speaks {found} baud, the station opens its port with {port}; nothing was "
                f"written; write baud = {found} in the station's file, or in the profile"
                f" baud = {port}"
            )

    def _write(self) -> Steps:
        todo = [(knob, line) for knob, line in self._pairs() if not line.right]
        for knob, line in todo:
            name = knob.register.name
            self._contents[name] = knob.put(self._contents[name], line.wanted)
        for writer in {knob.writer.name: knob.writer for knob, _ in todo}.values():
            knob = next(knob for knob, _ in todo if knob.writer.name == writer.name)
            for ask in writer.make(self._contents[knob.register.name]):
                reply = yield ask
                _expect(reply, writer.name)
        yield from self._read(registers(tuple(knob for knob, _ in todo)))
        for knob, line in todo:
            _settle(knob, line, self._contents[knob.register.name])
        wrong = [line for _, line in todo if line.outcome is Outcome.WRONG]
        if wrong:
            raise _Failed(
                f"{'; '.join(map(_tell_wrong, wrong))}; {self._not_kept()}"
                "this reader does not take it: try another value, or another reader"
            )

    def _not_kept(self) -> str:
        return "nothing was saved; " if self._family.save else ""

    def _change_baud(self) -> Steps:
        found, wanted, command = self.report.baud, self._profile.baud, self._family.set_baud
        if wanted is None or found is None or wanted == found or command is None:
            return
        yield Tell(command(wanted))
        for baud in (wanted, found):
            yield Reopen(baud)
            reply = yield self._family.probe
            if isinstance(reply, Answer):
                break
        else:
            raise _Failed(
                f"silent since its speed was to change from {found} to {wanted} baud; switch its "
                "power off and on, and run this again"
            )
        self.report.baud, self.report.was_baud = baud, found
        if baud != wanted:
            yield from self._save()
            raise _Failed(
                f"it still speaks {found} baud, not {wanted}; switch its power off and on, and run "
                "this again"
            )

    def _save(self) -> Steps:
        if self._family.save is None:
            return
        reply = yield self._family.save
        _expect(reply, "save")
        self.report.saved = True

    def _pairs(self) -> list[tuple[Knob, Line]]:
        return list(zip(self._knobs, self.report.lines, strict=True))


def _content(place: Register, reply: Reply) -> bytes:
    match reply:
        case Answer(data):
            return data
        case Refused(reason):
            raise _Failed(f"{place.name} cannot be read: {reason}")
        case Silence():
            raise _Failed(f"{place.name} cannot be read: it does not answer; run this again")


def _expect(reply: Reply, what: str) -> None:
    """Go on if it was done."""
    match reply:
        case Refused(reason):
            raise _Failed(f"{what}: the reader refused: {reason}")
        case Silence():
            raise _Failed(f"{what}: the reader did not answer; run this again")


def _settle(knob: Knob, line: Line, content: bytes) -> None:
    """What became of a setting that was written."""
    line.after = knob.get(content)
    if line.after is None:
        line.outcome = Outcome.ACKNOWLEDGED
    else:
        holds = knob.holds(content, line.wanted)
        line.outcome = Outcome.WRITTEN if holds else Outcome.WRONG


def _tell_wrong(line: Line) -> str:
    return f"{line.name}: {line.wanted} was written, {line.after} is read back"
