"""The self-test: its steps with clocks driven, inside the station, and as a command on a running one."""

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pullcord_edge.adapters.control import Control, control_path
from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.config import ConfigError, parse
from pullcord_edge.core.effect import Publish, SendBytes, TellTester
from pullcord_edge.core.input import (
    CardSeen,
    Ending,
    Switched,
    TagsSeen,
    TrialAnswered,
    TrialAsked,
    TrialEnded,
)
from pullcord_edge.core.selftest import ANSWER_S, DARK_S, Trial
from pullcord_edge.core.selftest_step import Kind, Outcome, Result, Step, plan
from pullcord_edge.core.setting import Buzzer, Contact, Level, SelfTest, Sensor, Setting
from pullcord_wire.message import (
    CodeBody,
    Command,
    DeviceBody,
    EntryType,
    Pattern,
    Report,
    SelftestBody,
)
from support.answering import Answering
from support.broker import Broker, free_port
from support.process import command
from support.station_process import StationProcess
from support.station_story import SETTING, Story
from support.tty import Tty, scanner_line
from support.until import until

TEST_CARD, CARD = "0A00TEST01", "0A00B41F2C"
WIRED = replace(
    SETTING,
    sensors=(
        *SETTING.sensors,
        Sensor("in-1", "switch", Level(), contact=Contact(23)),
        Sensor("in-2", "switch", Level(), contact=Contact(24)),
    ),
    buzzer=Buzzer(18),
    selftest=SelfTest(
        cards=(TEST_CARD,),
        loops={"stack.red": "in-1", "buzzer": "in-2"},
        looped=("dock",),
    ),
)


def trial(guided: bool, setting: Setting = WIRED) -> Trial:
    """A self-test at its first step."""
    made = Trial(setting, guided, 0, 0.0)
    made.tick(0.0)
    return made


def results(made: Trial) -> dict[str, str]:
    """What came of each step so far."""
    return {str(done.step): done.result.value for done in made.done}


# Steps -------------------------------------------------------------------------------------------


def test_every_output_and_input_of_the_station_is_a_step() -> None:
    assert [str(step) for step in plan(WIRED)] == [
        "lamp stack.red",
        "lamp stack.amber",
        "lamp stack.green",
        "lamp stack.blue",
        "lamp stack.white",
        "sound",
        "button cord",
        "button undo",
        "switch bin-7",
        "card post",
        "card dock",
        "card box",
    ]


def test_a_person_leads_through_all_of_it() -> None:
    made = trial(guided=True)
    assert made.frame(0.0) is None
    for _ in range(5):
        assert made.answer(True, 1.0)
    assert made.answer(False, 2.0)
    assert made.press("cord", 3.0)
    assert made.press("undo", 4.0)
    assert made.move("bin-7", 4.5)
    assert made.move("bin-7", 4.6)
    assert made.card("post", TEST_CARD, 5.0)
    assert made.step == Step(Kind.CARD, "dock")
    assert made.frame(5.0) is None
    for reader in ("dock", "box"):
        assert made.card(reader, TEST_CARD, 5.0)
    assert made.step is None
    assert results(made)["sound"] == "fail"
    assert set(results(made).values()) == {"pass", "fail"}


def test_what_nobody_answers_fails_after_its_time() -> None:
    made = trial(guided=True)
    made.tick(ANSWER_S - 0.1)
    assert made.done == []
    made.tick(ANSWER_S)
    assert [done.result for done in made.done] == [Result.FAIL]
    assert made.gives_up_at == 2 * ANSWER_S


def test_a_press_of_a_button_that_acts_is_a_yes_and_a_cord_stays_a_cord() -> None:
    made = trial(guided=True)
    assert not made.press("cord", 1.0)
    assert made.press("undo", 1.0)
    assert results(made) == {"lamp stack.red": "pass"}


def test_without_a_person_wires_answer_and_what_has_none_is_skipped() -> None:
    made = trial(guided=False)
    assert made.step == Step(Kind.LAMP, "stack.red")
    made.loop("in-1", 0.1)
    made.loop("in-2", DARK_S)
    assert made.done == []
    made.loop("in-1", DARK_S)
    made.tick(DARK_S)
    assert made.step == Step(Kind.SOUND, "buzzer")
    made.tick(10.0)
    assert results(made) == {
        "lamp stack.red": "pass",
        "lamp stack.amber": "skipped",
        "lamp stack.green": "skipped",
        "lamp stack.blue": "skipped",
        "lamp stack.white": "skipped",
        "sound": "fail",
        "button cord": "skipped",
        "button undo": "skipped",
        "switch bin-7": "skipped",
        "card post": "skipped",
    }
    assert made.frame(10.0) == ("dock", scanner_line(TEST_CARD))
    assert made.frame(10.4) is None
    assert made.next_at(10.4) == 10.5
    assert made.frame(10.5) == ("dock", scanner_line(TEST_CARD))
    assert made.card("dock", TEST_CARD, 10.1)
    made.tick(10.1)
    assert made.step is None
    assert made.outcome is Outcome.FAIL


def test_without_a_test_card_its_steps_are_skipped() -> None:
    made = trial(guided=True, setting=replace(SETTING, lights=(), buttons=(), sensors=()))
    assert set(results(made).values()) == {"skipped"}
    assert made.step is None
    assert made.outcome is Outcome.SKIPPED


def test_what_is_broken_off_is_skipped() -> None:
    made = trial(guided=True)
    made.answer(True, 1.0)
    made.stop(1.0)
    assert list(results(made).values()).count("skipped") == 11
    assert made.outcome is Outcome.BROKEN_OFF


def test_a_scale_is_proven_by_a_value_with_or_without_a_person() -> None:
    scale = Sensor("bin-8", "sics", Level(empty_below=1.0))
    setting = replace(WIRED, lights=(), buttons=(), buzzer=None, readers=(), sensors=(scale,))
    for guided in (True, False):
        made = trial(guided, setting)
        assert made.step == Step(Kind.SENSOR, "bin-8")
        made.value("bin-9", 1.0, 0.5)
        made.value("bin-8", 12.5, 1.0)
        assert [done.seen for done in made.done] == ["reads 12.5"]
        assert made.outcome is Outcome.PASS


# Inside the station ------------------------------------------------------------------------------


def told(story: Story) -> list[TellTester]:
    """What the asker was told."""
    return [each for each in story.done if isinstance(each, TellTester)]


def report_of(story: Story) -> dict[str, Any]:
    """The report in the journal."""
    bodies = [e.body for e in story.entries if isinstance(e.body, SelftestBody)]
    report = bodies[-1].report
    assert isinstance(report, dict)
    return report


def test_a_lamp_under_test_is_lit_alone_and_the_report_is_an_entry() -> None:
    story = Story(setting=WIRED)
    story.happen(Switched("bin-7", False, story.up))
    story.wait(1)
    story.happen(TrialAsked(True, "kim"))
    assert told(story)[0].prompt == "is only the red lamp of stack lit?"
    assert story.look() == {}
    story.wait(0.5)
    assert story.look() == {"red": Pattern.ON}
    story.happen(TrialAnswered(True))
    story.wait(0.5)
    assert story.look() == {"amber": Pattern.ON}
    for _ in range(4):
        story.happen(TrialAnswered(True))
    assert "beep" in story.done
    story.happen(TrialAnswered(True))
    story.press("cord")
    story.press("undo")
    story.wait(0.5)
    assert story.look() == {"white": Pattern.SLOW}
    for closed in (True, False):
        story.happen(Switched("bin-7", closed, story.up))
        story.wait(1)
    for reader in ("post", "dock"):
        story.happen(CardSeen(reader, TEST_CARD, story.up))
    story.happen(TagsSeen("box", frozenset({TEST_CARD}), story.up))
    assert report_of(story)["outcome"] == "pass"
    assert told(story)[-1].report == report_of(story)
    story.wait(1)
    assert story.types() == [EntryType.LEVEL, EntryType.SELFTEST]


def test_a_bins_switch_that_stays_moved_fails_and_is_a_level_then() -> None:
    story = Story(setting=replace(WIRED, lights=(), buttons=(), buzzer=None, readers=()))
    story.happen(Switched("bin-7", False, story.up))
    story.wait(1)
    story.happen(TrialAsked(True, "kim"))
    story.happen(Switched("bin-7", True, story.up))
    story.wait(5)
    assert story.types() == [EntryType.LEVEL]
    story.wait(ANSWER_S)
    assert report_of(story)["outcome"] == "fail"
    assert story.types() == [EntryType.LEVEL, EntryType.SELFTEST, EntryType.LEVEL]


def test_production_goes_on_during_a_self_test() -> None:
    story = Story(setting=WIRED)
    story.happen(TrialAsked(True, "kim"))
    story.card(CARD)
    story.happen(TagsSeen("box", frozenset({TEST_CARD, CARD}), story.up))
    story.press("cord")
    assert story.types() == [
        EntryType.WITHDRAWAL,
        EntryType.WITHDRAWAL,
        EntryType.CALL,
        EntryType.CALL,
    ]


def test_a_test_card_never_is_a_drop_and_proves_its_reader() -> None:
    story = Story(setting=WIRED)
    for _ in range(20):
        story.card(TEST_CARD)
        story.wait(0.1)
    assert story.types() == [EntryType.SELFTEST]
    assert report_of(story) == {"reader": "post", "card": TEST_CARD, "outcome": "pass"}
    assert story.done.count("beep") == 1


def at_the_cord() -> Story:
    """A self-test that waits for the cord."""
    story = Story(setting=WIRED)
    story.happen(TrialAsked(True, "kim"))
    for _ in range(6):
        story.happen(TrialAnswered(True))
    return story


def tremble(story: Story) -> None:
    """The cord's contact does not know its mind."""
    for closed in (True, False) * 5:
        story.happen(Switched("cord", closed, story.up))
        story.wait(0.01)


def test_a_press_for_the_test_raises_no_call_however_it_trembles() -> None:
    story = at_the_cord()
    tremble(story)
    story.press("cord")
    tremble(story)
    story.wait(2)
    story.happen(TrialEnded())
    assert story.types() == [EntryType.SELFTEST]
    assert report_of(story)["steps"][6] == {
        "name": "button cord",
        "result": "pass",
        "seen": "pressed",
    }


def test_a_pull_right_after_the_cords_step_is_a_call() -> None:
    story = at_the_cord()
    story.press("cord", 0.05)
    story.press("cord", 0.05)
    assert story.types() == [EntryType.CALL, EntryType.CALL]


def test_a_cord_let_go_after_its_self_test_ends_no_call_and_its_next_pull_is_one() -> None:
    story = at_the_cord()
    story.happen(Switched("cord", True, story.up))
    story.wait(0.1)
    story.happen(TrialEnded())
    story.happen(Switched("cord", False, story.up))
    story.wait(0.1)
    assert story.types() == [EntryType.SELFTEST]
    story.press("cord")
    assert story.types()[1:] == [EntryType.CALL, EntryType.CALL]


def test_a_cord_that_jams_for_its_self_test_is_found() -> None:
    story = at_the_cord()
    story.happen(Switched("cord", True, story.up))
    story.wait(61)
    (entry,) = (each for each in story.entries if each.type is EntryType.DEVICE)
    assert entry.body == DeviceBody("cord", "stuck: pressed for 60 s")


def test_the_server_asks_and_gets_the_report_and_a_second_one_is_refused() -> None:
    story = Story(setting=WIRED)
    story.link()
    story.answer()
    story.happen(Command("c1", "selftest", {"guided": False, "by": "kim"}))
    story.happen(Command("c2", "selftest"))
    story.wait(0.5)
    story.happen(Switched("in-1", True, story.up))
    story.happen(Switched("cord", True, story.up))
    story.wait(10)
    reports = {
        each.message.id: each.message.body
        for each in story.done
        if isinstance(each, Publish) and isinstance(each.message, Report)
    }
    refused = reports["c2"]
    assert isinstance(refused, dict)
    assert (refused["outcome"], refused["command"]) == ("refused", "c2")
    assert refused["reason"] == "a self-test is under way, asked for by kim"
    assert reports["c1"] == report_of(story)
    assert (report_of(story)["command"], report_of(story)["by"]) == ("c1", "kim")
    assert (report_of(story)["steps"][0]["seen"]) == "seen at in-1"
    assert story.types() == [EntryType.SELFTEST, EntryType.CALL, EntryType.SELFTEST]
    assert any(isinstance(each, SendBytes) and each.device == "dock" for each in story.done)


def test_a_spare_input_that_follows_a_lamp_is_nothing_else() -> None:
    story = Story(setting=WIRED)
    for closed in (True, False, True):
        story.happen(Switched("in-1", closed, story.up))
        story.wait(1.0)
    assert story.entries == []


def test_the_button_held_for_five_seconds_asks_for_it() -> None:
    story = Story(setting=WIRED)
    story.happen(Switched("undo", True, story.up))
    story.wait(4.9)
    assert story.said("selftest-start") == []
    story.wait(0.3)
    (begun,) = story.said("selftest-start")
    assert begun.facts == {"guided": True, "by": "button"}
    story.happen(Switched("undo", False, story.up))
    assert told(story) == []


def test_a_second_one_at_the_station_is_told_so_and_its_leaving_ends_nothing() -> None:
    story = Story(setting=WIRED)
    story.happen(Switched("undo", True, story.up))
    story.wait(5.2)
    story.happen(TrialAsked(True, "kim"))
    (answer,) = told(story)
    assert isinstance(answer.report, dict)
    assert answer.report["reason"] == "a self-test is under way, asked for by button"
    story.happen(TrialEnded())
    assert [report_of(story)["outcome"]] == ["refused"]
    assert len(story.entries) == 1


def test_a_test_tag_on_a_shelf_of_many_proves_its_reader_too() -> None:
    story = Story(setting=WIRED)
    story.happen(TagsSeen("box", frozenset({TEST_CARD}), story.up))
    assert report_of(story) == {"reader": "box", "card": TEST_CARD, "outcome": "pass"}


def test_who_asked_and_leaves_breaks_it_off_but_not_the_servers() -> None:
    story = Story(setting=WIRED)
    story.happen(TrialAsked(True, "kim"))
    story.happen(TrialEnded())
    assert report_of(story)["steps"][0]["seen"] == "broken off"
    assert report_of(story)["outcome"] == "broken off"
    story.happen(Command("c1", "selftest", {"guided": True}))
    story.happen(TrialEnded())
    assert len([e for e in story.entries if e.type is EntryType.SELFTEST]) == 1


def test_a_program_that_ends_tells_what_was_under_way() -> None:
    story = Story(setting=WIRED)
    story.link()
    story.happen(Command("c1", "selftest", {"guided": True}))
    story.happen(Ending())
    assert (report_of(story)["outcome"], report_of(story)["command"]) == ("broken off", "c1")


# The way in -----------------------------------------------------------------------------------------


@pytest.fixture
def control(tmp_path: Path) -> Iterator[tuple[Control, Inbox, Path]]:
    """The station's socket."""
    inbox = Inbox()
    path = control_path(str(tmp_path / "journal.db"))
    made = Control(path, inbox)
    made.start()
    until(path.exists, "the socket")
    yield made, inbox, path
    assert made.stop(2)
    assert not path.exists()


def test_a_client_asks_answers_is_told_and_its_leaving_is_noticed(
    control: tuple[Control, Inbox, Path],
) -> None:
    made, inbox, path = control
    assert path.stat().st_mode & 0o777 == 0o600
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(
            b"nonsense\n"
            + b"[" * 3000
            + b'\n{"do": "selftest", "guided": true, "by": "kim"}\n{"answer": true}\n'
        )
        items: list[object] = []
        while len(items) < 2:
            items += inbox.take(5)
        assert items == [TrialAsked(True, "kim"), TrialAnswered(True)]
        made.tell(TellTester("lamp stack.red", "is it lit?"))
        assert json.loads(client.recv(4096)) == {
            "step": "lamp stack.red",
            "prompt": "is it lit?",
            "report": None,
        }
    assert inbox.take(5) == [TrialEnded()]
    made.tell(TellTester("x", "y"))


def test_a_client_that_says_too_much_is_thrown_out(control: tuple[Control, Inbox, Path]) -> None:
    _, inbox, path = control
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"x" * 10_000)
        assert inbox.take(5) == [TrialEnded()]


# The command ----------------------------------------------------------------------------------------

CONFIG = """\
site = "s1"
station = "a1"
broker = {{ url = "mqtt://127.0.0.1:{port}" }}
journal = {{ path = "{journal}" }}
[[reader]]
name = "post"
driver = "line"
port = "{tty}"
role = "withdrawal"
[[button]]
name = "undo"
pin = 21
action = "undo"
[selftest]
cards = ["TEST-1"]
readers = ["post"]
"""
PN532 = '[[reader]]\nname = "pn"\ndriver = "pn532"\nport = "/dev/y"\nrole = "none"\n'


def config(folder: Path, tty: Tty, port: int) -> Path:
    """A station's file."""
    file = folder / "station.toml"
    file.write_text(CONFIG.format(port=port, journal=folder / "journal.db", tty=tty.path))
    return file


def selftest(file: Path, *more: str, answers: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*command("pullcord-edge"), "selftest", "--config", str(file), *more],
        input=answers,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "GPIOZERO_PIN_FACTORY": "mock"},
    )


class Wire:
    """A loopback wire on a line: what is sent comes back."""

    def __init__(self, tty: Tty) -> None:
        self._tty = tty
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ended = False
        self._thread.start()

    def _run(self) -> None:
        while not self._ended:
            try:
                assert self._tty._master is not None
                self._tty.write(os.read(self._tty._master, 4096))
            except BlockingIOError:
                threading.Event().wait(0.01)

    def end(self) -> None:
        """Take it off."""
        self._ended = True
        self._thread.join(2)


def test_unattended_without_a_running_station_one_is_started_for_it(tmp_path: Path) -> None:
    tty = Tty(tmp_path / "reader")
    wire = Wire(tty)
    file = config(tmp_path, tty, free_port())
    done = selftest(file, "--unattended", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert {step["name"]: step["result"] for step in report["steps"]} == {
        "button undo": "skipped",
        "card post": "pass",
    }
    wire.end()
    done = selftest(file, "--unattended")
    assert done.returncode == 1
    assert "fail     card post: nothing within 4 s" in done.stdout
    kept = [json.loads(line) for line in selftest(file, "--export").stdout.splitlines()]
    assert [report["outcome"] for report in kept] == ["pass", "fail"]
    assert all({"entry", "at", "serial", "by", "steps"} <= set(report) for report in kept)
    tty.unplug()


def test_guided_on_a_running_station_that_goes_on(tmp_path: Path, broker: Broker) -> None:
    server = Answering(broker.port)
    station = StationProcess(
        tmp_path / "a1",
        station="a1",
        broker=broker.url,
        driver="line",
        extra='[selftest]\ncards = ["TEST-1"]\n',
    )
    station.start()
    until(lambda: "event=ready" in station.process.said(), "ready", 60)
    file = station.journal.parent / "station.toml"

    def present() -> None:
        until(lambda: 'step="card post"' in station.process.said(), "the card's step", 60)
        station.present("BH-1")
        station.present("TEST-1")

    asked = threading.Thread(target=present)
    asked.start()
    done = selftest(file, "--json", answers="y\n" * 4 + "n\n")
    asked.join()
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert "lamp stack.red: is only the red lamp of stack lit? [y/n]" in done.stderr
    assert [step["result"] for step in report["steps"]] == ["pass"] * 4 + ["fail", "pass"]
    until(lambda: "BH-1" in server.codes(), "production", 60)
    until(lambda: any(e.type is EntryType.SELFTEST for _, e in server.entries), "the report", 60)
    assert "TEST-1" not in server.codes()
    station.close()
    server.close()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('readers = ["pots"]', 'there is no reader "pots"; did you mean "post"?'),
        ('cards = ["T"]\nreaders = ["pn"]', "the frames of pn532 cannot be sent through a wire"),
        ('readers = "post"', "must be a list of texts"),
        ('loops = { "stack.rde" = "undo" }', 'is no output of this station; did you mean "stack.red"'),
        ('loops = { "stack.red" = "udno" }', 'there is no switch "udno"'),
        ('loops = { "stack.red" = "undo" }', 'wire it to a spare [[sensor]], driver "switch"'),
        ("cardz = []", 'did you mean "cards"?'),
    ],
)  # fmt: skip
def test_a_wrong_selftest_table_is_named(text: str, said: str, tmp_path: Path) -> None:
    light = '[[light]]\nname = "stack"\npins = { red = 5 }\n[selftest]\n'
    whole = CONFIG.format(port=1, journal="j", tty="/dev/x").split("[selftest]")[0] + PN532 + light
    whole += text
    with pytest.raises(ConfigError) as caught:
        parse(whole)
    assert said in str(caught.value)


def test_code_body_is_what_a_drop_is_made_of() -> None:
    story = Story(setting=WIRED)
    story.card(CARD)
    assert story.entries[0].body == CodeBody("post", CARD)
