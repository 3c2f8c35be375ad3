"""Self-tests of stations as they are answered: entries of their journals, read again."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, tuple_

from pullcord_server.domain.selftest import SelfTest, read_report
from pullcord_server.storage.model import FactRow
from pullcord_server.storage.rows import table_of
from pullcord_server.storage.selftest import listed_selftests

from . import asked, row
from .listing import Table

FACT = table_of(FactRow)
_COLUMNS = tuple(FACT.c[name] for name in ("journal", "seq", "station", "at", "body"))


def last_selftests(connection: Connection, stations: Iterable[str]) -> dict[str, row.LastSelftest]:
    """The newest self-test of each of these stations that has any."""
    newest = [listed[-1] for listed in listed_selftests(connection, stations).values() if listed]
    found = connection.execute(select(*_COLUMNS).where(_among(newest))) if newest else ()
    return {fact.station: _last(fact._asdict()) for fact in found}


def selftests(entries: Sequence[tuple[str, int]]) -> Table[asked.SelftestsAsked, row.SelftestRow]:
    """The collection of exactly these entries."""

    def where(ask: asked.SelftestsAsked) -> Iterable[ColumnElement[bool]]:
        yield _among(entries)
        if ask.serial is not None:
            yield FACT.c.body.contains(f'"serial":{json.dumps(ask.serial)}', autoescape=True)
        if ask.since is not None:
            yield FACT.c.at >= ask.since

    key = (FACT.c.at, FACT.c.journal, FACT.c.seq)
    return Table("selftests", select(*_COLUMNS), key, (int, str, int), where, _row)


def _among(entries: Sequence[tuple[str, int]]) -> ColumnElement[bool]:
    return tuple_(FACT.c.journal, FACT.c.seq).in_(entries)


def _row(found: Mapping[str, Any]) -> row.SelftestRow:
    test = _read(found)
    return row.SelftestRow(
        id=_id(found),
        station=found["station"],
        at=found["at"],
        serial=test.serial,
        mode=test.mode,
        by=test.by,
        outcome=test.outcome,
        reason=test.reason,
        asked=test.asked,
        steps=[row.StepRow(name=s.name, result=s.result, seen=s.seen) for s in test.steps],
    )


def _last(found: Mapping[str, Any]) -> row.LastSelftest:
    test = _read(found)
    return row.LastSelftest(
        id=_id(found),
        at=found["at"],
        serial=test.serial,
        outcome=test.outcome,
        failed=list(test.failed),
    )


def _read(found: Mapping[str, Any]) -> SelfTest:
    test = read_report(json.loads(found["body"])["report"])
    assert test is not None, "only such entries are listed"
    return test


def _id(found: Mapping[str, Any]) -> str:
    return f"{found['journal']}.{found['seq']}"
