"""A stage for one fault: a station in this process, a server that answers, a Pi's files, and the doctor."""

import io
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

from pullcord_edge.adapters.clock import Clock
from pullcord_edge.adapters.gpio import Pins
from pullcord_edge.adapters.inbox import Inbox, Stop
from pullcord_edge.adapters.log import Log
from pullcord_edge.agent import Agent
from pullcord_edge.checks.fault import Sight
from pullcord_edge.checks.result import Check, Outcome
from pullcord_edge.commands import main
from pullcord_edge.commands.device import make_devices
from pullcord_edge.commands.output import Outputs
from pullcord_edge.config import load
from pullcord_edge.core.feedback import FAILING, LINK_LOST, MAINTENANCE, Look
from pullcord_wire.message import Pattern
from support.answering import Answering
from support.tty import Tty
from support.until import until

WAIT_S = 60.0
GREEN: Look = {"green": Pattern.ON}
SIGHTS: Mapping[Sight, Look | None] = {
    Sight.UNCHANGED: GREEN,
    Sight.MAINTENANCE: {**GREEN, **MAINTENANCE},
    Sight.LINK_LOST: LINK_LOST,
    Sight.FAILING: FAILING,
    Sight.DARK: None,
}
CONFIG = "[all]\nenable_uart=1\ndtoverlay=disable-bt\ngpio=5,6,13,19,26=op,dl\ngpio=12=op,dl\n"
#: A Pi in good health, by its files.
PI = {
    "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
    "proc/77/comm": "systemd-timesyn\n",
    "proc/meminfo": "MemTotal: 3884000 kB\nMemAvailable: 3512000 kB\n",
    "proc/self/mounts": "/dev/mmcblk0p2 / ext4 rw,noatime 0 0\n",
    "proc/cmdline": "console=tty1 root=/dev/mmcblk0p2 panic=10\n",
    "sys/block/mmcblk0/device/life_time": "0x01 0x01\n",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
    "sys/class/thermal/thermal_zone0/temp": "51200\n",
    "sys/class/watchdog/watchdog0/state": "active\n",
    "run/systemd/timesync/synchronized": "",
    "run/systemd/system/here": "",
    "etc/systemd/system/pullcord-edge.service": "",
    "etc/systemd/system/multi-user.target.wants/pullcord-edge.service": "",
    "boot/firmware/config.txt": CONFIG,
}


class Station:
    """The station's program on a thread, with its pins by gpiozero's mock; `look` is what it shows."""

    def __init__(self, config: Path) -> None:
        setting = load(str(config))
        self.inbox = Inbox()
        self.log = io.StringIO()
        self.status: int | None = None
        self._look: Look | None = None
        outputs = Outputs(setting, self.inbox, Pins(setting, self.inbox))
        self._agent = Agent(
            setting,
            self.inbox,
            outputs,
            make_devices(setting, self.inbox),
            Log(self.log),
            Clock(),
            self._watch,
        )
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _watch(self, looks: Mapping[str, Look]) -> None:
        self._look = {c: p for c, p in looks["stack"].items() if p is not Pattern.OFF}

    def _run(self) -> None:
        self.status = self._agent.run()

    @property
    def look(self) -> Look | None:
        """What the light does; None: the program ended, and all lamps are dark."""
        return self._look if self._thread.is_alive() else None

    def end(self) -> None:
        """Ask it to end, and wait."""
        self.inbox.put(Stop("test"))
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()


@dataclass
class Scene:
    """`url` of the broker, and what else stands in the station's file. `listen_s`: the doctor's patience."""

    folder: Path
    url: str
    site: str = "s1"
    login: str = ""
    port: str = ""
    driver: str = "rdm6300"
    more: str = ""
    listen_s: float = 0.3
    mend: Callable[[], object] | None = None
    stations: list[Station] = field(default_factory=list)
    servers: list[Answering] = field(default_factory=list)
    closing: list[Callable[[], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tty = Tty(self.folder / "tty" / "post")
        assert self.tty._slave is not None
        os.close(self.tty._slave)  # nobody but the station has the reader open
        self.tty._slave = None
        self.config = self.folder / "station.toml"
        self.journal = self.folder / "disk" / "journal.db"
        self.journal.parent.mkdir()
        self.root: Path = self.folder / "pi"
        self.heal()

    def put(self, path: str, text: str) -> None:
        """A file of the Pi."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def header(self, name: str = "ttyAMA0") -> str:
        """The reader on the Pi's header, by the name that udev's rules give it."""
        device, link = self.root / "dev" / name, self.root / "dev" / "pullcord" / "header"
        link.parent.mkdir(parents=True)
        device.symlink_to(self.tty.path)
        link.symlink_to(f"../{name}")
        return str(link)

    def write(self) -> None:
        """The station's file."""
        self.config.write_text(
            f"""\
site = "{self.site}"
station = "a1"
[broker]
url = "{self.url}"
{self.login}
[journal]
path = "{self.journal}"
[[reader]]
name = "post"
driver = "{self.driver}"
{self.port or f'port = "{self.tty.path}"'}
role = "withdrawal"
[[light]]
name = "stack"
pins = {{ red = 5, amber = 6, green = 13, blue = 19, white = 26 }}
[buzzer]
pin = 12
{self.more}
"""
        )

    def serve(self, server: str = "S1", ahead_ms: int = 0, port: int | None = None) -> Answering:
        """A server that answers and wants green."""
        at = port or int(self.url.rpartition(":")[2])
        made = Answering(at, server, self.site, ahead_ms)
        self.servers.append(made)
        made.want("a1", 1, {"stack": {"green": Pattern.ON}})
        return made

    def run(self, sight: Sight = Sight.UNCHANGED) -> Station:
        """The station, once it shows this."""
        self.write()
        self.stations.append(Station(self.config))
        self.wait(sight)
        return self.stations[-1]

    def live(self) -> Station:
        """A server, and a station that shows green; they may be there already."""
        if not self.servers:
            self.serve()
        return self.stations[0] if self.stations else self.run()

    def jam(self, pin: int, jammed: bool = True) -> None:
        """The button on this pin stays pressed, or is let go."""
        from gpiozero import Device

        wire = Device.pin_factory.pin(pin)
        (wire.drive_low if jammed else wire.drive_high)()

    def heal(self) -> None:
        """The Pi's files are as they were."""
        for path, text in PI.items():
            self.put(path, text)

    def wait(self, sight: Sight) -> None:
        """Return when the station shows this."""
        wanted = SIGHTS[sight]
        until(lambda: self.look == wanted, f"{wanted}, but it shows {self.look}", WAIT_S, 0.01)

    @property
    def look(self) -> Look | None:
        """What the light of the first station shows."""
        return self.stations[0].look if self.stations else None

    def doctor(self) -> tuple[int, list[Check], str]:
        """`pullcord-edge doctor --json`: its status, its checks, and what it said on stderr."""
        words = ["doctor", "--json", "--config", str(self.config), "--root", str(self.root)]
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = main([*words, "--listen", str(self.listen_s)])
        found = json.loads(out.getvalue())["checks"] if out.getvalue() else []
        checks = [Check(c["name"], Outcome(c["status"]), c["seen"], c["fix"]) for c in found]
        return status, checks, err.getvalue()

    def close(self) -> None:
        """End everything."""
        for station in self.stations:
            station.end()
        for server in self.servers:
            server.close()
        for close in reversed(self.closing):
            close()
        self.tty.unplug()


@contextmanager
def open_scene(folder: Path, url: str, site: str) -> Iterator[Scene]:
    """A stage, taken down at the end."""
    from gpiozero import Device

    folder.mkdir(parents=True, exist_ok=True)
    scene = Scene(folder, url, site)
    try:
        yield scene
    finally:
        scene.close()
        factory, Device.pin_factory = Device.pin_factory, None
        if factory is not None:
            factory.close()
