"""Entries of pages: time, place, card; then one judgement each (DESIGN 7.3, 3.1)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import lru_cache

from sqlalchemy import select

from pullcord_server.domain.card import Event, Fact
from pullcord_server.domain.code import Misread, Printed, parse
from pullcord_server.domain.selftest import read_report
from pullcord_server.storage.model import FactRow, LostRangeRow, QuarantineRow
from pullcord_server.storage.rows import Row, table_of, upsert
from pullcord_server.storage.selftest import list_selftest
from pullcord_server.storage.shelf import JournalState, Known
from pullcord_server.storage.story import RACK
from pullcord_wire.message import (
    CallBody,
    CodeBody,
    DeviceBody,
    EmptyBody,
    Entry,
    EntryType,
    LevelBody,
    Page,
    RawBody,
    Refused,
    SelftestBody,
    UndoBody,
    Verdict,
)

from .bins import rack_event, signal
from .clock import correct_boot, settled_at
from .judge import judge
from .press import press
from .turn import Turn

FACT = table_of(FactRow)

_EVENTS = {
    EntryType.WITHDRAWAL: Event.WITHDRAWAL,
    EntryType.START: Event.START,
    EntryType.FINISH: Event.FINISH,
    EntryType.DISPATCH: Event.DISPATCH,
    EntryType.ARRIVAL: Event.ARRIVAL,
}


def preload(turn: Turn, batches: Iterable[tuple[Page, Sequence[Entry | Refused]]]) -> None:
    """Bring every card that these entries are about to the shelf at once."""
    wanted: list[str] = []
    for _, entries in batches:
        for entry in entries:
            if isinstance(entry, Entry) and isinstance(entry.body, CodeBody):
                card, _, _ = card_of_code(turn, entry.body.code, entry.at)
                if card is not None:
                    wanted.append(card)
    turn.book.preload(wanted)


def take(turn: Turn, page: Page, journal: JournalState, entry: Entry | Refused) -> None:
    """One entry that is new here."""
    if isinstance(entry, Refused):
        quarantine(turn, page, entry.seq, entry.reason, entry.raw.encode("utf-8", "replace"))
        return
    if entry.type is EntryType.CLOCK:
        correct_boot(turn, page.boot, journal, entry)
    row = _row(turn, page, journal, entry)
    match entry.body:
        case CodeBody():
            _take_code(turn, row, entry, entry.body)
        case LevelBody():
            _take_level(turn, row, entry.body)
        case CallBody():
            press(turn, f"{page.journal}.{entry.seq}", page.station, entry.body, row["at"])
        case UndoBody():
            _take_undo(turn, row, entry.body)
        case RawBody():
            quarantine(turn, page, entry.seq, "sent raw by the station", entry.body.body.encode())
        case EmptyBody() if entry.type is EntryType.LOST:
            lost(turn, page.journal, page.station, entry.seq, entry.seq)
        case SelftestBody(report):
            if read_report(report) is not None:
                run = turn.book.connection
                list_selftest(run, page.station, page.journal, entry.seq)
        case DeviceBody() | EmptyBody():
            pass
    turn.tally.entries[entry.type.value] += 1
    turn.book.facts.append(row)


def _row(turn: Turn, page: Page, journal: JournalState, entry: Entry) -> Row:
    at, ahead = settled_at(turn, page.boot, journal, entry)
    if ahead:
        find(turn, page, entry.seq, "clock", at)
    code = entry.body.code if isinstance(entry.body, CodeBody) else None
    return {
        "journal": page.journal,
        "seq": entry.seq,
        "station": page.station,
        "type": entry.type.value,
        "event": None,
        "code": code,
        "version": None,
        "of": None,
        "card": None,
        "at": at,
        "seen_at": entry.at,
        "up": entry.up,
        "clock": entry.clock.value,
        "boot": page.boot,
        "received_at": turn.now,
        "body": _body(entry),
        "verdict": None,
        "findings": "",
        "after": None,
    }


def _body(entry: Entry) -> str:
    body = entry.body
    if isinstance(body, CodeBody):
        return _reader_body(body.reader)
    return json.dumps(asdict(body), ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=256)
def _reader_body(reader: str) -> str:
    return json.dumps({"reader": reader}, ensure_ascii=False)


def _take_code(turn: Turn, row: Row, entry: Entry, body: CodeBody) -> None:
    card, version, refusal = card_of_code(turn, body.code, row["at"])
    event = _EVENTS.get(entry.type) or rack_event(turn, row, body.reader)
    row["version"] = version
    if event is None:
        return
    known = None if card is None else turn.book.card(card)
    if known is None and entry.type is EntryType.REMOVED:
        return  # its reading was refused
    if known is None:
        row["event"] = event.value
        _refuse(turn, row, refusal or Verdict.UNKNOWN)
        return
    _judge_row(turn, row, known, event)


def _judge_row(turn: Turn, row: Row, known: Known, event: Event) -> None:
    row["event"], row["card"] = event.value, known.id
    fact = Fact(
        row["journal"],
        row["seq"],
        row["at"],
        row["station"],
        event,
        row["version"],
        row["of"],
        row["type"] in RACK,
    )
    judge(turn, known, fact, row)
    turn.show(row, known)


def card_of_code(turn: Turn, code: str, at: int) -> tuple[str | None, int | None, Verdict | None]:
    """The card a code means at `at`, the version of a printed one, or why there is none."""
    card = turn.floor.card_of(code, at)
    if card is not None:
        return card, None, None
    if turn.floor.is_tag(code):
        return None, None, Verdict.UNBOUND
    match parse(code):
        case Printed(card=card, version=version):
            return card, version, None
        case Misread():
            return None, None, Verdict.MISREAD
        case None:
            return None, None, Verdict.UNKNOWN


def _refuse(turn: Turn, row: Row, verdict: Verdict) -> None:
    """No card: the worker is told, and it is found."""
    row["verdict"], row["findings"] = verdict.value, verdict.value
    entry = f"{row['journal']}.{row['seq']}"
    turn.find(verdict.value, entry, row["at"], station=row["station"])
    turn.show(row, None)


def _take_level(turn: Turn, row: Row, body: LevelBody) -> None:
    """A bin's sensor is the scan of the card it is bound to; where it knows none, of the oldest."""
    bound = turn.floor.sensors_at(row["at"]).bound.get((row["station"], body.sensor))
    if bound is None:
        return
    known = None if bound.card is None else turn.book.card(bound.card)
    if bound.card is None:
        turn.book.flush()
        signal(turn, row, bound, body.empty)
    elif known is not None:
        _judge_row(turn, row, known, Event.LEVEL_EMPTY if body.empty else Event.LEVEL_FULL)


def _take_undo(turn: Turn, row: Row, body: UndoBody) -> None:
    """The worker takes back an entry of this journal; anything else cannot be undone from a station."""
    row["of"] = body.of
    journal, _, seq = body.of.rpartition(".")
    card = None
    if journal == row["journal"] and seq.isdigit():
        card = _card_of_entry(turn, journal, int(seq))
    known = None if card is None else turn.book.card(card)
    if known is None:
        row["verdict"] = Verdict.NOT_IN_STATE.value
        turn.show(row, None)
        return
    _judge_row(turn, row, known, Event.UNDO)


def _card_of_entry(turn: Turn, journal: str, seq: int) -> str | None:
    for row in reversed(turn.book.facts):
        if row["journal"] == journal and row["seq"] == seq:
            found: str | None = row["card"]
            return found
    query = select(FACT.c.card).where(FACT.c.journal == journal, FACT.c.seq == seq)
    return turn.book.connection.execute(query).scalar()


def quarantine(turn: Turn, page: Page, seq: int, reason: str, raw: bytes) -> None:
    """Bytes that could not be read are kept as they came; nothing waits for them."""
    entry = f"{page.journal}.{seq}"
    row = {
        "id": entry,
        "station": page.station,
        "at": turn.now,
        "reason": reason,
        "raw": raw,
    }
    upsert(turn.book.connection, QuarantineRow, [row], ignore=True)
    find(turn, page, seq, "quarantined", turn.now)


def find(turn: Turn, page: Page, seq: int, type_: str, at: int) -> None:
    """A finding about an entry rather than a card."""
    turn.find(type_, f"{page.journal}.{seq}", at, station=page.station)


def lost(turn: Turn, journal: str, station: str, first: int, last: int) -> None:
    """Entries no station holds any more: recorded loudly, and passed."""
    row = {"journal": journal, "first": first, "last": last, "station": station, "at": turn.now}
    upsert(turn.book.connection, LostRangeRow, [row], ignore=True)
    turn.find("lost_range", f"{journal}.{first}", turn.now, station=station)
