"""Which entries are self-tests of a station: a list beside the facts, so that none is looked for among millions."""

import json
from collections.abc import Iterable

from sqlalchemy import Connection, select

from .model import Meta
from .rows import table_of, upsert

META = table_of(Meta)
#: So many of a station's newest are listed; older ones stay in its journal.
LISTED = 500
_KEY = "selftests "


def list_selftest(connection: Connection, station: str, journal: str, seq: int) -> None:
    """This entry is a self-test of the station."""
    listed = listed_selftests(connection, [station])[station]
    if (journal, seq) in listed:
        return
    kept = [*listed, (journal, seq)][-LISTED:]
    upsert(connection, Meta, [{"key": _KEY + station, "value": json.dumps(kept)}])


def listed_selftests(
    connection: Connection, stations: Iterable[str]
) -> dict[str, list[tuple[str, int]]]:
    """Journal and number of each station's self-tests, in the order they came."""
    keys = {_KEY + station: station for station in stations}
    listed: dict[str, list[tuple[str, int]]] = {station: [] for station in keys.values()}
    for row in connection.execute(select(META).where(META.c.key.in_(keys))):
        listed[keys[row.key]] = [(journal, seq) for journal, seq in json.loads(row.value)]
    return listed
