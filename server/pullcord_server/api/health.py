"""Whether the server lives, and whether it can decide: what orchestrators and people ask."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from . import problem
from .house import House

_NO_COPY = (
    "no copy of decisions is kept: set decisions_copy in server.toml to a path on another disk"
)


def router(house: House) -> APIRouter:
    """`/livez` and `/readyz`."""
    routes = APIRouter(tags=["health"])

    @routes.get("/livez")
    def live() -> Response:
        """200 while the program works; 503: start it again."""
        if house.desk.crashed is not None:
            return problem.answer(
                503, "crashed", f"the deciding thread ended: {house.desk.crashed}"
            )
        return JSONResponse({"alive": True})

    @routes.get("/readyz")
    def ready() -> Response:
        """200 when scans and changes are decided here; 503 with `problems` when not."""
        problems = not_ready(house)
        if problems:
            return problem.answer(503, "not-ready", "; ".join(problems), problems=problems)
        notes = [] if house.copies else [_NO_COPY]
        return JSONResponse({"ready": True, "problems": [], "notes": notes})

    return routes


def not_ready(house: House) -> list[str]:
    """What keeps the server from its work, each with what to do."""
    problems = house.desk.ready()
    fault = house.broker_fault()
    if fault is not None:
        problems = [*problems, f"broker: {fault}"]
    try:
        with house.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except (DBAPIError, PoolTimeout) as error:
        reason = f"database: {error.orig if isinstance(error, DBAPIError) else error}"
        problems = [p for p in problems if not p.startswith("database:")] + [reason]
    return problems
