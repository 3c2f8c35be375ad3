"""A plant definition as one decision; loops that start empty are signals from the first moment."""

from pullcord_server.desk.decide import Settled, decide, touch
from pullcord_server.desk.effect import card_name
from pullcord_server.desk.late import fold_late
from pullcord_server.desk.turn import Copied, Turn
from pullcord_server.domain.card import Card, Change, Life, State
from pullcord_server.domain.plant import Loop
from pullcord_server.storage.card_json import dump_card


def apply_plant(turn: Turn, text: str, by: str) -> Copied:
    """Apply a checked plant.toml."""
    made = decide(turn, Settled("apply", by, other={"plant": text}))
    plant = turn.floor.plant
    for loop in plant.loops.values() if plant is not None else ():
        if not loop.start_full:
            _begin_empty(turn, loop, by)
    fold_late(turn)
    return made


def _begin_empty(turn: Turn, loop: Loop, by: str) -> None:
    """Cards that start empty each open their own order, so each is a decision."""
    start = Card(state=State.EMPTY, filled=False)
    for number in range(1, loop.cards + 1):
        card = card_name(loop.id, number)
        if turn.book.card(card) is not None:
            continue
        part = touch(Change.ISSUE, life=Life.CIRCULATING, state=State.EMPTY)
        issue = {card: {"loop": loop.id, "number": number, "start": dump_card(start)}}
        decide(turn, Settled("issue", by, "starts empty", cards={card: part}, issue=issue))
