"""Lamps: what a group settles on, and what a station burns (DESIGN 5). Instants are ms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pullcord_wire.message import Pattern

from . import calendar
from .call import ESCALATION, Call, CallState, CallType
from .group import Colour, Judgement
from .plant import MINUTE, Calendar

#: How long amber or green must hold before it shows.
HOLD = MINUTE


@dataclass(frozen=True, slots=True)
class Settled:
    """What a group shows. `under`: settled beneath red; `pending`: what holds instead, since `since`, but not for 60 s yet."""

    colour: Colour | None
    under: Colour | None
    pending: Colour | None = None
    since: int | None = None

    @property
    def until(self) -> int | None:
        """When it changes by itself, if the judgement stays."""
        return None if self.since is None else self.since + HOLD


def settle(before: Settled | None, judgement: Judgement, now: int) -> Settled:
    """Red shows and ends at once; beneath it amber and green follow once they have held for 60 s.

    What begins to be judged shows at once. Where red ends on amber, amber shows: green is earned.
    """
    under = judgement.under
    if under is None or before is None or before.under is None:
        return Settled(judgement.colour, under)
    red_ends = before.colour == Colour.RED and not judgement.red
    since = before.since if before.pending == under and before.since is not None else now
    at_once = under == before.under or (red_ends and under is Colour.AMBER)
    if at_once or now - since >= HOLD:
        return Settled(judgement.colour, under)
    shown = Colour.RED if judgement.red else before.under
    return Settled(shown, before.under, pending=under, since=since)


@dataclass(frozen=True, slots=True)
class Post:
    """What people must do at a station. `maintenance` calls need no telling: they are among its calls."""

    cards_wait: bool = False
    filling: bool = False
    take_out: bool = False
    selftest: bool = False


@dataclass(frozen=True, slots=True)
class Burning:
    """What every lamp of a station shows until `until` (None: for ever) if nothing happens."""

    lamps: Mapping[str, Pattern]
    until: int | None


def station_lamps(
    groups: Iterable[tuple[Settled, Call | None]],
    calls: Iterable[Call],
    post: Post,
    hours: Calendar | None,
    now: int,
) -> Burning:
    """The worst of a station's groups and calls; nothing flashes outside its working time.

    `groups`: each with the call it raised; `calls`: the station's own and those its cord joined.
    `hours`: the working time of the station's process.
    """
    groups, calls = tuple(groups), tuple(c for c in calls if c.burning)
    stops = [c for c in calls if c.type in (CallType.QUALITY, CallType.LINE_STOP)]
    colours = {settled.colour for settled, _ in groups} - {None}
    lamps = dict.fromkeys(map(str, Colour), Pattern.OFF)
    if stops or Colour.RED in colours:
        behind = [call for settled, call in groups if call and settled.colour == Colour.RED]
        lamps[Colour.RED] = Pattern.FAST if _unanswered([*behind, *stops]) else Pattern.ON
    elif colours:
        lamps[Colour.AMBER if Colour.AMBER in colours else Colour.GREEN] = Pattern.ON
    pressed = [c for c in calls if c.type is CallType.MATERIAL and c.pressed]
    fast_at = [_impatient_at(c, hours) for c in pressed if c.state is CallState.RAISED]
    if pressed:
        lamps[Colour.BLUE] = _blue(pressed, fast_at, now)
    maintenance = any(c.type is CallType.MAINTENANCE for c in calls)
    if post.take_out or post.selftest or maintenance:
        lamps[Colour.WHITE] = Pattern.SLOW
    elif post.cards_wait or post.filling or not colours:
        lamps[Colour.WHITE] = Pattern.ON
    flashes = any(pattern in (Pattern.SLOW, Pattern.FAST) for pattern in lamps.values())
    if flashes and not calendar.working(hours, now):
        lamps = {c: p if p is Pattern.OFF else Pattern.ON for c, p in lamps.items()}
    turns = [at for at in fast_at if at > now]
    if flashes and (turn := calendar.next_change(hours, now)) is not None:
        turns.append(turn)
    return Burning(lamps, min(turns, default=None))


def _unanswered(calls: Iterable[Call]) -> bool:
    return any(call.unanswered for call in calls)


def _impatient_at(call: Call, hours: Calendar | None) -> int:
    return calendar.add(hours, call.since, ESCALATION[0])


def _blue(pressed: Sequence[Call], fast_at: Sequence[int], now: int) -> Pattern:
    """Of several calls the one that has waited longest speaks."""
    if any(at <= now for at in fast_at):
        return Pattern.FAST
    return Pattern.SLOW if _unanswered(pressed) else Pattern.ON
