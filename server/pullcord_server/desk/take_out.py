"""Fewer cards and more: which drops leave their loop and which cards come back, decided once because it is shown."""

from sqlalchemy import select

from pullcord_server.domain.card import Card, Change, Event, Fact, Life, State
from pullcord_server.domain.fold import UNDO_WINDOW
from pullcord_server.domain.plant import Loop
from pullcord_server.domain.step import window
from pullcord_server.domain.table import Cell, Op, cell
from pullcord_server.storage.model import FactRow
from pullcord_server.storage.rows import Row, table_of
from pullcord_server.storage.shelf import Known
from pullcord_wire.message import Verdict

from .decide import Settled, decide, touch
from .late import mark_late
from .loops import loop_row, mark_again, number_at
from .turn import Turn

FACT = table_of(FactRow)
_DROPS = (Event.WITHDRAWAL, Event.LEVEL_EMPTY)
_WAS_OUT = frozenset({"surplus_seen", "found_after_replacement"})
_ENDS = frozenset({Op.CLOSE_INFERRED, Op.CARD_CLOSE_INFERRED})


def settled_first(turn: Turn, known: Known, fact: Fact, loop: Loop, here: bool) -> bool:
    """What reads other cards is decided once, before the step: a card to take out, a surplus one to use.

    Only what is shown at once is decided so, and by the number that held when it was dropped.
    """
    card = known.card
    if card.kind != "standing" or card.life not in (Life.CIRCULATING, Life.SURPLUS):
        return False
    if not turn.shows(fact.at) or (fact.version is not None and fact.version < card.version):
        return False
    row = loop_row(turn, known.loop)
    if fact.at <= number_at(row):
        return False
    if card.life is Life.CIRCULATING:
        if (
            fact.event not in _DROPS
            or not row["to_take_out"]
            or not _emptied(card, fact, loop, here)
        ):
            return False
        settled = _taken_out(known, fact, loop, row)
    elif _short(turn, known, row):
        ruling = touch(Change.RULING, entry=fact.id, verdict=Verdict.ACCEPTED)
        settled = Settled("use_surplus", "pullcord", cards={known.id: ruling})
    else:
        return False
    mark_late(turn, known, fact.key)
    decide(turn, settled, at=fact.at + 1)
    return True


def put_back(turn: Turn, known: Known, undo: Fact) -> None:
    """A worker takes back the drop of a card that was taken out: where it is one too many, the next one leaves."""
    if known.card.life is not Life.SURPLUS or not turn.shows(undo.at):
        return
    journal, _, seq = (undo.of or "").rpartition(".")
    if journal != undo.journal or not seq.isdigit():
        return
    turn.book.flush()
    query = select(FACT).where(FACT.c.journal == journal, FACT.c.seq == int(seq))
    drop = turn.book.connection.execute(query).one_or_none()
    if drop is None or drop.card != known.id or drop.verdict != Verdict.TAKE_OUT:
        return
    ruled_at = drop.at + 1
    was_out = not _WAS_OUT.isdisjoint(drop.findings.split(","))
    if not was_out and known.key[0] == ruled_at and undo.at - drop.at <= UNDO_WINDOW:
        loops = mark_again(turn, known.loop)
        if loops:
            decide(turn, Settled("put_back", "pullcord", other={"loops": loops}))


def _emptied(card: Card, fact: Fact, loop: Loop, here: bool) -> bool:
    """Whether a box was emptied: a full one, or one that came and was not seen to come."""
    if card.blocked is not None or card.hold is not None:
        return False
    return card.state is State.FULL or (
        here and not _ENDS.isdisjoint(_cell(card, fact, loop).order)
    )


def _cell(card: Card, fact: Fact, loop: Loop) -> Cell:
    last = card.last.get(fact.event)
    again = last is not None and fact.at - last < window(loop, fact.event)
    return cell(loop.kind, loop.profile, loop.strict, card.state, fact.event, again)


def _taken_out(known: Known, fact: Fact, loop: Loop, row: Row) -> Settled:
    ruling = touch(
        Change.RULING,
        entry=fact.id,
        verdict=Verdict.TAKE_OUT,
        finding=_cell(known.card, fact, loop).finding,
        life=Life.SURPLUS,
        state=State.EMPTY,
    )
    loops = {known.loop: {"to_take_out": row["to_take_out"] - 1}}
    return Settled("take_out", "pullcord", cards={known.id: ruling}, other={"loops": loops})


def _short(turn: Turn, known: Known, row: Row) -> bool:
    """Whether fewer cards circulate than should."""
    circulating = sum(
        k.card.life is Life.CIRCULATING and k.card.kind == "standing"
        for k in turn.book.cards_of(known.loop)
    )
    wanted: int = row["cards"] + row["to_take_out"]
    return circulating < wanted
