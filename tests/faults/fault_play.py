"""Plays one fault on a stage of its own; as a program, apart from the test: `python -m faults.fault_play`."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from faults import fault_device, fault_disk, fault_machine, fault_way
from faults.fault_scene import Scene, open_scene
from pullcord_edge.checks.fault import FAULTS, Fault, Sight, fits
from pullcord_edge.checks.result import Check, Outcome
from support.wall_clock import Machine, Steering, now_ms

MAKERS: dict[str, Callable[[Scene], None]] = {
    **fault_device.MAKERS,
    **fault_way.MAKERS,
    **fault_disk.MAKERS,
    **fault_machine.MAKERS,
}
TESTS = Path(__file__).parent.parent
PATIENCE_S = 8.0
YEAR_2000_MS = 946_684_800_000


@dataclass(frozen=True, slots=True)
class Played:
    """The doctor's exit status, its word on the fault, what else fails, its stderr."""

    status: int
    check: Check | None
    others: tuple[str, ...]
    said: str


def play(fault: Fault, folder: Path, url: str) -> Played:
    """Make the fault on a stage of its own."""
    with open_scene(folder, url, fault.key) as scene:
        return play_on(fault, scene)


def play_on(fault: Fault, scene: Scene) -> Played:
    """Make the fault, see the light, ask the doctor; mend it where that can be, and see green again."""
    MAKERS[fault.key](scene)
    scene.wait(fault.sight)
    played = ask(fault, scene)
    scene.wait(fault.sight)
    if scene.mend is not None:
        scene.mend()
        scene.wait(Sight.UNCHANGED)
    return played


def ask(fault: Fault, scene: Scene) -> Played:
    """What the doctor says; on a busy machine he is given more patience, and asked again."""
    while True:
        status, checks, said = scene.doctor()
        named = [check for check in checks if fits(fault.check, check.name)]
        named.sort(key=lambda check: check.status is not fault.status)
        found = bool(named) and named[0].status is fault.status and fits(fault.seen, named[0].seen)
        if found or not checks or scene.listen_s > PATIENCE_S:
            break
        scene.listen_s *= 3
    failed = (c.name for c in checks if c.status is Outcome.FAIL and c not in named[:1])
    return Played(status, named[0] if named else None, tuple(failed), said)


def judge(fault: Fault, played: Played) -> None:
    """The table's row is what was seen."""
    if fault.status is None:
        assert played.status == 2
        assert fits(fault.seen, played.said.splitlines()[0])
        return
    check = played.check
    assert check is not None
    assert check.status is fault.status, check
    assert fits(fault.seen, check.seen), check.seen
    assert fits(fault.fix, check.fix), check.fix
    assert "journal is sound" not in played.others
    assert played.status == int(fault.status is Outcome.FAIL or bool(played.others))


def own_mounts(folder: Path) -> tuple[list[str], dict[str, str]]:
    """In a namespace where it is root, whoever it is."""
    return [_find("unshare"), "-rm"], {}


def own_permissions(folder: Path) -> tuple[list[str], dict[str, str]]:
    """Root may do everything: not here."""
    if os.geteuid():
        return [], {}
    return [_find("setpriv"), "--bounding-set=-dac_override,-dac_read_search"], {}


def own_clock(folder: Path) -> tuple[list[str], dict[str, str]]:
    """In the year 2000."""
    machine = Machine(folder / "clock")
    machine.steer(Steering.NOT_AT_ALL, YEAR_2000_MS - now_ms())
    return [], machine.environment


#: Faults that need a process of their own: what goes before its command, and its environment.
APART: dict[str, Callable[[Path], tuple[list[str], dict[str, str]]]] = {
    "port-permission": own_permissions,
    "disk-full": own_mounts,
    "disk-read-only": own_mounts,
    "clock-year": own_clock,
    "certificate-early": own_clock,
}


def play_apart(fault: Fault, folder: Path, url: str) -> Played:
    """The same in a process of its own."""
    before, environment = APART[fault.key](folder)
    done = subprocess.run(
        [*before, sys.executable, "-m", "faults.fault_play", fault.key, str(folder / "scene"), url],
        env={**os.environ, **environment, "PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    check = told["check"]
    if check is not None:
        check = Check(check["name"], Outcome(check["status"]), check["seen"], check["fix"])
    return Played(told["status"], check, tuple(told["others"]), told["said"])


def _find(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.fail(f"this test needs {program}: apt-get install util-linux")
    return found


if __name__ == "__main__":
    os.environ.pop("LD_PRELOAD", None)  # what this process starts has the right time
    _, key, folder, url = sys.argv
    (fault,) = (fault for fault in FAULTS if fault.key == key)
    print(json.dumps(asdict(play(fault, Path(folder), url))))
