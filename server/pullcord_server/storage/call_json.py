"""Andon calls as rows and as JSON values."""

from dataclasses import asdict
from typing import Any

from pullcord_server.domain.call import Call, CallState, CallType, Round
from pullcord_server.domain.response import Raised

_OF_ROUND = (
    *("acknowledged_at", "acknowledged_by", "arrived_at"),
    *("resolved_at", "resolved_by", "cause"),
)


def call_values(call: Call) -> dict[str, Any]:
    """The columns of a call; `body` has all of it."""
    body = asdict(call)
    return {
        "id": call.id,
        "type": call.type.value,
        "state": call.state.value,
        "station": call.station,
        "loop": call.loop,
        "raised_at": call.raised_at,
        "by": call.by,
        "cause": call.cause,
        "body": body,
    }


def load_raised(body: dict[str, Any]) -> Raised:
    """As `Raised.of` the call, without making the whole of it: thousands are read for a page."""
    since = body["raised_at"] if body["reopened_at"] is None else body["reopened_at"]
    earlier = tuple(Round(**r) for r in body.get("earlier", ()))
    now = Round(since, *(body[name] for name in _OF_ROUND))
    late = body.get("late", False)
    return Raised(body["id"], body["type"], body["station"], body["loop"], late, (*earlier, now))


def load_call(body: dict[str, Any]) -> Call:
    """The inverse of `call_values` from its body."""
    values = dict(body)
    values["type"], values["state"] = CallType(values["type"]), CallState(values["state"])
    values["group"] = tuple(values["group"]) if values["group"] else None
    values["pressed"] = tuple(values["pressed"])
    values["earlier"] = tuple(Round(**r) for r in values.get("earlier", ()))
    return Call(**values)
