"""Disks that are small, or fail: a tmpfs of the program's own, and an fsync that says EIO."""

import shutil
import subprocess
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_name("fsync_fails.c")


class SmallDisk:
    """A folder that is a disk of `size` for one process only. `before` goes in front of its command.

    What is in the folder when the process starts is on the disk.
    """

    def __init__(self, folder: Path, size: str) -> None:
        program = shutil.which("unshare")
        if program is None:
            pytest.fail("this test needs unshare: apt-get install util-linux")
        seed = folder.with_name(f"{folder.name}-seed")
        folder.mkdir(parents=True, exist_ok=True)
        script = (
            f"mv {folder} {seed} && mkdir {folder} && mount -t tmpfs -o size={size} none {folder}"
            f' && cp -a {seed}/. {folder}/ && exec "$@"'
        )
        self.before = [program, "-rm", "sh", "-c", script, "sh"]
        self._folder = folder

    def fill(self, pid: int) -> None:
        """Leave the process `pid` no byte of room."""
        with self._ballast(pid).open("wb", buffering=0) as ballast:
            for size in (65536, 4096, 1):
                while True:
                    try:
                        ballast.write(b"\0" * size)
                    except OSError:
                        break

    def free(self, pid: int) -> None:
        """Give the room back."""
        self._ballast(pid).unlink()

    def read(self, pid: int, name: str) -> str:
        """A file of the disk as the process sees it."""
        return (self._seen(pid) / name).read_text()

    def _ballast(self, pid: int) -> Path:
        return self._seen(pid) / "ballast"

    def _seen(self, pid: int) -> Path:
        return Path(f"/proc/{pid}/root{self._folder}")


class FailingFsync:
    """`environment` of a process in which fsync fails on files whose path holds `on`, when told."""

    def __init__(self, folder: Path, on: str) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            pytest.fail("this test needs a C compiler: apt-get install gcc libc6-dev")
        library = folder / "fsync_fails.so"
        self._flag = folder / "fsync-fails-now"
        built = subprocess.run(
            [compiler, "-shared", "-fPIC", "-o", library, _SOURCE, "-ldl"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert built.returncode == 0, built.stderr
        self.environment = {
            "LD_PRELOAD": str(library),
            "FSYNC_FAILS_ON": on,
            "FSYNC_FAILS_WHILE": str(self._flag),
        }

    def begin(self) -> None:
        """From now on it fails."""
        self._flag.touch()

    def end(self) -> None:
        """And now it works again."""
        self._flag.unlink()
