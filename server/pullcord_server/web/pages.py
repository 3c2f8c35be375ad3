"""Routes of the pages: overview, andon, work, the description of the API, static files."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from .reference import operations
from .station import StationViews, add_station_page
from .work import Views, add_work_pages

_HERE = Path(__file__).parent


def add_pages(
    app: FastAPI,
    site: str,
    timezone: Callable[[], str],
    overview: Callable[[], Mapping[str, Any]],
    views: Views | None = None,
    stations: StationViews | None = None,
) -> None:
    """Pages of `site` on `app`. `overview`: the rows of the first page; `timezone`: of the plant.

    `views`: what the pages of people at work show, `stations`: what a station's; without them those
    pages are not there.
    """
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
    )

    def show(template: str, **values: Any) -> HTMLResponse:
        page = environment.get_template(template)
        return HTMLResponse(page.render(site=site, timezone=timezone(), **values))

    if views is not None:
        add_work_pages(app, show, views)
    if stations is not None:
        add_station_page(app, show, stations)

    @app.get("/", include_in_schema=False)
    def index() -> HTMLResponse:
        """What there is, in tables."""
        rows = {k: v for k, v in overview().items() if k not in ("site", "timezone")}
        return show("index.html", here="/", **rows)

    @app.get("/andon", include_in_schema=False)
    def andon() -> HTMLResponse:
        """The live board for the wall."""
        return show("andon.html")

    @app.get("/docs", include_in_schema=False)
    def reference() -> HTMLResponse:
        """The API, described from its own schema."""
        described = app.openapi()
        return show(
            "reference.html",
            here="/docs",
            about=described["info"],
            operations=operations(described),
        )

    app.mount("/static", Static(directory=_HERE / "static"), name="static")


class Static(StaticFiles):
    """Files that browsers keep, and ask about each time: an upgrade is seen at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or that it has not changed."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response
