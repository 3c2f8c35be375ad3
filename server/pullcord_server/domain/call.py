"""Andon calls: raised by a cord, a page or a red lamp, until somebody has closed them (DESIGN 5). Instants are ms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from . import calendar
from .plant import MINUTE, Calendar, Plant, Station

#: Working time after which an unacknowledged call reaches level 1, 2.
ESCALATION = (5 * MINUTE, 15 * MINUTE)
#: A red that returns this soon is the same call.
REOPEN = 10 * MINUTE
#: Who raises and ends calls where no person does.
PULLCORD = "pullcord"
CLEARED = "cleared"


class CallType(StrEnum):
    """What is called for."""

    MATERIAL = "material"
    QUALITY = "quality"
    LINE_STOP = "line-stop"
    MAINTENANCE = "maintenance"
    SUPERVISOR = "supervisor"


class CallState(StrEnum):
    """Where a call is. TO_CONFIRM: pressed while the station was offline; is it still wanted?"""

    TO_CONFIRM = "to_confirm"
    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    AT_STATION = "at_station"
    RESOLVED = "resolved"
    CLOSED = "closed"


class CallAction(StrEnum):
    """What a person does about a call."""

    ACKNOWLEDGE = "acknowledge"
    ARRIVE = "arrive"
    RESOLVE = "resolve"
    CLOSE = "close"


class CallEvent(StrEnum):
    """What happened to a call: to be recorded, and told to the plant as `andon.<event>`.

    ENDED: red ended behind a call that a person had closed before.
    """

    RAISED = "raised"
    JOINED = "joined"
    REOPENED = "reopened"
    ACKNOWLEDGED = "acknowledged"
    ARRIVED = "arrived"
    RESOLVED = "resolved"
    CLOSED = "closed"
    ESCALATED = "escalated"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Round:
    """One raising of a call, and how far it went before the next."""

    raised_at: int
    acknowledged_at: int | None = None
    acknowledged_by: str | None = None
    arrived_at: int | None = None
    resolved_at: int | None = None
    resolved_by: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One andon call. `group`: (item, place) where a red lamp raised it (`auto`); `red_ended_at`: its end.

    `pressed`: the stations where a person pressed. `level`: 0, 1 after 5, 2 after 15 working minutes.
    `late`: pressed long before it came. `earlier`: its rounds before it was raised again.
    """

    id: str
    type: CallType
    state: CallState
    station: str
    raised_at: int
    by: str
    group: tuple[str, str] | None = None
    loop: str | None = None
    auto: bool = False
    pressed: tuple[str, ...] = ()
    reopened_at: int | None = None
    acknowledged_at: int | None = None
    acknowledged_by: str | None = None
    arrived_at: int | None = None
    arrived_by: str | None = None
    resolved_at: int | None = None
    resolved_by: str | None = None
    closed_at: int | None = None
    closed_by: str | None = None
    cause: str | None = None
    level: int = 0
    promised_at: int | None = None
    red_ended_at: int | None = None
    late: bool = False
    earlier: tuple[Round, ...] = ()

    @property
    def burning(self) -> bool:
        """Whether it still counts for lamps and may be joined: neither resolved nor closed."""
        return self.state not in (CallState.RESOLVED, CallState.CLOSED)

    @property
    def unanswered(self) -> bool:
        """Whether nobody has taken it yet."""
        return self.state in (CallState.RAISED, CallState.TO_CONFIRM)

    @property
    def since(self) -> int:
        """When its clocks began: raised, or raised again."""
        return self.raised_at if self.reopened_at is None else self.reopened_at

    @property
    def rounds(self) -> tuple[Round, ...]:
        """Every raising of it, in order."""
        now = Round(
            self.since,
            self.acknowledged_at,
            self.acknowledged_by,
            self.arrived_at,
            self.resolved_at,
            self.resolved_by,
            self.cause,
        )
        return (*self.earlier, now)


@dataclass(frozen=True, slots=True)
class CallStep:
    """A call as it is now, what happened to it, by whom."""

    call: Call
    event: CallEvent
    at: int
    by: str


@dataclass(frozen=True, slots=True)
class CallRefusal:
    """An action that is not carried out: a problem type of the API, and why."""

    type: str
    detail: str


_Way: TypeAlias = tuple[CallState, CallEvent]

_WAYS: Mapping[CallAction, _Way] = MappingProxyType(
    {
        CallAction.ACKNOWLEDGE: (CallState.ACKNOWLEDGED, CallEvent.ACKNOWLEDGED),
        CallAction.ARRIVE: (CallState.AT_STATION, CallEvent.ARRIVED),
        CallAction.RESOLVE: (CallState.RESOLVED, CallEvent.RESOLVED),
        CallAction.CLOSE: (CallState.CLOSED, CallEvent.CLOSED),
    }
)
_ORDER = tuple(CallState)


def act(
    call: Call,
    action: CallAction,
    by: str,
    now: int,
    cause: str | None = None,
    promised_at: int | None = None,
) -> CallStep | CallRefusal:
    """What a person does: only forwards; steps between count as done by the same person.

    Whoever resolves says the cause; a call that is closed unresolved is resolved by that, so it needs one.
    """
    state, event = _WAYS[action]
    if _rank(call.state) >= _rank(state):
        return CallRefusal(
            "not-in-state", f"call {call.id} is {call.state}: it cannot {action} now"
        )
    cause = cause or call.cause
    if action is CallAction.RESOLVE and cause is None:
        return CallRefusal("reason-required", "to resolve a call, send its `cause`")
    if action is CallAction.CLOSE and cause is None:
        return CallRefusal(
            "not-in-state",
            f"call {call.id} is {call.state}: resolve it first, or send its `cause`",
        )
    after = replace(_reached(call, state, by, now), cause=cause)
    if promised_at is not None:
        after = replace(after, promised_at=promised_at)
    return CallStep(after, event, now, by)


def press(
    calls: Iterable[Call],
    id_: str,
    type_: CallType,
    station: str,
    by: str,
    now: int,
    loop: str | None = None,
    group: tuple[str, str] | None = None,
    to_confirm: bool = False,
) -> CallStep:
    """A person pulls the cord, presses a button or calls by page: joins a call of its type, or opens one.

    `calls`: those of the station and of the groups it shows. `group`: of the loop, where one is named.
    `to_confirm`: the press came late. One in time confirms what was pressed late: it is raised now.
    """
    for call in calls:
        if call.type is type_ and call.burning and _is_about(call, loop, group):
            pressed = tuple(dict.fromkeys((*call.pressed, station)))
            joined = replace(call, pressed=pressed)
            if call.state is not CallState.TO_CONFIRM or to_confirm:
                return CallStep(joined, CallEvent.JOINED, now, by)
            raised = replace(joined, state=CallState.RAISED, reopened_at=now, late=False)
            return CallStep(raised, CallEvent.RAISED, now, by)
    state = CallState.TO_CONFIRM if to_confirm else CallState.RAISED
    call = Call(id_, type_, state, station, now, by, loop=loop, pressed=(station,), late=to_confirm)
    return CallStep(call, CallEvent.RAISED, now, by)


def hold_began(
    calls: Iterable[Call], id_: str, station: str, loop: str, now: int
) -> CallStep | None:
    """Goods on hold were used or passed on: their source is called; None where it is already."""
    for call in calls:
        if call.type is CallType.QUALITY and call.burning and call.loop == loop:
            return None
    call = Call(id_, CallType.QUALITY, CallState.RAISED, station, now, PULLCORD, loop=loop)
    return CallStep(call, CallEvent.RAISED, now, PULLCORD)


def behind_red(calls: Sequence[Call]) -> dict[tuple[str, str] | None, Call]:
    """Group → the call that its red raised: the first of those that burn."""
    return {c.group: c for c in reversed(calls) if c.auto and c.burning}


def red_began(
    calls: Iterable[Call],
    id_: str,
    group: tuple[str, str],
    station: str,
    now: int,
    loop: str | None = None,
) -> CallStep | None:
    """A group is red: a call, or its call of up to 10 min ago again; None where red goes on."""
    last = _of_group(calls, group)
    if last is not None and last.red_ended_at is None:
        return None
    if last is None or not may_return(last, now):
        call = Call(
            id_,
            CallType.MATERIAL,
            CallState.RAISED,
            station,
            now,
            PULLCORD,
            group=group,
            loop=loop,
            auto=True,
        )
        return CallStep(call, CallEvent.RAISED, now, PULLCORD)
    again = Call(
        last.id,
        last.type,
        CallState.RAISED,
        last.station,
        last.raised_at,
        last.by,
        group=group,
        loop=last.loop,
        auto=True,
        reopened_at=now,
        earlier=last.rounds,
    )
    return CallStep(again, CallEvent.REOPENED, now, PULLCORD)


def red_ended(calls: Iterable[Call], group: tuple[str, str], now: int) -> CallStep | None:
    """A group is red no more: its call ends by itself; None where it has none."""
    last = _of_group(calls, group)
    if last is None or last.red_ended_at is not None:
        return None
    last = replace(last, red_ended_at=now)
    if last.state is CallState.CLOSED:
        return CallStep(last, CallEvent.ENDED, now, PULLCORD)
    ended = replace(
        last,
        state=CallState.CLOSED,
        resolved_at=now if last.resolved_at is None else last.resolved_at,
        resolved_by=last.resolved_by or PULLCORD,
        closed_at=now,
        closed_by=PULLCORD,
        cause=last.cause or CLEARED,
    )
    return CallStep(ended, CallEvent.CLOSED, now, PULLCORD)


def may_return(call: Call, now: int) -> bool:
    """Whether a call still matters: not closed, or its red goes on or ended up to 10 min ago."""
    if call.state is not CallState.CLOSED:
        return True
    return call.auto and (call.red_ended_at is None or now - call.red_ended_at <= REOPEN)


def next_due(call: Call, hours: Calendar | None) -> int | None:
    """When the call escalates next; None: not by time alone. `hours`: of its station."""
    if call.state is not CallState.RAISED or call.level >= len(ESCALATION):
        return None
    return calendar.add(hours, call.since, ESCALATION[call.level])


def escalate(call: Call, hours: Calendar | None, now: int) -> CallStep | None:
    """The call at the level it has reached by `now`; None where that is its own."""
    if call.state is not CallState.RAISED:
        return None
    waited = calendar.between(hours, call.since, now)
    level = sum(waited >= limit for limit in ESCALATION)
    if level <= call.level:
        return None
    return CallStep(replace(call, level=level), CallEvent.ESCALATED, now, PULLCORD)


def station_of_group(plant: Plant, place: str) -> Station | None:
    """Where a group's call belongs: the place's first station with lights, else its first."""
    stations = plant.stations_at(place)
    return next((s for s in stations if s.lights), stations[0] if stations else None)


def station_of_hold(plant: Plant, source: str) -> Station | None:
    """Where the call about goods on hold belongs: the source's first station."""
    return next(iter(plant.stations_at(source)), None)


def _is_about(call: Call, loop: str | None, group: tuple[str, str] | None) -> bool:
    """Whether a press about this loop, or about none, means the call."""
    return loop in (None, call.loop) or (call.group is not None and call.group == group)


def _rank(state: CallState) -> int:
    return _ORDER.index(state)


def _reached(call: Call, state: CallState, by: str, now: int) -> Call:
    """The call in `state`, with the times of all steps up to there that had none."""
    call = replace(call, state=state)
    if call.acknowledged_at is None:
        call = replace(call, acknowledged_at=now, acknowledged_by=by)
    if state is CallState.AT_STATION:
        return replace(call, arrived_at=now, arrived_by=by)
    if state in (CallState.RESOLVED, CallState.CLOSED) and call.resolved_at is None:
        call = replace(call, resolved_at=now, resolved_by=by)
    if state is CallState.CLOSED:
        call = replace(call, closed_at=now, closed_by=by)
    return call


def _of_group(calls: Iterable[Call], group: tuple[str, str]) -> Call | None:
    """The newest call that a red lamp of the group raised."""
    own = [c for c in calls if c.auto and c.group == group]
    return max(own, key=lambda c: c.since, default=None)
