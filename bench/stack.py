"""What is measured, as real processes: broker, server and station of ours; and of the floor."""

import json
import sys
import time
from pathlib import Path

from bench.plant import SITE, Measured
from support.broker import Broker
from support.process import Process
from support.server_process import ServerProcess
from support.station_process import StationProcess
from support.tty import Tty, scanner_line

ROOT = Path(__file__).parent.parent
_DOCK = """
[[reader]]
name = "dock"
driver = "line"
port = "{port}"
role = "arrival"
"""


class Ours:
    """A broker and a server of Pullcord with the plant applied; stations on request."""

    def __init__(
        self, folder: Path, plant: Measured, database: str | None = None, *, bound: bool = True
    ) -> None:
        """`bound`: with a tag for each card."""
        self.folder = folder
        self.broker = Broker(folder / "broker")
        self.broker.start()
        self.servers: list[ServerProcess] = []
        self._stations: list[OurStation] = []
        self._database = database
        server = self.add_server()
        server.apply(plant.text(bound=bound), "--by", "bench")
        server.start()

    @property
    def server(self) -> ServerProcess:
        """The first server."""
        return self.servers[0]

    def add_server(self) -> ServerProcess:
        """One more server of the same site on the same database, not started."""
        name = f"server-{len(self.servers)}"
        server = ServerProcess(
            self.folder / name,
            broker=self.broker.url,
            site=SITE,
            database=self._database,
            copies=self._database is None,
        )
        self.servers.append(server)
        return server

    def station(self, name: str) -> "OurStation":
        """A station with a post and a dock, started."""
        station = OurStation(self.folder / name, name, self.broker)
        self._stations.append(station)
        return station

    def close(self) -> None:
        """End everything."""
        for station in self._stations:
            station.close()
        for server in self.servers:
            server.close()
        self.broker.kill()


class OurStation:
    """`pullcord-edge run` with two readers on ptys: the post drops, the dock brings back."""

    def __init__(self, folder: Path, name: str, broker: Broker) -> None:
        folder.mkdir(parents=True)
        self._dock = Tty(folder / "dock")
        self._station = StationProcess(
            folder,
            station=name,
            broker=broker.url,
            site=SITE,
            driver="line",
            extra=_DOCK.format(port=self._dock.path),
        )
        self.began = time.monotonic()
        self._station.start()
        self.process.log.touch()
        self._wait()

    @property
    def process(self) -> Process:
        """The program."""
        return self._station.process

    def present(self, role: str, code: str) -> None:
        """Bytes on the line of a reader."""
        tty = self._station.tty if role == "withdrawal" else self._dock
        if not tty.write(scanner_line(code)):
            raise self.process.failure(f"nobody reads {tty.path}")

    def close(self) -> None:
        """End it."""
        self._station.close()
        self._dock.unplug()

    def _wait(self) -> None:
        give_up = time.monotonic() + 30
        while "event=ready" not in self.process.said():
            if time.monotonic() > give_up or not self.process.running:
                raise self.process.failure("the station is not ready")
            time.sleep(0.002)
        self.ready_s = time.monotonic() - self.began


class Floor:
    """A broker and the server of one page; a station of one page on request."""

    def __init__(self, folder: Path, plant: Measured) -> None:
        self.folder = folder
        self.broker = Broker(folder / "broker")
        self.broker.start()
        cards = folder / "cards.json"
        cards.write_text(json.dumps(plant.tags()))
        self.database = folder / "floor.db"
        script = ROOT / "bench" / "floor" / "server.py"
        port = str(self.broker.port)
        command = [sys.executable, str(script), port, str(self.database), str(cards)]
        self.server = Process(command, folder / "server.log")
        self.server.start()
        self._stations: list[FloorStation] = []

    def station(self, name: str) -> "FloorStation":
        """A station with a post and a dock, started."""
        station = FloorStation(self.folder / name, name, self.broker)
        self._stations.append(station)
        return station

    def close(self) -> None:
        """End everything."""
        for station in self._stations:
            station.close()
        self.server.kill()
        self.broker.kill()


class FloorStation:
    """The station of one page with two lines on ptys."""

    def __init__(self, folder: Path, name: str, broker: Broker) -> None:
        folder.mkdir(parents=True)
        self._ttys = {role: Tty(folder / role) for role in ("withdrawal", "arrival")}
        readers = [f"{role}={tty.path}" for role, tty in self._ttys.items()]
        script = ROOT / "bench" / "floor" / "station.py"
        database = str(folder / "journal.db")
        command = [sys.executable, str(script), name, database, str(broker.port), *readers]
        self.process = Process(command, folder / "station.log")
        self.process.start()

    def present(self, role: str, code: str) -> None:
        """Bytes on the line of a reader."""
        if not self._ttys[role].write(scanner_line(code)):
            raise self.process.failure(f"nobody reads the {role} line")

    def close(self) -> None:
        """End it."""
        self.process.kill()
        for tty in self._ttys.values():
            tty.unplug()
