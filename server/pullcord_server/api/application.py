"""The HTTP application: reads, changes, streams, health, metrics, problems, and their description."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from . import audit, collection, deed, figure, health, levelling, live, problem, selftest
from .access import Guard
from .forward import Forward
from .header import Shield
from .house import House
from .live import Feeds
from .metrics import CONTENT_TYPE, Metrics, Timing

_ABOUT = """Physical kanban: cards, orders, andon.

Collections are read page by page (`next`, `limit`) with filters; errors are problem details
(RFC 9457) with a stable `type`; every change says `by` and answers with its `decision`.
The lamps are production signals, never a safety function."""


def create_app(house: House, leader: Callable[[], str | None] | None = None) -> FastAPI:
    """Everything of `house` that machines ask; pages are added to it.

    `leader`: where the server is that decides, while this one stands by; changes are handed on to it.

    Before the server stops `app.state.feeds.close()` ends the streams, else it waits for them.
    """
    app = FastAPI(
        title="Pullcord",
        version=version("pullcord"),
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation,
    )
    metrics, feeds = Metrics(house), Feeds.of(house)
    app.state.feeds = feeds
    app.include_router(router(house, metrics, feeds))
    problem.install(app)
    if leader is not None:
        app.add_middleware(Forward, leader=leader)
    app.add_middleware(Guard, users=house.users)
    app.add_middleware(Shield)
    app.add_middleware(Timing, metrics=metrics)
    _describe(app, house)
    return app


def router(house: House, metrics: Metrics, feeds: Feeds) -> APIRouter:
    """Every route of `house`."""
    routes = APIRouter(responses={"default": _PROBLEM})
    routes.include_router(live.router(feeds, metrics))
    routes.include_router(deed.router(house))
    routes.include_router(audit.router(house))
    routes.include_router(levelling.router(house))
    routes.include_router(selftest.router(house))
    routes.include_router(figure.router(house))
    routes.include_router(collection.router(house))
    routes.include_router(health.router(house))

    @routes.get("/metrics", tags=["health"])
    def metrics_text() -> Response:
        """Counters and gauges for Prometheus."""
        return Response(metrics.render(), media_type=CONTENT_TYPE)

    return routes


_PROBLEM: dict[str, Any] = {
    "description": "a problem (RFC 9457)",
    "content": {problem.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def _operation(route: APIRoute) -> str:
    return route.name


def _describe(app: FastAPI, house: House) -> None:
    """`/openapi.json`, with the schema of problems and the login where there is one."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            components = made.setdefault("components", {})
            schema = problem.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            components["schemas"] |= schema.pop("$defs")
            components["schemas"]["Problem"] = schema
            if house.users is not None:
                components["securitySchemes"] = {"login": {"type": "http", "scheme": "basic"}}
                made["security"] = [{"login": []}]
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
