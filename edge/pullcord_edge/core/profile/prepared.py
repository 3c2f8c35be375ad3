"""A driver whose reader is set anew whenever its port is opened, for readers that forget."""

from collections.abc import Callable, Mapping
from typing import Final

from pullcord_edge.readers.event import Driver, Event, Status
from pullcord_edge.readers.option import Value

from .family import Family
from .profile import Profile, family_of
from .script import Plan, Report, provision
from .step import Reopen
from .talk import Out, Talk

AGAIN_S: Final = 10.0
"""A reader that does not take its profile is tried again so often."""
SILENT_S: Final = 2.0
"""A reader that does not answer is asked again so often."""


def talk_of(family: Family, profile: Profile, baud: int, plan: Plan) -> Talk[Report]:
    """The profile's script on a line to this family."""
    return Talk(
        provision(family, profile, baud, plan),
        family.scan,
        longest=family.longest,
        gap_s=family.gap_s,
        finish=family.finish,
    )


def prepare(
    driver: Driver, profile: Profile | None, options: Mapping[str, Value], baud: int
) -> Driver:
    """The driver; where the profile is one of a reader that forgets, behind its settings."""
    if profile is None or not profile.forgets:
        return driver
    family = family_of(profile.driver, options)
    plan = Plan((baud,), save=False)
    return Prepared(driver, lambda: talk_of(family, profile, baud, plan))


class Prepared:
    """First the profile, then the driver.

    Status `profile`: a text says why the reader is not as its profile wants, None that it is. While
    a setting that the law asks for is not proven the driver does not begin, so that the reader is
    not told to transmit; any other shortcoming is told, and the driver begins all the same.
    Cards that are read while the reader is being set are passed on.
    """

    def __init__(self, driver: Driver, make: Callable[[], Talk[Report]]) -> None:
        self._driver = driver
        self._make = make
        self._talk: Talk[Report] | None = None
        self._again: float | None = None
        self._silent = False

    @property
    def due_at(self) -> float | None:
        """When a time-out, the next try or the driver's own next thing falls due."""
        inner = self._driver.due_at if self._talk is None else self._talk.due_at
        times = [at for at in (inner, self._again) if at is not None]
        return min(times) if times else None

    def start(self, now: float) -> list[Event]:
        """The port was opened: the profile from its beginning."""
        self._silent = False
        return self._begin(now)

    def feed(self, data: bytes, now: float) -> list[Event]:
        """Bytes arrived."""
        if self._talk is None:
            return self._driver.feed(data, now)
        return self._follow(self._talk, self._talk.feed(data, now), now)

    def tick(self, now: float) -> list[Event]:
        """Time passed."""
        if self._talk is None:
            return self._driver.tick(now)
        out = self._follow(self._talk, self._talk.tick(now), now)
        if self._again is not None and now >= self._again:
            out += self._begin(now)
        return out

    def _begin(self, now: float) -> list[Event]:
        self._again = None
        self._talk = self._make()
        return self._follow(self._talk, self._talk.start(now), now)

    def _follow(self, talk: Talk[Report], found: list[Out], now: float) -> list[Event]:
        events = [event for event in found if not isinstance(event, Reopen)]
        if talk.result is None or self._again is not None:
            return events
        return events + self._conclude(talk.result, now)

    def _conclude(self, report: Report, now: float) -> list[Event]:
        if report.baud is None:
            self._again = now + SILENT_S
            if self._silent:
                return []
            self._silent = True
            return [Status({"silent": True})]
        out: list[Event] = [Status({"profile": report.error})]
        if self._silent:
            self._silent = False
            out.insert(0, Status({"silent": False}))
        if report.unlawful:
            self._again = now + AGAIN_S
            return out
        self._talk = None
        return out + self._driver.start(now)
