"""The journals of a station: numbered, on disk when accepted, one a start, paged, trimmed."""

import re
import sqlite3
import threading
from pathlib import Path
from typing import cast

import pytest

from pullcord_edge.core.replication import JournalHead, Replication
from pullcord_edge.journal import Draft, Journal, JournalFailed, JournalTaken, JournalTooNew, Start
from pullcord_edge.journal import journal as module
from pullcord_edge.journal.file import connect, transaction
from pullcord_edge.journal.start import new_id
from pullcord_wire.codec import PAGE_BYTES, PAGE_ROOM, decode, encode_entry
from pullcord_wire.message import (
    Ack,
    ClockState,
    CodeBody,
    Entry,
    EntryType,
    Follows,
    Page,
    RawBody,
    SelftestBody,
    WireError,
)
from support.journal_bench import T0, codes, draft, question, read_all, read_page, start


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def reopen(
    journal: Journal, path: Path, site: str = "tsutsumi", station: str = "assy1-post"
) -> Journal:
    journal.close()
    return start(path, site, station)


# Numbers and starts -------------------------------------------------------------------------


def test_entries_are_numbered_from_one_in_the_order_they_are_appended(path: Path) -> None:
    journal = start(path)
    assert journal.append([draft("A")]) == range(1, 2)
    assert journal.append([draft("B"), draft("C")]) == range(2, 4)
    assert codes(read_all(journal, journal.heads[-1])) == ["A", "B", "C"]


def test_nothing_appended_is_no_number(path: Path) -> None:
    journal = start(path)
    assert journal.append([]) == range(1, 1)
    assert journal.append([draft()]) == range(1, 2)


def test_every_start_is_a_new_journal_that_follows_the_one_before(path: Path) -> None:
    journal = start(path)
    first = journal.run
    journal.append([draft("A"), draft("B")])
    journal = reopen(journal, path)
    second = journal.run
    journal = reopen(journal, path)
    assert first < second < journal.run
    assert journal.heads == (
        JournalHead(first, None, last=2, held=1, acked=0, site="tsutsumi"),
        JournalHead(second, Follows(first, 2), last=0, held=1, acked=0, site="tsutsumi"),
        JournalHead(journal.run, Follows(second, 0), last=0, held=1, acked=0, site="tsutsumi"),
    )
    assert codes(read_all(journal, journal.heads[0])) == ["A", "B"]


def test_ids_are_sorted_by_start_even_when_the_clock_goes_back(path: Path) -> None:
    runs = []
    for at in (T0, 0, T0 - 5000, -1, 2**60):
        journal = start(path, at=at)
        runs.append(journal.run)
        journal.close()
    assert runs == sorted(runs)
    assert all(re.fullmatch("[0-9A-HJKMNP-TV-Z]{26}", run) for run in runs)


def test_an_id_holds_the_time_and_eighty_random_bits() -> None:
    id = new_id(1469918176385, None, lambda count: bytes(range(count)))
    assert id == "01ARYZ6S41" + "000G40R40M30E209"


def test_two_copies_of_a_card_go_on_with_journals_of_their_own(path: Path) -> None:
    journal = start(path)
    journal.append([draft()])
    journal.close()
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    one, two = start(path), start(copy)
    assert one.run != two.run
    assert one.heads[-1].follows == two.heads[-1].follows


def test_a_journal_follows_the_last_one_of_its_own_site(path: Path) -> None:
    journal = start(path, site="tsutsumi")
    first = journal.run
    journal.append([draft()])
    journal = reopen(journal, path, site="motomachi")
    assert journal.heads[-1].follows is None
    journal = reopen(journal, path, site="tsutsumi")
    assert journal.heads[-1].follows == Follows(first, 1)
    replication = Replication(journal.run, "tsutsumi", journal.heads, lambda: 0.0)
    assert replication.backlog == 1


def test_entries_carry_the_station_and_boot_they_were_recorded_under(path: Path) -> None:
    journal = start(path, station="old-name")
    journal.append([draft()])
    journal = reopen(journal, path, station="new-name")
    assert read_page(journal, journal.heads[0], 1, 1).station == "old-name"
    assert read_page(journal, journal.heads[1], 1, 0).station == "new-name"
    assert read_page(journal, journal.heads[1], 1, 0).boot == "b1f4"


def test_the_time_last_known_is_that_of_the_newest_entry_before_this_start(path: Path) -> None:
    journal = start(path)
    assert journal.last_known_at is None
    journal.append([draft(at=T0 + 9000), draft(at=T0 + 7000)])
    journal = reopen(journal, path)
    assert journal.last_known_at == T0 + 7000
    journal = reopen(journal, path)
    assert journal.last_known_at == T0 + 7000
    journal.append([draft(at=T0 + 8000)])
    journal = reopen(journal, path)
    assert journal.last_known_at == T0 + 8000


# Pages --------------------------------------------------------------------------------------


def test_a_page_says_what_the_question_asks_and_holds_the_entries_as_recorded(path: Path) -> None:
    journal = start(path)
    recorded = draft("A", at=T0 + 1)
    journal.append([draft("x"), recorded])
    asked = question(journal.heads[0], 2, 500)
    assert decode(Page, journal.page(asked)) == Page(
        journal.run,
        None,
        held=1,
        acked=0,
        ask=asked.ask,
        station="assy1-post",
        boot="b1f4",
        entries=(Entry(2, recorded.type, recorded.at, recorded.up, recorded.clock, recorded.body),),
    )


def test_an_empty_page_holds_nothing(path: Path) -> None:
    journal = start(path)
    journal.append([draft()])
    assert read_page(journal, journal.heads[0], 2, 0).entries == ()


def test_a_page_never_has_more_bytes_than_a_broker_must_take(path: Path) -> None:
    journal = start(path)
    report = SelftestBody("ü" * 20_000)
    journal.append([Draft(EntryType.SELFTEST, T0, 0.0, ClockState.UNSET, report)] * 12)
    assert len(journal.page(question(journal.heads[0], 1, 12))) <= PAGE_BYTES
    assert [entry.seq for entry in read_all(journal, journal.heads[0])] == list(range(1, 13))


def test_an_entry_as_long_as_may_be_recorded_goes_alone_and_raw_too(path: Path) -> None:
    journal = start(path)
    report = SelftestBody('"' * 60_000)
    journal.append([Draft(EntryType.SELFTEST, T0, 0.0, ClockState.UNSET, report)] * 2)
    head = journal.heads[0]
    assert len(journal.page(question(head, 1, 1))) <= PAGE_BYTES
    raw = journal.page(question(head, 1, 1, raw=True))
    assert len(raw) <= PAGE_BYTES
    (entry,) = decode(Page, raw).entries
    assert isinstance(entry, Entry)
    assert (entry.seq, entry.type, entry.at) == (1, EntryType.RAW, T0)
    assert cast(RawBody, entry.body).body.startswith('{"seq":1,"type":"selftest","report":')


def test_a_raw_entry_as_long_as_a_page_goes_alone(path: Path) -> None:
    journal = start(path)
    empty = Entry(1, EntryType.RAW, T0, 0.0, ClockState.UNSET, RawBody(""))
    body = RawBody("x" * (PAGE_ROOM - len(encode_entry(empty))))
    journal.append([Draft(EntryType.RAW, T0, 0.0, ClockState.UNSET, body), draft()])
    assert [entry.seq for entry in read_page(journal, journal.heads[0], 1, 2).entries] == [1]


def test_a_disk_that_cannot_hold_a_write_ahead_log_is_refused() -> None:
    with pytest.raises(JournalFailed, match="use a local one"):
        connect(Path(":memory:"))


def test_an_entry_no_server_would_read_is_refused_and_takes_no_number(path: Path) -> None:
    journal = start(path)
    with pytest.raises(WireError, match="code"):
        journal.append([draft(), draft("")])
    with pytest.raises(WireError, match="bytes"):
        body = CodeBody("post", "A" * 200_000)
        journal.append([Draft(EntryType.READ, T0, 0.0, ClockState.UNSET, body)])
    assert journal.append([draft()]) == range(1, 2)


def test_what_fails_half_way_leaves_nothing_behind(path: Path) -> None:
    connection = connect(path)
    with pytest.raises(RuntimeError), transaction(connection):
        connection.execute("INSERT INTO entry VALUES (1, 2, x'', 3)")
        raise RuntimeError
    with transaction(connection):
        assert connection.execute("SELECT count(*) FROM entry").fetchone() == (0,)


# Marks --------------------------------------------------------------------------------------


def test_marks_are_kept_over_a_restart_once_settled_or_closed(path: Path) -> None:
    journal = start(path)
    first = journal.run
    journal.append([draft()] * 5)
    journal.store({first: 3})
    assert journal.heads[0].acked == 3
    journal.settle()
    journal.store({first: 4})
    journal = reopen(journal, path)
    assert journal.heads[0].acked == 4
    journal.store({first: 2})
    journal = reopen(journal, path)
    assert journal.heads[0].acked == 2


def test_replication_and_journal_fit_together(path: Path) -> None:
    journal = start(path)
    journal.append([draft(str(number)) for number in range(1, 701)])
    journal = reopen(journal, path)
    journal.append([draft("last")])
    replication = Replication(journal.run, "tsutsumi", journal.heads, lambda: 0.5)
    replication.connected(0.0)
    taken: list[Entry] = []
    while replication.backlog:
        asked = replication.due(0.0)
        assert asked is not None
        page = decode(Page, journal.page(asked))
        taken += [entry for entry in page.entries if isinstance(entry, Entry)]
        replication.answered(Ack(page.journal, taken[-1].seq, page.ask, "S", 0), 0.0)
        journal.store(replication.take_marks())
    assert codes(taken) == [*map(str, range(1, 701)), "last"]
    assert [head.acked for head in journal.heads] == [700, 1]


# Trimming -----------------------------------------------------------------------------------

DAY = 86_400_000


@pytest.fixture
def keep_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten entries stay instead of 100,000; four go at once."""
    monkeypatch.setattr(module, "KEEP_ENTRIES", 10)
    monkeypatch.setattr(module, "TRIM_ENTRIES", 4)


def trim_all(journal: Journal, now: int) -> list[tuple[int, int]]:
    done = []
    while (head := journal.trim(now)) is not None:
        done.append((head.held, journal.held))
    return done


def test_what_is_kept_is_what_the_contract_says() -> None:
    assert module.KEEP_ENTRIES == 100_000
    assert module.KEEP_MS == 30 * DAY


@pytest.mark.usefixtures("keep_ten")
def test_old_acked_entries_beyond_the_newest_go_a_few_at_a_time(path: Path) -> None:
    journal = start(path)
    journal.append([draft(str(number)) for number in range(1, 21)])
    journal.store({journal.run: 20})
    assert trim_all(journal, T0 + 31 * DAY) == [(5, 16), (9, 12), (11, 10)]
    head = journal.heads[0]
    assert (head.held, head.last) == (11, 20)
    assert codes(read_all(journal, head)) == [str(number) for number in range(11, 21)]


@pytest.mark.usefixtures("keep_ten")
def test_nothing_younger_than_thirty_days_goes_however_many_there_are(path: Path) -> None:
    journal = start(path)
    journal.append([draft(at=T0)] * 3 + [draft(at=T0 + DAY)] * 20)
    journal.store({journal.run: 23})
    assert trim_all(journal, T0 + 30 * DAY) == []
    assert trim_all(journal, T0 + 30 * DAY + 1) == [(4, 20)]


@pytest.mark.usefixtures("keep_ten")
def test_nothing_that_is_not_acked_goes(path: Path) -> None:
    journal = start(path)
    journal.append([draft()] * 20)
    assert trim_all(journal, T0 + 99 * DAY) == []
    journal.store({journal.run: 2})
    assert trim_all(journal, T0 + 99 * DAY) == [(3, 18)]


@pytest.mark.usefixtures("keep_ten")
def test_the_oldest_journals_go_first_and_stay_in_the_list_for_ever(path: Path) -> None:
    journal = start(path)
    first = journal.run
    journal.append([draft()] * 6)
    journal.store({first: 6})
    journal = reopen(journal, path)
    second = journal.run
    journal.append([draft()] * 12)
    journal.store({second: 12})
    trim_all(journal, T0 + 99 * DAY)
    assert journal.held == 10
    journal = reopen(journal, path)
    kept = [(head.id, head.last, head.held, head.acked) for head in journal.heads[:2]]
    assert kept == [(first, 6, 7, 6), (second, 12, 3, 12)]
    assert journal.heads[1].follows == Follows(first, 6)


@pytest.mark.usefixtures("keep_ten")
def test_an_older_journal_that_is_not_acked_keeps_all_that_is_newer(path: Path) -> None:
    journal = start(path)
    journal.append([draft()] * 6)
    journal = reopen(journal, path)
    journal.append([draft()] * 12)
    journal.store({journal.run: 12})
    assert trim_all(journal, T0 + 99 * DAY) == []


# One writer ---------------------------------------------------------------------------------


def test_a_second_writer_is_refused_and_told_who_the_first_is(path: Path) -> None:
    journal = start(path)
    with pytest.raises(JournalTaken, match=r"journal\.db\.lock: another process .*\(pid \d+ on "):
        start(path)
    journal.append([draft()])
    journal.close()
    start(path).close()


def test_the_lock_goes_with_a_failed_start(path: Path) -> None:
    with pytest.raises(RuntimeError):
        Journal(path, Start("s", "p", "b", T0), entropy=_broken)
    start(path).close()


def _broken(count: int) -> bytes:
    raise RuntimeError("no entropy")


def test_another_thread_cannot_use_it(path: Path) -> None:
    journal = start(path)
    caught: list[sqlite3.ProgrammingError] = []

    def work() -> None:
        try:
            journal.append([draft()])
        except sqlite3.ProgrammingError as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "thread" in str(caught[0])


def test_a_file_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    start(path).close()
    connection = connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(JournalTooNew, match="format 2, this one knows 1"):
        start(path)
    assert path.read_bytes() == before
    assert {each.name for each in path.parent.iterdir()} == {"journal.db", "journal.db.lock"}


# Cost ---------------------------------------------------------------------------------------


def test_an_accepted_scan_costs_few_bytes_of_the_card(path: Path) -> None:
    journal = start(path)
    written = _written()
    for number in range(500):
        journal.append([draft(str(number))])
    assert (_written() - written) / 500 < 2_500
    assert journal.size < 1_000_000


def _written() -> int:
    """Bytes this process handed to the system for writing."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["wchar"])
