"""The words a worker reads with a verdict."""

from pullcord_server.domain.card import Card, State
from pullcord_server.domain.language import Words
from pullcord_server.domain.plant import Kind, Loop, Plant, Release
from pullcord_wire.message import Verdict


def verdict_text(
    verdict: Verdict, card: Card | None, loop: Loop | None, plant: Plant, words: Words
) -> str:
    """One short line: item and quantity, or what is wrong."""
    if card is None or loop is None:
        return words.verdicts.get(verdict, verdict.value)
    item = plant.items.get(loop.item)
    name = item.name if item is not None else loop.item
    goods = f"{name} {card.quantity or loop.quantity}"
    if verdict is Verdict.ACCEPTED:
        return goods
    wrong = words.verdicts[verdict].format(place=loop.place, state=words.states[card.state])
    return f"{goods}: {wrong}"


def gathers(loop: Loop) -> int | None:
    """How many cards must wait before they are released together; None where they do not gather."""
    if loop.kind is Kind.SIGNAL:
        return loop.lot
    if loop.release is Release.COUNT:
        return loop.release_count
    return None


def waiting_text(text: str, waiting: int, loop: Loop, words: Words) -> str:
    """`Brake hose 20, 3 of 4 waiting`."""
    need = gathers(loop)
    wait = words.gathering.format(waiting=waiting, need=need) if need else words.waits
    return f"{text}, {wait}"


def waits(card: Card) -> bool:
    """Whether the card was taken and waits for its release."""
    return card.state is State.EMPTY
