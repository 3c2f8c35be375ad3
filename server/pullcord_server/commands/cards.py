"""`pullcord-server cards print LOOP|CARD … --out cards.pdf`: cards to cut out, eight on a sheet."""

import argparse
import getpass
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, select

from pullcord_server.desk.action.card import print_card, printed_version
from pullcord_server.desk.loops import loop_row
from pullcord_server.desk.refusal import Refused
from pullcord_server.desk.state import birth, load_floor
from pullcord_server.desk.tally import Tally
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.label import Code, Label, label_of
from pullcord_server.domain.plant import Plant
from pullcord_server.domain.problem import did_you_mean
from pullcord_server.storage.book import CARD, Book
from pullcord_server.storage.engine import IMMEDIATE, open_engine
from pullcord_server.storage.migrate import migrate
from pullcord_server.storage.shelf import Shelf

from .apply import now_of
from .config import add_config, settings_of


class CannotPrint(ValueError):
    """The text says what is wrong and the fix."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`cards print`."""
    parser = subparsers.add_parser("cards", help="print cards")
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    made = actions.add_parser(
        "print",
        help="cards as PDF or SVG, A7 each, eight on an A4 sheet",
        description="Prints each card as it is: its newest version. With --reason each gets a new "
        "version, which takes over from the old print at its first scan.",
    )
    made.add_argument("names", nargs="+", metavar="LOOP|CARD", help="all cards of a loop, or one")
    made.add_argument("--out", type=Path, required=True, help="cards.pdf, or cards.svg")
    made.add_argument("--reason", help="why they are printed anew, as another version")
    made.add_argument("--code", type=Code, choices=list(Code), default=Code.QR)
    made.add_argument("--font", type=Path, help="a TrueType file, for other than western letters")
    made.add_argument("--by", default=None, help="who prints (default: the login)")
    add_config(made)
    made.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The file is written first; where it cannot be, no version is made."""
    from pullcord_server.outside.card_sheet import (  # slow to load, and seldom needed
        FontError,
        TooLong,
        choose_font,
        missing_signs,
        pdf_of,
        svg_of,
    )

    settings = settings_of(args)
    out: Path = args.out
    try:
        choose_font(args.font)
        if out.suffix.lower() not in (".pdf", ".svg"):
            raise CannotPrint(f"{out}: ends neither with .pdf nor with .svg; name it so")
        engine = open_engine(settings.database)
        migrate(engine)
        connection = engine.connect().execution_options(**IMMEDIATE)
        with connection, connection.begin():
            _, born = birth(connection)
            floor = load_floor(connection)
            turn = Turn(
                Book(connection, Shelf()), floor, now_of(connection, settings), born, Tally()
            )
            labels = _labels(turn, args.names, args.by or getpass.getuser(), args.reason)
            draw = svg_of if out.suffix.lower() == ".svg" else pdf_of
            out.write_bytes(draw(labels, args.code))
            turn.book.flush()
    except (CannotPrint, FontError, TooLong, Refused, OSError) as error:
        print(f"pullcord-server: {error}", file=sys.stderr)
        return 1
    print(f"{out}: {len(labels)} cards")
    missing = missing_signs(labels)
    if missing:
        print(f"{out}: the font has no {missing}; name one that has with --font", file=sys.stderr)
    return 0


def _labels(turn: Turn, names: Sequence[str], by: str, reason: str | None) -> list[Label]:
    plant = turn.floor.plant
    if plant is None:
        raise CannotPrint("there is no plant; run `pullcord-server apply plant.toml` first")
    cards = list(
        dict.fromkeys(c for name in names for c in _cards(turn.book.connection, plant, name))
    )
    return [_label(turn, plant, card, by, reason) for card in cards]


def _cards(connection: Connection, plant: Plant, name: str) -> list[str]:
    """The cards that a name means: of a loop all that are not retired."""
    query = select(CARD.c.id).order_by(CARD.c.number)
    if name in plant.loops:
        own = query.where(CARD.c.loop == name, CARD.c.life != "retired", CARD.c.kind == "standing")
        return list(connection.execute(own).scalars())
    found = connection.execute(query.where(CARD.c.id == name)).scalars().all()
    if not found:
        beside = query.where(CARD.c.loop == name.rpartition("-")[0])
        others: list[str] = list(connection.execute(beside).scalars())
        meant = did_you_mean(name, [*plant.loops, *others])
        raise CannotPrint(f"there is no loop or card {name}; {meant}")
    return list(found)


def _label(turn: Turn, plant: Plant, card: str, by: str, reason: str | None) -> Label:
    known = turn.book.card(card)
    if known is None or known.loop not in plant.loops:
        raise CannotPrint(f"{card} is of a loop that the plant has no more; leave it out")
    version = printed_version(turn, card)
    if reason:
        _, _, version = print_card(turn, card, by, reason)
    loop = plant.loops[known.loop]
    of = loop_row(turn, loop.id)["cards"] or loop.cards
    quantity = known.card.quantity or loop.quantity
    return label_of(plant, loop.id, card, known.number, of, quantity, version)
