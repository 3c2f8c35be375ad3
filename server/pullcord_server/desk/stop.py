"""Cards that a broken invariant stops: the entry is set aside, the card blocked until somebody has looked (DESIGN 3.3)."""

from pullcord_server.domain.card import Change

from .decide import Settled, decide, touch
from .late import fold_late
from .suspicion import PULLCORD
from .turn import Broken, Turn


def stop_broken(turn: Turn) -> None:
    """Stop every card that was marked in this turn; what folding them anew shows is stopped as well."""
    done: set[str] = set()
    while turn.broken:
        marked, turn.broken = turn.broken, []
        for one in marked:
            if one.entry not in done:
                done.add(one.entry)
                _set_aside(turn, one)
        fold_late(turn)


def _set_aside(turn: Turn, one: Broken) -> None:
    reason = f"invariant broken: {one.what}"
    finding = {
        "id": f"{one.entry}.{one.card}.invariant_broken",
        "type": "invariant_broken",
        "entry": one.entry,
        "card": one.card,
        "loop": one.loop,
        "at": one.at,
    }
    void = touch(Change.VOID, entry=one.entry, reason=reason)
    settled = Settled("set_aside", PULLCORD, reason, {one.card: void}, other={"found": [finding]})
    decide(turn, settled)
    fold_late(turn)
    known = turn.book.card(one.card)
    if known is not None and known.card.blocked is None:
        block = touch(Change.BLOCK, reason=reason)
        decide(turn, Settled("block", PULLCORD, reason, {one.card: block}))
