"""Self-tests of stations as they are answered: entries of their journals, read again."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, select, tuple_

from pullcord_server.domain.selftest import SelfTest, read_report
from pullcord_server.storage.model import FactRow
from pullcord_server.storage.rows import table_of
from pullcord_server.storage.selftest import listed_selftests

from . import asked, row
from .listing import Table

FACT = table_of(FactRow)
#: So many a page shows.
SHOWN = 20
#: Among so many of a station's newest is one that tells how it is.
LOOKED_AT = 10
_COLUMNS = tuple(FACT.c[name] for name in ("journal", "seq", "station", "at", "body"))


def last_selftests(connection: Connection, stations: Iterable[str]) -> dict[str, row.LastSelftest]:
    """The newest self-test of each of these stations that has any; not what was refused, or a scale's."""
    lists = listed_selftests(connection, stations).values()
    newest = [entry for listed in lists for entry in listed[-LOOKED_AT:]]
    found = connection.execute(select(*_COLUMNS).where(_among(newest)).order_by(FACT.c.at))
    rows = [fact._asdict() for fact in found] if newest else []
    return {row["station"]: _last(row) for row in rows if _tells(_read(row))}


def _tells(test: SelfTest) -> bool:
    """Whether it tells how the station is."""
    return test.outcome != "refused" and test.mode != "calibration"


def newest_first(engine: Engine, station: str) -> list[row.SelftestRow]:
    """So many of a station's newest self-tests as a page shows."""
    with engine.connect() as connection:
        entries = listed_selftests(connection, [station])[station][-SHOWN:]
        found = connection.execute(
            select(*_COLUMNS).where(_among(entries)).order_by(FACT.c.at.desc(), FACT.c.seq.desc())
        )
        return [_row(fact._asdict()) for fact in found] if entries else []


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
