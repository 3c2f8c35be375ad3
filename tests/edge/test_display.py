"""The words at the post: what is said for what happens, and a display on a port that is told so."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pullcord_edge.adapters.gpio import Pins
from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.adapters.port_display import PortDisplay
from pullcord_edge.adapters.serial_port import open_serial
from pullcord_edge.commands.output import Outputs
from pullcord_edge.config import ConfigError, parse
from pullcord_edge.core.display import DISPLAYS, FAILING, LINK_LOST, SHOWN_S, verdict_rows
from pullcord_edge.core.input import DeviceState, TrialAsked
from pullcord_edge.core.setting import Display, Port
from pullcord_edge.readers.catalogue import build
from pullcord_edge.readers.display import plain
from pullcord_edge.readers.event import Noise, Status
from pullcord_wire.message import Verdict, VerdictMessage
from support.station_story import RUN, Story
from support.tty import Tty
from support.until import until

CARD = "0A00B41F2C"


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
    assert verdict_rows(card, text) == rows


def words(story: Story) -> tuple[str, str]:
    """What is to be read now."""
    return story.station.words.rows(story.up)


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


def test_a_display_nobody_knows_and_one_without_a_driver_are_named() -> None:
    with pytest.raises(ConfigError, match='did you mean "cd5220"'):
        parse(FILE.format(driver="cd522", port="/dev/x"))
    with pytest.raises(ConfigError, match="driver: is missing"):
        parse(FILE.replace('driver = "{driver}"\n', "").format(port="/dev/x"))
