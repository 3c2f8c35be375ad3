"""What the disk of the journal tells: space, whether a write arrives, how long a sync takes, wear."""

import os
import time
from contextlib import suppress
from pathlib import Path

from pullcord_edge.adapters.probe_machine import read
from pullcord_edge.checks.disk import DiskFacts


def probe_disk(folder: Path, root: Path = Path("/")) -> DiskFacts:
    """The facts of the disk that `folder` is on; one small file is written there and taken away."""
    if not folder.is_dir():
        return DiskFacts(str(folder), exists=False)
    space = os.statvfs(folder)
    device, kind, options = _mount(folder.resolve(), root)
    read_only = "ro" in options.split(",")
    error, sync_ms = (None, None) if read_only else _write(folder)
    return DiskFacts(
        folder=str(folder),
        kind=kind,
        free=space.f_bavail * space.f_frsize,
        total=max(1, space.f_blocks * space.f_frsize),
        inodes_free=space.f_favail if space.f_files else None,
        read_only=read_only,
        error=error,
        sync_ms=sync_ms,
        wear=_wear(device, root),
    )


def _write(folder: Path) -> tuple[str | None, float | None]:
    """Why nothing can be written, or how long a sync takes."""
    path = folder / f".pullcord-doctor-{os.getpid()}"
    try:
        with path.open("wb") as file:
            file.write(b"doctor" * 100)
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            return None, (time.perf_counter() - begun) * 1000
    except OSError as error:
        return error.strerror or str(error), None
    finally:
        with suppress(OSError):
            path.unlink()


def _mount(folder: Path, root: Path) -> tuple[str, str, str]:
    """Device, kind and options of the file system that `folder` is on."""
    best = ("", "unknown", "")
    longest = -1
    for line in (read(root / "proc/self/mounts") or "").splitlines():
        device, point, kind, options = line.split()[:4]
        point = point.replace("\\040", " ")
        inside = folder == Path(point) or Path(point) in folder.parents
        if inside and len(point) >= longest:
            best, longest = (device, kind, options), len(point)
    return best


def _wear(device: str, root: Path) -> float | None:
    """The share of an eMMC's life that is used, in steps of a tenth."""
    name = Path(device).name
    base = name.split("p")[0] if name.startswith("mmcblk") else name.rstrip("0123456789")
    text = read(root / f"sys/block/{base}/device/life_time")
    if not text:
        return None
    try:
        return max(int(part, 16) for part in text.split()) / 10
    except ValueError:
        return None
