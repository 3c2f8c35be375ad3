"""The words a worker reads with a verdict."""

from pullcord_server.domain.card import Card, State
from pullcord_server.domain.plant import Kind, Loop, Plant, Release
from pullcord_wire.message import Verdict

_WORDS = {
    Verdict.DUPLICATE: "already posted",
    Verdict.UNKNOWN: "unknown card",
    Verdict.UNBOUND: "tag without a card",
    Verdict.MISREAD: "read again",
    Verdict.MISPLACED: "belongs to {place}",
    Verdict.BLOCKED: "blocked, take this card out",
    Verdict.HOLD: "on hold, do not use",
    Verdict.RETIRED: "retired, take this card out",
    Verdict.OLD_PRINT: "old print, take this card out",
    Verdict.TAKE_OUT: "take this card out",
    Verdict.NOT_IN_STATE: "not now: card is {state}",
    Verdict.MISMATCH: "wrong box",
    Verdict.EXPIRED: "expired, take this card out",
}


def verdict_text(verdict: Verdict, card: Card | None, loop: Loop | None, plant: Plant) -> str:
    """One short line: item and quantity, or what is wrong."""
    if card is None or loop is None:
        return _WORDS.get(verdict, verdict.value)
    item = plant.items.get(loop.item)
    name = item.name if item is not None else loop.item
    goods = f"{name} {card.quantity or loop.quantity}"
    if verdict is Verdict.ACCEPTED:
        return goods
    words = _WORDS[verdict].format(place=loop.place, state=card.state.value)
    return f"{goods}: {words}"


def gathers(loop: Loop) -> int | None:
    """How many cards must wait before they are released together; None where they do not gather."""
    if loop.kind is Kind.SIGNAL:
        return loop.lot
    if loop.release is Release.COUNT:
        return loop.release_count
    return None


def waiting_text(text: str, waiting: int, loop: Loop) -> str:
    """`Brake hose 20, 3 of 4 waiting`."""
    need = gathers(loop)
    return f"{text}, {waiting} of {need} waiting" if need else f"{text}, waits"


def waits(card: Card) -> bool:
    """Whether the card was taken and waits for its release."""
    return card.state is State.EMPTY
