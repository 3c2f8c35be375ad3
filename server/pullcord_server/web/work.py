"""Pages of people at work: a process's next job, a handler's walk, figures about calls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Protocol
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Query
from fastapi.responses import HTMLResponse

from .chart import Bar, bars, columns

#: Rows of a table that a page shows at most; a file has all.
MOST = 15
_DAYS, _MOST_DAYS = 7, 365
_FIRST = date(1970, 1, 2)
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Views:
    """What these pages show. `name_of`: a refusal where there is no such process. `figures`: of [since, until), ms."""

    processes: Callable[[], Sequence[Values]]
    name_of: Callable[[str], str]
    posts: Callable[[], Sequence[str]]
    figures: Callable[[int, int], Values]
    hand_over: Callable[[], Sequence[Values]]
    now: Callable[[], int | None]
    timezone: Callable[[], str]


class Show(Protocol):
    """Renders a template."""

    def __call__(self, template: str, **values: Any) -> HTMLResponse: ...


def add_work_pages(app: FastAPI, show: Show, views: Views) -> None:
    """`/work`, `/pick` and `/andon/figures` on `app`."""

    @app.get("/work", include_in_schema=False)
    def work() -> HTMLResponse:
        """Every process, and how much waits there."""
        return show("processes.html", here="/work", processes=views.processes())

    @app.get("/work/{process}", include_in_schema=False)
    def work_at(process: str) -> HTMLResponse:
        """The next job of a process, live."""
        return show("work.html", here="/work", process=process, name=views.name_of(process))

    @app.get("/pick", include_in_schema=False)
    def pick() -> HTMLResponse:
        """What a handler fetches and brings, live."""
        return show("pick.html", here="/pick", posts=views.posts())

    @app.get("/andon/figures", include_in_schema=False)
    def figures(
        since: Annotated[date | None, Query()] = None, until: Annotated[date | None, Query()] = None
    ) -> HTMLResponse:
        """Response times, Pareto, load of a few days, and what the last shift left."""
        zone = ZoneInfo(views.timezone())
        today = datetime.fromtimestamp((views.now() or 0) / 1000, zone).date()
        last = min(max(until or today, _FIRST), date.max - timedelta(days=2))
        first = last - timedelta(days=_DAYS - 1) if since is None else min(since, last)
        first = max(first, _FIRST, last - timedelta(days=_MOST_DAYS - 1))
        ends = (first, last + timedelta(days=1))
        start, end = (_midnight(zone, day) for day in ends)
        found = views.figures(start, end)
        return show(
            "figures.html",
            here="/andon/figures",
            first=first,
            last=last,
            period=[datetime.fromtimestamp(at / 1000, zone).isoformat() for at in (start, end)],
            figures=found,
            handed=views.hand_over(),
            responses=[(by, _response_rows(found, by)) for by in ("type", "station", "shift")],
            paretos=[(by, bars(_bars(found, by))) for by in ("cause", "loop", "station")],
            hours=columns(found["hours"]),
            most=MOST,
        )


def _midnight(zone: ZoneInfo, day: date) -> int:
    return int(datetime.combine(day, datetime.min.time(), zone).timestamp() * 1000)


def _response_rows(found: Values, by: str) -> Sequence[Values]:
    return [row for row in found["response"] if row["by"] == by]


def _bars(found: Values, by: str) -> list[Bar]:
    rows = [row for row in found["pareto"] if row["by"] == by][:MOST]
    return [Bar(r["key"], r["calls"], r["cumulative"], r["lasted_s"]) for r in rows]
