"""The argument `--config`, and what every command says of a wrong file."""

import argparse
import sys
from typing import Final

from pullcord_edge.config import ConfigError, load
from pullcord_edge.core.setting import Setting

WRONG: Final = 2
"""The exit status for a wrong file."""


def add_config(parser: argparse.ArgumentParser) -> None:
    """The argument that names the station's file."""
    parser.add_argument(
        "--config", required=True, metavar="FILE", help="the station's file, such as station.toml"
    )


def load_or_say(path: str) -> Setting | None:
    """The station of the file; None after every problem was printed, one a line."""
    try:
        return load(path)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return None
