"""The words at the post: what is said for what happens, and a display on a port that is told so."""

import io
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from pullcord_edge.adapters.clock import Clock
from pullcord_edge.adapters.gpio import Pins
from pullcord_edge.adapters.inbox import Inbox, Stop
from pullcord_edge.adapters.log import Log
from pullcord_edge.adapters.port_display import PortDisplay
from pullcord_edge.adapters.serial_port import open_serial
from pullcord_edge.agent import Agent
from pullcord_edge.commands.output import Outputs
from pullcord_edge.config import ConfigError, parse
from pullcord_edge.core.display import DISPLAYS, SHOWN_S, verdict_rows
from pullcord_edge.core.effect import TellTester
from pullcord_edge.core.input import DeviceState, TrialAsked
from pullcord_edge.core.language import PHRASES, STEPS, Phrases
from pullcord_edge.core.selftest_step import Kind, Step
from pullcord_edge.core.setting import Display, Language, Port
from pullcord_edge.readers.catalogue import build
from pullcord_edge.readers.display import COLUMNS, is_legible, plain
from pullcord_edge.readers.event import Noise, Status
from pullcord_wire.message import Verdict, VerdictMessage
from support.broker import free_port
from support.station_story import RUN, SETTING, Story
from support.tty import Tty
from support.until import until

CARD = "0A00B41F2C"
LINK_LOST = PHRASES[Language.EN].link_lost
FAILING = PHRASES[Language.EN].failing


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Brake hose 20", b"Brake hose 20       "),
        ("Bremsschläuche große", b"Bremsschlauche gross"),
        ("ブレーキ 20", b"???? 20             "),
        ("\x1b@\r\n", b"?@??                "),
    ],
)
def test_a_row_has_twenty_characters_that_every_display_has(text: str, shown: bytes) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("card", "text", "rows"),
    [
        ("BH-A1-003", "Brake hose 20", ("BH-A1-003", "Brake hose 20")),
        ("", "unknown card", ("", "unknown card")),
        ("BH-A1-003", "Brake hose 20: already posted", ("Brake hose 20", "already posted")),
        (
            "BH-A1-003",
            "Brake hose 20: blocked, take this card out",
            ("blocked, take this", "card out"),
        ),
    ],
)
def test_what_is_wrong_is_never_cut_off(card: str, text: str, rows: tuple[str, str]) -> None:
    verdict = Verdict.BLOCKED if ": " in text else Verdict.ACCEPTED
    assert verdict_rows(VerdictMessage(RUN, 1, verdict, card or None, text)) == rows


def test_a_refusal_in_letters_that_no_display_has_is_its_word_on_the_wire() -> None:
    refused = VerdictMessage(RUN, 1, Verdict.TAKE_OUT, "BH-A1-003", "ホース 20: カードを抜く")
    assert verdict_rows(refused) == ("BH-A1-003", "take out")
    accented = VerdictMessage(RUN, 1, Verdict.RETIRED, "BH-A1-003", "Schläuche: gelöscht")
    assert verdict_rows(accented) == ("Schläuche", "gelöscht")


def words(story: Story) -> tuple[str, str]:
    """What is to be read now."""
    return story.station.front.words.rows(story.up)


def test_a_drop_is_kept_then_judged_and_its_words_end() -> None:
    story = Story()
    assert words(story) == ("assy1-post", LINK_LOST)
    story.link()
    story.answer()
    assert words(story) == ("assy1-post", "")
    story.card(CARD)
    assert words(story) == (CARD, "kept")
    story.happen(VerdictMessage(RUN, 1, Verdict.ACCEPTED, "BH-A1-003", "Brake hose 20"))
    assert words(story) == ("BH-A1-003", "Brake hose 20")
    story.wait(1)
    story.answer()
    story.press("undo")
    assert words(story) == ("last drop", "undone")
    story.up += SHOWN_S + 1
    story.tick()
    assert words(story) == ("assy1-post", LINK_LOST)


def test_a_verdict_too_late_or_of_another_drop_is_not_said() -> None:
    story = Story()
    story.card(CARD)
    story.happen(VerdictMessage(RUN, 7, Verdict.ACCEPTED, "X", "other"))
    story.wait(4)
    story.happen(VerdictMessage(RUN, 1, Verdict.ACCEPTED, "X", "late"))
    assert words(story) == (CARD, "kept")


def test_a_failing_disk_is_over_all_and_a_self_test_over_drops() -> None:
    story = Story()
    story.card(CARD)
    story.happen(TrialAsked(True, "kim"))
    assert words(story) == ("self-test", "lamp stack.red")
    story.disk = "the disk is full"
    story.card("0A00B41F2D")
    assert words(story) == FAILING


# In its language -----------------------------------------------------------------------------


def said(phrases: Phrases) -> list[str]:
    """All of a language's own rows and words."""
    rows = [phrases.link_lost, *phrases.failing, phrases.testing, phrases.last_drop]
    return [*rows, *phrases.notices.values(), *phrases.steps.values()]


@pytest.mark.parametrize("language", Language)
def test_every_language_says_it_all_in_rows_that_every_display_can_show(language: Language) -> None:
    phrases = PHRASES[language]
    for text in said(phrases):
        assert text
        assert is_legible(text), text
        assert len(text) <= COLUMNS, text
    assert set(phrases.steps) == set(STEPS) == {*Kind, "zero", "load"}
    assert len(set(phrases.steps.values())) == len(STEPS)


def test_a_station_speaks_the_language_of_its_file() -> None:
    story = Story(setting=replace(SETTING, language=Language.DE))
    assert words(story) == ("assy1-post", "offline: gespeichert")
    story.card(CARD)
    assert words(story) == (CARD, "gespeichert")
    story.wait(1)
    story.press("undo")
    assert words(story) == ("letzte Karte", "zurückgenommen")
    story.happen(TrialAsked(True, "kim"))
    assert words(story) == ("Selbsttest", "Lampe stack.red")
    story.disk = "the disk is full"
    story.card("0A00B41F2D")
    assert words(story) == ("NICHTS GESPEICHERT", "Instandhaltung rufen")


def test_a_self_test_asks_for_the_words_that_the_display_shows() -> None:
    display = Display("words", "cd5220", Port(""))
    bare = replace(SETTING, lights=(), displays=(display,), language=Language.FR)
    story = Story(setting=bare)
    story.happen(TrialAsked(True, "kim"))
    (asked,) = (each for each in story.done if isinstance(each, TellTester))
    assert asked == TellTester(str(Step(Kind.DISPLAY, "words")), 'does words say "autotest"?')
    assert words(story) == ("autotest", "afficheur words")


@pytest.mark.parametrize("language", ["ja", "tlh", "DE"])
def test_a_language_that_no_display_can_show_is_refused(language: str) -> None:
    with pytest.raises(
        ConfigError, match=rf'language: "{language}" is unknown.*one of en, de, es, fr'
    ):
        parse(f'language = "{language}"\n' + FILE.format(driver="cd5220", port="/dev/x"))


def test_a_file_that_names_no_language_is_english() -> None:
    assert parse(FILE.format(driver="cd5220", port="/dev/x")).language is Language.EN


# On a port ----------------------------------------------------------------------------------------


class Glass(Tty):
    """A display's end of the line."""

    def __init__(self, path: Path, driver: str) -> None:
        super().__init__(path)
        self._driver = build(driver)
        self.rows = {"upper": "", "lower": ""}
        self.noise: list[bytes] = []
        self.begun = 0

    def look(self) -> tuple[str, str]:
        """What it shows after everything it was sent."""
        with suppress(BlockingIOError, OSError):
            while self._master is not None:
                self._hear(os.read(self._master, 4096))
        return self.rows["upper"], self.rows["lower"]

    def _hear(self, data: bytes) -> None:
        for event in self._driver.feed(data, 0.0):
            match event:
                case Status({"row": str(row), "text": str(text)}):
                    self.rows[row] = text
                case Status({"command": "initialize"}):
                    self.begun += 1
                case Noise(data):
                    self.noise.append(data)


@pytest.fixture(params=sorted(DISPLAYS))
def glass(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Glass]:
    """A display of each kind."""
    made = Glass(tmp_path / "words", request.param)
    yield made
    made.unplug()
    assert made.noise == []


def test_a_display_on_a_pty_shows_its_rows_and_is_right_again_when_it_is_back(
    glass: Glass, request: pytest.FixtureRequest
) -> None:
    driver = request.node.callspec.params["glass"]
    inbox = Inbox()
    display = PortDisplay(
        Display("words", driver, Port("")), lambda: open_serial(str(glass.path), Port("")), inbox
    )
    display.start()
    until(lambda: DeviceState("words", None) in inbox.take(0.1), "open", 30)
    display.write(("BH-A1-003", "Brake hose 20"))
    until(lambda: glass.look() == ("BH-A1-003", "Brake hose 20"), "the rows", 30)
    glass.unplug()
    display.write(("BH-A1-004", "kept"))
    until(lambda: any(getattr(i, "fault", "") for i in inbox.take(0.1)), "the fault", 30)
    glass.plug()
    until(lambda: glass.look() == ("BH-A1-004", "kept"), "right again", 30)
    assert glass.begun >= 1
    assert display.stop(5)
    assert glass.look() == ("", "")


FILE = (
    'site = "s"\nstation = "a"\nbroker = {{ url = "mqtt://b" }}\njournal = {{ path = "j" }}\n'
    '[[display]]\nname = "words"\ndriver = "{driver}"\nport = "{port}"\n'
)


def test_the_station_writes_on_the_displays_of_its_file(tmp_path: Path) -> None:
    glass = Glass(tmp_path / "words", "cd5220")
    setting = parse(FILE.format(driver="cd5220", port=glass.path))
    inbox = Inbox()
    outputs = Outputs(setting, inbox, Pins(setting, inbox))
    outputs.start()
    outputs.write(("upper", "lower"))
    until(lambda: glass.look() == ("upper", "lower"), "the rows", 30)
    outputs.stop()
    assert glass.look() == ("", "")
    glass.unplug()


def test_a_station_that_cannot_open_its_journal_says_so_in_words(tmp_path: Path) -> None:
    glass = Glass(tmp_path / "words", "cd5220")
    text = FILE.format(driver="cd5220", port=glass.path).replace('"j"', f'"{tmp_path}"')
    setting = parse(text.replace("mqtt://b", f"mqtt://127.0.0.1:{free_port()}"))
    inbox = Inbox()
    outputs = Outputs(setting, inbox, Pins(setting, inbox))
    agent = Agent(setting, inbox, outputs, (), Log(io.StringIO()), Clock())
    thread = threading.Thread(target=agent.run)
    thread.start()
    until(lambda: glass.look() == FAILING, "that nothing is kept", 30)
    inbox.put(Stop("test"))
    thread.join(60)
    assert glass.look() == ("", "")
    glass.unplug()


def test_a_display_nobody_knows_and_one_without_a_driver_are_named() -> None:
    with pytest.raises(ConfigError, match='did you mean "cd5220"'):
        parse(FILE.format(driver="cd522", port="/dev/x"))
    with pytest.raises(ConfigError, match="driver: is missing"):
        parse(FILE.replace('driver = "{driver}"\n', "").format(port="/dev/x"))
