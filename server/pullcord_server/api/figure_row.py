"""The rows of figures about calls. Times are working time, in seconds."""

from dataclasses import asdict

from pydantic import Field

from pullcord_server.domain.alarm_load import FLOOD, HEALTHY, MOST
from pullcord_server.domain.call_figure import LoadOf
from pullcord_server.domain.hand_over import Handed
from pullcord_server.domain.response import Raising, Response, Share, Times

from .row import Instant, Row


def seconds(ms: int | None) -> float | None:
    """To a tenth."""
    return None if ms is None else round(ms / 1000, 1)


class TimesRow(Row):
    """Of how many, the middle one, and the one that nine of ten do not exceed."""

    count: int = Field(examples=[12])
    median_s: float | None = Field(examples=[95.0])
    p90_s: float | None = Field(examples=[410.5])

    @classmethod
    def of(cls, times: Times) -> "TimesRow":
        """As it is answered."""
        return cls(count=times.count, median_s=seconds(times.median), p90_s=seconds(times.p90))


class ResponseRow(Row):
    """How the calls of one type, station or shift were answered; each time is from the raising."""

    by: str = Field(examples=["type"], description="type, station or shift")
    key: str = Field(examples=["material"])
    calls: int = Field(examples=[14])
    unanswered: int = Field(examples=[1], description="by nobody, and not over by itself")
    cleared: int = Field(examples=[1], description="over by itself")
    acknowledge: TimesRow
    arrive: TimesRow
    resolve: TimesRow

    @classmethod
    def of(cls, found: Response) -> "ResponseRow":
        """As it is answered."""
        return cls(
            by=found.by,
            key=found.key,
            calls=found.calls,
            unanswered=found.unanswered,
            cleared=found.cleared,
            acknowledge=TimesRow.of(found.acknowledge),
            arrive=TimesRow.of(found.arrive),
            resolve=TimesRow.of(found.resolve),
        )


class ShareRow(Row):
    """One cause, loop or station of a Pareto; shares are of 1."""

    by: str = Field(examples=["cause"], description="cause, loop or station")
    key: str = Field(examples=["machine down"])
    calls: int = Field(examples=[9])
    share: float = Field(examples=[0.6429])
    cumulative: float = Field(examples=[0.6429])
    lasted_s: float = Field(examples=[5400.0], description="until resolved, together")

    @classmethod
    def of(cls, found: Share) -> "ShareRow":
        """As it is answered."""
        return cls(
            by=found.by,
            key=found.key,
            calls=found.calls,
            share=round(found.share, 4),
            cumulative=round(found.cumulative, 4),
            lasted_s=found.lasted / 1000,
        )


class LoadRow(Row):
    """Calls over working time, of the plant, a process or a lead (who answered)."""

    by: str = Field(examples=["lead"], description="plant, process or lead")
    key: str = Field(examples=["lead-7"])
    calls: int = Field(examples=[14])
    worked_h: float = Field(examples=[8.0])
    per_hour: float | None = Field(examples=[1.75])
    per_10_min: float | None = Field(examples=[0.29])
    peak: int = Field(examples=[3], description="the most in any 10 minutes")
    grade: str = Field(examples=["healthy"], description="healthy, busy or overloaded")

    @classmethod
    def of(cls, found: LoadOf) -> "LoadRow":
        """As it is answered."""
        load = found.load
        return cls(
            by=found.by,
            key=found.key,
            calls=load.calls,
            worked_h=round(load.worked / 3_600_000, 2),
            per_hour=None if load.per_hour is None else round(load.per_hour, 2),
            per_10_min=None if load.per_span is None else round(load.per_span, 2),
            peak=load.peak,
            grade=load.grade.value,
        )


class LimitsRow(Row):
    """What the grades mean: calls in 10 minutes for one lead, and who says so."""

    healthy: int = HEALTHY
    most: int = MOST
    flood: int = FLOOD
    source: str = "ANSI/ISA-18.2-2016 (IEC 62682), EEMUA 191: alarms for one operator"


class FiguresRow(Row):
    """Figures about the calls that were raised in [since, until)."""

    since: Instant
    until: Instant
    calls: int = Field(examples=[14])
    left_out: bool = Field(description="there were more calls than are counted")
    response: list[ResponseRow]
    pareto: list[ShareRow]
    load: list[LoadRow]
    limits: LimitsRow
    hours: list[int] = Field(description="calls by the hour of the local day, 0 to 23")


class RaisingRow(Row):
    """One raising of a call."""

    call: str
    type: str
    station: str
    loop: str
    cause: str
    shift: str
    raised_at: Instant
    answered_by: str | None
    answered_at: Instant | None
    acknowledge_s: float | None
    arrive_s: float | None
    resolve_s: float | None
    lasted_s: float
    cleared: bool
    late: bool

    @classmethod
    def of(cls, found: Raising) -> "RaisingRow":
        """As it is answered."""
        values = asdict(found)
        for name in ("acknowledge", "arrive", "resolve", "lasted"):
            values[f"{name}_s"] = seconds(values.pop(name))
        return cls(**values)


class HandedRow(Row):
    """An open call that a shift left to the next."""

    id: str = Field(examples=["01J9Z3M4N5P6Q7R8S9T0V1W2X4"])
    type: str = Field(examples=["material"])
    state: str = Field(examples=["acknowledged"])
    station: str = Field(examples=["assy1-post"])
    loop: str | None = Field(examples=["BH-A1"])
    since: Instant = Field(examples=["2026-11-23T13:50:00.000Z"])
    by: str = Field(examples=["op-2"], description="who raised it")
    has: str | None = Field(examples=["lead-7"], description="who took it; null: nobody")
    waited_s: float = Field(examples=[1200.0])
    level: int = Field(examples=[1])
    promised_at: Instant | None = Field(examples=[None])
    shift_start: Instant = Field(examples=["2026-11-23T06:00:00.000Z"])
    shift_end: Instant = Field(examples=["2026-11-23T14:00:00.000Z"])

    @classmethod
    def of(cls, handed: Handed) -> "HandedRow":
        """As it is answered."""
        call = handed.call
        return cls(
            id=call.id,
            type=call.type.value,
            state=call.state.value,
            station=call.station,
            loop=call.loop,
            since=call.since,
            by=call.by,
            has=handed.has,
            waited_s=handed.waited / 1000,
            level=call.level,
            promised_at=call.promised_at,
            shift_start=handed.shift.start,
            shift_end=handed.shift.end,
        )
