"""`pullcord-server backup FILE`: the database whole, while the server runs."""

import argparse
import json
import sys
from pathlib import Path

from sqlalchemy import Connection, insert, select, text
from sqlmodel import SQLModel

from pullcord_server.storage.engine import open_engine
from pullcord_server.storage.migrate import has_tables, migrate

from .config import add_config, settings_of


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`backup FILE`."""
    parser = subparsers.add_parser("backup", help="write the whole database to a file")
    parser.add_argument("file", type=Path, help="the backup, an SQLite database")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """One consistent snapshot, as an SQLite file whatever the database is."""
    settings = settings_of(args)
    target: Path = args.file
    if target.exists():
        print(f"pullcord-server: {target} exists; choose another name", file=sys.stderr)
        return 1
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    source, copy = open_engine(settings.database), open_engine(f"sqlite:///{partial}")
    if not has_tables(source):
        print(f"pullcord-server: there is nothing at {settings.database} to keep", file=sys.stderr)
        return 1
    migrate(source)
    migrate(copy)
    with source.connect() as reading, copy.begin() as writing:
        if source.dialect.name == "postgresql":
            reading.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        rows = copy_tables(reading, writing)
    copy.dispose()
    partial.rename(target)
    print(json.dumps({"backup": str(target), "rows": rows}))
    return 0


def copy_tables(source: Connection, target: Connection) -> int:
    """Every row of every table."""
    count = 0
    for table in SQLModel.metadata.sorted_tables:
        if table.name == "lease":
            continue
        reading = source.execution_options(yield_per=5000).execute(select(table))
        for part in reading.mappings().partitions(5000):
            target.execute(insert(table), [dict(row) for row in part])
            count += len(part)
    return count
