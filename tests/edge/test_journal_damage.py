"""A journal the disk spoiled: what is left is kept, what is lost is said, the numbers go on."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pullcord_edge.core.replication import JournalHead
from pullcord_edge.journal import Draft, Journal, JournalFailed, JournalFull, Start, rescue
from pullcord_edge.journal.carve import PAGE_SIZE
from pullcord_edge.journal.error import JournalError
from pullcord_edge.journal.file import connect
from pullcord_wire.message import ClockState, EntryType, Follows, SelftestBody
from support.journal_bench import T0, codes, draft, read_all, read_page, start


@dataclass(frozen=True, slots=True)
class Written:
    """A journal file as a power cut left it, and what was accepted."""

    path: Path
    journals: dict[str, list[str]]

    def check(self, journal: Journal, whole: bool = False) -> int:
        """Nothing is other than it was; how many entries are gone. `whole`: none may be."""
        gone = 0
        heads = {head.id: head for head in journal.heads}
        for id, scans in self.journals.items():
            head = heads.get(id)
            found = {} if head is None else found_in(journal, head)
            assert found.keys() <= set(range(1, len(scans) + 1))
            for seq, code in found.items():
                assert code == scans[seq - 1], f"{id}.{seq} says {code}"
            gone += len(scans) - len(found)
        assert not (whole and gone)
        return gone

    def is_cut(self, journal: Journal, gone: int) -> bool:
        """Whether just the end of the last journal is gone: as if the power had gone earlier."""
        *_, (run, scans) = self.journals.items()
        return any(head.id == run and head.last == len(scans) - gone for head in journal.heads)


def found_in(journal: Journal, head: JournalHead) -> dict[int, str]:
    entries = zip(read_all(journal, head), codes(read_all(journal, head)), strict=True)
    return {entry.seq: code for entry, code in entries if code is not None}


@pytest.fixture(scope="module")
def power_cut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    """Three starts; the last died with most of its entries in the write-ahead log alone."""
    folder = tmp_path_factory.mktemp("power-cut")
    path = folder / "live" / "journal.db"
    path.parent.mkdir()
    journals = {}
    for count in (30, 0, 200):
        journal = start(path)
        journals[journal.run] = [f"{journal.run[-4:]}-{seq}" for seq in range(1, count + 1)]
        for code in journals[journal.run][:120]:
            journal.append([draft(code)])
        journal.append([draft(code) for code in journals[journal.run][120:]])
        if count != 200:
            journal.close()
    still = folder / "still"
    shutil.copytree(path.parent, still)
    journal.close()
    yield Written(still / "journal.db", journals)


@pytest.fixture
def written(power_cut: Written) -> Iterator[Written]:
    """A copy to spoil, in memory: what is tested here is not the disk."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        shutil.copytree(power_cut.path.parent, folder, dirs_exist_ok=True)
        yield Written(Path(folder) / "journal.db", power_cut.journals)


def flip(path: Path, at: int, mask: int = 0xFF) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ mask]))


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def flush(path: Path) -> None:
    """Bring all of the write-ahead log into the file."""
    connection = connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def test_a_power_cut_loses_nothing_and_is_no_damage(written: Written) -> None:
    assert log_of(written.path).stat().st_size > 100_000
    journal = start(written.path)
    written.check(journal, whole=True)
    assert journal.reports == ()


@pytest.mark.parametrize("cut", [True, False])
def test_a_torn_last_transaction_is_no_damage(written: Written, cut: bool) -> None:
    log = log_of(written.path)
    size = log.stat().st_size
    if cut:
        with log.open("r+b") as file:
            file.truncate(size - 100)
    else:
        flip(log, size - 1000)
    journal = start(written.path)
    assert written.check(journal) == 80
    assert journal.reports == ()


@pytest.mark.parametrize("spot", [2, 10, 18, 26, 32, 40, 48, 60, 5000, 60_000])
def test_a_flipped_byte_in_the_log_is_found_out_and_what_follows_is_kept(
    written: Written, spot: int
) -> None:
    flip(log_of(written.path), spot)
    journal = start(written.path)
    gone = written.check(journal)
    assert gone <= 10
    (report,) = journal.reports
    assert "write-ahead log is spoiled" in report
    assert written.path.with_name("journal.db.damaged-1").exists()
    assert written.path.with_name("journal.db.damaged-1-wal").exists()


def test_a_log_without_its_file_is_carried_over(written: Written) -> None:
    written.path.unlink()
    journal = start(written.path)
    assert written.check(journal) < 230
    assert "is there without it" in journal.reports[0]


@pytest.mark.parametrize("left", [0, 100, 5000])
def test_a_file_that_was_cut_off_is_set_aside(written: Written, left: int) -> None:
    flush(written.path)
    with written.path.open("r+b") as file:
        file.truncate(left)
    journal = start(written.path)
    written.check(journal)
    assert len(journal.reports) == 1


def test_a_file_that_is_no_journal_is_set_aside_untouched(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"not a database at all " * 500)
    journal = start(path)
    assert journal.append([draft()]) == range(1, 2)
    assert "0 entries of 0 journals saved" in journal.reports[0]
    assert path.with_name("journal.db.damaged-1").read_bytes() == b"not a database at all " * 500


def test_a_destroyed_first_page_costs_no_entry(written: Written) -> None:
    flush(written.path)
    with written.path.open("r+b") as file:
        file.write(bytes(PAGE_SIZE))
    journal = start(written.path)
    written.check(journal, whole=True)
    assert "230 entries of 3 journals saved, 0 between them lost" in journal.reports[0]


def test_a_spoiled_entry_becomes_lost_and_its_neighbours_are_kept(written: Written) -> None:
    flush(written.path)
    run, scans = list(written.journals.items())[2]
    data = written.path.read_bytes()
    flip(written.path, data.index(scans[99].encode()) + 2, 0x01)
    journal = start(written.path)
    assert written.check(journal) == 1
    head = next(head for head in journal.heads if head.id == run)
    page = read_page(journal, head, 99, 3)
    assert codes(list(read_all(journal, head)))[98:101] == [scans[98], None, scans[100]]
    lost = page.entries[1]
    assert getattr(lost, "type", None) is EntryType.LOST
    assert getattr(lost, "at", None) == T0
    assert journal.reports == ()


@pytest.mark.parametrize(
    "change",
    ["at = at + 1", "proof = 0", "body = CAST(replace(CAST(body AS TEXT), 'SP', 'XX') AS BLOB)"],
)
def test_a_lost_entry_has_the_time_of_the_good_one_before_it(tmp_path: Path, change: str) -> None:
    path = tmp_path / "journal.db"
    journal = start(path)
    journal.append([draft("A", at=T0 + 1), draft("SPOILED", at=T0 + 2), draft("B", at=T0 + 3)])
    connection = connect(path)
    connection.execute(f"UPDATE entry SET {change} WHERE CAST(body AS TEXT) LIKE '%SPOILED%'")
    connection.close()
    entries = read_all(journal, journal.heads[0])
    assert codes(entries) == ["A", None, "B"]
    assert [entry.at for entry in entries] == [T0 + 1, T0 + 1, T0 + 3]


def test_spoiled_entries_at_the_beginning_are_lost_at_the_time_of_the_start(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = start(path, at=T0 - 5)
    journal.append([draft("SPOILED"), draft("B")])
    connection = connect(path)
    connection.execute(
        "UPDATE entry SET proof = proof + 1 WHERE CAST(body AS TEXT) LIKE '%SPOILED%'"
    )
    connection.close()
    lost, kept = read_all(journal, journal.heads[0])
    assert (lost.seq, lost.type, lost.at, lost.clock) == (
        1,
        EntryType.LOST,
        T0 - 5,
        ClockState.UNSET,
    )
    assert kept.at == T0


def test_an_entry_that_is_lost_can_go_raw_too(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = start(path)
    journal.append([draft("A")])
    connection = connect(path)
    connection.execute("UPDATE entry SET body = x'ff' WHERE CAST(body AS TEXT) LIKE '%withdrawal%'")
    connection.close()
    (entry,) = read_all(journal, journal.heads[0])
    assert entry.type is EntryType.LOST


@pytest.mark.parametrize(
    "change", ["proof = proof + 1", "last = 4000", "acked = 4000", "head = x''"]
)
def test_a_spoiled_row_of_the_list_of_journals_costs_nothing(written: Written, change: str) -> None:
    connection = connect(written.path)
    connection.execute(f"UPDATE journal SET {change} WHERE n = 3")
    connection.close()
    journal = start(written.path)
    written.check(journal, whole=True)
    assert "the row of journal 3 is spoiled" in journal.reports[0]


def test_a_journal_whose_name_is_lost_gets_it_back_from_the_one_after_it(written: Written) -> None:
    ids = list(written.journals)
    connection = connect(written.path)
    connection.execute("UPDATE journal SET head = x'' WHERE n = 2")
    connection.execute("DELETE FROM entry WHERE key = 2 << 40")
    connection.close()
    journal = start(written.path)
    written.check(journal, whole=True)
    heads = [(head.id, head.follows) for head in journal.heads[:3]]
    assert heads == [(ids[0], None), (ids[1], Follows(ids[0], 30)), (ids[2], Follows(ids[1], 0))]


def test_entries_whose_journal_has_no_name_any_more_are_counted_in_the_report(
    written: Written,
) -> None:
    connection = connect(written.path)
    connection.execute("UPDATE journal SET head = x'' WHERE n = 3")
    connection.execute("DELETE FROM entry WHERE key = 3 << 40")
    connection.close()
    journal = start(written.path)
    assert written.check(journal) == 200
    assert "200 of journals whose name is lost" in journal.reports[0]


def test_long_entries_are_carried_over_too(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = start(path)
    for size in (900, 950, 1000, 2000, 5000, 100_000):
        body = SelftestBody("x" * size)
        journal.append([Draft(EntryType.SELFTEST, T0, 0.0, ClockState.UNSET, body)])
    before = read_all(journal, journal.heads[0])
    journal.close()
    with path.open("r+b") as file:
        file.write(bytes(PAGE_SIZE))
    journal = start(path)
    assert read_all(journal, journal.heads[0]) == before


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ("key = key + (1 << 22)", "its newest entry is spoiled"),
        ("key = key + (1 << 41)", "it ends with an entry of no journal"),
        ("body = x'00'", "its newest entry is spoiled"),
    ],
)
def test_a_spoiled_end_makes_no_phantom_entries(
    written: Written, change: str, trouble: str
) -> None:
    connection = connect(written.path)
    connection.execute(f"UPDATE entry SET {change} WHERE key = (SELECT max(key) FROM entry)")
    connection.close()
    journal = start(written.path)
    assert written.check(journal) == 1
    assert trouble in journal.reports[0]
    assert journal.heads[2].last == 199


@pytest.mark.parametrize("version", [0, -1, 1000, 2**30])
def test_a_version_that_cannot_be_is_damage(written: Written, version: int) -> None:
    connection = connect(written.path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    journal = start(written.path)
    written.check(journal, whole=True)
    assert f"it claims to have format {version}" in journal.reports[0]


def test_tables_that_are_not_there_are_damage(written: Written) -> None:
    connection = connect(written.path)
    connection.execute("ALTER TABLE journal RENAME TO jour")
    connection.close()
    journal = start(written.path)
    written.check(journal, whole=True)
    assert "no such table: journal" in journal.reports[0]


@pytest.mark.parametrize("rubbish", [b"tableJOURNAL", b"table\xcc\xcc\xcc"])
def test_tables_that_cannot_be_read_are_damage(written: Written, rubbish: bytes) -> None:
    flush(written.path)
    data = written.path.read_bytes()
    at = data.index(b"tablejournaljournal")
    with written.path.open("r+b") as file:
        file.seek(at)
        file.write(rubbish)
        file.seek(data.index(b"CREATE TABLE journal"))
        file.write(b"CRAT")
    journal = start(written.path)
    written.check(journal, whole=True)
    assert len(journal.reports) == 1


def test_a_disk_that_fails_is_no_damage_of_the_file(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
        error.sqlite_errorname = "SQLITE_IOERR_READ"
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(rescue, "damage", fail)
        with pytest.raises(JournalFailed, match="SQLITE_IOERR_READ"):
            start(written.path)
    journal = start(written.path)
    written.check(journal, whole=True)
    assert journal.reports == ()


def test_a_rescue_that_was_not_needed_in_the_end_is_forgotten(written: Written) -> None:
    stale = written.path.with_name("journal.db.rescue")
    shutil.copy(written.path, stale)
    journal = start(written.path)
    written.check(journal, whole=True)
    assert not stale.exists()


def test_reports_stay_until_the_damaged_file_is_removed(written: Written) -> None:
    flip(log_of(written.path), 5000)
    journal = start(written.path)
    journal.close()
    start(written.path).close()
    assert len(rescue.reports(written.path)) == 1
    written.path.with_name("journal.db.damaged-1").unlink()
    assert rescue.reports(written.path) == ()


def test_of_many_damaged_files_the_newest_three_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    for number in range(5):
        path.write_bytes(b"rubbish %d" % number * 500)
        start(path).close()
    asides = sorted(each.name for each in tmp_path.glob("*.damaged-?"))
    assert asides == [f"journal.db.damaged-{number}" for number in (3, 4, 5)]
    assert len(rescue.reports(path)) == 3


@pytest.mark.parametrize("step", range(8))
def test_a_rescue_that_is_cut_off_is_done_again(
    written: Written, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip(log_of(written.path), 60_000)
    rename = Path.rename
    steps = iter(range(100))

    def cut(self: Path, target: Path) -> Path:
        if next(steps) == step // 2:
            if step % 2:
                rename(self, target)
            raise OSError(5, "power cut")
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", cut)
        with pytest.raises(JournalError, match="power cut"):
            start(written.path)
    journal = start(written.path)
    assert written.check(journal) <= 10
    assert len(journal.reports) == 1


@pytest.mark.parametrize("seed", range(60))
def test_whatever_the_disk_does_nothing_is_silent_and_nothing_is_invented(
    written: Written, seed: int
) -> None:
    spoil_and_start(written, random.Random(seed))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 1100))
def test_in_many_more_cases_nothing_is_silent_and_nothing_is_invented(
    written: Written, seed: int
) -> None:
    spoil_and_start(written, random.Random(seed))


def spoil_and_start(written: Written, random_source: random.Random) -> None:
    if random_source.random() < 0.5:
        flush(written.path)
    log = log_of(written.path)
    victim = log if log.exists() and random_source.random() < 0.5 else written.path
    spoil(victim, random_source)
    journal = start(written.path)
    gone = written.check(journal)
    lost = sum(
        entry.type is EntryType.LOST for head in journal.heads for entry in read_all(journal, head)
    )
    cut = victim == log and written.is_cut(journal, gone)
    assert not gone or journal.reports or lost == gone or cut
    assert journal.append([draft("next")]) == range(1, 2)
    journal.close()
    start(written.path).close()


def spoil(victim: Path, random_source: random.Random) -> None:
    """Flip some bytes, or wipe a stretch; the format's version is spared, it has its own test."""
    size = victim.stat().st_size
    at = random_source.randrange(size)
    match random_source.randrange(3):
        case 0:
            spots = [random_source.randrange(size) for _ in range(random_source.randint(1, 8))]
            for spot in spots:
                if not 60 <= spot < 64:
                    flip(victim, spot, 1 << random_source.randrange(8))
        case 1:
            with victim.open("r+b") as file:
                file.seek(at)
                file.write(bytes(min(random_source.choice((512, 4096, 20_000)), size - at)))
        case _:
            with victim.open("r+b") as file:
                file.seek(at // 4096 * 4096)
                file.write(random_source.randbytes(512))


def test_a_rescue_on_a_full_disk_leaves_everything_as_it_was(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    flip(log_of(written.path), 5000)

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(rescue, "salvage", full)
        with pytest.raises(JournalFull, match="No space left"):
            Journal(written.path, Start("tsutsumi", "p", "b", T0))
    journal = start(written.path)
    assert written.check(journal) <= 10
