"""The `--config` that every command of the server takes."""

import argparse
from pathlib import Path

from pullcord_server.settings import Settings, read_settings


def add_config(parser: argparse.ArgumentParser) -> None:
    """`--config server.toml`."""
    parser.add_argument(
        "--config", type=Path, default=Path("server.toml"), metavar="FILE", help="server.toml"
    )


def settings_of(args: argparse.Namespace) -> Settings:
    """The checked settings; WrongFile with every problem."""
    return read_settings(args.config)
