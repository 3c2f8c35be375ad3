"""Loops: number of cards, service, early release, take one card out, an empty place (DESIGN 9)."""

import json
from typing import Any

from pullcord_server.desk.decide import Settled, decide, touch
from pullcord_server.desk.loops import emptied, loop_row, oldest_full
from pullcord_server.desk.refusal import Refused, not_found, reason_required
from pullcord_server.desk.release import release, waiting
from pullcord_server.desk.trial import broke, must_be_calm
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.card import Event
from pullcord_server.domain.plant import Kind, Loop

from .done import Done


def find_loop(turn: Turn, loop_id: str) -> Loop:
    """A loop of the present plant."""
    plant = turn.floor.plant
    if plant is None or loop_id not in plant.loops:
        raise not_found("loop", loop_id)
    return plant.loops[loop_id]


def change(
    turn: Turn,
    loop_id: str,
    by: str,
    reason: str | None,
    *,
    cards: int | None = None,
    in_service: bool | None = None,
) -> Done:
    """Set the number of cards, or take the loop in or out of service."""
    loop = find_loop(turn, loop_id)
    if not reason:
        raise reason_required("this change of a loop")
    row = loop_row(turn, loop_id)
    other: dict[str, Any] = {}
    if cards is not None:
        _check_number(loop, cards)
        if cards != row["cards"]:
            other["more"] = {loop_id: cards - row["cards"]}
    if in_service is not None:
        other["loops"] = {loop_id: {"in_service": in_service}}
    if not other:
        raise Refused(409, "not-in-state", f"{loop_id} is like that already")
    made = decide(turn, Settled("loop", by, reason, other=other))
    return Done("loops", loop_id, made.id)


def _check_number(loop: Loop, cards: int) -> None:
    if cards < 1:
        raise Refused(422, "cards", f"{loop.id} needs at least 1 card, not {cards}")
    need = (loop.lot or 0) + (loop.reorder_point or 0)
    if loop.kind is Kind.SIGNAL and cards > 1 and cards < need:
        raise Refused(
            409,
            "lot-too-large",
            f"{cards} cards are fewer than lot {loop.lot} + reorder point {loop.reorder_point}",
        )


def release_now(turn: Turn, loop_id: str, by: str, reason: str | None) -> Done:
    """Release what waits before its hour or number."""
    loop = find_loop(turn, loop_id)
    if not reason:
        raise reason_required("an early release")
    cards = waiting(turn, loop)
    if not cards:
        raise Refused(409, "not-in-state", f"no card of {loop_id} waits")
    made = release(turn, loop, cards, by, reason, None)
    return Done("loops", loop_id, made.id)


def empty(turn: Turn, loop_id: str, by: str, reason: str | None) -> Done:
    """This place is empty, and there is no card: the oldest full card of the loop is taken.

    Where only boxes of cards of one turn are left, one of them has had its turn.
    """
    find_loop(turn, loop_id)
    if not reason:
        raise reason_required("an empty place without a card")
    oldest = oldest_full(turn, loop_id)
    if oldest is None:
        raise Refused(409, "not-in-state", f"no full card of {loop_id} is left")
    part = touch(emptied(oldest, Event.WITHDRAWAL), reason=reason)
    made = decide(turn, Settled("empty", by, reason, cards={oldest.id: part}))
    return Done("cards", oldest.id, made.id)


def begin_trial(turn: Turn, loop_id: str, by: str, reason: str | None, remove: int) -> Done:
    """Take cards out to see what breaks; refused while the loop is in trouble already."""
    loop = find_loop(turn, loop_id)
    if not reason:
        raise reason_required("a trial")
    if remove < 1:
        raise Refused(422, "remove", "`remove` must be at least 1")
    row = loop_row(turn, loop_id)
    trials = _trials(row)
    if any(t["ended_at"] is None for t in trials):
        raise Refused(409, "trial-open", f"a trial of {loop_id} is on already; end it first")
    _check_number(loop, row["cards"] - remove)
    must_be_calm(turn, loop)
    trials.append(
        {"n": len(trials) + 1, "remove": remove, "by": by, "reason": reason,
         "started_at": turn.now, "ended_at": None, "result": None, "broke": {}}
    )  # fmt: skip
    other = {
        "loops": {loop_id: {"body": json.dumps({"trials": trials})}},
        "more": {loop_id: -remove},
    }
    made = decide(turn, Settled("trial", by, reason, other=other))
    return Done("loops", loop_id, made.id)


def end_trial(
    turn: Turn, loop_id: str, number: int, by: str, reason: str | None, keep: bool
) -> Done:
    """End a trial: the cards come back, or stay out."""
    loop = find_loop(turn, loop_id)
    if not reason:
        raise reason_required("ending a trial")
    trials = _trials(loop_row(turn, loop_id))
    trial = next((t for t in trials if t["n"] == number), None)
    if trial is None:
        raise not_found("trial", f"{loop_id}/{number}")
    if trial["ended_at"] is not None:
        raise Refused(409, "not-in-state", f"trial {number} of {loop_id} has ended")
    turn.book.flush()
    watched = broke(turn.book.connection, loop, trial["started_at"], turn.now)
    trial |= {"ended_at": turn.now, "result": reason, "broke": watched}
    other: dict[str, Any] = {"loops": {loop_id: {"body": json.dumps({"trials": trials})}}}
    if not keep:
        other["more"] = {loop_id: trial["remove"]}
    made = decide(turn, Settled("trial_end", by, reason, other=other))
    return Done("loops", loop_id, made.id)


def _trials(row: dict[str, Any]) -> list[dict[str, Any]]:
    return list(json.loads(row["body"]).get("trials", []))
