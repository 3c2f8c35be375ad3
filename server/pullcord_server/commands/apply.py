"""`pullcord-server apply plant.toml`: show what changes, then make it one decision."""

import argparse
import getpass
from pathlib import Path

from sqlalchemy import Connection, func, select

from pullcord_server.desk.action.plant import apply_plant
from pullcord_server.desk.state import be_born, birth, load_floor, read_meta
from pullcord_server.desk.tally import Tally
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.plant import Plant
from pullcord_server.domain.plant_diff import diff
from pullcord_server.domain.plant_file import parse_plant
from pullcord_server.domain.problem import Problem, WrongFile
from pullcord_server.outside.clock import SystemClock
from pullcord_server.settings import Settings
from pullcord_server.storage.book import CARD, Book
from pullcord_server.storage.engine import IMMEDIATE, open_engine
from pullcord_server.storage.migrate import migrate
from pullcord_server.storage.shelf import Shelf

from .config import add_config, settings_of


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`apply plant.toml [--dry-run]`."""
    parser = subparsers.add_parser("apply", help="apply a plant definition, with a diff")
    parser.add_argument("plant", type=Path, help="plant.toml")
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
    text = _read(args.plant)
    engine = open_engine(settings.database)
    migrate(engine)
    be_born(engine, 0 if settings.driven else SystemClock().now(), "created")
    connection = engine.connect().execution_options(**IMMEDIATE)
    with connection, connection.begin():
        floor = load_floor(connection)
        issued = set(connection.execute(select(CARD.c.id)).scalars())
        plant = parse_plant(text, str(args.plant), issued)
        _check_site(args.plant, plant, settings)
        changes = diff(floor.plant, plant, _circulating(connection), args.retire)
        for line in changes.lines:
            print(line)
        refused = list(changes.refused)
        if refused:
            raise WrongFile(Problem(str(args.plant), None, "", text) for text in refused)
        if not changes.lines:
            print("no changes")
            return 0
        if args.dry_run:
            print("dry run: nothing was changed")
            return 0
        _, born = birth(connection)
        turn = Turn(Book(connection, Shelf()), floor, _now(connection, settings), born, Tally())
        made = apply_plant(turn, text, args.by or getpass.getuser(), changes.retired)
        turn.book.flush()
    print(f"applied as decision {made.id}")
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongFile([Problem(str(path), None, "", f"cannot be read: {error}")]) from None


def _check_site(path: Path, plant: Plant, settings: Settings) -> None:
    if plant.site != settings.site:
        text = f'is "{plant.site}", but this server is for site "{settings.site}"; use one name in both'
        raise WrongFile([Problem(str(path), None, "site", text)])


def _circulating(connection: Connection) -> dict[str, int]:
    """Loop → cards on the floor."""
    query = select(CARD.c.loop, func.count()).where(
        CARD.c.life == "circulating", CARD.c.kind == "standing"
    )
    rows = connection.execute(query.group_by(CARD.c.loop))
    return {row[0]: row[1] for row in rows}


def _now(connection: Connection, settings: Settings) -> int:
    """The server's time; a driven one stands where it was set last."""
    if settings.driven:
        return int(read_meta(connection, "driven_now") or 0)
    return SystemClock().now()
