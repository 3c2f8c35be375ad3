"""The page of one station: its last reads, how it is, and its self-tests, which can be asked for there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from .work import Show

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StationViews:
    """What the page shows. `station`: a refusal where there is none; `reads`, `selftests`: the newest first."""

    station: Callable[[str], Values]
    reads: Callable[[str], Sequence[Values]]
    selftests: Callable[[str], Sequence[Values]]


def add_station_page(app: FastAPI, show: Show, views: StationViews) -> None:
    """`/stations/{station}`, and its reads alone, on `app`."""

    @app.get("/stations/{station}", include_in_schema=False)
    def station_page(station: str) -> HTMLResponse:
        """One station, what it read last, and its self-tests."""
        found, tests = views.station(station), views.selftests(station)
        return show(
            "station.html", here="/", station=found, reads=views.reads(station), tests=tests
        )

    @app.get("/stations/{station}/reads", include_in_schema=False)
    def station_reads(station: str) -> HTMLResponse:
        """What it read last, for the page to show anew."""
        found = views.station(station)
        return show("reads.html", station=found, reads=views.reads(station))
