"""The self-tests that a station's journal keeps, read while it runs."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pullcord_edge.journal.known import read_known
from pullcord_edge.journal.row import unkey


def kept_reports(journal: Path) -> Iterator[dict[str, Any]]:
    """Every self-test in the journal, oldest first, with when it was and the entry it is. sqlite3.Error."""
    if not journal.exists():
        return
    connection = sqlite3.connect(f"file:{journal}?mode=ro", uri=True, timeout=2.0)
    try:
        ids = {known.n: known.head.id for known in read_known(connection)}
        rows = connection.execute(
            "SELECT key, body FROM entry WHERE instr(body, ?) ORDER BY key", (b'"type":"selftest"',)
        ).fetchall()
    finally:
        connection.close()
    for key, body in rows:
        entry = json.loads(body)
        number, seq = unkey(key)
        report = entry["report"]
        told = report if isinstance(report, dict) else {"report": report}
        yield {"entry": f"{ids.get(number)}.{seq}", "at": entry["at"], **told}
