"""`make demo`: server, broker and three stations as real processes, card reads as real bytes on ptys.

Ctrl-C ends all of it. A second start goes on where the first one ended; `DEMO=--fresh` begins anew.
"""

import argparse
import contextlib
import ctypes
import json
import os
import queue
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

HERE = Path(__file__).parent
FOLDER = Path(".demo")
SITE = "demo"
POSTS = {"assembly-1": "assy1-post", "assembly-2": "assy2-post"}
DOCK = "dock"
BIN = Path(sys.executable).parent


def main() -> int:
    """Start everything, make traffic, say what happens, and end everything."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--fresh", action="store_true", help="begin anew")
    options.add_argument("--port", type=int, default=8080, help="of the web page")
    options.add_argument("--quiet", action="store_true", help="no traffic by itself")
    options.add_argument("--seed", type=int, default=None, help="the same traffic again")
    args = options.parse_args()
    if args.fresh:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(exist_ok=True)
    signal.signal(signal.SIGTERM, _interrupt)
    with contextlib.ExitStack() as stack:
        try:
            return Demo(args, stack).run()
        except KeyboardInterrupt:
            print("\nending …", flush=True)
            return 0


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


@dataclass(slots=True)
class Loop:
    """A loop of the demo plant and the tags of its cards."""

    id: str
    consumer: str
    name: str
    tags: dict[str, str] = field(default_factory=dict)


class Demo:
    """The whole of it. What it starts ends with `stack`, and with this process."""

    def __init__(self, args: argparse.Namespace, stack: contextlib.ExitStack) -> None:
        self.args = args
        self.stack = stack
        self.random = random.Random(args.seed)
        self.stations: dict[str, subprocess.Popen[str]] = {}
        self.keys: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.loops = read_loops()
        self.url = f"http://127.0.0.1:{free_port(args.port)}"

    def run(self) -> int:
        """Until Ctrl-C."""
        write_files(self.loops, self.url)
        self.program("pullcord-server", "apply", "plant.toml", "--by", "demo", wait=True)
        server = self.program("pullcord-server", "serve")
        self.await_server(server)
        broker = self.broker_port()
        for station in (*POSTS.values(), DOCK):
            write_station(station, broker)
            started = self.program("pullcord-edge", "simulate", "--config", f"{station}.toml")
            self.stations[station] = started
            follow(station, started)
        self.listen(broker)
        print(f"\n  the andon page:  {self.url}/andon\n", flush=True)
        print("  type a card and Enter to drop it (BH-A1-001), `arrive BH-A1-001` to bring it,")
        print("  `cord assy1-post` to pull the cord; Ctrl-C ends everything\n", flush=True)
        threading.Thread(target=self.read_keys, daemon=True).start()
        self.traffic(server)
        return 0

    def program(self, name: str, *arguments: str, wait: bool = False) -> subprocess.Popen[str]:
        """Start one of our programs in the demo's folder; it ends with this one, however that ends."""
        log = (FOLDER / f"{name}.log").open("a")
        serves = name == "pullcord-server"
        process = subprocess.Popen(
            [str((BIN / name).absolute()), *arguments],
            cwd=FOLDER,
            stdin=subprocess.DEVNULL if serves else subprocess.PIPE,
            stdout=log if serves else subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "GPIOZERO_PIN_FACTORY": "mock"},
            preexec_fn=end_with_parent,  # noqa: PLW1509 - one system call, nothing of Python
            process_group=0,
        )
        if wait:
            if process.wait(60) != 0:
                raise SystemExit(f"{name} {arguments[0]} failed; see {log.name}")
            return process
        self.stack.callback(end, process)
        return process

    def await_server(self, server: "subprocess.Popen[str]") -> None:
        """Wait for the server to be ready."""
        end_at = time.monotonic() + 30
        while time.monotonic() < end_at:
            if server.poll() is not None:
                raise SystemExit(f"the server ended; see {FOLDER}/pullcord-server.log")
            if answers(f"{self.url}/readyz"):
                return
            time.sleep(0.1)
        raise SystemExit(f"the server is not ready after 30 s; see {FOLDER}/pullcord-server.log")

    def broker_port(self) -> int:
        """Where the broker beside the server listens."""
        return int((FOLDER / ".pullcord-broker" / "embedded-broker.port").read_text())

    def listen(self, port: int) -> None:
        """Say what the server tells the plant, a line each."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"demo-{os.getpid()}")
        client.on_connect = lambda c, *_: c.subscribe(f"pullcord/v1/{SITE}/events/#", 1)
        client.on_message = lambda _c, _u, message: say_event(bytes(message.payload))
        client.connect("127.0.0.1", port)
        client.loop_start()
        self.stack.callback(client.loop_stop)

    def read_keys(self) -> None:
        """Lines from the keyboard."""
        for line in sys.stdin:
            self.keys.put(line.strip())

    def traffic(self, server: "subprocess.Popen[str]") -> None:
        """Workers empty boxes, handlers bring full ones; now and then somebody is slow."""
        next_drop = {loop.id: time.monotonic() + self.random.uniform(1, 6) for loop in self.loops}
        while server.poll() is None:
            for words in self.lines():
                self.by_hand(words)
            if not self.args.quiet:
                for loop in self.loops:
                    if time.monotonic() >= next_drop[loop.id]:
                        self.drop_one(loop)
                        next_drop[loop.id] = time.monotonic() + self.random.uniform(8, 24)
                self.bring_ripe()
            time.sleep(0.5)
        raise SystemExit(f"the server ended; see {FOLDER}/pullcord-server.log")

    def lines(self) -> Iterator[list[str]]:
        """What was typed since."""
        with contextlib.suppress(queue.Empty):
            while True:
                words = self.keys.get_nowait().split()
                if words:
                    yield words

    def by_hand(self, words: list[str]) -> None:
        """`BH-A1-001`, `arrive BH-A1-001`, `cord assy1-post`."""
        match words:
            case ["arrive", card] if (loop := self.loop_of(card)) is not None:
                self.tell(DOCK, f"drop arrival {loop.tags[card.upper()]}")
            case ["cord", station] if station in self.stations:
                self.tell(station, "press cord")
            case [card] if (loop := self.loop_of(card)) is not None:
                self.tell(POSTS[loop.consumer], f"drop post {loop.tags[card.upper()]}")
            case _:
                cards = ", ".join(f"{x.id}-001 … {x.id}-{len(x.tags):03d}" for x in self.loops)
                print(f"  not understood; cards are {cards}; stations {', '.join(self.stations)}")

    def loop_of(self, card: str) -> Loop | None:
        """The loop a card belongs to."""
        return next((x for x in self.loops if card.upper() in x.tags), None)

    def drop_one(self, loop: Loop) -> None:
        """A box is empty: its card goes into the post."""
        full = [c["id"] for c in self.items(f"cards?loop={loop.id}") if c["state"] == "full"]
        if full:
            self.tell(POSTS[loop.consumer], f"drop post {loop.tags[self.random.choice(full)]}")

    def bring_ripe(self) -> None:
        """Full boxes arrive some time after their order; the handler is sometimes late."""
        for loop in self.loops:
            for order in self.items(f"orders?loop={loop.id}&state=open"):
                card = order["cards"][0]
                age = time.time() - parse_time(order["opened_at"])
                ripe = (15 + hash(order["id"]) % 40) * (4 if self.slow() else 1)
                if age > ripe:
                    self.tell(DOCK, f"drop arrival {loop.tags[card]}")
                    break

    def slow(self) -> bool:
        """Four minutes of every twelve the handlers are slow."""
        return int(time.time() / 240) % 3 == 2

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


def read_loops() -> list[Loop]:
    """The demo plant's loops, with a tag for every card."""
    plant = tomllib.loads((HERE / "demo_plant" / "plant.toml").read_text())
    names = {item["id"]: item["name"] for item in plant["item"]}
    loops, number = [], 0
    for raw in plant["loop"]:
        loop = Loop(raw["id"], raw["consumer"], names[raw["item"]])
        for card in range(1, raw["cards"] + 1):
            number += 1
            loop.tags[f"{loop.id}-{card:03d}"] = f"{0x0A00B40000 + number:010X}"
        loops.append(loop)
    return loops


def write_files(loops: list[Loop], url: str) -> None:
    """plant.toml with its tags, and server.toml."""
    tags = [
        f'[[tag]]\ncode = "{code}"\ncard = "{c}"\n' for x in loops for c, code in x.tags.items()
    ]
    plant = (HERE / "demo_plant" / "plant.toml").read_text()
    (FOLDER / "plant.toml").write_text(plant + "\n" + "\n".join(tags))
    (FOLDER / "server.toml").write_text(
        f'site = "{SITE}"\ndatabase = "sqlite:///pullcord.db"\nbroker = "embedded"\n'
        f'http = "{url.removeprefix("http://")}"\naccess = "open"\n'
        'decisions_copy = "decisions.jsonl"\n'
    )


def write_station(station: str, broker_port: int) -> None:
    """A station's file: a post has a reader, a stack light and a cord, the dock a reader."""
    reader = ("arrival", "arrival") if station == DOCK else ("post", "withdrawal")
    text = f"""site = "{SITE}"
station = "{station}"

[broker]
url = "mqtt://127.0.0.1:{broker_port}"

[journal]
path = "{station}.db"

[[reader]]
name = "{reader[0]}"
driver = "rdm6300"
port = "/dev/serial0"
role = "{reader[1]}"

[[light]]
name = "stack"
pins = {{ red = 5, amber = 6, green = 13, blue = 19, white = 26 }}

[[button]]
name = "cord"
pin = 21
call = "material"
"""
    (FOLDER / f"{station}.toml").write_text(text)


def say_event(payload: bytes) -> None:
    """One line for a business event."""
    event = json.loads(payload)
    data = event.get("data") or {}
    what = " ".join(
        str(data[key])
        for key in ("card", "order", "call", "item", "quantity", "station", "state")
        if data.get(key) is not None
    )
    print(f"{event['time'][11:19]}  {'server':12}{event['type']:18}{what}", flush=True)


def follow(station: str, process: "subprocess.Popen[str]") -> None:
    """Repeat what a station prints."""

    def read() -> None:
        for line in process.stdout or ():
            print(f"{time.strftime('%H:%M:%S')}  {station:12}{line.rstrip()}", flush=True)

    threading.Thread(target=read, daemon=True).start()


def answers(url: str) -> bool:
    """Whether `url` answers that all is well."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except (OSError, urllib.error.URLError):
        return False


def parse_time(text: str) -> float:
    """RFC 3339 as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def free_port(wanted: int) -> int:
    """`wanted`, or another one where somebody has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise SystemExit("no free port on 127.0.0.1")


def end_with_parent() -> None:
    """In the child: end when the demo ends, even when it is killed (Linux; elsewhere Ctrl-C does)."""
    with contextlib.suppress(OSError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def end(process: "subprocess.Popen[str]") -> None:
    """SIGTERM, and after 5 s SIGKILL."""
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
