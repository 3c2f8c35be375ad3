"""`decode --port`: listens to a device and shows what it says until it is stopped."""

import argparse
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from pullcord_edge.adapters.serial_port import PortError, open_serial
from pullcord_edge.readers.catalogue import DriverError, DriverSpec, Serial, Source
from pullcord_edge.readers.event import Driver, Event, Send

from .decode_report import to_report, to_text

READ_S = 0.02


class Port(Protocol):
    """An open port."""

    def read(self, timeout_s: float) -> bytes:
        """What arrived, at most after the time-out; nothing is empty."""

    def write(self, data: bytes) -> None:
        """Send."""

    def close(self) -> None:
        """Let the port go."""


OpenPort = Callable[[str, Serial], Port]


def listen(
    args: argparse.Namespace, spec: DriverSpec, driver: Driver, open_port: OpenPort | None
) -> int:
    """The exit status. Raises DriverError where the port cannot be opened or goes away."""
    if spec.source is not Source.SERIAL or spec.serial is None:
        raise DriverError([f'--port: driver "{spec.name}" does not listen to a serial port'])
    settings = replace(spec.serial, baud=args.baud) if args.baud else spec.serial
    try:
        port = (open_port or open_serial)(args.port, settings)
    except PortError as error:
        raise DriverError([f"--port: {args.port}: {error}"]) from error
    try:
        _pump(args, driver, port)
    except KeyboardInterrupt:
        pass
    except PortError as error:
        raise DriverError([f"--port: {args.port} is gone: {error}"]) from error
    finally:
        port.close()
    return 0


def _pump(args: argparse.Namespace, driver: Driver, port: Port) -> None:
    begun = time.monotonic()
    events = driver.start(begun)
    while True:
        for event in events:
            if isinstance(event, Send):
                port.write(event.data)
        _show(events, as_json=args.json)
        now = time.monotonic()
        if args.seconds is not None and now - begun >= args.seconds:
            return
        data = port.read(READ_S)
        now = time.monotonic()
        events = [*(driver.feed(data, now) if data else []), *driver.tick(now)]


def _show(events: Iterable[Event], *, as_json: bool) -> None:
    for event in events:
        if isinstance(event, Send):
            continue
        report = to_report([event])
        if as_json:
            found = {kind: rows for kind, rows in report.items() if rows}
            print(json.dumps(found), flush=True)
        else:
            print("\n".join(to_text(report)), flush=True)
