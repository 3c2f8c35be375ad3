"""Noise that tells its cause: swapped wires, and numbers made up for one visit."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pullcord_edge.adapters.device import RANDOM, Device, take_card, take_tags
from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.adapters.serial_port import open_serial
from pullcord_edge.core.input import CardSeen, NoiseHeard, TagsSeen
from pullcord_edge.core.noise import STORM, SURE, SWAPPED, NoiseMeter
from pullcord_edge.core.setting import Port
from pullcord_edge.readers.catalogue import build
from pullcord_edge.readers.event import Noise
from support.tty import Tty
from support.until import until

TURNED = bytes(1 - int(bit) for bit in "01110001111100001000000000")
#: The answer of a PN532 about a phone, 08A1B2C3, and one about a card.
PHONE = bytes.fromhex("0000FF0CF4D54B01010004200408A1B2C39800")
CARD = bytes.fromhex("0000FF0CF4D54B0101000408049EB36E66A900")


def test_swapped_wires_are_a_fault_after_three_frames_that_say_so() -> None:
    driver = build("wiegand26")
    meter = NoiseMeter("gate")
    for number in range(SURE):
        assert meter.fault is None
        events = [*driver.feed(TURNED, float(number)), *driver.tick(number + 0.5)]
        (noise,) = events
        assert isinstance(noise, Noise)
        meter.hear(noise.reason, noise.data, float(number))
    assert meter.fault == SWAPPED
    meter.hear("parity", b"", 11.0)
    for _ in range(STORM):
        meter.hear("parity", b"", 12.0)
    meter.tick(22.0)
    assert meter.fault == SWAPPED
    meter.good()
    assert meter.fault is None


def test_one_bad_frame_between_is_no_proof_of_swapped_wires() -> None:
    meter = NoiseMeter("gate")
    said = "parity: both fail; with D0 and D1 swapped it would be X: check the wires"
    for reason in (said, said, "parity", said, said):
        meter.hear(reason, b"", 1.0)
    assert meter.fault is None


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Tty]:
    made = Tty(tmp_path / "nfc")
    yield made
    made.unplug()


@pytest.mark.parametrize("take", [take_card, take_tags])
def test_a_number_made_up_for_this_visit_is_noise_at_the_station(line: Tty, take: object) -> None:
    inbox = Inbox()
    setting = Port(str(line.path), 115200)
    device = Device(
        "nfc",
        lambda: open_serial(setting.url, setting),
        lambda: build("pn532", {"listen": True}),
        take,  # type: ignore[arg-type]
        inbox,
    )
    device.start()
    heard: list[object] = []

    def seen(kind: type) -> bool:
        heard.extend(inbox.take(0.05))
        return any(isinstance(item, kind) for item in heard)

    until(lambda: line.write(PHONE) and seen(NoiseHeard), "the phone")
    line.write(CARD)
    until(lambda: seen(CardSeen), "the card")
    device.stop(5.0)
    noise = next(item for item in heard if isinstance(item, NoiseHeard))
    assert (noise.reason, noise.sample) == (RANDOM, b"08A1B2C3")
    codes = {item.code for item in heard if isinstance(item, CardSeen)}
    codes |= {code for item in heard if isinstance(item, TagsSeen) for code in item.codes}
    assert codes == {"9EB36E66"}
