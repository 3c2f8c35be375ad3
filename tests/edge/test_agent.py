"""The station's program on real ttys, a real broker and a real disk."""

import json
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from pathlib import Path

import pytest

from pullcord_edge.adapters.clock import Clock
from pullcord_edge.adapters.device import Device
from pullcord_edge.adapters.inbox import Call, Crashed, Inbox, Stop
from pullcord_edge.adapters.log import Log
from pullcord_edge.agent import Agent, remember
from pullcord_edge.commands.device import make_devices
from pullcord_edge.config import parse
from pullcord_edge.core.display import Rows
from pullcord_edge.core.feedback import FAILING, LINK_LOST, NOTICES, Look, Notice
from pullcord_edge.core.input import CardSeen, LinkUp
from pullcord_edge.core.lamp import Lamp
from pullcord_edge.journal import Draft, Journal, Start
from pullcord_wire.message import (
    ClockState,
    CodeBody,
    Command,
    DeviceBody,
    EntryType,
    LevelBody,
    Pattern,
)
from support.answering import Answering
from support.broker import Broker, free_port
from support.process import command
from support.station_process import StationProcess
from support.tty import Tty, scanner_line
from support.until import BUSY_S, until

CARD = "0A00B41F2C"


def cards(first: int, count: int) -> list[str]:
    """Codes of so many tags."""
    return [f"{number:010X}" for number in range(first, first + count)]


class House:
    """An Agent in this process: real journal and devices, outputs that take notes."""

    def __init__(self, folder: Path, broker: str, more: str = "") -> None:
        self.tty = Tty(folder / "reader")
        self.journal = folder / "journal.db"
        self.notes: list[tuple[str, object, float]] = []
        self.looks: list[Look] = []
        self.log = StringIO()
        self.inbox = Inbox()
        self.setting = parse(
            f"""
site = "s1"
station = "a1"
broker = {{ url = "{broker}" }}
journal = {{ path = "{self.journal}" }}
[[reader]]
name = "post"
driver = "line"
port = "{self.tty.path}"
role = "withdrawal"
[[light]]
name = "stack"
pins = {{ red = 5, amber = 6, green = 13, blue = 19, white = 26 }}
{more}"""
        )
        devices: list[Device] = make_devices(self.setting, self.inbox)
        self.agent = Agent(
            self.setting, self.inbox, self, devices, Log(self.log), Clock(), self._watch
        )
        self.status: int | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self.status = self.agent.run()

    def end(self, within_s: float = 5.0) -> int | None:
        """Ask it to end, and wait; its exit status."""
        self.inbox.put(Stop("test"))
        self._thread.join(within_s)
        assert not self._thread.is_alive()
        self.tty.unplug()
        return self.status

    def read(self, code: str) -> None:
        """A code is scanned as soon as the station listens."""
        until(lambda: "device=post fault=absent" in self.log.getvalue() or self.is_ready(), "ready")
        assert self.tty.write(scanner_line(code))

    def is_ready(self) -> bool:
        """Whether it reads."""
        return "event=ready" in self.log.getvalue()

    def said(self, words: str) -> bool:
        """Whether the log has these words."""
        return words in self.log.getvalue()

    # Outputs: what the agent drives

    def start(self) -> None:
        """Nothing to open."""

    def light(self, lit: frozenset[Lamp]) -> None:
        """Note it."""
        self.notes.append(("light", lit, time.monotonic()))

    def sound(self, sounds: bool) -> None:
        """Note it, and how many entries the disk has at this moment."""
        if sounds:
            self.notes.append(("beep", self.on_disk(), time.monotonic()))

    def write(self, rows: Rows) -> None:
        """Note it."""
        self.notes.append(("words", rows, time.monotonic()))

    def check(self) -> None:
        """No contacts."""

    def stop(self) -> None:
        """Note it."""
        self.notes.append(("dark", None, time.monotonic()))

    def on_disk(self) -> int:
        """How many reads another process would find in the file."""
        with sqlite3.connect(f"file:{self.journal}?mode=ro", uri=True) as connection:
            bodies = connection.execute("SELECT body FROM entry").fetchall()
        connection.close()
        return sum(json.loads(body).get("type") == "withdrawal" for (body,) in bodies)

    def beeps(self) -> list[object]:
        """How many reads were on disk at each beep."""
        return [what for kind, what, _ in self.notes if kind == "beep"]

    def _watch(self, looks: Mapping[str, Look]) -> None:
        self.looks.append(looks["stack"])


@pytest.fixture
def nowhere() -> str:
    """The address of a broker that is not there."""
    return f"mqtt://127.0.0.1:{free_port()}"


def test_a_beep_follows_its_commit_and_light_comes_within_150_ms_without_network(
    tmp_path: Path, nowhere: str
) -> None:
    house = House(tmp_path, nowhere)
    until(house.is_ready, "ready")
    time.sleep(0.2)
    delays: list[float] = []
    for number, code in enumerate(cards(1, 5), 1):
        begun = time.monotonic()
        house.read(code)
        until(lambda n=number: len(house.beeps()) == n, "a beep")  # type: ignore[misc]
        assert house.beeps()[-1] == number
        lights = [at for kind, _, at in house.notes if kind == "light" and at >= begun]
        delays.append(lights[0] - begun)
        time.sleep(0.4)
    assert min(delays) < 0.15  # the least: this machine may be busy with other tests
    assert NOTICES[Notice.KEPT].look in house.looks
    assert LINK_LOST in house.looks
    assert house.end() == 0
    assert house.notes[-1][0] == "dark"


def test_the_servers_lamps_and_verdict_are_shown(tmp_path: Path, broker: Broker) -> None:
    server = Answering(broker.port)
    server.want("a1", 3, {"stack": {"green": Pattern.ON}})
    house = House(tmp_path, broker.url)
    until(lambda: house.looks and house.looks[-1] == {"green": Pattern.ON}, "green")
    house.read(CARD)
    until(lambda: house.said("verdict=accepted"), "the verdict")
    assert house.said("shown=true")
    server.answers = False
    until(lambda: house.looks[-1] == LINK_LOST, "link lost")
    assert house.end() == 0
    server.close()


def test_a_crashed_thread_is_on_log_journal_and_status(tmp_path: Path, broker: Broker) -> None:
    server = Answering(broker.port)
    house = House(tmp_path, broker.url)
    until(lambda: house.said("event=linked"), "the link")
    house.inbox.put(Crashed("post", "Traceback:\n  x\nValueError: boom"))
    until(
        lambda: any(
            entry.body == DeviceBody("post", "crashed: ValueError: boom")
            for _, entry in server.entries
        ),
        "the entry",
    )
    until(lambda: "post: crashed: ValueError: boom" in server.statuses[-1].faults, "the status")
    assert house.said("event=crashed thread=post")
    assert house.end() == 0
    server.close()


def test_a_journal_found_damaged_when_it_is_read_ends_the_program_with_the_failing_look(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(path, Start("s1", "a1", "boot-0", 1_795_420_800_000))
    for first in range(0, 20_000, 2_000):
        codes = cards(first, 2_000)
        journal.append([_draft(EntryType.WITHDRAWAL, CodeBody("post", code)) for code in codes])
    journal.close()
    late = Broker(tmp_path / "late", port=free_port())
    house = House(tmp_path, late.url)
    until(house.is_ready, "ready")
    with path.open("r+b") as file:
        file.seek(2 * 4096)
        file.write(b"\xff" * 1_000_000)
    late.start()
    until(lambda: house.status is not None, "the end", 60)
    assert house.status == 1
    assert house.said("event=journal-unreadable")
    assert house.said('event=end reason="journal damaged"')
    assert FAILING in house.looks
    house.tty.unplug()
    late.kill()


def test_a_loop_that_crashes_ends_the_program_with_its_error(tmp_path: Path, nowhere: str) -> None:
    house = House.__new__(House)
    ended: list[BaseException] = []

    def record(args: threading.ExceptHookArgs) -> None:
        ended.append(args.exc_value or AssertionError())

    before, threading.excepthook = threading.excepthook, record
    try:
        house.__init__(tmp_path, nowhere)  # type: ignore[misc]
        until(house.is_ready, "ready")
        house.inbox.put(Call(lambda: (_ for _ in ()).throw(RuntimeError("boom"))))
        until(lambda: ended, "the end")
    finally:
        threading.excepthook = before
    assert house.said("event=end reason=crashed")
    assert house.notes[-1][0] == "dark"
    house.tty.unplug()


def test_many_reads_at_once_share_a_commit_and_keep_their_order(
    tmp_path: Path, broker: Broker
) -> None:
    server = Answering(broker.port)
    house = House(tmp_path, broker.url)
    until(lambda: house.said("event=linked"), "the link")
    codes = cards(1, 3000)
    for start in range(0, 3000, 100):
        for code in codes[start : start + 100]:
            house.inbox.put(CardSeen("post", code, time.clock_gettime(time.CLOCK_BOOTTIME)))
    until(lambda: len(server.codes()) == 3000, "all of them", 30)
    assert server.codes() == codes
    house.end()
    server.close()


def test_what_a_start_remembers_is_read_from_the_journals_before_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    for start in range(3):
        journal = Journal(path, Start("s1", "a1", f"boot-{start}", 1_795_420_800_000))
        codes = [f"{start}-{number:04}" for number in range(900)]
        journal.append([_draft(EntryType.WITHDRAWAL, CodeBody("post", code)) for code in codes])
        journal.append([_draft(EntryType.LEVEL, LevelBody("bin-7", 1.0, start == 1))])
        journal.append([_draft(EntryType.DEVICE, DeviceBody("post", "absent"))])
        journal.close()
    journal = Journal(path, Start("s1", "a1", "boot-2", 1_795_420_800_000))
    memory = remember(journal, "boot-2")
    assert len(memory.known) >= 1800
    assert memory.known[-1] == "2-0899"
    assert memory.empty == {"bin-7": False}
    assert memory.faulty == {"post"}
    assert memory.clock_due
    assert not remember(journal, "boot-9").clock_due
    journal.close()


def _draft(type: EntryType, body: CodeBody | LevelBody | DeviceBody) -> Draft:
    return Draft(type, 1_795_420_800_000, 12.5, ClockState.UNSET, body)


# The whole program ------------------------------------------------------------------------------


@pytest.fixture
def post(tmp_path: Path, broker: Broker) -> Iterator[StationProcess]:
    """A station's process with an RDM6300, not yet started."""
    station = StationProcess(tmp_path / "a1", station="a1", broker=broker.url)
    yield station
    station.close()


def present_all(station: StationProcess, codes: list[str]) -> None:
    """Hold these cards to the reader, each until it is kept."""
    for code in codes:
        wanted = len(station.kept) + 1
        station.present(code)
        until(lambda n=wanted: station.look() is not None and len(station.kept) >= n, code)  # type: ignore[misc]


def ready(station: StationProcess) -> None:
    """Wait until it reads."""
    until(lambda: "event=device device=post fault=none" in station.process.said()
          or "event=ready" in station.process.said(), "ready")  # fmt: skip
    time.sleep(0.2)


def test_sigterm_ends_it_cleanly_within_two_seconds(post: StationProcess, broker: Broker) -> None:
    server = Answering(broker.port)
    post.start()
    until(lambda: server.statuses and server.statuses[-1].online, "online")
    begun = time.monotonic()
    assert post.process.stop() == 0
    assert time.monotonic() - begun < 2 + BUSY_S
    until(lambda: not server.statuses[-1].online, "the last status")
    assert "event=end reason=SIGTERM" in post.process.said()
    server.close()


def test_what_was_kept_before_a_kill_is_sent_by_the_next_start(
    post: StationProcess, broker: Broker
) -> None:
    server = Answering(broker.port)
    server.answers = False
    post.start()
    ready(post)
    present_all(post, cards(1, 5))
    broker.kill()
    present_all(post, cards(6, 5))
    post.kill()
    broker.start()
    server.answers = True
    post.start()
    until(lambda: len(server.codes()) == 10, "all of them", 20)
    assert server.codes() == cards(1, 10)
    until(lambda: len({page.journal for page in server.pages}) == 2, "the new journal's question")
    server.close()


def test_a_station_that_starts_before_its_broker_loses_nothing(tmp_path: Path) -> None:
    late = Broker(tmp_path / "late", port=free_port())
    station = StationProcess(tmp_path / "a1", station="a1", broker=late.url)
    station.start()
    ready(station)
    present_all(station, cards(1, 3))
    late.start()
    server = Answering(late.port)
    until(lambda: server.codes() == cards(1, 3), "all of them", 15)
    station.close()
    server.close()
    late.kill()


def test_a_deleted_database_is_refilled_by_itself(post: StationProcess, broker: Broker) -> None:
    server = Answering(broker.port)
    post.start()
    ready(post)
    present_all(post, cards(1, 4))
    until(lambda: len(server.codes()) == 4, "the first")
    server.forget()
    until(lambda: server.codes() == cards(1, 4), "the refill", 15)
    server.close()


def test_two_servers_are_said_while_both_answer(post: StationProcess, broker: Broker) -> None:
    one = Answering(broker.port)
    post.start()
    until(lambda: one.statuses and one.statuses[-1].server == "S1", "obeyed")
    two = Answering(broker.port, "S2")
    until(lambda: "two servers" in one.statuses[-1].faults, "the fault", 20)
    assert one.statuses[-1].server == "S1"
    two.close()
    until(lambda: "two servers" not in one.statuses[-1].faults, "its end", 25)
    one.close()


def test_a_command_it_does_not_know_is_answered_so(post: StationProcess, broker: Broker) -> None:
    server = Answering(broker.port)
    post.start()
    until(lambda: server.statuses, "online")
    server.command("a1", Command("c1", "dance"))
    until(lambda: server.reports, "the report")
    assert server.reports[0].id == "c1"
    assert isinstance(server.reports[0].body, dict)
    assert server.reports[0].body["result"] == "refused"
    server.close()


def test_a_second_program_on_the_same_journal_is_refused_with_the_fix(
    post: StationProcess, tmp_path: Path
) -> None:
    post.start()
    ready(post)
    config = tmp_path / "a1" / "station.toml"
    done = subprocess.run(
        [*command("pullcord-edge"), "run", "--config", str(config)],
        check=False,
        capture_output=True,
        text=True,
        timeout=20,
        env={"GPIOZERO_PIN_FACTORY": "mock", "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 1
    assert "another process writes this journal" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_file_is_refused_by_every_command(tmp_path: Path) -> None:
    wrong = tmp_path / "station.toml"
    wrong.write_text('site = "a b"\nstatoin = "x"\n')
    for name in ("run", "check", "simulate"):
        done = subprocess.run(
            [*command("pullcord-edge"), name, "--config", str(wrong)],
            check=False,
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert done.returncode == 2
        assert done.stdout == ""
        lines = done.stderr.splitlines()
        assert len(lines) == 5
        assert all(line.startswith(f"{wrong}:") for line in lines)
        assert 'did you mean "station"?' in done.stderr


def full_disk(size: str) -> Callable[[Path, str], list[str]]:
    """A command line in front of another that gives it a small disk of its own at a folder."""
    program = shutil.which("unshare")
    if program is None:
        pytest.fail("this test needs unshare: apt install util-linux")
    return lambda folder, rest: [
        program, "-rm", "sh", "-c", f"mount -t tmpfs -o size={size} none {folder} && {rest}",
    ]  # fmt: skip


FULL_DISK = """
said() {{ for _ in $(seq 600); do grep -q "$1" {log} && return; sleep 0.1; done; }}
touch {log}
{{
  echo "drop post FIRST"; said code=FIRST
  cat /dev/zero > {folder}/zeros 2>/dev/null
  for number in $(seq 1 400); do echo "drop post FULL$number"; done
  said "not-kept.*code=FULL400"
  rm {folder}/zeros
  said "device=journal fault=none"
  echo "drop post LAST"; said code=LAST; sleep 0.5
  echo quit
}} | {station} 2>{log}
cat {log} >&2
"""


def test_a_full_disk_is_red_and_silent_and_heals(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    config = tmp_path / "station.toml"
    config.write_text(
        f'site = "s1"\nstation = "a1"\nbroker = {{ url = "mqtt://127.0.0.1:{free_port()}" }}\n'
        f'journal = {{ path = "{folder}/journal.db" }}\n'
        '[[reader]]\nname = "post"\ndriver = "line"\nport = "x"\nrole = "withdrawal"\n'
        '[[light]]\nname = "stack"\npins = { red = 5, green = 13, white = 26 }\n'
    )
    station = shlex.join([*command("pullcord-edge"), "simulate", "--config", str(config)])
    driver = tmp_path / "driver.sh"
    log = tmp_path / "log"
    driver.write_text(FULL_DISK.format(folder=folder, station=station, log=log))
    done = subprocess.run(
        full_disk("3m")(folder, f"sh {driver}"),
        check=False,
        capture_output=True,
        text=True,
        timeout=150,
    )
    words = done.stdout + done.stderr
    kept = done.stderr.count("event=withdrawal")
    failing = f"lamps stack red={FAILING['red']} white={FAILING['white']}"
    assert "code=FULL400" in next(
        line for line in done.stderr.splitlines() if "event=not-kept" in line and "FULL400" in line
    ), words
    assert failing in done.stdout, words
    assert "the disk is full" in done.stderr, words
    assert "event=withdrawal seq=" in done.stderr.split("code=FULL400")[-1], words
    assert "code=LAST" in done.stderr, words
    assert kept < 400
    assert 2 <= done.stdout.count("beep\n") <= kept, words


def test_it_starts_and_imports_no_server_library(tmp_path: Path) -> None:
    code = (
        "import sys, pullcord_edge.commands.run, pullcord_edge.agent, pullcord_edge.commands.device;"
        "import pullcord_edge.adapters.gpio;"
        "print([m for m in ('fastapi', 'sqlalchemy', 'pydantic', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=20
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_a_signal_before_the_journal_can_be_opened_ends_it(tmp_path: Path) -> None:
    blocked = tmp_path / "journal.db"
    blocked.mkdir()
    station = StationProcess(
        tmp_path / "a1", station="a1", broker="mqtt://127.0.0.1:1", journal=blocked
    )
    station.start()
    until(lambda: "event=journal-failing" in station.process.said(), "the failing")
    begun = time.monotonic()
    station.process.send(signal.SIGTERM)
    until(lambda: station.process.status is not None, "the end")
    assert time.monotonic() - begun < 2 + BUSY_S
    assert station.process.status == 0
    station.close()


def test_linkup_is_an_input_like_any_other() -> None:
    inbox = Inbox()
    inbox.put(LinkUp())
    assert inbox.take(0) == [LinkUp()]
