"""Writes docs/doctor.md: what `pullcord-edge doctor` said of a station with two faults, when it was run."""

import re
import socket
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "doctor.md"
sys.path.insert(0, str(ROOT / "tests"))

HEAD = """# doctor

```
pullcord-edge doctor --config /etc/pullcord/station.toml
```

It needs no person, changes nothing, and may run beside the station. Every check says pass, WARN or FAIL,
what was seen, the fix as a command to type, and the light that a worker sees at the station meanwhile. It
ends with 1 when a check fails. All faults that were made for it: [faults.md](faults.md).

| option | does |
|---|---|
| `--json` | `{"checks": [{"name", "status", "seen", "fix"}]}` for programs |
| `--listen S` | how long the server has to answer, in seconds; 6 without it |
| `--root DIR` | the Pi's own files lie under DIR: a card that is mounted there |

While the station runs, its ports are left alone, and each of its devices has a check of its own, by what the
station itself says. While it is stopped, readers that have a version query are asked.

## A run

A post on a Pi 4, made by `scripts/doctor_doc.py`: somebody has left the console on the reader's UART, and the
cord is jammed.

```
"""
#: Checks that depend on the machine that this is run on.
HERE = ("user groups", "disk space", "disk is quick", "library versions", "python version")


def transcript(listen_s: float) -> str:
    """The words of a run."""
    from faults.fault_machine import uart_console
    from faults.fault_scene import open_scene
    from faults.fault_way import certified
    from pullcord_edge.checks.fault import Sight
    from support.process import command, run

    with TemporaryDirectory() as folder, open_scene(Path(folder), "", "tsutsumi") as scene:
        scene.more = '[[button]]\nname = "cord"\npin = 21\ncall = "material"\nstuck = 1\n'
        certified(scene, days=400)
        uart_console(scene)
        scene.jam(21)
        scene.wait(Sight.MAINTENANCE)
        words = ["doctor", "--config", str(scene.config), "--root", str(scene.root)]
        text = run([*command("pullcord-edge"), *words, "--listen", str(listen_s)]).stdout
        names = {
            str(scene.root): "",
            str(scene.tty.path.resolve()): "/dev/ttyAMA0",
            str(scene.config): "/etc/pullcord/station.toml",
            str(scene.journal.parent): "/var/lib/pullcord",
            str(scene.folder / "ca"): "/etc/pullcord",
            socket.gethostname(): "assy1-post",
        }
    for name, wanted in names.items():
        text = text.replace(name, wanted)
    return text


def mask(page: str) -> list[str]:
    """What is the same on every machine: no numbers, no checks of this one."""
    kept: list[str] = []
    here = False
    for line in page.splitlines():
        if not line.startswith("      "):
            here = any(f"  {name}: " in line for name in HERE) or " checks: " in line
        if not here:
            kept.append(re.sub(r"[+-]?\d+(\.\d+)*", "N", line))
    return kept


def render(listen_s: float = 2.5) -> str:
    """The whole page; the server has so long to answer."""
    return f"{HEAD}{transcript(listen_s)}```\n"


if __name__ == "__main__":
    fresh = render()
    if not PAGE.exists() or mask(PAGE.read_text("utf-8")) != mask(fresh):
        PAGE.write_text(fresh, encoding="utf-8")
