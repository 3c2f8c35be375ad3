"""The time of an entry: trusted, corrected when its boot's clock became right, never backwards in a journal."""

from dataclasses import replace

from sqlalchemy import bindparam, func, select, update

from pullcord_server.domain.card import Event, Fact
from pullcord_server.storage.book import finding_id
from pullcord_server.storage.model import BootRow, FactRow
from pullcord_server.storage.rows import table_of, upsert
from pullcord_server.storage.shelf import JournalState
from pullcord_wire.message import ClockState, Entry

from .late import SUPERSEDED, mark_late
from .turn import Turn

FACT, BOOT = table_of(FactRow), table_of(BootRow)

_MOVE = (
    update(FACT)
    .where(FACT.c.journal == bindparam("in_journal"), FACT.c.seq == bindparam("number"))
    .values(at=bindparam("right_at"))
)
#: How far ahead of the server an entry may be and still be believed, ms.
AHEAD = 60_000


def settled_at(turn: Turn, boot: str, journal: JournalState, entry: Entry) -> tuple[int, bool]:
    """The instant that counts for an entry, and whether its own was too far ahead."""
    at = entry.at
    if entry.clock is ClockState.UNSET:
        offset = boot_offset(turn, boot, journal.station)
        if offset is not None:
            at = offset + round(entry.up * 1000)
    ahead = at > turn.now + AHEAD
    if ahead:
        at = turn.now
    at = max(at, journal.last_at)
    journal.last_at = at
    return at, ahead


def boot_offset(turn: Turn, boot: str, station: str) -> int | None:
    """Wall time minus time since boot, where that boot's clock became right for the station.

    Stations of one computer share a boot; each goes by its own word, so that the order in which they
    arrive, or are refilled, changes nothing.
    """
    known, key = turn.book.shelf.boots, _key(boot, station)
    if key not in known:
        query = select(BOOT.c.offset).where(BOOT.c.id == key)
        found = turn.book.connection.execute(query).scalar()
        if found is None:
            return None
        known[key] = found
    return known[key]


def correct_boot(turn: Turn, boot: str, journal: JournalState, entry: Entry) -> None:
    """A boot's clock became right: the station's earlier entries of it move to where they belong.

    What comes later in the journal is held back by their right time, not by what they thought it was.
    That their clock was ahead is settled with it.
    """
    station = journal.station
    if entry.clock is ClockState.UNSET or boot_offset(turn, boot, station) is not None:
        return
    offset, key = entry.at - round(entry.up * 1000), _key(boot, station)
    turn.book.shelf.boots[key] = offset
    upsert(turn.book.connection, BootRow, [{"id": key, "offset": offset}])
    turn.book.flush()
    query = (
        select(FACT)
        .where(FACT.c.boot == boot, FACT.c.station == station)
        .where(FACT.c.clock == ClockState.UNSET.value)
        .order_by(FACT.c.journal, FACT.c.seq)
    )
    last: dict[str, int] = {}
    moved: list[dict[str, object]] = []
    for row in turn.book.connection.execute(query).all():
        at = max(offset + round(row.up * 1000), last.get(row.journal, 0))
        last[row.journal] = at
        if at == row.at:
            continue
        moved.append({"in_journal": row.journal, "number": row.seq, "right_at": at})
        if row.seen_at > row.received_at + AHEAD:
            found = finding_id(f"{row.journal}.{row.seq}", "clock")
            turn.book.resolve(found, turn.now, "pullcord", SUPERSEDED)
        known = turn.book.card(row.card) if row.card else None
        if known is not None and row.event is not None:
            fact = Fact(row.journal, row.seq, row.at, row.station, Event(row.event))
            mark_late(turn, known, fact.key, replace(fact, at=at).key)
    if moved:
        turn.book.connection.execute(_MOVE, moved)
        newest = select(func.max(FACT.c.at)).where(FACT.c.journal == journal.id)
        journal.last_at = turn.book.connection.execute(newest).scalar() or 0


def _key(boot: str, station: str) -> str:
    return f"{boot} {station}"
