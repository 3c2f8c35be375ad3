"""The journal between processes and on bad disks: killed, locked, full, refusing, read-only."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pullcord_edge.journal import (
    JournalDamaged,
    JournalError,
    JournalFailed,
    JournalFull,
    JournalTaken,
)
from pullcord_edge.journal.error import told
from pullcord_edge.journal.file import connect
from support.journal_bench import codes, read_all, start

TESTS = Path(__file__).resolve().parents[1]
CHILD = [sys.executable, "-m", "support.journal_child"]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS), *sys.path])}


@contextmanager
def child(what: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*CHILD, what, str(path)],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def accepted(process: subprocess.Popen[str], seconds: float) -> dict[str, int]:
    """The last number accepted, by journal, of a writer that is killed after `seconds`."""
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    time.sleep(seconds)
    process.kill()
    lines += process.stdout.readlines()
    whole = [line.split() for line in lines if line.endswith("\n")]
    return {run: int(seq) for run, seq in whole}


def kill_and_check(path: Path, moments: random.Random, rounds: int) -> None:
    promised: dict[str, int] = {}
    for _ in range(rounds):
        with child("write", path) as process:
            promised |= accepted(process, moments.uniform(0.0, 0.12))
        journal = start(path)
        heads = {head.id: head for head in journal.heads}
        for run, seq in promised.items():
            entries = read_all(journal, heads[run])
            assert len(entries) >= seq
            assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
            assert all(code and code.startswith(run) for code in codes(entries))
        assert journal.reports == ()
        journal.close()


def test_what_was_accepted_is_there_after_a_kill_at_any_moment(tmp_path: Path) -> None:
    kill_and_check(tmp_path / "journal.db", random.Random(1), rounds=8)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20))
def test_what_was_accepted_is_there_after_many_kills(tmp_path: Path, seed: int) -> None:
    kill_and_check(tmp_path / "journal.db", random.Random(seed), rounds=25)


def test_a_commit_is_synced_before_it_returns(tmp_path: Path) -> None:
    connection = connect(tmp_path / "journal.db")
    full = 2
    assert connection.execute("PRAGMA synchronous").fetchone() == (full,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_another_process_is_refused_until_the_first_one_ends_in_whatever_way(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.db"
    with child("hold", path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(JournalTaken, match=f"pid {process.pid} on "):
            start(path)
        process.kill()
        process.wait()
        start(path).close()


def run(what: str, folder: Path, *before: str) -> dict[str, object]:
    done = subprocess.run(
        [*before, *CHILD, what, str(folder)],
        env=ENVIRONMENT,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, (
        f"{done.stderr}\nThis test mounts a small disk: run it as root, or where `unshare -rm` works."
    )
    result: dict[str, object] = json.loads(done.stdout)
    return result


def test_a_full_disk_is_said_and_when_there_is_room_again_the_next_scan_is_kept(
    tmp_path: Path,
) -> None:
    found = run("fill", tmp_path, "unshare", "-rm")
    assert isinstance(found["said"], list)
    for said in found["said"]:
        assert said.startswith("JournalFull: ")
        assert "the disk is full" in said
        assert "free space" in said
    assert isinstance(found["accepted"], int)
    assert found["accepted"] > 50
    assert found["last"] == found["entries"] == found["accepted"] + 1
    assert found["reports"] == []


def test_a_disk_that_refuses_is_said_and_when_it_takes_again_the_next_scan_is_kept(
    tmp_path: Path,
) -> None:
    found = run("limit", tmp_path)
    assert isinstance(found["said"], list)
    for said in found["said"]:
        assert said.startswith("JournalFailed: ")
        assert "check the disk" in said
    assert isinstance(found["accepted"], int)
    assert found["last"] == found["entries"] == found["accepted"] + 1
    assert found["reports"] == []


def test_a_disk_that_cannot_be_written_refuses_the_start(tmp_path: Path) -> None:
    found = run("read_only", tmp_path, "unshare", "-rm")
    assert isinstance(found["said"], list)
    assert found["said"][0].startswith("JournalFailed: ")
    assert "Read-only file system" in found["said"][0]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "journal.db"
    with pytest.raises(JournalFailed, match=r"nowhere/journal\.db: No such file or directory"):
        start(path)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, JournalFull),
        (sqlite3.SQLITE_IOERR, JournalFailed),
        (sqlite3.SQLITE_IOERR_FSYNC, JournalFailed),
        (sqlite3.SQLITE_READONLY, JournalFailed),
        (sqlite3.SQLITE_BUSY, JournalFailed),
        (sqlite3.SQLITE_CORRUPT, JournalDamaged),
        (sqlite3.SQLITE_NOTADB, JournalDamaged),
    ],
)
def test_each_error_of_the_database_has_its_kind(code: int, kind: type[JournalError]) -> None:
    error = sqlite3.OperationalError("no good")
    error.sqlite_errorcode = code
    error.sqlite_errorname = "SQLITE_SOMETHING"
    with pytest.raises(kind, match=r"^/j\.db: ") as caught, told(Path("/j.db")):
        raise error
    assert type(caught.value) is kind
