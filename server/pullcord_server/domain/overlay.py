"""What is asked of a card before the table: its life, its flags, its place (oracles: overlays, first hit decides)."""

from pullcord_wire.message import Verdict

from .card import Card, ClosedBy, Decision, Event, Fact, Life, Outcome, State
from .plant import Kind, Loop
from .portion import share_of
from .transition import Ground
from .value import replace

DROPS = frozenset({Event.WITHDRAWAL, Event.LEVEL_EMPTY})
_MOVED_ON = frozenset({Event.FINISH, Event.ARRIVAL, Event.DISPATCH, Event.LEVEL_FULL})
_LEFT_IN_HOUSE = {
    Event.START: State.RELEASED,
    Event.FINISH: State.IN_PROCESS,
    Event.ARRIVAL: State.IN_PROCESS,
    Event.DISPATCH: State.FULL,
    Event.LEVEL_FULL: State.IN_PROCESS,
}
_LEFT_MOVED = {
    Event.DISPATCH: State.RELEASED,
    Event.ARRIVAL: State.IN_TRANSIT,
    Event.LEVEL_FULL: State.IN_TRANSIT,
}


def left_state(card: Card, loop: Loop, event: Event) -> State:
    """The state that a normal `event` leaves: where a found or new card is taken to have been."""
    if event in DROPS:
        return State.FULL
    in_house = loop.kind in (Kind.PRODUCTION, Kind.SIGNAL)
    return (_LEFT_IN_HOUSE if in_house else _LEFT_MOVED).get(event, card.state)


def sent_away(card: Card, fact: Fact) -> Outcome | None:
    """The refusal of a card that is no card of its loop any more, or None."""
    if card.life is Life.RETIRED:
        return _refused(card, Verdict.RETIRED, "retired_seen")
    if fact.version is not None and fact.version < card.version:
        return _refused(card, Verdict.OLD_PRINT, "old_print")
    if card.life is Life.LOST and card.replaced:
        surplus = replace(card, life=Life.SURPLUS)
        return _refused(surplus, Verdict.TAKE_OUT, "found_after_replacement")
    return None


def overlay(card: Card, fact: Fact, loop: Loop, serves: bool) -> Outcome | None:
    """The refusal of a card of the loop that comes before the table, or None."""
    if card.life is Life.SURPLUS:
        return _refused(card, Verdict.TAKE_OUT, "surplus_seen")
    return (
        _one_turn(card, fact) or _held(card, fact) or _blocked(card, fact)
        or _misplaced(card, fact, loop, serves)
    )  # fmt: skip


def _one_turn(card: Card, fact: Fact) -> Outcome | None:
    """An express or emergency card turns once, and only before its expiry."""
    if card.kind == "standing" or fact.event not in DROPS:
        return None
    if card.turned:
        out = replace(card, state=State.EMPTY, life=Life.RETIRED, actual=0, since=fact.at)
        return Outcome(out, verdict=Verdict.TAKE_OUT)
    over = card.expires_at is not None and fact.at > card.expires_at
    if over and fact.event is Event.WITHDRAWAL:
        return _refused(replace(card, life=Life.RETIRED), Verdict.EXPIRED, "expired")
    return None


def _held(card: Card, fact: Fact) -> Outcome | None:
    if card.hold is None:
        return None
    if fact.event in _MOVED_ON:
        return _refused(card, Verdict.HOLD, "held")
    if fact.event in DROPS and card.state is State.FULL:
        return replace(_refused(card, Verdict.HOLD, "held_goods_used"), call="quality")
    return None


def _blocked(card: Card, fact: Fact) -> Outcome | None:
    """The box of a blocked card that is dropped IS empty: that is remembered."""
    if card.blocked is None:
        return None
    if fact.event in DROPS and card.state is State.FULL:
        card = replace(card, state=State.EMPTY, actual=0, since=fact.at)
    return _refused(card, Verdict.BLOCKED, "blocked_drop")


def _misplaced(card: Card, fact: Fact, loop: Loop, serves: bool) -> Outcome | None:
    """Need is real where a full card is dropped, so a tolerant loop orders it."""
    need = fact.event is Event.WITHDRAWAL and card.state is State.FULL and not loop.strict
    if serves or need:
        return None
    return _refused(card, Verdict.MISPLACED, "misplaced")


def ruled(card: Card, ruling: Decision, fact: Fact, ground: Ground) -> Outcome:
    """A refusal that sent the card away stays what it was when it was shown.

    Where it moved the card, the box was there: an order that is still open was delivered.
    """
    state = card.state if ruling.state is None else ruling.state
    moved = state is not card.state
    share = share_of(card, fact, ground.loop, ground.due)
    if moved:
        share.close(ClosedBy.INFERRED)
    after = replace(
        card,
        state=state,
        portion=share.open,
        life=card.life if ruling.life is None else ruling.life,
        actual=0 if moved else card.actual,
        since=fact.at if moved else card.since,
    )
    findings = () if ruling.finding is None else (ruling.finding,)
    portions = tuple(share.touched.values())
    return Outcome(after, portions, ruling.verdict, findings, effective=bool(portions))


def _refused(card: Card, verdict: Verdict, finding: str) -> Outcome:
    return Outcome(card, verdict=verdict, findings=(finding,))
