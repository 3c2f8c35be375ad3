"""`pullcord-edge selftest`: every lamp, the beep, every button, every reader, one by one.

Guided: you say whether each lamp is lit, press the buttons and present the test card. Unattended:
loopback wires answer ([selftest] in the file), what has none is skipped. The running station does it, and
goes on reading cards meanwhile; where none runs, one is started for it. Results are entries of the
journal. Exit status 1 unless it passes.
"""

import argparse
import getpass
import json
import os
import sqlite3
import sys
from math import inf
from pathlib import Path
from typing import Any

from pullcord_edge.commands.config_file import WRONG, add_config, load_or_say
from pullcord_edge.commands.selftest_kept import kept_reports
from pullcord_edge.commands.selftest_talk import connected, converse
from pullcord_edge.core.setting import Setting


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command's arguments."""
    parser = subparsers.add_parser(
        "selftest", help="test lamps, beep, buttons and readers", description=__doc__
    )
    add_config(parser)
    parser.add_argument(
        "--unattended", action="store_true", help="no person: loopback wires answer"
    )
    parser.add_argument("--json", action="store_true", help="the report as one JSON object")
    parser.add_argument(
        "--export", action="store_true", help="print the reports kept in the journal, one a line"
    )
    parser.add_argument(
        "--calibrate", metavar="SENSOR", help="instead: what a scale's values mean, with a weight"
    )
    parser.add_argument(
        "--load", type=float, metavar="WEIGHT", help="the weight, in the units of empty_below"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The exit status: 0 passed, 1 it did not, or could not be made, 2 a wrong file."""
    setting = load_or_say(args.config)
    if setting is None:
        return WRONG
    if args.export:
        return export(Path(setting.journal.path))
    wrong = wrong_calibration(setting, args)
    if wrong is not None:
        print(f"pullcord-edge selftest: {wrong}", file=sys.stderr)
        return WRONG
    ask: dict[str, object] = {"do": "selftest", "guided": not args.unattended, "by": person()}
    if args.calibrate is not None:
        ask |= {"do": "calibrate", "sensor": args.calibrate, "load": args.load}
    try:
        with connected(setting) as client:
            report = converse(client, ask, out=sys.stderr)
    except OSError as error:
        print(f"pullcord-edge selftest: {error}", file=sys.stderr)
        return 1
    if args.json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        print_report(report)
    return int(report["outcome"] != "pass")


def wrong_calibration(setting: Setting, args: argparse.Namespace) -> str | None:
    """Why that sensor cannot be calibrated so; None: it can, or nobody wants it."""
    if args.calibrate is None:
        return None
    able = [sensor.name for sensor in setting.sensors if sensor.calibrated]
    if args.calibrate not in able:
        known = ", ".join(able) or "none; write calibrated = true in its [[sensor]]"
        return f"{args.calibrate} cannot be calibrated; there are: {known}"
    if args.load is None or not 0 < args.load < inf:
        return f"say what lies on {args.calibrate}: --load 2000"
    return None


def person() -> str:
    """Who asks, also behind sudo."""
    return os.environ.get("SUDO_USER") or getpass.getuser()


def print_report(report: dict[str, Any]) -> None:
    """A line a step, and the sum."""
    for step in report["steps"]:
        print(f"{step['result']:7}  {step['name']}: {step['seen']}")
    why = f": {report['reason']}" if report["reason"] else ""
    what = "calibration" if report["mode"] == "calibration" else "self-test"
    print(f"{what} of {report['station']} ({report['serial']}): {report['outcome']}{why}")


def export(journal: Path) -> int:
    """Print every report that is kept, one a line as JSON."""
    try:
        for report in kept_reports(journal):
            print(json.dumps(report, ensure_ascii=False))
    except sqlite3.Error as error:
        print(f"pullcord-edge selftest: {journal}: {error}", file=sys.stderr)
        return 1
    return 0
