"""`make demo`: server, broker and three stations as real processes, card reads as real bytes on ptys.

Ctrl-C ends all of it. A second start goes on where the first one ended; `DEMO=--fresh` begins anew.
"""

import argparse
import contextlib
import json
import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from . import program
from .people import People
from .shop import CORDS, READERS, SENSORS, Shop, plant_text, server_text, station_text

FOLDER = Path(".demo")
LOG = FOLDER / "pullcord-server.log"
HELP = """\
  type a card and Enter to drop it      BH-A1-001
  bring the full box                    arrive BH-A1-001
  empty a bin, fill it again            empty bin-1 · full bin-1
  pull a cord                           cord assy1-post
  Enter alone: everybody does at once what the cards tell them to do next
  Ctrl-C ends everything
"""


def main() -> int:
    """Start everything, let people work, say what happens, and end everything."""
    options = argparse.ArgumentParser(prog="demo", description=__doc__)
    options.add_argument("--fresh", action="store_true", help="begin anew")
    options.add_argument("--port", type=int, default=8080, help="of the web page")
    options.add_argument("--quiet", action="store_true", help="nobody works but you")
    options.add_argument("--seed", type=int, default=None, help="the same people again")
    args = options.parse_args()
    if args.fresh:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(exist_ok=True)
    for number in (
        signal.SIGTERM,
        signal.SIGINT,
    ):  # also where a shell in the background ignores it
        signal.signal(number, _interrupt)
    with contextlib.ExitStack() as stack:
        try:
            return Demo(args, stack).run()
        except KeyboardInterrupt:
            print("\nending …", flush=True)
            return 0


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


class Demo:
    """The whole of it. What it starts ends with `stack`, and with this process."""

    def __init__(self, args: argparse.Namespace, stack: contextlib.ExitStack) -> None:
        self.args = args
        self.stack = stack
        self.shop = Shop.read()
        self.people = People(self.shop, self.tell, random.Random(args.seed))
        self.stations: dict[str, subprocess.Popen[str]] = {}
        self.keys: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.url = f"http://127.0.0.1:{program.free_port(args.port)}"

    def run(self) -> int:
        """Until Ctrl-C."""
        (FOLDER / "plant.toml").write_text(plant_text(self.shop))
        (FOLDER / "server.toml").write_text(server_text(self.url))
        apply = self.start("pullcord-server", "apply", "plant.toml", "--by", "demo")
        if apply.wait(60) != 0:
            raise SystemExit(
                f"the plant was refused; see {LOG}, or begin anew: make demo DEMO=--fresh"
            )
        server = self.start("pullcord-server", "serve")
        program.await_ready(server, self.url, LOG)
        broker = int((FOLDER / ".pullcord-broker" / "embedded-broker.port").read_text())
        for station in READERS:
            (FOLDER / f"{station}.toml").write_text(station_text(station, broker))
            started = self.start("pullcord-edge", "simulate", "--config", f"{station}.toml")
            self.stations[station] = started
            program.follow(station, started)
        self.listen(broker)
        print(f"\n  the andon page:  {self.url}/andon\n\n{HELP}", flush=True)
        threading.Thread(target=self.read_keys, daemon=True).start()
        while server.poll() is None:
            self.look_around()
            time.sleep(0.5)
        raise SystemExit(f"the server ended; see {LOG}")

    def start(self, name: str, *arguments: str) -> "subprocess.Popen[str]":
        """A program that ends with the demo."""
        process = program.start(FOLDER, name, *arguments)
        self.stack.callback(program.end, process)
        return process

    def listen(self, port: int) -> None:
        """Say what the server tells the plant, a line each."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"demo-{os.getpid()}")
        client.on_connect = lambda c, *_: c.subscribe("pullcord/v1/demo/events/#", 1)
        client.on_message = lambda _c, _u, message: say_event(bytes(message.payload))
        client.connect("127.0.0.1", port)
        client.loop_start()
        self.stack.callback(client.loop_stop)

    def read_keys(self) -> None:
        """Lines from the keyboard."""
        for line in sys.stdin:
            self.keys.put(line.strip())

    def look_around(self) -> None:
        """What was typed, and what people do by themselves."""
        for line in self.typed():
            self.by_hand(line.split())
        if not self.args.quiet:
            cards = self.items("cards?limit=1000")
            self.people.use_up(cards, time.monotonic())
            self.work(4 if slow_now() else 1)

    def work(self, pace: float) -> None:
        """Whoever is due does what the cards say."""
        orders = self.items("orders?state=open&limit=1000")
        self.people.work(orders, self.items("cards?limit=1000"), time.monotonic(), pace)

    def typed(self) -> Iterator[str]:
        """What was typed since."""
        with contextlib.suppress(queue.Empty):
            while True:
                yield self.keys.get_nowait()

    def by_hand(self, words: list[str]) -> None:
        """One line of the keyboard."""
        match words:
            case []:
                self.work(0)
            case ["arrive", card] if card.upper() in self.shop.tags:
                self.tell(*self.shop.step("arrival", card.upper()))
            case ["empty" | "full" as level, sensor] if (at := at_station(sensor)) is not None:
                self.tell(at, f"level {sensor} {level}")
            case ["cord", station] if station in CORDS:
                self.tell(station, "press cord")
            case [card] if card.upper() in self.shop.tags:
                self.tell(*self.shop.step("post", card.upper()))
            case _:
                loops = self.shop.plant.loops.values()
                cards = ", ".join(f"{x.id}-001 … {x.id}-{x.cards:03d}" for x in loops)
                print(f"  not understood; cards are {cards}; cords at {', '.join(CORDS)}")

    def tell(self, station: str, line: str) -> None:
        """A line to a simulated station."""
        process = self.stations[station]
        if process.stdin is not None and process.poll() is None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(line + "\n")
                process.stdin.flush()

    def items(self, path: str) -> list[dict[str, Any]]:
        """A collection of the API."""
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}", timeout=5) as answer:
                found: list[dict[str, Any]] = json.load(answer)["items"]
        except (OSError, urllib.error.URLError):
            return []
        return found


def at_station(sensor: str) -> str | None:
    """Where a switch is wired to."""
    return next((station for station, pins in SENSORS.items() if sensor in pins), None)


def slow_now() -> bool:
    """Four minutes of every twelve the handlers are slow."""
    return int(time.time() / 240) % 3 == 2


def say_event(payload: bytes) -> None:
    """One line for a business event."""
    event = json.loads(payload)
    data = event.get("data") or {}
    what = " ".join(
        str(data[key])
        for key in ("loop", "card", "call", "item", "quantity", "station", "state")
        if data.get(key) is not None
    )
    print(f"{event['time'][11:19]}  {'server':12}{event['type']:18}{what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
