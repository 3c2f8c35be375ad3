"""A disk whose every write is recorded (QEMU's blklogwrites), and what a power cut may leave of it."""

import os
import random
import shutil
import signal
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.until import until

MIB = 1 << 20
DISK = 20 * MIB
"""Of the file system; what lies behind it, 4 MiB, is for marks."""
BLOCK = 4096
"""What the disk writes whole or not at all."""
_SECTOR = 512
_LOG = 1 << 30
_MAGIC = 0x6A736677736872
_FLUSH, _FUA, _DISCARD = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Write:
    """One entry of the log: bytes that were written at `at`; `flush`: all before it had to be there first."""

    at: int
    data: bytes
    flush: bool
    forced: bool

    @property
    def is_mark(self) -> bool:
        """Whether it is not of the file system."""
        return self.at >= DISK


class RecordedDisk:
    """An ext4 on a loop device over a logged image, mounted at `mounted` while the context lasts."""

    def __init__(self, folder: Path) -> None:
        for program in ("qemu-storage-daemon", "losetup", "mkfs.ext4", "mount"):
            if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
                pytest.fail(f"this test needs {program}: scripts/system.sh soak, or apt-get install "
                            "qemu-system-common e2fsprogs mount")  # fmt: skip
        if os.geteuid() != 0:
            pytest.fail("this test mounts disks: run it as root")
        folder.mkdir(parents=True)
        self.mounted = folder / "mounted"
        self.mounted.mkdir()
        self._image, self._log = folder / "disk.img", folder / "writes.log"
        self._seen = folder / "seen.img"
        self._marks = 0
        for file, size in ((self._image, DISK + 4 * MIB), (self._log, _LOG), (self._seen, 0)):
            with file.open("wb") as made:
                made.truncate(size)
        _run("mkfs.ext4", "-q", "-b", str(BLOCK), str(self._image), str(DISK // BLOCK))
        self.blank = self._image.read_bytes()[:DISK]

    @contextmanager
    def recording(self) -> Iterator[Path]:
        """Every write from here to the end is in the log; the folder it is mounted at."""
        exported = subprocess.Popen(
            [
                "qemu-storage-daemon",
                *("--blockdev", f"driver=file,node-name=file,filename={self._image}"),
                *("--blockdev", f"driver=file,node-name=log,filename={self._log}"),
                *("--blockdev", "driver=blklogwrites,node-name=logged,file=file,log=log"),
                *(
                    "--export",
                    f"type=fuse,id=e,node-name=logged,mountpoint={self._seen},writable=on",
                ),
            ]
        )
        loop = ""
        try:
            until(lambda: self._seen.stat().st_size > 0, "the exported disk", 30)
            loop = _run("losetup", "-f", "--show", str(self._seen)).strip()
            _run("mount", loop, str(self.mounted))
            try:
                yield self.mounted
            finally:
                _run("umount", str(self.mounted))
        finally:
            if loop:
                _run("losetup", "-d", loop)
            exported.send_signal(signal.SIGTERM)
            exported.wait(30)

    def mark(self, number: int) -> None:
        """Put a number into the log: everything that is said by now lies before it."""
        descriptor = os.open(self._seen, os.O_WRONLY)
        try:
            os.pwrite(descriptor, struct.pack("<QQ", number, self._marks).ljust(_SECTOR), DISK)
        finally:
            os.close(descriptor)
        self._marks += 1

    def writes(self) -> list[Write]:
        """The log, when the recording is over."""
        return list(_read_log(self._log))


def marked(writes: Sequence[Write]) -> int:
    """The newest number of these; 0: none yet."""
    numbers = [struct.unpack_from("<Q", write.data)[0] for write in writes if write.is_mark]
    return int(numbers[-1]) if numbers else 0


def leave(blank: bytes, writes: Sequence[Write], dice: random.Random | None) -> bytes:
    """The disk after a power cut behind these writes.

    What lies before the last flush is there, and what was forced; of the rest all (no `dice`), or what
    the dice leave, block by block.
    """
    flushed = max((n for n, write in enumerate(writes) if write.flush), default=0)
    disk = bytearray(blank)
    for number, write in enumerate(writes):
        if write.is_mark:
            continue
        for start in range(0, len(write.data), BLOCK):
            certain = number < flushed or write.forced or dice is None
            if certain or (dice is not None and dice.random() < 0.5):
                block = write.data[start : start + BLOCK]
                disk[write.at + start : write.at + start + len(block)] = block
    return bytes(disk)


@contextmanager
def mounted(disk: bytes) -> Iterator[Path]:
    """These bytes as a disk that is put into a machine again: its file system recovers, and is mounted."""
    with tempfile.TemporaryDirectory(prefix="pullcord-cut-", dir=_memory()) as folder:
        image, place = Path(folder) / "cut.img", Path(folder) / "cut"
        image.write_bytes(disk)
        place.mkdir()
        _run("mount", "-o", "loop", str(image), str(place))
        try:
            yield place
        finally:
            _run("umount", str(place))


def _memory() -> str | None:
    """Where a disk that is looked at once needs no disk."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _read_log(path: Path) -> Iterator[Write]:
    with path.open("rb") as log:
        magic, version, count, sector = struct.unpack("<QQQI", log.read(28))
        assert (magic, version, sector) == (_MAGIC, 1, _SECTOR), "not a log of blklogwrites"
        at = sector
        for _ in range(count):
            log.seek(at)
            place, sectors, flags, _ = struct.unpack("<QQQQ", log.read(32))
            at += sector
            data = b""
            if sectors and not flags & _DISCARD:
                log.seek(at)
                data = log.read(sectors * sector)
                at += sectors * sector
            yield Write(place * sector, data, bool(flags & _FLUSH), bool(flags & _FUA))


def _run(*command: str) -> str:
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PATH": path}
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout
