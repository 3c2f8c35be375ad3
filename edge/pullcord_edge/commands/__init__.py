"""`pullcord-edge`: the commands of a station. Each is imported only when it is asked for."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

#: Command → module here, in the order of the help.
COMMANDS: Final = {
    "run": "the station: reads, keeps, publishes, shows lamps",
    "check": "whether a station's file is right; all problems at once",
    "doctor": "what is wrong with this station, and the fix as a command to type",
    "selftest": "test lamps, beep, buttons and readers, with a person or without",
    "provision-reader": "write a reader's profile into it, and read it back",
    "simulate": "the station with readers, sensors and buttons played from the keyboard or a script",
    "decode": "what a reader's bytes mean",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; its exit status: 0 done, 1 failed, 2 wrong arguments or a wrong file."""
    given = sys.argv[1:] if argv is None else list(argv)
    parser = _make_parser(given)
    args = parser.parse_args(given)
    if getattr(args, "run", None) is None:
        parser.print_help()
        return 2
    try:
        status: int = args.run(args)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    return status


def _make_parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; only the command that is named, if one is, brings its own arguments."""
    parser = argparse.ArgumentParser(
        prog="pullcord-edge", description="A Pullcord station: from a dropped card to the broker."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and end")
    subparsers = parser.add_subparsers(metavar="COMMAND", title="commands")
    named = next((word for word in given if not word.startswith("-")), None)
    for name, about in COMMANDS.items():
        if named == name:
            import_module(f"{__name__}.{name.replace('-', '_')}").add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=about, add_help=False)
    return parser


class _Version(argparse.Action):
    """Shows the version of the distribution."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"pullcord-edge {version('pullcord')}")
        parser.exit()
