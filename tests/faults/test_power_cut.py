"""The station's power is cut at every write of its disk: every drop that beeped is there afterwards."""

import random
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.answering import Answering
from support.block_log import BLOCK, DISK, RecordedDisk, Write, leave, marked, mounted
from support.broker import Broker, free_port
from support.journal_bench import codes, draft, read_all, start
from support.station_process import StationProcess
from support.until import until

DROPS = [f"{number:010X}" for number in range(1, 241)]
LIVES = 3
"""The program is killed and started again so often while its disk is recorded."""
LIVE_CUTS = 8


@dataclass(slots=True)
class Tally:
    """`disks`: states of the disk that were recovered; `lost`: acknowledged drops that were not there."""

    cuts: int = 0
    disks: int = 0
    lost: int = 0


def record(disk: RecordedDisk, folder: Path) -> None:
    """Drop every card, each until it beeped; each beep is marked in the log before the next drop."""
    with disk.recording() as place:
        station = StationProcess(
            folder / "post",
            station="post",
            broker=f"mqtt://127.0.0.1:{free_port()}",
            driver="line",
            journal=place / "journal.db",
        )
        try:
            for number, code in enumerate(DROPS):
                if number % (len(DROPS) // LIVES) == 0:
                    station.kill()
                    station.start()
                drop(station, code)
                disk.mark(number + 1)
        finally:
            station.close()


def drop(station: StationProcess, code: str) -> None:
    """Hold a card to the reader until it beeped."""

    def beeped() -> bool:
        return any(kept.code == code for kept in station.look())

    for _ in range(30):
        station.present(code)
        try:
            until(beeped, code, 2.0, every_s=0.002)
        except AssertionError:
            continue  # nobody listened yet
        return
    raise station.process.failure(f"{code} never beeps")


def recover(place: Path, acknowledged: int) -> int:
    """Start on the disk as a station does; how many acknowledged drops are not there."""
    with closing(start(place / "journal.db")) as journal:
        found = [code for head in journal.heads for code in codes(read_all(journal, head)) if code]
        assert found == DROPS[: len(found)], "not what was dropped, in its order"
        # A file that was made and never written looks as if its content were gone: it is said.
        assert journal.reports == () or not found, journal.reports
        journal.append([draft("AFTER")])
        return max(0, acknowledged - len(found))


def cut_everywhere(disk: RecordedDisk, tally: Tally) -> None:
    """Cut behind every write: with all of what was not flushed, and twice with a part of it."""
    writes, dice = disk.writes(), random.Random(1)
    seen: set[int] = set()
    for end in range(len(writes) + 1):
        before = writes[:end]
        tally.cuts += 1
        for each in (None, dice, dice):
            left = leave(disk.blank, before, each)
            if hash(left) in seen and each is not None:
                continue
            seen.add(hash(left))
            tally.disks += 1
            with mounted(left) as place:
                tally.lost += recover(place, marked(before))


def run_on(disk: RecordedDisk, writes: Sequence[Write], folder: Path) -> None:
    """The whole program on the disk that is left: the server gets every drop that beeped."""
    with ExitStack() as stack:
        broker = Broker(folder / "broker")
        broker.start()
        stack.callback(broker.kill)
        server = Answering(broker.port)
        stack.callback(server.close)
        left = leave(disk.blank, writes, random.Random(len(writes)))
        place = stack.enter_context(mounted(left))
        station = StationProcess(
            folder / "again", station="post", broker=broker.url, journal=place / "journal.db"
        )
        stack.callback(station.close)
        station.start()
        until(lambda: len(server.codes()) >= marked(writes), "every drop that beeped", 60)
        assert server.codes() == DROPS[: len(server.codes())]


def test_a_cut_leaves_what_was_flushed_and_of_the_rest_what_the_dice_say() -> None:
    blank = bytes(4 * BLOCK)
    writes = [
        Write(0, b"a" * BLOCK, flush=False, forced=False),
        Write(DISK, bytes([7]).ljust(512, b"\0"), flush=False, forced=False),
        Write(0, b"", flush=True, forced=False),
        Write(BLOCK, b"b" * BLOCK, flush=False, forced=True),
        Write(2 * BLOCK, b"c" * 2 * BLOCK, flush=False, forced=False),
    ]
    assert marked(writes) == 7
    assert marked(writes[:1]) == 0
    whole = leave(blank, writes, None)
    assert whole == b"a" * BLOCK + b"b" * BLOCK + b"c" * 2 * BLOCK
    left = {leave(blank, writes, random.Random(seed)) for seed in range(40)}
    assert len(left) == 4
    assert all(disk.startswith(whole[: 2 * BLOCK]) for disk in left)
    before = {leave(blank, writes[:1], random.Random(seed))[:1] for seed in range(40)}
    assert before == {b"a", b"\0"}, "before the flush it may be there or not"


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_every_beep_survives_a_power_cut_behind_any_write_of_the_disk(tmp_path: Path) -> None:
    disk, tally = RecordedDisk(tmp_path / "disk"), Tally()
    record(disk, tmp_path)
    writes = disk.writes()
    assert marked(writes) == len(DROPS)
    cut_everywhere(disk, tally)
    assert tally.lost == 0
    for end in random.Random(2).sample(range(len(writes)), LIVE_CUTS):
        run_on(disk, writes[:end], tmp_path / f"live-{end}")
    flushes = sum(write.flush for write in writes)
    bytes_ = sum(len(write.data) for write in writes if not write.is_mark)
    print(
        f"{len(DROPS)} drops, {len(writes)} entries in the log, {flushes} flushes;"
        f" {tally.cuts} cuts, {tally.disks} disks recovered, {LIVE_CUTS} with the whole program;"
        f" acknowledged and lost: {tally.lost}; {bytes_ / len(DROPS) / 1024:.1f} KiB written a drop"
    )
