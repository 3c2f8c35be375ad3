"""A plant's day through the desk, in a process of its own: how long it takes, and how much memory.

`python -m bench.day DATABASE LOOPS CARDS SCANS` plays it and prints what it took as JSON.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from bench.host import load  # noqa: E402
from bench.table import Measure  # noqa: E402
from support.desk import Server, new_database  # noqa: E402
from support.plant_day import HOUR, Floor, Plan, plan  # noqa: E402
from support.reference_model import MINUTE  # noqa: E402

ROW = "pages"
SPAN = 8 * HOUR


def drawn(loops: int, cards: int, scans: int, now: int) -> Plan:
    """A day that has just ended at `now`; 200 stations at most."""
    began = now // MINUTE * MINUTE - SPAN - HOUR
    return plan(8, began, SPAN, loops, cards, scans, min(200, loops * 2))


def played(database: Path, loops: int, cards: int, scans: int) -> tuple[list[Measure], int]:
    """The day in a process of its own: what it took, and when it ended."""
    numbers = [str(n) for n in (loops, cards, scans)]
    command = [sys.executable, "-m", "bench.day", str(database), *numbers]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    found = json.loads(told)
    return list(measures(found)), found["ended"]


def measures(found: dict[str, Any]) -> Iterator[Measure]:
    """What a day took."""
    plant = f"{found['loops']:,} loops, {found['cards']:,} cards"
    yield Measure(ROW, f"{plant} applied", "s", found["apply_s"], load=load())
    what = f"a day of {found['entries']:,} entries with all timers ({found['turns']:,} turns)"
    yield Measure(ROW, what, "s", found["day_s"], load=load())
    yield Measure(ROW, "memory after the day", "MiB", found["peak_mib"], load=load())


def main() -> int:
    """Play a day into a new database."""
    database, *numbers = sys.argv[1:]
    loops, cards, scans = map(int, numbers)
    now = time.time_ns() // 1_000_000
    made = drawn(loops, cards, scans, now)
    server = Server(new_database(Path(database), born=made.began))
    began = time.monotonic()
    floor = Floor.open(made, server)
    opened = time.monotonic()
    floor.play()
    ended = time.monotonic()
    if server.tally.failed_turns:
        raise AssertionError(f"{server.tally.failed_turns} turns failed")
    found = {
        "loops": len(made.rules),
        "cards": sum(rule.cards for rule in made.rules.values()),
        "entries": len(floor.reads),
        "turns": server.tally.turns,
        "apply_s": opened - began,
        "day_s": ended - opened,
        "peak_mib": getrusage(RUSAGE_SELF).ru_maxrss / 1024,
        "ended": server.now,
    }
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
