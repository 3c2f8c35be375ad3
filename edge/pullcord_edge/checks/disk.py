"""Checks of the disk that holds the journal."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pullcord_edge.checks.result import Check, failed, judged, passed, warned

#: File systems that do not keep what they are given, or not on this machine.
WRONG: Final = frozenset({"tmpfs", "ramfs", "overlay", "nfs", "nfs4", "cifs", "smb3", "9p"})
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """`error`: why nothing can be written; `wear`: share of its life used, None: it does not tell."""

    folder: str
    exists: bool = True
    kind: str = "ext4"
    free: int = 0
    total: int = 1
    inodes_free: int | None = None
    read_only: bool = False
    error: str | None = None
    sync_ms: float | None = None
    wear: float | None = None


def check_disk(disk: DiskFacts) -> Iterator[Check]:
    """Every check of this family."""
    fix = f"sudo mkdir -p {disk.folder} && sudo chown $USER {disk.folder}"
    seen = disk.folder if disk.exists else f"{disk.folder} is not there"
    yield judged("journal folder", disk.exists, seen, fix)
    if not disk.exists:
        return
    yield _check_space(disk)
    yield _check_writable(disk)
    yield _check_sync(disk)
    if disk.kind in WRONG:
        fix = "put the journal on the SD card or a local disk: [journal] path"
        yield failed("disk keeps", f"{disk.kind} does not keep what is written", fix)
    else:
        yield passed("disk keeps", disk.kind)
    yield _check_wear(disk)


def _check_space(disk: DiskFacts) -> Check:
    free_mib = disk.free / _MIB
    seen = f"{free_mib:.0f} MiB free of {disk.total / _MIB:.0f}"
    fix = f"sudo journalctl --vacuum-size=50M; sudo du -xh {disk.folder} | sort -h | tail"
    if free_mib < 20 or disk.inodes_free == 0:
        return failed("disk space", seen, fix)
    if free_mib < 200 or disk.free / disk.total < 0.05:
        return warned("disk space", seen, fix)
    return passed("disk space", seen)


def _check_writable(disk: DiskFacts) -> Check:
    if disk.read_only:
        fix = "dmesg | grep -i ext4; replace the SD card, then sudo mount -o remount,rw /"
        return failed("disk can be written", "it is mounted read-only", fix)
    if disk.error is not None:
        fix = f"sudo chown -R $USER {disk.folder}; dmesg | tail"
        return failed("disk can be written", disk.error, fix)
    return passed("disk can be written", "a file was written and synced")


def _check_sync(disk: DiskFacts) -> Check:
    if disk.sync_ms is None:
        return passed("disk is quick", "not measured")
    seen = f"a sync takes {disk.sync_ms:.1f} ms"
    if disk.sync_ms > 100:
        fix = "use an SD card of class A1 or A2, or a USB disk: the beep waits for the disk"
        return warned("disk is quick", seen, fix)
    return passed("disk is quick", seen)


def _check_wear(disk: DiskFacts) -> Check:
    if disk.wear is None:
        return passed("disk wear", "this disk does not tell")
    seen = f"{disk.wear:.0%} of its life is used"
    if disk.wear >= 0.9:
        return failed("disk wear", seen, "replace it; the old one can go on until then")
    return (
        warned("disk wear", seen, "plan its replacement")
        if disk.wear > 0.7
        else passed("disk wear", seen)
    )
