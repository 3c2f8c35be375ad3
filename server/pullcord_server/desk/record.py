"""Writing down what a step of a card did: card, portions, findings, events, tasks."""

from collections.abc import Sequence

from pullcord_server.domain.card import (
    Card,
    Decision,
    Event,
    Fact,
    Item,
    Life,
    OrderState,
    Outcome,
    State,
)
from pullcord_server.domain.exchange import WITHIN
from pullcord_server.domain.plant import Loop
from pullcord_server.storage.book import finding_id
from pullcord_server.storage.shelf import Known
from pullcord_wire.message import Verdict

from .turn import FRESH, Turn

#: Refusals after which the card lies in a post that it should leave.
_LEFT_IN_POST = frozenset(
    {Verdict.TAKE_OUT, Verdict.BLOCKED, Verdict.HOLD, Verdict.RETIRED, Verdict.OLD_PRINT,
     Verdict.EXPIRED}
)  # fmt: skip


def record(turn: Turn, known: Known, item: Item, outcome: Outcome, loop: Loop) -> None:
    """`item` was the newest thing of `known` and did `outcome`."""
    before = known.card
    turn.book.keep(known, outcome.card, item)
    turn.book.share(known.id, outcome.portions, loop)
    add_findings(turn, known, item, outcome.findings)
    source = item if isinstance(item, Fact) else None
    tell_step(turn, known, item, before, outcome, source)
    call_for_hold(turn, known, item, outcome)
    leave_task(turn, known, item, outcome)
    note_lost(turn, known, before)
    turn.touch(loop)


def add_findings(turn: Turn, known: Known, item: Item, findings: Sequence[str]) -> None:
    """Each finding of a step as a row."""
    station = item.station if isinstance(item, Fact) else None
    for type_ in findings:
        turn.find(
            type_,
            item.id,
            item.at,
            station=station,
            card=known.id,
            loop=known.loop,
            id_=item_finding(item, type_, known.id),
        )


def item_finding(item: Item, type_: str, card: str) -> str:
    """The identity of a step's finding; a decision about many cards finds for each of them."""
    return finding_id(item.id, type_, card if isinstance(item, Decision) else None)


def note_lost(turn: Turn, known: Known, before: Card) -> None:
    """A lost card that is found closes its finding; one that was not found after all opens it again."""
    was, is_ = before.life is Life.LOST, known.card.life is Life.LOST
    if was and not is_:
        turn.book.found(known.id, turn.now)
    elif is_ and not was:
        turn.book.not_found(known.id)


def leave_task(turn: Turn, known: Known, item: Item, outcome: Outcome) -> None:
    """A refused drop at an unattended post is a task: take this card out; where a sensor told, its box."""
    if not isinstance(item, Fact) or outcome.verdict not in _LEFT_IN_POST:
        return
    type_ = "take_out"
    if item.event is Event.LEVEL_EMPTY and outcome.verdict is Verdict.TAKE_OUT:
        type_ = "take_box_out"
    elif item.event is not Event.WITHDRAWAL:
        return
    turn.book.tasks[f"{item.id}.{type_}"] = {
        "id": f"{item.id}.{type_}",
        "type": type_,
        "station": item.station,
        "card": known.id,
        "loop": known.loop,
        "at": item.at,
        "done_at": None,
        "done_by": None,
        "reason": outcome.verdict.value if outcome.verdict else None,
    }
    turn.tasks_left = True
    turn.stations.add(item.station)


def wait_for_partner(turn: Turn, item: Item) -> None:
    """A late dispatch may belong to an exchange that nobody has settled."""
    if isinstance(item, Fact) and item.event is Event.DISPATCH:
        turn.alone.append((item.at + WITHIN, item.id))


_MOVES = {
    OrderState.OPEN: "order.opened",
    OrderState.RELEASED: "order.released",
    OrderState.IN_PROCESS: "order.started",
    OrderState.IN_TRANSIT: "order.dispatched",
    OrderState.CLOSED: "order.closed",
    OrderState.WITHDRAWN: "order.withdrawn",
}


def tell_step(
    turn: Turn, known: Known, item: Item, before: Card, outcome: Outcome, source: Fact | None
) -> None:
    """The business events of a step."""
    if outcome.effective:
        _tell_moves(turn, known, item, before, outcome, source)
    if before.blocked != outcome.card.blocked:
        change = "card.blocked" if outcome.card.blocked else "card.unblocked"
        tell(turn, item, change, known.id, source)


def call_for_hold(turn: Turn, known: Known, item: Item, outcome: Outcome) -> None:
    """Goods on hold that were used call for somebody while it matters."""
    if outcome.call is not None and turn.now - item.at <= FRESH:
        turn.holds.append((known.loop, item.id))


def _tell_moves(
    turn: Turn, known: Known, item: Item, before: Card, outcome: Outcome, source: Fact | None
) -> None:
    """What the card did, and what became of its orders."""
    emptied = before.state is State.FULL and outcome.card.state is not State.FULL
    if emptied or outcome.card.withdrawn_at == item.at:
        tell(turn, item, "card.withdrawn", known.id, source)
    if outcome.card.state is State.FULL and before.state is not State.FULL:
        tell(turn, item, "card.filled", known.id, source)
    for portion in outcome.portions:
        tell(turn, item, _MOVES[portion.state], portion.order, source)
        own = isinstance(item, Fact) and portion.started_at == item.at
        if own and item.at > turn.book.shelf.restored_until:
            turn.started.add(portion.order)


def tell(
    turn: Turn, item: Item, type_: str, subject: str, source: Fact | None, *, named: bool = False
) -> None:
    """Queue an event. What an entry that came late makes known leaves after its journal's backlog.

    `source`: the entry that made it known now, None: a decision did. `named`: `item` may cause it
    for several subjects, as a decision may.
    """
    waits_for = None
    if source is not None and turn.now - source.at > FRESH:
        waits_for = source.journal
        turn.book.shelf.holding[waits_for] = source.station
    named = named or isinstance(item, Decision)
    turn.book.tell(
        {
            "id": f"{item.id}.{subject}.{type_}" if named else f"{item.id}.{type_}",
            "type": type_,
            "subject": subject,
            "entry": item.id,
            "at": item.at,
            "refill": item.at < turn.born,
            "waits_for": waits_for,
            "sent": False,
            "data": None,
        }
    )
