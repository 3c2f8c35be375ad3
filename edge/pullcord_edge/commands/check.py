"""`pullcord-edge check`: whether a station's file is right, before the station is started with it."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from pullcord_edge.commands.config_file import WRONG, load_or_say
from pullcord_edge.config.schema import make_schema
from pullcord_edge.core.setting import Setting


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command's arguments."""
    parser = subparsers.add_parser("check", help="check a station's file", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--config", metavar="FILE", help="the station's file")
    which.add_argument(
        "--schema", action="store_true", help="print the file's JSON Schema, for editors"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The exit status: 0 the file is right, 2 it is not; every problem is on stderr.

    What is missing on this machine is told and is no problem of the file: it may be another's.
    """
    if args.schema:
        print(json.dumps(make_schema(), indent=2, ensure_ascii=False))
        return 0
    setting = load_or_say(args.config)
    if setting is None:
        return WRONG
    for missing in find_missing(setting):
        print(f"not yet on this machine: {missing}", file=sys.stderr)
    print(
        f"{args.config}: station {setting.station} of {setting.site}, broker {setting.broker}, "
        f"{len(setting.readers)} readers, {len(setting.sensors)} sensors, "
        f"{len(setting.lights)} lights, {len(setting.displays)} displays, "
        f"{len(setting.buttons)} buttons: right"
    )
    return 0


def find_missing(setting: Setting) -> Iterator[str]:
    """Files and folders that the file names and that are not there, or not for us to use."""
    broker = setting.broker
    for key in ("ca", "cert", "key", "password_file"):
        path = getattr(broker, key)
        if path is not None and not os.access(path, os.R_OK):
            what = "cannot be read" if Path(path).exists() else "is not there"
            yield f"broker.{key}: {path} {what}; put the file there, readable for the station"
    folder = Path(setting.journal.path).parent
    if not folder.is_dir():
        yield f"journal.path: the folder {folder} is not there; mkdir -p {folder}"
    elif not os.access(folder, os.W_OK):
        yield f"journal.path: the folder {folder} cannot be written; chown it to the station's user"
