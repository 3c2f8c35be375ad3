"""How faults of the disk and the journal are made: small and read-only disks, spoiled and foreign files."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from faults.fault_scene import WAIT_S, Scene
from pullcord_edge.checks.fault import Sight
from pullcord_edge.core.feedback import FAILING
from pullcord_edge.journal import Draft, Journal, Start
from pullcord_wire.message import ClockState, CodeBody, EntryType
from support.tty import rdm6300_frame
from support.until import until

_CODE = "0A00B41F2C"


def _mount(scene: Scene) -> Path:
    """A disk of 1 MiB, in this process's own namespace: see `APART`."""
    folder = scene.journal.parent
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)], check=True)
    return folder


def _write_journal(scene: Scene, site: str, station: str) -> None:
    journal = Journal(scene.journal, Start(site, station, "boot-1", 1_795_420_800_000))
    body = CodeBody("post", _CODE)
    journal.append(
        [Draft(EntryType.WITHDRAWAL, 1_795_420_800_000, 5.0, ClockState.SYNCED, body)] * 200
    )
    journal.close()


def _spoil(path: Path) -> None:
    """By another process: closing the file in this one would drop SQLite's locks."""
    words = "import sys; f = open(sys.argv[1], 'r+b'); f.seek(4096); f.write(b'\\xaa' * 60000)"
    subprocess.run([sys.executable, "-c", words, str(path)], check=True)


def disk_full(scene: Scene) -> None:
    folder = _mount(scene)
    scene.root = Path("/")
    scene.live()
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                continue
    cards = (f"{number:010X}" for number in range(1, 1_000))

    def fails() -> bool:
        """Some entries find room in what the journal has already."""
        scene.tty.write(rdm6300_frame(next(cards)) * 2)
        return scene.look == FAILING

    until(fails, "the disk is full", WAIT_S, 0.1)
    scene.mend = ballast.unlink


def disk_read_only(scene: Scene) -> None:
    folder = _mount(scene)
    scene.root = Path("/")
    _write_journal(scene, scene.site, "a1")
    subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
    scene.serve()
    scene.run(Sight.FAILING)
    scene.mend = lambda: subprocess.run(["mount", "-o", "remount,bind,rw", str(folder)], check=True)


def folder_gone(scene: Scene) -> None:
    scene.journal.parent.rmdir()
    scene.serve()
    scene.run(Sight.FAILING)
    scene.mend = scene.journal.parent.mkdir


def journal_damaged(scene: Scene) -> None:
    _write_journal(scene, scene.site, "a1")
    station = scene.live()
    station.end()
    _spoil(scene.journal)


def journal_aside(scene: Scene) -> None:
    _write_journal(scene, scene.site, "a1")
    _spoil(scene.journal)
    scene.live()


def journal_station(scene: Scene) -> None:
    _write_journal(scene, scene.site, "a0")
    scene.live()


def journal_site(scene: Scene) -> None:
    _write_journal(scene, "elsewhere", "a1")
    scene.live()


MAKERS: dict[str, Callable[[Scene], None]] = {
    "disk-full": disk_full,
    "disk-read-only": disk_read_only,
    "folder-gone": folder_gone,
    "journal-damaged": journal_damaged,
    "journal-aside": journal_aside,
    "journal-station": journal_station,
    "journal-site": journal_site,
}
