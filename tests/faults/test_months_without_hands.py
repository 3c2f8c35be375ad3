"""What years on a wall bring: loose plugs, a reader that floods, a cord that hangs, reads without end."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pullcord_edge.adapters.serial_port import holders
from support.answering import Answering
from support.broker import Broker, free_port
from support.process import command, surroundings
from support.station_process import StationProcess
from support.tty import Tty, rdm6300_frame, scanner_line
from support.until import until

LONG_S = 60.0
READS = 10_000_000
WARM = 20_000
CARDS = 500
_DOCK = """
[[reader]]
name = "dock"
driver = "line"
port = "{port}"
role = "arrival"
"""


class TwoReaders:
    """A station with a `post` (line) and a `dock` (line), and a broker with somebody who answers."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        self.server = Answering(broker.port)
        self.dock = Tty(folder / "dock-port")
        self.station = StationProcess(
            folder / "a1",
            station="a1",
            broker=broker.url,
            driver="line",
            extra=_DOCK.format(port=self.dock.path),
        )
        self.station.start()
        until(lambda: "event=linked" in self.station.process.said(), "the link", LONG_S)

    @property
    def pid(self) -> int:
        return self.station.process.pid

    def reads(self, tty: Tty, code: str) -> None:
        """A card is held to a reader, again every 2 s, until the server has it."""
        for _ in range(30):
            tty.write(scanner_line(code))
            try:
                until(lambda: code in self.server.codes(), code, 2.0)
            except AssertionError:
                continue  # the reader was not open yet
            return
        raise self.station.process.failure(f"{code} is never read")

    def beeps(self, tty: Tty, code: str) -> None:
        """The same, until it beeps."""
        for _ in range(30):
            tty.write(scanner_line(code))
            try:
                until(lambda: code in {kept.code for kept in self.station.look()}, code, 2.0)
            except AssertionError:
                continue
            return
        raise self.station.process.failure(f"{code} never beeps")

    def close(self) -> None:
        self.station.close()
        self.dock.unplug()
        self.server.close()


@pytest.fixture
def pair(tmp_path: Path, broker: Broker) -> Iterator[TwoReaders]:
    made = TwoReaders(tmp_path, broker)
    yield made
    made.close()


def descriptors(pid: int) -> int:
    """How many files a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid: int) -> int:
    """How many threads a process has."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def resident_kib(pid: int) -> int:
    """Memory in use."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise LookupError(f"process {pid}")


def check_after_a_storm(pair: TwoReaders, before: tuple[int, int], most_entries: int) -> None:
    """It reads, holds no more than before, and its journal is not full of it."""
    pair.reads(pair.station.tty, "AFTER")
    pair.reads(pair.dock, "DOCK-AFTER")
    until(lambda: (descriptors(pair.pid), threads(pair.pid)) <= before, "nothing leaks", LONG_S)
    entries = [held.entry for held in pair.station.held() if held.entry["type"] == "device"]
    assert len(entries) <= most_entries, entries
    until(lambda: pair.server.statuses[-1].faults == (), "no fault is left", LONG_S)


def test_200_plugs_in_a_row_end_in_a_reader_that_reads(pair: TwoReaders) -> None:
    pair.reads(pair.station.tty, "BEFORE")
    pair.reads(pair.dock, "DOCK-BEFORE")
    before = descriptors(pair.pid), threads(pair.pid)
    begun = time.monotonic()
    for number in range(200):
        pair.station.tty.unplug()
        time.sleep(0.002)
        pair.station.tty.plug()
        pair.station.tty.write(b"\x02\x00garbage"[: number % 10])
        time.sleep(0.003)
    seconds = time.monotonic() - begun
    check_after_a_storm(pair, before, most_entries=int(seconds / 5) + 6)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_200_plugs_that_were_each_opened_leak_nothing(pair: TwoReaders) -> None:
    pair.reads(pair.station.tty, "BEFORE")
    pair.reads(pair.dock, "DOCK-BEFORE")
    before, memory = (descriptors(pair.pid), threads(pair.pid)), resident_kib(pair.pid)
    begun = time.monotonic()
    for number in range(200):
        pair.station.tty.unplug()
        pair.station.tty.plug()
        pair.reads(pair.station.tty, f"C{number:04}")
        assert any(f"(pid {pair.pid})" in name for name in holders(str(pair.station.tty.path)))
    seconds = time.monotonic() - begun
    check_after_a_storm(pair, before, most_entries=int(2 * seconds / 5) + 6)
    print(f"200 plugs in {seconds:.0f} s: memory {memory} → {resident_kib(pair.pid)} KiB")
    assert resident_kib(pair.pid) < memory + 4096


def test_a_reader_that_floods_takes_nothing_from_the_others_and_no_memory(pair: TwoReaders) -> None:
    pair.reads(pair.dock, "DOCK-BEFORE")
    stop = threading.Event()

    def flood() -> None:
        number = 0
        while not stop.is_set():
            lines = b"".join(scanner_line(f"F{number + n:09}") for n in range(200))
            number += 200
            pair.station.tty.write(lines)

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        for number in range(5):
            pair.beeps(pair.dock, f"DOCK-{number}")
    finally:
        stop.set()
        thread.join()
    assert resident_kib(pair.pid) < 80 * 1024
    pair.beeps(pair.dock, "DOCK-AFTER")


_STUCK = """\
drop post CARD-1
wait 0.5
press cord 2
drop post CARD-2
wait 0.5
quit
"""


def test_a_cord_that_hangs_is_one_call_and_a_fault_until_it_is_let_go(tmp_path: Path) -> None:
    config, script = tmp_path / "station.toml", tmp_path / "script"
    config.write_text(
        f'site = "s1"\nstation = "a1"\nbroker = {{ url = "mqtt://127.0.0.1:{free_port()}" }}\n'
        f'journal = {{ path = "{tmp_path}/journal.db" }}\n'
        '[[reader]]\nname = "post"\ndriver = "line"\nport = "x"\nrole = "withdrawal"\n'
        '[[light]]\nname = "stack"\npins = { red = 5, green = 13, white = 26 }\n'
        '[[button]]\nname = "cord"\npin = 21\ncall = "material"\nstuck = 1\n'
    )
    script.write_text(_STUCK)
    done = subprocess.run(
        [*command("pullcord-edge"), "simulate", "--config", str(config), "--script", str(script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=surroundings(),
    )
    words = done.stderr
    assert done.returncode == 0, words
    assert words.count("event=call") == 2, words
    stuck = 'event=device device=cord fault="stuck: pressed for 1 s"'
    assert stuck in words, words
    assert words.index("event=call") < words.index(stuck) < words.rindex("event=call"), words
    assert "event=device device=cord fault=none" in words, words
    for card in ("CARD-1", "CARD-2"):
        assert f"code={card}" in words, words


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_memory_is_flat_over_ten_million_reads(tmp_path: Path, broker: Broker) -> None:
    """Cards rest, and another one comes every 2,000 frames: that one is an entry, sent and answered.

    First come as many entries as fill what remembers: SQLite's pages, the tags that were seen.
    """
    reads = int(os.environ.get("PULLCORD_READS", READS))
    stack = ExitStack()
    server = Answering(broker.port)
    stack.callback(server.close)
    station = StationProcess(tmp_path / "a1", station="a1", broker=broker.url)
    stack.callback(station.close)
    station.start()
    with stack:
        run_over(reads, station, server)


def run_over(reads: int, station: StationProcess, server: Answering) -> None:
    """So many reads, and what memory they cost."""
    until(lambda: "event=linked" in station.process.said(), "the link", LONG_S)
    until(lambda: holders(str(station.tty.path)), "the open port", LONG_S)
    for number in range(WARM):
        station.tty.pour(rdm6300_frame(f"{number % CARDS:010X}") * 2)
    samples: list[int] = []
    begun = time.monotonic()
    for number in range(reads // 2000):
        station.tty.pour(rdm6300_frame(f"{number % CARDS:010X}") * 2000)
        if number % (reads // 2000 // 100 or 1) == 0:
            samples.append(resident_kib(station.process.pid))
    seconds = time.monotonic() - begun
    until(lambda: len(server.entries) > 0.9 * reads / 2000, "the entries", LONG_S)
    tenth = len(samples) // 10
    first, last = max(samples[:tenth]), max(samples[-tenth:])
    print(
        f"{reads:,} reads in {seconds:.0f} s, {len(server.entries):,} entries;"
        f" memory {first / 1024:.1f} MiB in the first tenth, {last / 1024:.1f} MiB in the last"
    )
    assert last < first + 1024
