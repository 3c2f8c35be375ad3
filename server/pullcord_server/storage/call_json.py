"""Andon calls as rows and as JSON values."""

from dataclasses import asdict
from typing import Any

from pullcord_server.domain.call import Call, CallState, CallType, Round


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


def load_call(body: dict[str, Any]) -> Call:
    """The inverse of `call_values` from its body."""
    values = dict(body)
    values["type"], values["state"] = CallType(values["type"]), CallState(values["state"])
    values["group"] = tuple(values["group"]) if values["group"] else None
    values["pressed"] = tuple(values["pressed"])
    values["earlier"] = tuple(Round(**r) for r in values.get("earlier", ()))
    return Call(**values)
