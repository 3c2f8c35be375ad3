"""What every lamp does at an instant, and when that changes next. Pure; `now` in seconds."""

from dataclasses import dataclass, field
from math import inf
from typing import Final, TypeAlias, assert_never

from pullcord_edge.core.feedback import FAILING, LINK_LOST, MAINTENANCE, Look, Show
from pullcord_edge.core.setting import Light
from pullcord_wire.message import Lamps, Pattern

SLOW_S: Final = 2.0
"""One turn of a slow lamp: 0.5 Hz, half of it lit."""
FAST_S: Final = 0.5
"""One turn of a fast lamp: 2 Hz."""
RISE_S: Final = 0.35
"""A lamp comes on at most once in this time, whatever asks for it: never above 3 Hz."""
DARK_S: Final = 0.2
"""A lamp that is lit already goes out for so long, so that its feedback is seen."""
_LATE_S: Final = 0.001
"""A change is looked for a moment after it is due, so that no rounding makes it early."""

Lamp: TypeAlias = tuple[str, str]
"""One lamp: the light's name and the colour."""


def is_lit(pattern: Pattern, since: float) -> bool:
    """Whether a lamp of this pattern is lit, `since` seconds after the pattern began."""
    match pattern:
        case Pattern.OFF:
            return False
        case Pattern.ON:
            return True
        case Pattern.SLOW:
            return since % SLOW_S < SLOW_S / 2
        case Pattern.FAST:
            return since % FAST_S < FAST_S / 2
        case _:
            assert_never(pattern)


def changes_in(pattern: Pattern, since: float) -> float:
    """Seconds until a lamp of this pattern changes; `inf`: never."""
    match pattern:
        case Pattern.OFF | Pattern.ON:
            return inf
        case Pattern.SLOW:
            return SLOW_S / 2 - since % (SLOW_S / 2) + _LATE_S
        case Pattern.FAST:
            return FAST_S / 2 - since % (FAST_S / 2) + _LATE_S
        case _:
            assert_never(pattern)


def fit(look: Look, light: Light) -> Look:
    """`look` on the colours this light has; with none of them, all its lamps do what was asked."""
    own = {colour: pattern for colour, pattern in look.items() if colour in light.colours}
    if own or not look:
        return own
    return dict.fromkeys(light.colours, next(iter(look.values())))


@dataclass(frozen=True, slots=True)
class _Overlay:
    """Local feedback, from `begun` to `ends`; its lit lamps were dark until `dark_until`."""

    show: Show
    begun: float
    dark_until: float
    ends: float


@dataclass(slots=True)
class Panel:
    """All lights of a station: set what is so, ask what is lit.

    Failing is over feedback, feedback over a self-test, that over link lost, link lost over what the
    server wants.
    """

    lights: tuple[Light, ...]
    wanted: Lamps = field(default_factory=dict)
    link_lost: bool = True
    failing: bool = False
    maintenance: bool = False
    trial: Lamps | None = None
    _overlay: _Overlay | None = None
    _risen: dict[Lamp, float] = field(default_factory=dict)
    _lit: frozenset[Lamp] = frozenset()

    def show(self, show: Show, now: float, more: bool = False) -> None:
        """Lay this feedback over everything for its moment; it ends the one before.

        `more`: it is more about the same drop, so an equal look goes on without a blink.
        """
        before = self._live(now)
        if more and before is not None and before.show.look == show.look:
            dark_until = before.dark_until
        else:
            dark_until = now + DARK_S if self._is_lit_already(show.look, now) else now
        self._overlay = _Overlay(show, now, dark_until, max(now, dark_until) + show.for_s)

    def lit(self, now: float) -> frozenset[Lamp]:
        """The lamps that are lit from now on. A lamp that came on lately may have to wait."""
        lit = set()
        for lamp in self._asked(now):
            if lamp in self._lit:
                lit.add(lamp)
            elif now >= self._risen.get(lamp, -inf) + RISE_S:
                lit.add(lamp)
                self._risen[lamp] = now
        self._lit = frozenset(lit)
        return self._lit

    def next_at(self, now: float) -> float:
        """When to ask again at the latest; `inf`: when something is set."""
        overlay = self._live(now)
        times = [
            max(now, self._risen.get(lamp, -inf) + RISE_S) for lamp in self._asked(now) - self._lit
        ]
        if overlay is not None:
            times.append(overlay.dark_until if now < overlay.dark_until else overlay.ends)
        for light in self.lights:
            look, begun = self._look(light, now)
            times += [now + changes_in(pattern, now - begun) for pattern in look.values()]
        return min(times, default=inf)

    def look(self, light: Light, now: float) -> Look:
        """What a light shows, as patterns."""
        return self._look(light, now)[0]

    def _look(self, light: Light, now: float) -> tuple[Look, float]:
        """The patterns of a light, and when they began."""
        overlay = self._live(now)
        if self.failing:
            return fit(FAILING, light), 0.0
        if overlay is not None:
            if now < overlay.dark_until:
                return {}, overlay.begun
            return fit(overlay.show.look, light), overlay.dark_until
        if self.trial is not None:
            return self.trial.get(light.name, {}), 0.0
        if self.link_lost:
            return fit(LINK_LOST, light), 0.0
        wanted = self.wanted.get(light.name, {})
        look = {colour: wanted[colour] for colour in light.colours if colour in wanted}
        if self.maintenance:
            look |= {c: pattern for c, pattern in MAINTENANCE.items() if c in light.colours}
        return look, 0.0

    def _live(self, now: float) -> _Overlay | None:
        if self._overlay is not None and now >= self._overlay.ends:
            self._overlay = None
        return self._overlay

    def _asked(self, now: float) -> frozenset[Lamp]:
        """The lamps that should be lit."""
        return frozenset(
            (light.name, colour)
            for light in self.lights
            for look, begun in [self._look(light, now)]
            for colour, pattern in look.items()
            if is_lit(pattern, now - begun)
        )

    def _is_lit_already(self, look: Look, now: float) -> bool:
        """Whether on some light nothing would change to be seen."""
        asked = self._asked(now)
        for light in self.lights:
            before = {colour for name, colour in asked if name == light.name}
            if before == {c for c, pattern in fit(look, light).items() if is_lit(pattern, 0.0)}:
                return True
        return False


@dataclass(slots=True)
class Beeper:
    """The sound of the last feedback."""

    _beeps: tuple[float, ...] = ()
    _begun: float = 0.0

    def play(self, beeps: tuple[float, ...], now: float) -> None:
        """Begin these beeps; without any, what sounds goes on."""
        if beeps:
            self._beeps, self._begun = beeps, now

    def silence(self) -> None:
        """End the sound at once."""
        self._beeps = ()

    def sounds(self, now: float) -> bool:
        """Whether there is sound at this instant."""
        return self._place(now)[0]

    def next_at(self, now: float) -> float:
        """When sound or silence ends; `inf`: never."""
        return self._place(now)[1]

    def _place(self, now: float) -> tuple[bool, float]:
        end = self._begun
        for place, length in enumerate(self._beeps):
            end += length
            if now < end:
                return place % 2 == 0, end
        return False, inf
