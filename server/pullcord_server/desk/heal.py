"""Entries that were nobody's when they came, and are a card's since: bound or issued later (DESIGN 3.1)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from pullcord_server.domain.card import Event
from pullcord_server.domain.code import Printed, parse
from pullcord_server.storage.book import finding_id
from pullcord_server.storage.model import FactRow
from pullcord_server.storage.rows import parts, table_of
from pullcord_server.storage.shelf import Known

from .clones import look_back
from .floor import reach
from .late import mark_late
from .turn import Turn

FACT = table_of(FactRow)
_SCANS = {
    e.value for e in (Event.WITHDRAWAL, Event.START, Event.FINISH, Event.DISPATCH, Event.ARRIVAL)
}
_NOBODYS = select(FACT).where(
    FACT.c.card.is_(None), FACT.c.type.in_(_SCANS) | FACT.c.event.is_not(None)
)
#: Where printed codes stand among all codes, as they are and with the keyboard's lock on.
_PRINTED = FACT.c.code.between("PC-", "PC.") | FACT.c.code.between("pc-", "pc.")


def heal_bound(turn: Turn, cards: Mapping[str, str]) -> None:
    """Scans of codes that are bound now (code → card), as far back as their bindings reach."""
    turn.book.flush()
    run = turn.book.connection
    found = [
        row
        for part in parts(list(cards))
        for row in run.execute(_NOBODYS.where(FACT.c.code.in_(part))).all()
        if row.at >= reach(turn.floor.tags[row.code])
    ]
    _heal(turn, found, lambda row: cards[row.code])


def heal_issued(turn: Turn, cards: Collection[str]) -> None:
    """Scans of printed codes whose cards are issued now."""
    turn.book.flush()
    of = {}
    for row in turn.book.connection.execute(_NOBODYS.where(_PRINTED)).all():
        printed = parse(row.code)
        if isinstance(printed, Printed) and printed.card in cards:
            of[row] = printed.card
    _heal(turn, list(of), of.__getitem__)


def _heal(turn: Turn, rows: Sequence[Any], card_of: Callable[[Any], str]) -> None:
    """These belong to their cards, and their undos with them."""
    turn.book.preload(card_of(row) for row in rows)
    given: dict[str, Known] = {}
    for row in rows:
        known = turn.book.card(card_of(row))
        if known is None:
            continue
        given[f"{row.journal}.{row.seq}"] = known
        _give(turn, known, row)
        for type_ in row.findings.split(",") if row.findings else ():
            finding = finding_id(f"{row.journal}.{row.seq}", type_)
            turn.book.resolve(finding, turn.now, "pullcord", f"bound to {known.id}")
    look_back(turn, [(row.journal, row.seq) for row in rows])
    _heal_undos(turn, {row.journal for row in rows}, given)


def _heal_undos(turn: Turn, journals: Collection[str], given: dict[str, Known]) -> None:
    undos = select(FACT).where(FACT.c.type == Event.UNDO.value, FACT.c.card.is_(None))
    for journal in sorted(journals):
        of_it = undos.where(FACT.c.journal == journal).order_by(FACT.c.seq)
        for row in turn.book.connection.execute(of_it).all():
            known = given.get(row.of)
            if known is not None:
                given[f"{row.journal}.{row.seq}"] = known
                _give(turn, known, row)


def _give(turn: Turn, known: Known, row: Any) -> None:
    """A fact that was nobody's is this card's; it is judged with the card's others."""
    turn.book.connection.execute(
        update(FACT)
        .where(FACT.c.journal == row.journal, FACT.c.seq == row.seq)
        .values(card=known.id, event=row.event or row.type, verdict=None, after=None, findings="")
    )
    mark_late(turn, known, (row.at, 0, row.journal, row.seq))
