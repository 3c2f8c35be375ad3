"""How calls are answered: times to acknowledge, to arrive and to resolve, and Pareto of what they were about.

Durations are working time of the station, as escalation counts it, in ms.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from .call import PULLCORD, Call, Round
from .stretch import NONE, Stretch


@dataclass(frozen=True, slots=True)
class Raised:
    """What figures need of a call: what it was about, and each of its rounds."""

    id: str
    type: str
    station: str
    loop: str | None
    late: bool
    rounds: tuple[Round, ...]

    @classmethod
    def of(cls, call: Call) -> "Raised":
        """A call's."""
        return cls(call.id, call.type.value, call.station, call.loop, call.late, call.rounds)


@dataclass(frozen=True, slots=True)
class Raising:
    """One round of a call. Times from its raising; None: not done, or not by a person.

    `lasted`: until it was resolved, or until now. `cleared`: it ended by itself. `late`: its press came
    late, so that its times say nothing about who answered.
    """

    call: str
    type: str
    station: str
    loop: str
    cause: str
    shift: str
    raised_at: int
    answered_by: str | None
    answered_at: int | None
    acknowledge: int | None
    arrive: int | None
    resolve: int | None
    lasted: int
    cleared: bool
    late: bool


def raisings(call: Raised, stretch: Stretch, now: int) -> list[Raising]:
    """Every round of a call. `stretch`: of the working time of its station."""
    return [_raising(call, one, stretch, now) for one in call.rounds]


def _raising(call: Raised, one: Round, stretch: Stretch, now: int) -> Raising:
    def after(at: int | None) -> int | None:
        return None if at is None else stretch.between(one.raised_at, at)

    answered = one.acknowledged_by not in (None, PULLCORD)
    ended = now if one.resolved_at is None else one.resolved_at
    return Raising(
        call=call.id,
        type=call.type,
        station=call.station,
        loop=call.loop or NONE,
        cause=one.cause or NONE,
        shift=stretch.shift_name(one.raised_at),
        raised_at=one.raised_at,
        answered_by=one.acknowledged_by if answered else None,
        answered_at=one.acknowledged_at if answered else None,
        acknowledge=after(one.acknowledged_at) if answered else None,
        arrive=after(one.arrived_at),
        resolve=after(one.resolved_at),
        lasted=stretch.between(one.raised_at, max(ended, one.raised_at)),
        cleared=one.resolved_by == PULLCORD,
        late=call.late,
    )


@dataclass(frozen=True, slots=True)
class Times:
    """Of how many, the middle one, and the one that nine of ten do not exceed; None: there is none."""

    count: int
    median: int | None
    p90: int | None


def times(values: Iterable[int | None]) -> Times:
    """Of those that are known. p90 by nearest rank."""
    known = sorted(v for v in values if v is not None)
    if not known:
        return Times(0, None, None)
    rank = -(-9 * len(known) // 10)
    return Times(len(known), round(median(known)), known[rank - 1])


@dataclass(frozen=True, slots=True)
class Response:
    """How the calls of one type, station or shift were answered."""

    by: str
    key: str
    calls: int
    unanswered: int
    cleared: int
    acknowledge: Times
    arrive: Times
    resolve: Times


def responses(found: Sequence[Raising]) -> list[Response]:
    """By type, by station, by shift; those with most calls first."""
    return [
        _response(by, key, own)
        for by in ("type", "station", "shift")
        for key, own in _by(found, by)
    ]


def _response(by: str, key: str, own: Sequence[Raising]) -> Response:
    timed = [r for r in own if not r.late]
    return Response(
        by=by,
        key=key,
        calls=len(own),
        unanswered=sum(r.answered_by is None and not r.cleared for r in own),
        cleared=sum(r.cleared for r in own),
        acknowledge=times(r.acknowledge for r in timed),
        arrive=times(r.arrive for r in timed),
        resolve=times(r.resolve for r in timed),
    )


@dataclass(frozen=True, slots=True)
class Share:
    """One cause, loop or station: its calls, their share of all, that share with all before it, how long they lasted."""

    by: str
    key: str
    calls: int
    share: float
    cumulative: float
    lasted: int


def pareto(found: Sequence[Raising]) -> list[Share]:
    """By cause, by loop, by station: the few that make most calls first. Shares are of 1."""
    shares = []
    for by in ("cause", "loop", "station"):
        before = 0
        for key, own in _by(found, by):
            before += len(own)
            shares.append(
                Share(
                    by=by,
                    key=key,
                    calls=len(own),
                    share=len(own) / len(found),
                    cumulative=before / len(found),
                    lasted=sum(r.lasted for r in own),
                )
            )
    return shares


def _by(found: Iterable[Raising], name: str) -> list[tuple[str, list[Raising]]]:
    of: Callable[[Raising], str] = _KEYS[name]
    groups: dict[str, list[Raising]] = {}
    for raising in found:
        groups.setdefault(of(raising), []).append(raising)
    return sorted(groups.items(), key=lambda kv: (-len(kv[1]), kv[0]))


_KEYS: dict[str, Callable[[Raising], str]] = {
    "type": lambda r: r.type,
    "station": lambda r: r.station,
    "shift": lambda r: r.shift,
    "cause": lambda r: r.cause,
    "loop": lambda r: r.loop,
}
