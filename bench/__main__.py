"""`python -m bench [row …] [--quick] [--json FILE] [--markdown FILE]`: measure, print the table, write it down."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from bench import host, table

Row = Callable[[Path, bool], Iterator[table.Measure]]

ROWS: Mapping[str, str] = {
    "latency": "serial byte → verdict at the station",
    "ingest": "sustained events a second on SQLite and PostgreSQL",
    "drain": "36,000 events of 50 stations after an outage, and live ones meanwhile",
    "station": "memory, idle processor time, start and bytes written of a station",
    "screens": "1,000 andon screens on one server",
    "pages": "a day of 2,500 loops and 160,000 cards, and every page over it",
    "readers": "bytes a second of every driver",
}


def main() -> int:
    """Run the rows that are named, or all."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure. Rows: " + "; ".join(f"{name}: {what}" for name, what in ROWS.items()),
    )
    parser.add_argument("rows", nargs="*", metavar="row", help="all of them when none is named")
    parser.add_argument("--quick", action="store_true", help="small numbers: does it work")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument(
        "--markdown", type=Path, help="write the table to this file, between its marks"
    )
    args = parser.parse_args()
    unknown = [name for name in args.rows if name not in ROWS]
    if unknown:
        parser.error(f"no row {', '.join(unknown)}; there are {', '.join(ROWS)}")
    with tempfile.TemporaryDirectory(prefix="pullcord-bench-", dir=Path.cwd()) as folder:
        machine = host.look(Path(folder))
        measures = list(_measure(args.rows or list(ROWS), Path(folder), args.quick))
    print(table.text(machine, measures))
    if args.json:
        args.json.write_text(table.document(machine, measures) + "\n")
    if args.markdown:
        command = " ".join(["python -m bench", *args.rows, *(["--quick"] if args.quick else [])])
        day = datetime.now(UTC).date().isoformat()
        made = table.markdown(machine, measures, command, day)
        known = args.markdown.read_text() if args.markdown.exists() else ""
        args.markdown.write_text(table.placed(known, made))
    return 0


def _measure(names: list[str], folder: Path, quick: bool) -> Iterator[table.Measure]:
    for name in names:
        row: Row = import_module(f"bench.{name}").run
        place = folder / name
        place.mkdir()
        began = time.monotonic()
        print(f"{name}: {ROWS[name]} …", file=sys.stderr, flush=True)
        for measure in row(place, quick):
            print("  " + "  ".join(measure.cells()), file=sys.stderr, flush=True)
            yield measure
        print(f"  ({time.monotonic() - began:.0f} s)", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
