"""`pullcord-server`: serve, apply, backup, restore, doctor, cards, user."""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from sqlalchemy.exc import OperationalError

from pullcord_server.domain.problem import WrongFile
from pullcord_server.outside.broker import BrokerError
from pullcord_server.outside.decisions_copy import CopyError
from pullcord_server.outside.lease import LeaseTaken
from pullcord_server.storage.migrate import NewerDatabase

from . import apply, backup, cards, doctor, restore, serve, user

_COMMANDS = (serve, apply, backup, restore, doctor, cards, user)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 2 for a wrong file or argument, 1 for what did not work."""
    parser = argparse.ArgumentParser(
        prog="pullcord-server",
        description="Turns dropped kanban cards into replenishment orders and andon lights.",
    )
    parser.add_argument("--version", action="version", version=f"pullcord {version('pullcord')}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="command")
    for module in _COMMANDS:
        module.add_parser(subparsers)
    args = parser.parse_args(argv)
    try:
        result: int = args.run(args)
    except WrongFile as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except (BrokerError, CopyError, LeaseTaken, NewerDatabase) as error:
        print(f"pullcord-server: {error}", file=sys.stderr)
        return 1
    except OperationalError as error:
        said = " ".join(str(error.orig).split())
        fix = "is it running, and are address, user and permissions right?"
        print(f"pullcord-server: the database does not answer: {said}; {fix}", file=sys.stderr)
        return 1
    return result
