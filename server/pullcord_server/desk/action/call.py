"""Andon calls by page: raise, acknowledge, arrive, resolve, close (DESIGN 5, 9)."""

import secrets

from pullcord_server.desk.calls import Calls
from pullcord_server.desk.refusal import Refused, not_found
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.call import CallAction, CallRefusal, CallType, act, press
from pullcord_server.domain.identity import ulid

from .done import Done


def raise_call(
    turn: Turn, calls: Calls, station: str, type_: str, by: str, loop: str | None
) -> Done:
    """Call from a page, for a station."""
    plant = turn.floor.plant
    if plant is None or station not in plant.stations:
        raise not_found("station", station)
    if loop is not None and loop not in plant.loops:
        raise not_found("loop", loop)
    try:
        kind = CallType(type_)
    except ValueError:
        known = ", ".join(CallType)
        raise Refused(422, "call-type", f"there is no call type {type_}; use {known}") from None
    step = press(
        calls.near(plant, station),
        ulid(turn.now, secrets.randbits(80)),
        kind,
        station,
        by,
        turn.now,
        loop=loop,
        group=plant.loops[loop].group if loop else None,
    )
    made = calls.keep(turn, step, settled=True)
    return Done("calls", step.call.id, made.id if made else "")


def move_call(
    turn: Turn,
    calls: Calls,
    call_id: str,
    action: CallAction,
    by: str,
    cause: str | None,
    promised_at: int | None = None,
) -> Done:
    """Acknowledge, arrive, resolve or close."""
    call = calls.find(turn, call_id)
    if call is None:
        raise not_found("call", call_id)
    step = act(call, action, by, turn.now, cause, promised_at)
    if isinstance(step, CallRefusal):
        status = 422 if step.type == "reason-required" else 409
        raise Refused(status, step.type, step.detail)
    made = calls.keep(turn, step, settled=True)
    return Done("calls", call_id, made.id if made else "")
