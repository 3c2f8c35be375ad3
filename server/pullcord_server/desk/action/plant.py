"""A plant definition as one decision; loops that start empty are signals from their first moment."""

from collections.abc import Collection

from pullcord_server.desk.decide import Settled, decide, touch
from pullcord_server.desk.effect import card_name
from pullcord_server.desk.late import fold_late
from pullcord_server.desk.loops import loop_row
from pullcord_server.desk.turn import Copied, Turn
from pullcord_server.domain.card import Card, Change, Life, State
from pullcord_server.domain.plant import Loop
from pullcord_server.storage.card_json import dump_card


def apply_plant(turn: Turn, text: str, by: str, retired: Collection[str] = ()) -> Copied:
    """Apply a checked plant.toml; the cards of `retired` loops leave first, with what they have open."""
    for loop in retired:
        cards = {
            k.id: touch(Change.RETIRE, reason="loop removed")
            for k in turn.book.cards_of(loop)
            if k.card.life is not Life.RETIRED
        }
        if cards:
            decide(turn, Settled("retire", by, f"loop {loop} removed", cards=cards))
    made = decide(turn, Settled("apply", by, other={"plant": text}))
    fold_late(turn)
    return made


def begin_empty_loops(turn: Turn) -> None:
    """Issue the cards of loops that start empty and have none yet: each opens its own order now."""
    plant = turn.floor.plant
    for loop in plant.loops.values() if plant is not None else ():
        if not loop.start_full and loop_row(turn, loop.id)["next_number"] == 1:
            _begin_empty(turn, loop)


def _begin_empty(turn: Turn, loop: Loop) -> None:
    start = dump_card(Card(state=State.EMPTY, filled=False))
    for number in range(1, loop.cards + 1):
        card = card_name(loop.id, number)
        part = touch(Change.ISSUE, life=Life.CIRCULATING, state=State.EMPTY)
        issue = {card: {"loop": loop.id, "number": number, "start": start}}
        counted = {loop.id: {"next_number": number + 1, "cards": number}}
        settled = Settled(
            "issue",
            "pullcord",
            "starts empty",
            cards={card: part},
            issue=issue,
            other={"loops": counted},
        )
        decide(turn, settled)
