"""Pages on the desk: watermark first, then each new entry, then the answer (DESIGN 7.3)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select

from pullcord_server.domain.watermark import AckEarlier, Apply
from pullcord_server.domain.watermark import judge as judge_page
from pullcord_server.storage.book import EVENT, JOURNAL
from pullcord_server.storage.model import QuarantineRow
from pullcord_server.storage.rows import upsert
from pullcord_server.storage.shelf import JournalState
from pullcord_wire.message import Ack, Entry, Page

from .inbox import PageIn, UnreadablePage
from .intake import lost, preload, quarantine, take
from .turn import FRESH, Turn

log = logging.getLogger("pullcord.desk")


@dataclass(frozen=True, slots=True)
class _Planned:
    """A page with what it may do."""

    landed: PageIn
    done: Apply | AckEarlier


def take_pages(turn: Turn, server: str, pages: Sequence[PageIn]) -> None:
    """Judge every page against its journal, take what is new, and prepare the answer to what is whole."""
    preload(turn, [(p.page, p.page.entries) for p in pages])
    for landed in pages:
        turn.tally.pages += 1
        plan = _Planned(landed, _judge(turn, landed.page))
        _take_page(turn, plan)
        if not landed.more:
            _answer(turn, server, plan)
            _settle_events(turn, landed.page)


def _judge(turn: Turn, page: Page) -> Apply | AckEarlier:
    known = turn.book.journal(page.journal)
    upto = None if known is None else known.upto
    if upto is not None or page.follows is None:
        return judge_page(page, upto, None, ())
    before = turn.book.journal(page.follows.journal)
    query = select(JOURNAL.c.id).where(JOURNAL.c.follows == page.follows.journal)
    heirs = list(turn.book.connection.execute(query).scalars())
    heirs += [j.id for j in turn.book.journals.values() if j.follows == page.follows.journal]
    return judge_page(page, None, None if before is None else before.upto, heirs)


def _take_page(turn: Turn, plan: _Planned) -> None:
    page, done = plan.landed.page, plan.done
    if isinstance(done, AckEarlier):
        return
    journal = turn.book.journal(page.journal)
    if journal is None:
        follows = page.follows
        journal = JournalState(
            page.journal,
            page.station,
            page.boot,
            None if follows is None else follows.journal,
            None if follows is None else follows.upto,
        )
        if done.forked:
            turn.find("journal_forked", page.journal, turn.now, station=page.station)
    elif done.upto == journal.upto:
        return
    if done.lost is not None:
        lost(turn, page.journal, page.station, done.lost.first, done.lost.last)
    topic = plan.landed.station
    for entry in done.entries:
        shown = len(turn.shown)
        take(turn, page, journal, entry)
        for row, _ in turn.shown[shown:]:
            turn.topics[f"{row['journal']}.{row['seq']}"] = topic
    journal.upto = done.upto
    turn.book.keep_journal(journal)


def _answer(turn: Turn, server: str, plan: _Planned) -> None:
    page, done = plan.landed.page, plan.done
    if isinstance(done, AckEarlier):
        journal, upto = done.journal, done.upto
    else:
        journal, upto = page.journal, done.upto
    turn.acks.append((plan.landed.station, Ack(journal, upto, page.ask, server, turn.now)))
    ahead = journal != page.journal or page.acked > upto
    turn.ahead[plan.landed.station] = ahead


def _settle_events(turn: Turn, page: Page) -> None:
    """The station's backlog is in when it has nothing more or what it sends is fresh: its late events may leave."""
    holding = turn.book.shelf.holding
    if not holding:
        return
    last = page.entries[-1] if page.entries else None
    if isinstance(last, Entry) and turn.now - last.at > FRESH:
        return
    for journal in [j for j, station in holding.items() if station == page.station]:
        turn.book.flush()
        done = EVENT.update().where(EVENT.c.waits_for == journal).values(waits_for=None)
        turn.book.connection.execute(done)
        del holding[journal]


def keep_unreadable(turn: Turn, pages: Sequence[UnreadablePage]) -> None:
    """A frame that cannot be read is kept and not answered: the station sends it in halves."""
    for page in pages:
        turn.tally.unreadable_pages += 1
        name = f"frame.{page.station}.{sha256(page.raw).hexdigest()[:16]}"
        row = {
            "id": name,
            "station": page.station,
            "at": turn.now,
            "reason": page.reason,
            "raw": page.raw[: 1 << 20],
        }
        upsert(turn.book.connection, QuarantineRow, [row], ignore=True)
        turn.find("quarantined", name, turn.now, station=page.station)
        log.error("unreadable page from %s: %s", page.station, page.reason)


def quarantine_entry(turn: Turn, server: str, landed: PageIn) -> None:
    """The first new entry of a page cannot be judged here: it is kept raw and passed, loudly."""
    page = landed.page
    done = _judge(turn, page)
    if isinstance(done, AckEarlier) or not done.entries:
        return
    entry = done.entries[0]
    journal = turn.book.journal(page.journal) or JournalState(
        page.journal,
        page.station,
        page.boot,
        None if page.follows is None else page.follows.journal,
        None if page.follows is None else page.follows.upto,
    )
    quarantine(turn, page, entry.seq, "this server could not judge it", repr(entry).encode())
    log.critical("entry %s.%d could not be judged and is set aside", page.journal, entry.seq)
    turn.tally.quarantined += 1
    journal.upto = entry.seq
    turn.book.keep_journal(journal)
    turn.acks.append((landed.station, Ack(page.journal, entry.seq, page.ask, server, turn.now)))
