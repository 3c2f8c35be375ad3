"""`pullcord-server apply plant.toml`, or tables as CSV or XLSX: show what changes, then make it one decision."""

import argparse
import getpass
from pathlib import Path

from sqlalchemy import Connection, func, select

from pullcord_server.desk.action.plant import apply_plant
from pullcord_server.desk.state import PLANT, be_born, birth, load_floor, read_meta
from pullcord_server.desk.tally import Tally
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.plant_diff import diff
from pullcord_server.domain.problem import WrongFile
from pullcord_server.outside.clock import SystemClock
from pullcord_server.settings import Settings
from pullcord_server.storage.book import CARD, Book
from pullcord_server.storage.engine import IMMEDIATE, open_engine
from pullcord_server.storage.migrate import migrate
from pullcord_server.storage.shelf import Shelf

from .config import add_config, settings_of
from .plant_source import Source, read_source


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`apply plant.toml [--dry-run]`."""
    parser = subparsers.add_parser("apply", help="apply a plant definition, with a diff")
    parser.add_argument(
        "plant",
        type=Path,
        nargs="+",
        help="plant.toml; or tables: loops.csv, items.csv … or sheets of a workbook, plant.xlsx",
    )
    parser.add_argument("--dry-run", action="store_true", help="show the changes, make none")
    parser.add_argument(
        "--retire",
        action="append",
        default=[],
        metavar="LOOP",
        help="retire the cards of a loop that is not in the file any more; may be repeated",
    )
    parser.add_argument("--by", default=None, help="who applies it (default: the login)")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check everything first; nothing is half applied."""
    settings = settings_of(args)
    engine = open_engine(settings.database)
    migrate(engine)
    be_born(engine, 0 if settings.driven else SystemClock().now(), "created")
    connection = engine.connect().execution_options(**IMMEDIATE)
    with connection, connection.begin():
        floor = load_floor(connection)
        issued = set(connection.execute(select(CARD.c.id)).scalars())
        source = read_source(args.plant, _text_now(connection), settings.site, issued)
        _check_site(source, settings)
        changes = diff(floor.plant, source.plant, _circulating(connection), args.retire)
        for line in changes.lines:
            print(line)
        if changes.refused:
            raise WrongFile(source.problem(r.loop, r.key, r.text) for r in changes.refused)
        if not changes.lines:
            print("no changes")
            return 0
        if args.dry_run:
            print("dry run: nothing was changed")
            return 0
        _, born = birth(connection)
        turn = Turn(Book(connection, Shelf()), floor, now_of(connection, settings), born, Tally())
        made = apply_plant(turn, source.text, args.by or getpass.getuser(), changes.retired)
        turn.book.flush()
    print(f"applied as decision {made.id}")
    return 0


def _check_site(source: Source, settings: Settings) -> None:
    site = source.plant.site
    if site != settings.site:
        text = f'is "{site}", but this server is for site "{settings.site}"; use one name in both'
        raise WrongFile([source.problem(None, "site", text)])


def _text_now(connection: Connection) -> str | None:
    """The plant file that is valid now."""
    query = select(PLANT.c.text).order_by(PLANT.c.number.desc()).limit(1)
    found: str | None = connection.execute(query).scalar()
    return found


def _circulating(connection: Connection) -> dict[str, int]:
    """Loop → cards on the floor."""
    query = select(CARD.c.loop, func.count()).where(
        CARD.c.life == "circulating", CARD.c.kind == "standing"
    )
    rows = connection.execute(query.group_by(CARD.c.loop))
    return {row[0]: row[1] for row in rows}


def now_of(connection: Connection, settings: Settings) -> int:
    """The server's time; a driven one stands where it was set last."""
    if settings.driven:
        return int(read_meta(connection, "driven_now") or 0)
    return SystemClock().now()
