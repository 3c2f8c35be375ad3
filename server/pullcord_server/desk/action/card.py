"""Cards: block, hold, lost, issue, print, tags (DESIGN 9)."""

from pullcord_server.desk.decide import Settled, decide, touch
from pullcord_server.desk.effect import card_name
from pullcord_server.desk.floor import card_at
from pullcord_server.desk.loops import loop_row
from pullcord_server.desk.print import newest_prints
from pullcord_server.desk.refusal import Refused, not_found, reason_required
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.card import Card, Change, Decision, Life, State
from pullcord_server.domain.code import parse, printed_code
from pullcord_server.domain.plant import CardKind
from pullcord_server.storage.card_json import dump_card
from pullcord_server.storage.model import DecisionCardRow
from pullcord_server.storage.rows import table_of
from pullcord_server.storage.shelf import Known

from .done import Done

TOUCH = table_of(DecisionCardRow)
_STARTED = (State.IN_PROCESS, State.IN_TRANSIT)

_ONE_TURN: tuple[CardKind, ...] = ("express", "emergency", "temporary")


def find_card(turn: Turn, card_id: str) -> Known:
    """A card, or the refusal that there is none."""
    known = turn.book.card(card_id)
    if known is None:
        raise not_found("card", card_id)
    return known


def change(
    turn: Turn,
    card_id: str,
    by: str,
    reason: str | None,
    *,
    blocked: bool | None = None,
    hold: bool | None = None,
    life: str | None = None,
    scrap: bool = False,
) -> Done:
    """Block, hold or lose a card, or take that back; or scrap the goods that are on hold.

    A hold calls the source. Scrap ends it: the order goes back to the source, first in line.
    """
    known = find_card(turn, card_id)
    if not reason:
        raise reason_required("this change of a card")
    if life is not None and life not in ("lost", "circulating", "retired"):
        raise Refused(
            422, "life", f"a card's life is set to lost, circulating or retired, not {life}"
        )
    whats = []
    if scrap:
        _scrappable(known, hold)
        whats.append(Change.SCRAP)
        hold = None
    if blocked is not None and blocked != (known.card.blocked is not None):
        whats.append(Change.BLOCK if blocked else Change.UNBLOCK)
    if hold is not None and hold != (known.card.hold is not None):
        whats.append(Change.HOLD if hold else Change.UNHOLD)
    if life is not None and life != known.card.life.value:
        lives = {"lost": Change.LOST, "circulating": Change.CIRCULATE, "retired": Change.RETIRE}
        whats.append(lives[life])
    if not whats:
        raise Refused(409, "not-in-state", f"{card_id} is like that already")
    made = None
    for what in whats:
        part = touch(what, reason=reason)
        made = decide(turn, Settled(what.value, by, reason, cards={card_id: part}))
        if what is Change.HOLD:
            turn.holds.append((known.loop, made.id))
    return Done("cards", card_id, made.id if made else "")


def _scrappable(known: Known, hold: bool | None) -> None:
    if known.card.hold is None or hold:
        raise Refused(
            409, "not-in-state", f"{known.id} is not on hold; hold goods before they are scrapped"
        )
    goods = (State.FULL, *_STARTED)
    if known.card.life is not Life.CIRCULATING or known.card.state not in goods:
        raise Refused(409, "not-in-state", f"{known.id} has no goods: it is {known.card.state}")


def issue(
    turn: Turn,
    by: str,
    reason: str | None,
    *,
    loop: str | None = None,
    kind: str = "express",
    quantity: int | None = None,
    expires_at: int | None = None,
    replaces: str | None = None,
) -> Done:
    """A card of one turn, released at once, or a replacement of a lost or damaged one."""
    if not reason:
        raise reason_required("issuing a card")
    if replaces is not None:
        return _replace(turn, by, reason, find_card(turn, replaces))
    plant = turn.floor.plant
    if loop is None or plant is None or loop not in plant.loops:
        raise Refused(422, "unknown-loop", f"there is no loop {loop}; name one in `loop`")
    one_turn = next((k for k in _ONE_TURN if k == kind), None)
    if one_turn is None:
        raise Refused(
            422,
            "card-kind",
            "standing cards come with the loop's number; kind is express, emergency or temporary",
        )
    if expires_at is None:
        raise Refused(422, "expiry-required", "a card of one turn needs `expires_at`")
    if expires_at <= turn.now:
        raise Refused(422, "expiry-required", "`expires_at` has passed already")
    if quantity is not None and quantity < 1:
        raise Refused(422, "quantity", "`quantity` must be at least 1")
    part = touch(
        Change.ISSUE,
        reason=reason,
        quantity=quantity,
        expires_at=expires_at,
        kind=one_turn,
        life=Life.CIRCULATING,
        urgent=True,
    )
    return _issue(turn, by, reason, loop, part, {})


def _replace(turn: Turn, by: str, reason: str, old: Known) -> Done:
    if old.card.kind != "standing":
        raise Refused(
            422, "card-kind", f"{old.id} has one turn; issue another {old.card.kind} card"
        )
    if old.card.life in (Life.RETIRED, Life.SURPLUS):
        text = f"{old.id} is {old.card.life.value}; raise the loop's number instead"
        raise Refused(409, "not-in-state", text)
    if old.card.life is Life.LOST and old.card.replaced:
        raise Refused(409, "not-in-state", f"a replacement of {old.id} was issued already")
    damaged = old.card.life is not Life.LOST
    what = Change.RETIRE if damaged else Change.REPLACED
    part = (
        touch(Change.ISSUE, reason=reason, life=Life.CIRCULATING, state=State.FULL)
        if damaged and old.card.state is State.FULL
        else touch(Change.ISSUE, reason=reason)
    )
    return _issue(turn, by, reason, old.loop, part, {old.id: touch(what, reason=reason)})


def _issue(
    turn: Turn, by: str, reason: str, loop: str, part: Decision, others: dict[str, Decision]
) -> Done:
    row = loop_row(turn, loop)
    number: int = row["next_number"]
    card = card_name(loop, number)
    start = Card(state=State.EMPTY, life=Life.NEW, filled=False)
    made = decide(
        turn,
        Settled(
            "issue",
            by,
            reason,
            cards={card: part, **others},
            issue={card: {"loop": loop, "number": number, "start": dump_card(start)}},
            other={"loops": {loop: {"next_number": number + 1}}},
        ),
    )
    return Done("cards", card, made.id)


def printed_version(turn: Turn, card_id: str) -> int:
    """The version of a card's newest print; the first, which needs no decision, is 1."""
    turn.book.flush()
    return newest_prints(turn.book.connection, [card_id]).get(card_id, 1)


def print_card(turn: Turn, card_id: str, by: str, reason: str | None) -> tuple[Done, str, int]:
    """Print a card anew: every later version takes over at its first scan."""
    find_card(turn, card_id)
    version = printed_version(turn, card_id) + 1
    if not reason:
        raise reason_required("another print of a card")
    try:
        code = printed_code(card_id, version)
    except ValueError as error:
        raise Refused(422, "printed-code", str(error)) from None
    part = touch(Change.PRINT, quantity=version, reason=reason)
    made = decide(turn, Settled("print", by, reason, cards={card_id: part}))
    return Done("cards", card_id, made.id), code, version


def bind(turn: Turn, code: str, card_id: str, by: str, reason: str | None = None) -> Done:
    """From now on the code means this card."""
    find_card(turn, card_id)
    if parse(code) is not None:
        raise Refused(
            422,
            "printed-code",
            f"{code} is a printed code, which names its card itself; bind a tag",
        )
    if card_at(turn.floor.tags.get(code, ()), turn.now) == card_id:
        raise Refused(409, "not-in-state", f"{code} is bound to {card_id} already")
    tags = [{"code": code, "card": card_id}]
    made = decide(turn, Settled("bind", by, reason, other={"tags": tags}))
    return Done("tags", code, made.id)


def unbind(turn: Turn, code: str, by: str, reason: str | None = None) -> Done:
    """From now on the code means no card."""
    if not turn.floor.is_tag(code):
        raise not_found("tag", code)
    tags = [{"code": code, "card": None}]
    made = decide(turn, Settled("unbind", by, reason, other={"tags": tags}))
    return Done("tags", code, made.id)
