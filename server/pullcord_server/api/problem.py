"""Problem details (RFC 9457): every error of the API, with a stable `type`."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from pullcord_server.desk.refusal import Refused
from pullcord_server.domain.problem import did_you_mean

MEDIA_TYPE = "application/problem+json"


class Fault(BaseModel):
    """One thing that is wrong with a request: where, and what to send instead."""

    field: str = Field(examples=["limit"])
    detail: str = Field(examples=["must be at most 1000; take further rows with `next`"])


class Problem(BaseModel):
    """Problem details as RFC 9457 has them. `errors`: every fault of an invalid request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "reason-required",
                    "title": "Unprocessable Content",
                    "status": 422,
                    "detail": "starting out of turn needs a reason; send it as `reason`",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] | None = None
    problems: list[str] | None = None


def answer(
    status: int,
    type_: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    """A problem as a response."""
    title = "Unprocessable Content" if status == 422 else HTTPStatus(status).phrase
    body = {"type": type_, "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, dict(headers or {}), media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every error that leaves a route of `app` a problem."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(PoolTimeout, _busy)
    app.add_exception_handler(Exception, _crash)


def _refused(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)
    return answer(error.status, error.type, error.detail)


_TYPES = {404: "not-found", 405: "method-not-allowed", 413: "too-large"}


def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    path = request.url.path
    match error.status_code:
        case 404:
            detail = f"there is nothing at {path}; /openapi.json lists what there is"
        case 405:
            allowed = (error.headers or {}).get("Allow", "another method")
            detail = f"{path} does not take {request.method}; it takes {allowed}"
        case _:
            detail = str(error.detail)
    type_ = _TYPES.get(
        error.status_code, HTTPStatus(error.status_code).name.lower().replace("_", "-")
    )
    return answer(error.status_code, type_, detail, error.headers)


def _database(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DBAPIError)
    return answer(
        503, "database", f"the database does not answer: {error.orig}", {"Retry-After": "1"}
    )


def _busy(_request: Request, _error: Exception) -> JSONResponse:
    return answer(
        503, "database", "every connection to the database is in use", {"Retry-After": "1"}
    )


def _crash(_request: Request, error: Exception) -> JSONResponse:
    name = type(error).__name__
    return answer(500, "internal", f"a fault of the server ({name}); its log has the details")


def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    raw = list(error.errors())
    known = _known(request)
    faults = [_fault(e, known) for e in raw]
    type_ = "by-required" if _only_by_is_missing(raw) else "invalid"
    detail = "; ".join(f"{f['field']}: {f['detail']}" for f in faults)
    return answer(422, type_, detail, errors=faults)


def _only_by_is_missing(raw: Sequence[Mapping[str, Any]]) -> bool:
    return len(raw) == 1 and raw[0]["type"] == "missing" and tuple(raw[0]["loc"]) == ("body", "by")


def _known(request: Request) -> list[str]:
    """The names that the route of `request` takes, in its query and in its body."""
    dependant = getattr(request.scope.get("route"), "dependant", None)
    if dependant is None:
        return []
    names: list[str] = []
    for param in (*dependant.query_params, *dependant.body_params):
        model = param.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            names += [field.alias or name for name, field in model.model_fields.items()]
        else:
            names.append(param.alias)
    return names


def _fault(error: Mapping[str, Any], known: Sequence[str]) -> dict[str, str]:
    """A fault of validation in the words of this API."""
    place, *path = error["loc"]
    field = ".".join(str(p) for p in path) or str(place)
    context = error.get("ctx") or {}
    match error["type"]:
        case "missing" if not path:
            detail = "send a JSON object, with Content-Type: application/json"
        case "missing":
            detail = "is required"
        case "json_invalid":
            field, detail = "body", f"is not JSON: {context.get('error', 'cannot be read')}"
        case "extra_forbidden":
            detail = f"is not known here; {did_you_mean(str(path[-1]), known)}"
        case "less_than_equal" if field == "limit":
            detail = f"must be at most {context['le']}; take further rows with `next`"
        case "too_short" | "string_too_short":
            detail = "must not be empty"
        case "too_long" | "string_too_long":
            detail = f"is too long; at most {context['max_length']}"
        case "greater_than_equal":
            detail = f"must be at least {context['ge']}"
        case "less_than_equal":
            detail = f"must be at most {context['le']}"
        case "int_parsing" | "int_type":
            detail = "must be a whole number"
        case "bool_type":
            detail = "must be true or false"
        case "string_type":
            detail = "must be a text"
        case "list_type":
            detail = "must be a list"
        case "model_attributes_type" | "dict_type" | "model_type":
            detail = "must be a JSON object, sent with Content-Type: application/json"
        case "string_pattern_mismatch":
            detail = "must not contain a NUL character"
        case "value_error":
            detail = str(context.get("error", error["msg"]))
        case _:
            detail = _small(str(error["msg"]))
    return {"field": field, "detail": detail}


def _small(message: str) -> str:
    text = message.removeprefix("Input ").removeprefix("Value error, ")
    return text[:1].lower() + text[1:]
