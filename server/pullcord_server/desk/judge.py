"""One scan of one card: what is asked first, the step, and what is settled because it was shown."""

from pullcord_server.domain.card import Change, Event, Fact, State
from pullcord_server.domain.place import serves
from pullcord_server.domain.step import step
from pullcord_server.storage.rows import Row
from pullcord_server.storage.shelf import Known
from pullcord_wire.message import Verdict

from .bins import met
from .decide import Settled, decide, touch
from .exchange import mismatches, pair
from .guard import guarded
from .late import mark_late
from .lot import start_lots
from .record import record
from .release import release_with
from .standing import let_stand
from .take_out import put_back, settled_first
from .turn import Turn


def judge(turn: Turn, known: Known, fact: Fact, row: Row) -> None:
    """Judge a card's fact and put the result into its row; a late one only marks the card."""
    if met(turn, known, fact):
        return
    if fact.event is Event.UNDO:
        put_back(turn, known, fact)
    if known.id in turn.late or fact.key < known.key or fact.event is Event.UNDO:
        turn.came.add(fact.id)
        mark_late(turn, known, fact.key)
        return
    loop = turn.floor.loop_at(known.loop, fact.at)
    here = serves(turn.floor.plant_at(fact.at), loop, fact.station, fact.event)
    if settled_first(turn, known, fact, loop, here):
        return
    if here and mismatches(turn, known, fact, loop):
        _refuse_mismatch(turn, known, fact)
        return
    outcome = step(known.card, fact, turn.ground(known.loop, fact, here))
    outcome = guarded(turn, known, fact, outcome, loop)
    before = known.card
    record(turn, known, fact, outcome, loop)
    row["verdict"] = outcome.verdict.value if outcome.verdict else None
    row["findings"] = ",".join(outcome.findings)
    row["after"] = known.card_text
    if here and outcome.verdict is Verdict.ACCEPTED:
        pair(turn, known, fact, loop)
    if known.card.state is State.EMPTY:
        release_with(turn, loop, fact)
    start_lots(turn, fact.at + 1)
    let_stand(turn, known.id, fact, before, outcome, loop)


def _refuse_mismatch(turn: Turn, known: Known, fact: Fact) -> None:
    """Wrong card on the box: refused once, whatever comes later."""
    ruling = touch(
        Change.RULING, entry=fact.id, verdict=Verdict.MISMATCH, finding=Verdict.MISMATCH.value
    )
    mark_late(turn, known, fact.key)
    decide(turn, Settled("ruling", "pullcord", cards={known.id: ruling}), at=fact.at + 1)
