"""Refusals that sent a card away: what was shown to the worker stays what it was (DESIGN 3.1)."""

from pullcord_server.domain.card import Card, Change, Decision, Event, Fact, Life, Outcome
from pullcord_server.domain.plant import Loop
from pullcord_wire.message import Verdict

from .turn import Turn

#: Refusals after which the card is gone from where it was read.
STANDING = frozenset(
    {
        Verdict.TAKE_OUT,
        Verdict.HOLD,
        Verdict.BLOCKED,
        Verdict.RETIRED,
        Verdict.OLD_PRINT,
        Verdict.EXPIRED,
        Verdict.MISMATCH,
    }
)


def let_stand(
    turn: Turn, card: str, fact: Fact, before: Card, outcome: Outcome, loop: Loop
) -> None:
    """A ruling is due for a refusal that is shown and sends the card away."""
    if fact.event is Event.UNDO:
        return  # it sends no card anywhere
    if turn.shows(fact.at) and stands(outcome, loop):
        turn.rulings.append((card, _ruling(fact, before, outcome)))


def stands(outcome: Outcome, loop: Loop) -> bool:
    """Whether the verdict sent the card away for good."""
    if outcome.verdict in STANDING:
        return True
    refused = outcome.verdict in (Verdict.MISPLACED, Verdict.NOT_IN_STATE)
    return loop.strict and refused and not outcome.effective


def _ruling(fact: Fact, before: Card, outcome: Outcome) -> Decision:
    """What the step just said, with what it changed; of a card that joins, always where it is."""
    after = outcome.card
    joins = after.life is not before.life and after.life is Life.CIRCULATING
    return Decision(
        number=0,
        id="",
        at=fact.at,
        what=Change.RULING,
        entry=fact.id,
        reason="shown",
        verdict=outcome.verdict,
        finding=outcome.findings[0] if outcome.findings else None,
        life=after.life if after.life is not before.life else None,
        state=after.state if joins or after.state is not before.state else None,
    )
