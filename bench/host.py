"""What this machine is and what it can: cores, its disk's fsync, the interpreter, how busy it is."""

import os
import platform
import sqlite3
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Host:
    """The machine of a run. `fsync_ms`: median and worst of a small append; `load`: of the last minute."""

    cores: int
    processor: str
    system: str
    python: str
    sqlite: str
    fsync_ms: tuple[float, float]
    load: float


def look(folder: Path) -> Host:
    """Measure `folder`'s disk and ask the rest."""
    return Host(
        cores=len(os.sched_getaffinity(0)),
        processor=_processor(),
        system=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        sqlite=sqlite3.sqlite_version,
        fsync_ms=_fsync_ms(folder),
        load=load(),
    )


def load() -> float:
    """The load average of the last minute."""
    return os.getloadavg()[0]


def _fsync_ms(folder: Path, times: int = 50) -> tuple[float, float]:
    taken = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(times):
            os.write(file.fileno(), b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken), max(taken)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
