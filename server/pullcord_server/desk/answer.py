"""After the commit: every page's answer, and the verdicts that are still worth showing."""

from pullcord_server.domain.card import Card
from pullcord_server.domain.language import words_of
from pullcord_wire.message import Verdict, VerdictMessage

from .outlet import Outlet
from .turn import FRESH, Turn
from .verdict_text import verdict_text, waiting_text, waits


def answer_pages(turn: Turn, outlet: Outlet) -> None:
    """Each question its answer, given from the database that decides."""
    for station, ack in turn.acks:
        outlet.ack(station, ack)


def send_commands(turn: Turn, outlet: Outlet) -> None:
    """What stations were asked for."""
    for station, command in turn.commands:
        outlet.command(station, command)


def show_verdicts(turn: Turn, outlet: Outlet, committed_at: int) -> None:
    """Verdicts of entries that are at most a minute old; how long each took is counted."""
    plant = turn.floor.plant
    if plant is None:
        return
    for row, known in turn.shown:
        entry = f"{row['journal']}.{row['seq']}"
        found = row["verdict"] or turn.late_verdicts.get(entry)
        if found is None:
            continue
        verdict = Verdict(found)
        turn.tally.verdicts[verdict.value] += 1
        if turn.now - row["at"] > FRESH:
            continue
        turn.tally.lags.append(max(committed_at - row["at"], 0) / 1000)
        card: Card | None = None if known is None else known.card
        loop = None if known is None else turn.floor.loop_at(known.loop, row["at"])
        words = words_of(plant.language_at(turn.topics[entry]))
        text = verdict_text(verdict, card, loop, plant, words)
        if verdict is Verdict.ACCEPTED and card is not None and loop is not None and waits(card):
            waiting = sum(waits(k.card) for k in turn.book.cards_of(loop.id))
            text = waiting_text(text, waiting, loop, words)
        if verdict is Verdict.ACCEPTED and entry in turn.old_prints:
            text = f"{text}: {words.replace}"
        message = VerdictMessage(
            row["journal"], row["seq"], verdict, None if known is None else known.id, text
        )
        outlet.verdict(turn.topics[entry], message)
