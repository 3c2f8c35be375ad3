"""`pullcord-edge run`: the station's program, until SIGTERM or Ctrl-C."""

import argparse
import os
import signal
import sys

from pullcord_edge.commands.config_file import WRONG, add_config, load_or_say


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command's arguments."""
    parser = subparsers.add_parser("run", help="the station's program", description=__doc__)
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """The exit status: 0 asked to end, 1 failed (let systemd start it again), 2 a wrong file."""
    setting = load_or_say(args.config)
    if setting is None:
        return WRONG
    from pullcord_edge.adapters.clock import Clock
    from pullcord_edge.adapters.gpio import Pins
    from pullcord_edge.adapters.inbox import Inbox, Stop
    from pullcord_edge.adapters.log import Log
    from pullcord_edge.agent import Agent
    from pullcord_edge.commands.device import make_devices
    from pullcord_edge.commands.output import Outputs
    from pullcord_edge.journal import JournalError

    inbox = Inbox()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _frame: inbox.put(Stop(signal.Signals(got).name)))
    log = Log(priorities="JOURNAL_STREAM" in os.environ)
    outputs = Outputs(setting, inbox, Pins(setting, inbox))
    agent = Agent(setting, inbox, outputs, make_devices(setting, inbox), log, Clock())
    try:
        return agent.run()
    except JournalError as error:
        print(f"pullcord-edge run: {error}", file=sys.stderr)
        return 1
