"""A device on a real tty: read, answered, unplugged, plugged again, refused; each fault has its name."""

import errno
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from pullcord_edge.adapters.device import (
    ROOM,
    Device,
    take_card,
    take_tags,
    take_value,
)
from pullcord_edge.adapters.inbox import Crashed, Inbox
from pullcord_edge.adapters.serial_port import PortError, holders, open_serial
from pullcord_edge.core.input import CardSeen, DeviceState, Input, Measured, NoiseHeard, TagsSeen
from pullcord_edge.core.noise import FAULT
from pullcord_edge.core.setting import Port
from pullcord_edge.readers.catalogue import build
from pullcord_edge.readers.event import CardRead, Driver, Event, Measurement, Send, TagsPresent
from support.tty import Tty, rdm6300_frame, scanner_line

CARD = "0A00B41F2C"
NINE = Port("", 9600)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Tty]:
    """A serial line."""
    tty = Tty(tmp_path / "reader")
    yield tty
    tty.unplug()


@pytest.fixture
def inbox() -> Inbox:
    """The station's inbox."""
    return Inbox()


def device(inbox: Inbox, url: str, make: Callable[[], Driver] = lambda: build("rdm6300")) -> Device:
    """A started device, tried again quickly."""
    made = Device("post", lambda: open_serial(url, NINE), make, take_card, inbox)
    made.start()
    return made


def wait_for(inbox: Inbox, wanted: object, seconds: float = 5.0) -> list[object]:
    """What came until `wanted` did."""
    seen: list[object] = []
    end = time.monotonic() + seconds
    while wanted not in [_plain(each) for each in seen]:
        assert time.monotonic() < end, f"{wanted} did not come, but {seen}"
        seen += inbox.take(0.1)
    return seen


def heard(line: Tty) -> bytes:
    """What the station sent."""
    assert line._master is not None
    return os.read(line._master, 4096)


def _plain(item: object) -> object:
    """An item without its time."""
    return CardSeen(item.reader, item.code, 0.0) if isinstance(item, CardSeen) else item


# The port ---------------------------------------------------------------------------------------


def test_bytes_go_both_ways(line: Tty) -> None:
    port = open_serial(str(line.path), NINE)
    assert port.read(0.0) == b""
    line.write(b"abc")
    assert port.read(1.0) == b"abc"
    port.write(b"xyz")
    assert heard(line) == b"xyz"
    port.close()


def test_a_read_that_waits_can_be_woken(line: Tty) -> None:
    port = open_serial(str(line.path), NINE)
    port.wake()
    begun = time.monotonic()
    assert port.read(30.0) == b""
    assert time.monotonic() - begun < 5
    port.close()


def test_a_port_is_taken_alone_and_its_holder_is_named(line: Tty) -> None:
    port = open_serial(str(line.path), NINE)
    with pytest.raises(PortError, match="held by another program"):
        open_serial(str(line.path), NINE)
    port.close()


def test_the_program_that_holds_a_port_is_named(line: Tty) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", f"import time; f = open({str(line.path)!r}); print(1, flush=True); time.sleep(60)"],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    try:
        child.stdout.readline()
        assert any(f"(pid {child.pid})" in holder for holder in holders(str(line.path)))
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (errno.EACCES, "permission denied"),
        (errno.EPERM, "permission denied"),
        (errno.EBUSY, "held by another program"),
        (errno.ENXIO, "absent"),
        (errno.ENODEV, "absent"),
        (errno.EMFILE, "cannot be opened"),
    ],
)
def test_what_the_system_says_has_a_name(line: Tty, number: int, fault: str) -> None:
    error = OSError(number, os.strerror(number))
    with patch("serial.serialposix.os.open", side_effect=error), pytest.raises(PortError) as caught:
        open_serial(str(line.path), NINE)
    assert caught.value.fault == fault


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("/dev/pullcord-none", "absent"),
        ("/dev", "not a serial device"),
        ("/dev/null", "not a serial device"),
        ("none://x", "refuses its settings"),
        ("socket://127.0.0.1:1", "unreachable"),
    ],
)
def test_a_port_that_is_none_is_said_to_be(url: str, fault: str) -> None:
    with pytest.raises(PortError) as caught:
        open_serial(url, NINE)
    assert caught.value.fault == fault


def test_settings_that_the_device_refuses_are_named(line: Tty) -> None:
    import termios

    with (
        patch("serial.serialposix.termios.tcsetattr", side_effect=termios.error(22, "Invalid")),
        pytest.raises(PortError) as caught,
    ):
        open_serial(str(line.path), NINE)
    assert caught.value.fault == "refuses its settings"


def test_modem_lines_are_left_alone_unless_asked(line: Tty) -> None:
    with patch("serial.serialposix.Serial._update_dtr_state") as dtr:
        open_serial(str(line.path), NINE).close()
        assert not dtr.called
        open_serial(str(line.path), NINE, {"dtr": False}).close()
        assert dtr.called


def test_a_network_reader_is_read_and_its_end_noticed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = open_serial(f"socket://127.0.0.1:{server.getsockname()[1]}", NINE)
        peer, _ = server.accept()
        peer.sendall(b"hello")
        assert port.read(1.0) == b"hello"
        peer.close()
        with pytest.raises(PortError) as caught:
            port.read(1.0)
        assert caught.value.fault == "unplugged"
        port.close()


def test_a_port_that_nothing_can_wait_for_is_read_too() -> None:
    port = open_serial("loop://", NINE)
    port.write(b"abc")
    assert port.read(1.0)[:1] == b"a"
    begun = time.monotonic()
    port.read(0.0)
    port.read(0.0)
    port.wake()
    port.read(30.0)
    assert time.monotonic() - begun < 5
    port.close()


# The device ---------------------------------------------------------------------------------------


def test_a_card_goes_to_the_inbox(line: Tty, inbox: Inbox) -> None:
    post = device(inbox, str(line.path))
    wait_for(inbox, DeviceState("post", None))
    line.write(rdm6300_frame(CARD))
    wait_for(inbox, CardSeen("post", CARD, 0.0))
    assert post.stop(2)


def test_a_reader_absent_at_first_is_named_and_read_when_it_comes(
    tmp_path: Path, inbox: Inbox
) -> None:
    post = device(inbox, str(tmp_path / "later"))
    wait_for(inbox, DeviceState("post", "absent"))
    line = Tty(tmp_path / "later")
    wait_for(inbox, DeviceState("post", None))
    line.write(rdm6300_frame(CARD))
    wait_for(inbox, CardSeen("post", CARD, 0.0))
    assert post.stop(2)
    line.unplug()


def test_a_reader_pulled_out_is_named_within_five_seconds_and_heals(
    line: Tty, inbox: Inbox
) -> None:
    post = device(inbox, str(line.path))
    wait_for(inbox, DeviceState("post", None))
    line.write(rdm6300_frame(CARD)[:7])
    line.unplug()
    wait_for(inbox, DeviceState("post", "unplugged"), 5)
    line.plug()
    wait_for(inbox, DeviceState("post", None))
    line.write(rdm6300_frame(CARD))
    wait_for(inbox, CardSeen("post", CARD, 0.0))
    assert post.stop(2)


def test_a_reader_held_by_another_program_is_named_and_heals(line: Tty, inbox: Inbox) -> None:
    other = open_serial(str(line.path), NINE)
    post = device(inbox, str(line.path))
    wait_for(inbox, DeviceState("post", "held by another program"))
    other.close()
    wait_for(inbox, DeviceState("post", None))
    assert post.stop(2)


def test_a_reader_without_permission_is_named_and_heals(line: Tty, inbox: Inbox) -> None:
    error = OSError(errno.EACCES, "Permission denied")
    with patch("serial.serialposix.os.open", side_effect=error):
        post = device(inbox, str(line.path))
        wait_for(inbox, DeviceState("post", "permission denied"))
    wait_for(inbox, DeviceState("post", None))
    assert post.stop(2)


def test_what_a_driver_wants_sent_is_sent(line: Tty, inbox: Inbox) -> None:
    class Asking:
        """A driver that asks at the start."""

        due_at = None

        def start(self, now: float) -> list[Event]:
            """Ask."""
            return [Send(b"\x55?")]

        def feed(self, data: bytes, now: float) -> list[Event]:
            """Answer with what came."""
            return [CardRead(data.decode()), Send(b"!")]

        def tick(self, now: float) -> list[Event]:
            """Nothing."""
            return []

    post = device(inbox, str(line.path), Asking)
    wait_for(inbox, DeviceState("post", None))
    time.sleep(0.05)
    assert heard(line) == b"\x55?"
    line.write(b"7")
    wait_for(inbox, CardSeen("post", "7", 0.0))
    assert post.stop(2)


def test_a_driver_with_a_bug_is_seen_and_begins_anew(line: Tty, inbox: Inbox) -> None:
    def make() -> Driver:
        raise ZeroDivisionError("a bug")

    post = Device("post", lambda: open_serial(str(line.path), NINE), make, take_card, inbox)
    post._worker._again_s = 0.1
    post.start()
    found: list[object] = []
    while sum(isinstance(each, Crashed) for each in found) < 2:
        found += inbox.take(5)
    crash = next(each for each in found if isinstance(each, Crashed))
    assert crash.thread == "post"
    assert "ZeroDivisionError" in crash.error
    assert post.stop(2)


def test_only_noise_is_a_fault_that_one_good_card_ends(line: Tty, inbox: Inbox) -> None:
    post = device(inbox, str(line.path))
    wait_for(inbox, DeviceState("post", None))
    post._noise._since = 0.0  # as if the last sum was long ago
    bad = rdm6300_frame(CARD)[:11] + b"00\x03"
    line.write(bad * 30)
    time.sleep(0.2)
    post._noise._since = 0.0
    line.write(bad)
    seen = wait_for(inbox, DeviceState("post", FAULT))
    assert any(isinstance(each, NoiseHeard) for each in seen)
    line.write(rdm6300_frame(CARD))
    wait_for(inbox, DeviceState("post", None))
    assert post.stop(2)


def test_a_reader_that_floods_is_bounded_and_named(line: Tty, inbox: Inbox) -> None:
    post = device(inbox, str(line.path), lambda: build("line"))
    wait_for(inbox, DeviceState("post", None))
    end = time.monotonic() + 4
    number = 0
    while time.monotonic() < end:
        line.write(b"".join(scanner_line(f"{number + i:08}") for i in range(20)))
        number += 20
        time.sleep(0.01)
    assert inbox._queue.qsize() <= ROOM + 4
    seen = wait_for(inbox, DeviceState("post", "flooding: more than can be kept"))
    assert sum(isinstance(each, CardSeen) for each in seen) <= 4 * ROOM
    assert post.stop(3)


def test_measurements_are_passed_on_ten_times_a_second_at_most(line: Tty, inbox: Inbox) -> None:
    class Fast:
        """A driver that measures at every byte."""

        due_at = None

        def start(self, now: float) -> list[Event]:
            """Nothing."""
            return []

        def feed(self, data: bytes, now: float) -> list[Event]:
            """A value."""
            return [Measurement(float(len(data)), "g", True)]

        def tick(self, now: float) -> list[Event]:
            """Nothing."""
            return []

    scale = Device("scale", lambda: open_serial(str(line.path), NINE), Fast, take_value, inbox)
    scale.start()
    wait_for(inbox, DeviceState("scale", None))
    begun = time.monotonic()
    while time.monotonic() < begun + 1:
        line.write(b"x")
        time.sleep(0.005)
    values = [each for each in inbox.take(0.0) if isinstance(each, Measured)]
    assert 3 <= len(values) <= 12
    assert scale.stop(2)


@pytest.mark.parametrize(
    ("take", "event", "item"),
    [
        (take_card, CardRead("A"), CardSeen("x", "A", 1.0)),
        (take_card, TagsPresent(frozenset("A")), None),
        (take_tags, TagsPresent(frozenset("A")), TagsSeen("x", frozenset("A"), 1.0)),
        (take_tags, CardRead("A"), CardSeen("x", "A", 1.0)),
        (take_value, Measurement(2.0, "g", True), Measured("x", 2.0, 1.0)),
        (take_value, Measurement(2.0, "g", None), Measured("x", 2.0, 1.0)),
        (take_value, Measurement(2.0, "g", False), None),
    ],
)
def test_only_what_the_station_needs_is_taken(
    take: Callable[[str, Event, float], Input | None], event: Event, item: Input | None
) -> None:
    assert take("x", event, 1.0) == item
