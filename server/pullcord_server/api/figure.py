"""Figures about calls, as JSON and as CSV, and the hand-over of a shift (DESIGN 5)."""

import csv
import io
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from pullcord_server.desk.refusal import Refused
from pullcord_server.domain.call_figure import Figures, figures, hours_of
from pullcord_server.domain.hand_over import handed_over
from pullcord_server.domain.plant import DAY, Plant
from pullcord_server.storage.work import read_open_calls, read_raised

from .asked import FiguresAsked
from .collection import check_filters
from .figure_row import (
    FiguresRow,
    HandedRow,
    LimitsRow,
    LoadRow,
    RaisingRow,
    ResponseRow,
    ShareRow,
    TimesRow,
)
from .house import PREFIX, House
from .row import Page, Row

#: Calls that are counted at most.
MOST = 20_000
PERIOD = 7 * DAY
LONGEST = 370 * DAY
_CSV = {"description": "CSV", "content": {"text/csv": {"schema": {"type": "string"}}}}


class Sheet(StrEnum):
    """What a CSV file has: each raising, or one of the tables that are made of them."""

    CALLS = "calls"
    RESPONSE = "response"
    PARETO = "pareto"
    LOAD = "load"


class SheetAsked(FiguresAsked):
    """The time, and what of it."""

    table: Sheet = Sheet.CALLS


def router(house: House) -> APIRouter:
    """The figures of `house`."""
    routes = APIRouter(prefix=PREFIX, tags=["calls"], dependencies=[Depends(check_filters)])

    @routes.get("/andon/figures")
    def get_figures(ask: Annotated[FiguresAsked, Query()]) -> FiguresRow:
        """Response times, Pareto and load of the calls of a time."""
        return read_figures(house, ask.since, ask.until)

    @routes.get("/andon/figures.csv", response_class=Response, responses={200: _CSV})
    def get_figures_csv(ask: Annotated[SheetAsked, Query()]) -> Response:
        """The same for a spreadsheet."""
        _, _, found, _ = _figures(house, ask.since, ask.until)
        text = _csv(*_sheet(found, ask.table))
        name = f'attachment; filename="andon-{ask.table}.csv"'
        headers = {"Content-Disposition": name}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    @routes.get("/andon/handover")
    def get_hand_over() -> Page[HandedRow]:
        """The open calls that the last shift left, who has them, since when."""
        return Page(items=read_hand_over(house), next=None)

    return routes


def read_figures(house: House, since: int | None = None, until: int | None = None) -> FiguresRow:
    """The figures of [since, until); a refusal where that is no time."""
    start, end, found, left_out = _figures(house, since, until)
    return FiguresRow(
        since=start,
        until=end,
        calls=len(found.raisings),
        left_out=left_out,
        response=[ResponseRow.of(r) for r in found.responses],
        pareto=[ShareRow.of(s) for s in found.pareto],
        load=[LoadRow.of(x) for x in found.loads],
        limits=LimitsRow(),
        hours=list(found.hours),
    )


def read_hand_over(house: House) -> list[HandedRow]:
    """What the shifts that ended last left open."""
    plant, now = house.plant(), house.now()
    if plant is None or now is None:
        return []
    with house.engine.connect() as connection:
        calls = read_open_calls(connection)
    handed = handed_over(calls, lambda c: hours_of(plant, c.station), now)
    return [HandedRow.of(h) for h in handed]


def _figures(house: House, since: int | None, until: int | None) -> tuple[int, int, Figures, bool]:
    now = house.now() or 0
    if now == 0 and until is None:
        raise Refused(503, "no-time", "driven time has no time yet; POST /api/v1/clock first")
    end = now if until is None else until
    start = max(end - PERIOD if since is None else since, 0)
    if start >= end:
        raise Refused(422, "invalid", "since: must be before `until`; send an earlier instant")
    if end - start > LONGEST:
        text = f"since: must be at most {LONGEST // DAY} days before `until`; ask year by year"
        raise Refused(422, "invalid", text)
    with house.engine.connect() as connection:
        # a call raised again has its first time
        calls = read_raised(connection, start - DAY, end, MOST + 1)
    plant = house.plant() or Plant(house.site)
    found = figures(plant, calls[:MOST], start, end, max(now, start))
    return start, end, found, len(calls) > MOST


def _sheet(found: Figures, sheet: Sheet) -> tuple[list[str], Iterable[Row]]:
    """The columns of a table, and its rows."""
    match sheet:
        case Sheet.CALLS:
            return _columns(RaisingRow), map(RaisingRow.of, found.raisings)
        case Sheet.RESPONSE:
            return _columns(ResponseRow), map(ResponseRow.of, found.responses)
        case Sheet.PARETO:
            return _columns(ShareRow), map(ShareRow.of, found.pareto)
        case Sheet.LOAD:
            return _columns(LoadRow), map(LoadRow.of, found.loads)


def _columns(kind: type[Row]) -> list[str]:
    """The names of a row's values; those of a row in it with its name before: `acknowledge_median_s`."""
    names = []
    for name, field in kind.model_fields.items():
        inner = _columns(TimesRow) if field.annotation is TimesRow else [""]
        names += [f"{name}_{n}" if n else name for n in inner]
    return names


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Rows in rows as columns of their own."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}_{inner}": v for inner, v in value.items()}
        else:
            flat[name] = value
    return flat


def _csv(columns: list[str], rows: Iterable[Row]) -> str:
    """Lines with a head; text that a spreadsheet would take for a formula is marked as text."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    for row in rows:
        writer.writerow({n: _cell(v) for n, v in _flat(row.model_dump()).items()})
    return out.getvalue()


def _cell(value: object) -> object:
    formula = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if formula else value
