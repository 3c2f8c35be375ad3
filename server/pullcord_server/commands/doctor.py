"""`pullcord-server doctor`: what is wrong with this server, and the fix as a command to type.

Needs no person, changes nothing, and may run while the server runs. Exit status 1 when a check fails.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict

from pullcord_server.domain.check import Check, Outcome, passed
from pullcord_server.settings import Settings

from .config import add_config, settings_of
from .doctor_broker import check_broker
from .doctor_database import check_copy, check_database
from .doctor_server import check_clock, check_lease, check_server, check_stations

_MARKS = {Outcome.PASS: "pass", Outcome.WARN: "WARN", Outcome.FAIL: "FAIL"}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`doctor [--json]`."""
    parser = subparsers.add_parser(
        "doctor", help="what is wrong with this server, and the fix", description=__doc__
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The exit status: 0, or 1 when a check fails."""
    settings = settings_of(args)
    checks = [passed("configuration", f"{args.config}: site {settings.site}"), *examine(settings)]
    if args.json:
        print(json.dumps({"checks": [asdict(check) for check in checks]}, ensure_ascii=False))
    else:
        print_checks(checks)
    return int(any(check.status is Outcome.FAIL for check in checks))


def examine(settings: Settings) -> Iterator[Check]:
    """Every check of this server, from what is right at hand to what is far away."""
    now = time.time_ns() // 1_000_000
    engine, checks = check_database(settings)
    yield from checks
    yield from check_copy(settings, engine)
    yield from check_clock(engine, now)
    yield check_lease(settings, engine)
    yield check_server(settings)
    yield from check_broker(settings)
    yield from check_stations(engine, now)
    if engine is not None:
        engine.dispose()


def print_checks(checks: list[Check]) -> None:
    """A line a check, its fix below where there is something to fix, and the sum."""
    for check in checks:
        print(f"{_MARKS[check.status]}  {check.name}: {check.seen}")
        if check.status is not Outcome.PASS:
            print(f"      fix: {check.fix}")
    counts = {m: sum(check.status is outcome for check in checks) for outcome, m in _MARKS.items()}
    print(f"{len(checks)} checks: " + ", ".join(f"{n} {mark}" for mark, n in counts.items()))
    sys.stdout.flush()
