"""One scan of one card: what is asked first, the step, and what is settled because it was shown."""

from pullcord_server.domain.card import Change, Event, Fact, Life, State
from pullcord_server.domain.place import serves
from pullcord_server.domain.step import step
from pullcord_server.storage.card_json import dump_card
from pullcord_server.storage.rows import Row
from pullcord_server.storage.shelf import Known
from pullcord_wire.message import Verdict

from .bins import met
from .decide import Settled, decide, touch
from .exchange import mismatches, pair
from .guard import guarded
from .late import mark_late
from .loops import loop_row, number_at
from .record import record
from .standing import let_stand
from .turn import FRESH, Turn


def judge(turn: Turn, known: Known, fact: Fact, row: Row) -> None:
    """Judge a card's fact and put the result into its row; a late one only marks the card."""
    if met(turn, known, fact):
        return
    if known.id in turn.late or fact.key < known.key or fact.event is Event.UNDO:
        turn.came.add(fact.id)
        mark_late(turn, known, fact.key)
        return
    if _settled_first(turn, known, fact):
        return
    loop = turn.floor.loop_at(known.loop, fact.at)
    here = serves(turn.floor.plant_at(fact.at), loop, fact.station, fact.event)
    if here and mismatches(turn, known, fact, loop):
        _refuse_mismatch(turn, known, fact)
        return
    outcome = step(known.card, fact, turn.ground(known.loop, fact, here))
    outcome = guarded(turn, known, fact, outcome, loop)
    before = known.card
    record(turn, known, fact, outcome, loop)
    row["verdict"] = outcome.verdict.value if outcome.verdict else None
    row["findings"] = ",".join(outcome.findings)
    row["after"] = dump_card(outcome.card)
    if here and outcome.verdict is Verdict.ACCEPTED:
        pair(turn, known, fact, loop)
    let_stand(turn, known.id, fact, before, outcome, loop)


def _refuse_mismatch(turn: Turn, known: Known, fact: Fact) -> None:
    """Wrong card on the box: refused once, whatever comes later."""
    ruling = touch(
        Change.RULING, entry=fact.id, verdict=Verdict.MISMATCH, finding=Verdict.MISMATCH.value
    )
    mark_late(turn, known, fact.key)
    decide(turn, Settled("ruling", "pullcord", cards={known.id: ruling}), at=fact.at + 1)


def _settled_first(turn: Turn, known: Known, fact: Fact) -> bool:
    """What reads other cards is decided once, before the step: a card to take out, a surplus one to use.

    Only what is shown at once is decided so, and by the number that held when it was dropped.
    """
    card = known.card
    if card.kind != "standing" or card.life not in (Life.CIRCULATING, Life.SURPLUS):
        return False
    if turn.now - fact.at > FRESH or fact.at <= turn.book.shelf.restored_until:
        return False
    if fact.version is not None and fact.version < card.version:
        return False
    row = loop_row(turn, known.loop)
    drop = fact.event in (Event.WITHDRAWAL, Event.LEVEL_EMPTY)
    if card.life is Life.CIRCULATING:
        if not (drop and row["to_take_out"] and card.usable and fact.at > number_at(row)):
            return False
        ruling = touch(
            Change.RULING,
            entry=fact.id,
            verdict=Verdict.TAKE_OUT,
            life=Life.SURPLUS,
            state=State.EMPTY,
        )
        loops = {known.loop: {"to_take_out": row["to_take_out"] - 1}}
        settled = Settled("take_out", "pullcord", cards={known.id: ruling}, other={"loops": loops})
    elif fact.at > number_at(row) and _short(turn, known, row):
        ruling = touch(Change.RULING, entry=fact.id, verdict=Verdict.ACCEPTED)
        settled = Settled("use_surplus", "pullcord", cards={known.id: ruling})
    else:
        return False
    mark_late(turn, known, fact.key)
    decide(turn, settled, at=fact.at + 1)
    return True


def _short(turn: Turn, known: Known, row: Row) -> bool:
    """Whether fewer cards circulate than should."""
    circulating = sum(
        k.card.life is Life.CIRCULATING and k.card.kind == "standing"
        for k in turn.book.cards_of(known.loop)
    )
    wanted: int = row["cards"] + row["to_take_out"]
    return circulating < wanted
