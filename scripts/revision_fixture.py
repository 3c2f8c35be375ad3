"""Keep what this revision of the tables writes: an empty and a filled database, for upgrades to be tried on.

Run it once for each new revision, before a release: `python scripts/revision_fixture.py`.
"""

import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from alembic.script import ScriptDirectory  # noqa: E402

from pullcord_server.storage.migrate import config  # noqa: E402
from support.day import Day  # noqa: E402
from support.desk import new_database  # noqa: E402

MINUTE = 60_000
MOVES: list[tuple[Any, ...]] = [
    ("scan", "post", "withdrawal", "BH", 1),
    ("wait", MINUTE),
    ("scan", "post", "withdrawal", "BH", 1),
    ("scan", "wrong", "withdrawal", "BH", 2),
    ("press", "post"),
    ("confirm", "BH-001", 20 * MINUTE),
    ("wait", 30 * MINUTE),
    ("scan", "dock", "arrival", "BH", 1),
    ("offline", "post"),
    ("scan", "post", "withdrawal", "GK", 1),
    ("wait", 20 * MINUTE),
    ("scan", "store", "dispatch", "GK", 1),
    ("online", "post"),
    ("change", "BH-003", "blocked", True),
    ("scan", "post", "withdrawal", "BH", 3),
    ("number", "BH", 3),
    ("wait", 2 * 60 * MINUTE),
    ("scan", "post", "withdrawal", "BH", 4),
]


def main() -> int:
    """Write both dumps."""
    target = ROOT / "tests" / "server" / "data" / "revisions"
    target.mkdir(parents=True, exist_ok=True)
    revision = ScriptDirectory.from_config(config()).get_current_head()
    with tempfile.TemporaryDirectory() as folder:
        for kind, moves in (("empty", None), ("filled", MOVES)):
            file = Path(folder) / f"{kind}.db"
            engine = new_database(file)
            if moves is not None:
                Day.begin(engine).play(moves).end()
            engine.dispose()
            with sqlite3.connect(file) as connection:
                lines = "\n".join(connection.iterdump())
            dump = target / f"{revision}-{kind}.sql"
            dump.write_text(lines + "\n", encoding="utf-8")
            print(f"{dump.relative_to(ROOT)}: {len(lines):,} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
