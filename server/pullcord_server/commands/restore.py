"""`pullcord-server restore [FILE]`: a database of a new life from a backup and the copy of decisions."""

import argparse
import json
import sys
from pathlib import Path

from sqlalchemy import select

from pullcord_server.app import make_lease
from pullcord_server.desk.replay import replay
from pullcord_server.desk.state import META, be_reborn, read_meta
from pullcord_server.domain.problem import Problem, WrongFile
from pullcord_server.outside.clock import SystemClock
from pullcord_server.outside.decisions_copy import DecisionsCopy
from pullcord_server.settings import Settings
from pullcord_server.storage.engine import open_engine
from pullcord_server.storage.migrate import has_tables, migrate

from .backup import copy_tables
from .config import add_config, settings_of

_WITHOUT = "name a file that `pullcord-server backup` wrote, or none, to begin from nothing"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`restore [FILE]`."""
    parser = subparsers.add_parser("restore", help="rebuild the database from backup and decisions")
    parser.add_argument("file", type=Path, nargs="?", help="a backup; without it: from nothing")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The backup first, then every later decision of the copy; stations refill the scans themselves."""
    settings = settings_of(args)
    _check(args.file, settings)
    engine = open_engine(settings.database)
    lease = make_lease(engine, settings.site)
    if not lease.acquire():
        print("pullcord-server: a server is running; stop it first", file=sys.stderr)
        return 1
    try:
        migrate(engine)
        with engine.connect() as connection:
            used = connection.execute(select(META.c.key)).first() is not None
        if used:
            print(
                "pullcord-server: the database is not empty; move it away first "
                f"({settings.database})",
                file=sys.stderr,
            )
            return 1
        restored = _from_backup(args.file, settings)
        with engine.begin() as connection:
            now = _now(settings, read_meta(connection, "driven_now"))
            be_reborn(connection, now)
        replayed = _decisions(settings, engine_url=settings.database, now=now)
    finally:
        lease.release()
    print(json.dumps({"rows_restored": restored, "decisions_replayed": replayed}))
    return 0


def _check(file: Path | None, settings: Settings) -> None:
    """Both sources can be read before anything is written; WrongFile or CopyError where one cannot."""
    if settings.decisions_copy is not None:
        DecisionsCopy(settings.decisions_copy).newest()
    if file is None:
        return
    if not file.is_file():
        raise WrongFile([Problem(str(file), None, "", f"is not there; {_WITHOUT}")])
    source = open_engine(f"sqlite:///{file}")
    whole = has_tables(source)
    source.dispose()
    if not whole:
        raise WrongFile([Problem(str(file), None, "", f"is no backup of a server; {_WITHOUT}")])


def _now(settings: Settings, reached: str | None) -> int:
    """The present; where time is driven, what the backup and the copy of decisions have reached."""
    if not settings.driven:
        return SystemClock().now()
    path, now = settings.decisions_copy, int(reached or 0)
    if path is None or not path.exists():
        return now
    return max([now, *(int(line["at"]) for line in DecisionsCopy(path).read())])


def _from_backup(file: Path | None, settings: Settings) -> int:
    if file is None:
        return 0
    source, target = open_engine(f"sqlite:///{file}"), open_engine(settings.database)
    migrate(source)
    with source.connect() as reading, target.begin() as writing:
        return copy_tables(reading, writing)


def _decisions(settings: Settings, *, engine_url: str, now: int) -> int:
    path = settings.decisions_copy
    if path is None or not path.exists():
        print("no copy of decisions: what people decided since the backup is gone", file=sys.stderr)
        return 0
    copy = DecisionsCopy(path)
    copy.last()
    return replay(open_engine(engine_url), copy.read(), now)
