"""A profile's script against a fake reader, by a clock that the test drives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pullcord_edge.core.profile.prepared import talk_of
from pullcord_edge.core.profile.profile import Profile, family_of, read_profile
from pullcord_edge.core.profile.script import Outcome, Report, plan_all
from pullcord_edge.core.profile.step import Reopen
from pullcord_edge.core.profile.talk import Out, Talk
from pullcord_edge.readers.event import CardRead, Send
from support.silicon.chip import Chip

#: Far beyond what any script needs.
END_S = 120.0
_TICK_S = 0.05


def profile(driver: str, settings: Mapping[str, Any], **more: Any) -> Profile:
    """The profile that a file of these keys would be; it must be right."""
    read, flaws = read_profile({"driver": driver, "settings": dict(settings), **more}, "p.toml")
    assert read is not None, flaws
    return read


@dataclass
class Run:
    """What came of a script: its report, the codes that were passed on, and the time it took."""

    report: Report
    codes: list[str]
    seconds: float

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """Setting → what became of it."""
        return {line.name: line.outcome for line in self.report.lines}


@dataclass
class Line:
    """The line between a script and a chip; bytes come `piece` at a time."""

    chip: Chip
    baud: int
    piece: int = 1000
    now: float = 0.0
    codes: list[str] = field(default_factory=list)

    def carry(self, talk: Talk[Report]) -> Run:
        """Run the script to its end."""
        self._do(talk, talk.start(self.now))
        while talk.result is None:
            assert self.now < END_S, "the script does not end"
            self._hear(talk, self.chip.stream(_TICK_S) if self.baud == self.chip.baud else b"")
            self.now += _TICK_S
            self._do(talk, talk.tick(self.now))
        return Run(talk.result, self.codes, self.now)

    def _do(self, talk: Talk[Report], out: list[Out]) -> None:
        for event in out:
            match event:
                case Send(data):
                    self._hear(talk, self.chip.hear(data) if self.baud == self.chip.baud else b"")
                case Reopen(baud):
                    self.baud = baud
                case CardRead(code):
                    self.codes.append(code)

    def _hear(self, talk: Talk[Report], data: bytes) -> None:
        for at in range(0, len(data), self.piece):
            self._do(talk, talk.feed(data[at : at + self.piece], self.now))


def provision(
    chip: Chip,
    wanted: Profile,
    *,
    baud: int | None = None,
    write: bool = True,
    piece: int = 1000,
    options: Mapping[str, Any] | None = None,
) -> Run:
    """Write a profile into a chip; the port is open at `baud`, or at the chip's own speed."""
    family = family_of(wanted.driver, options)
    at = baud or chip.baud
    plan = plan_all(family, at, write=write, save=not wanted.forgets)
    return Line(chip, at, piece).carry(talk_of(family, wanted, at, plan))
