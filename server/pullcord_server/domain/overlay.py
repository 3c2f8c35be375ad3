"""What is asked of a card before the table: its life, its flags, its place (oracles: overlays, first hit decides)."""

from dataclasses import replace

from pullcord_wire.message import Verdict

from .card import Card, Decision, Event, Fact, Life, Outcome, State
from .plant import Loop

_DROPS = frozenset({Event.WITHDRAWAL, Event.LEVEL_EMPTY})
_LEAVES = {
    Event.WITHDRAWAL: State.FULL,
    Event.LEVEL_EMPTY: State.FULL,
    Event.START: State.RELEASED,
    Event.FINISH: State.IN_PROCESS,
    Event.DISPATCH: State.RELEASED,
    Event.ARRIVAL: State.IN_TRANSIT,
    Event.LEVEL_FULL: State.RELEASED,
}


def left_state(loop: Loop, event: Event) -> State:
    """The state that a normal `event` leaves: where a found or new card is taken to have been."""
    if event is Event.DISPATCH and loop.place == loop.source:
        return State.FULL
    return _LEAVES[event]


def overlay(card: Card, fact: Fact, loop: Loop, serves: bool) -> Outcome | None:
    """The refusal that comes before the table, or None."""
    event = fact.event
    drop = event in _DROPS
    if card.life is Life.RETIRED:
        return _refused(card, Verdict.RETIRED, "retired_seen")
    if fact.version is not None and fact.version < card.version:
        return _refused(card, Verdict.OLD_PRINT, "old_print")
    if card.life is Life.LOST and card.replaced:
        surplus = replace(card, life=Life.SURPLUS)
        return _refused(surplus, Verdict.TAKE_OUT, "found_after_replacement")
    if card.life is Life.SURPLUS:
        return _refused(card, Verdict.TAKE_OUT, "surplus_seen")
    if card.kind != "standing" and drop:
        if card.turned:
            out = replace(card, state=State.EMPTY, life=Life.RETIRED, actual=0, since=fact.at)
            return Outcome(out, verdict=Verdict.TAKE_OUT)
        if card.expires_at is not None and fact.at > card.expires_at and not card.turned:
            return _refused(replace(card, life=Life.RETIRED), Verdict.EXPIRED, "expired")
    if card.hold is not None:
        if drop and card.state is State.FULL:
            held = _refused(card, Verdict.HOLD, "held_goods_used")
            return replace(held, call="quality")
        if event in (Event.FINISH, Event.ARRIVAL, Event.DISPATCH, Event.LEVEL_FULL):
            return _refused(card, Verdict.HOLD, "held")
    if card.blocked is not None:
        if drop and card.state is State.FULL:
            card = replace(card, state=State.EMPTY, actual=0, since=fact.at)
        return _refused(card, Verdict.BLOCKED, "blocked_drop")
    drops_full = event is Event.WITHDRAWAL and card.state is State.FULL and not loop.strict
    if not serves and not drops_full:
        return _refused(card, Verdict.MISPLACED, "misplaced")
    return None


def ruled(card: Card, ruling: Decision, at: int) -> Outcome:
    """A refusal that sent the card away stays what it was when it was shown."""
    state = card.state if ruling.state is None else ruling.state
    actual = card.actual if state is card.state else 0
    since = card.since if state is card.state else at
    life = card.life if ruling.life is None else ruling.life
    after = replace(card, state=state, life=life, actual=actual, since=since)
    findings = () if ruling.finding is None else (ruling.finding,)
    return Outcome(after, verdict=ruling.verdict, findings=findings)


def _refused(card: Card, verdict: Verdict, finding: str) -> Outcome:
    return Outcome(card, verdict=verdict, findings=(finding,))
