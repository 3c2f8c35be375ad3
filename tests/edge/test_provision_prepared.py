"""A reader that forgets is set anew at every opening of its port, before its driver begins."""

from pullcord_edge.core.profile.prepared import AGAIN_S, SILENT_S, prepare
from pullcord_edge.core.profile.profile import Profile
from pullcord_edge.readers.catalogue import build
from pullcord_edge.readers.event import CardRead, Driver, Event, Send, Status, TagsPresent
from support.provisioning import profile
from support.silicon.chip import Chip
from support.silicon.m6e import M6e
from support.silicon.r200 import R200
from support.silicon.uhfreader18 import UhfReader18

EU = profile("r200", {"region": "EU", "power_dbm": 20})
STREAM = 0x27


class Bench:
    """A driver with its reader, by a driven clock."""

    def __init__(self, chip: Chip, driver: Driver) -> None:
        self.chip = chip
        self.driver = driver
        self.now = 0.0
        self.events: list[Event] = []

    def start(self) -> None:
        self._take(self.driver.start(self.now))

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += 0.05
            self._take(self.driver.feed(self.chip.stream(0.05), self.now))
            self._take(self.driver.tick(self.now))

    def said(self, key: str) -> list[object]:
        return [e.facts[key] for e in self.events if isinstance(e, Status) and key in e.facts]

    def codes(self) -> set[str]:
        return {event.code for event in self.events if isinstance(event, CardRead)}

    def _take(self, events: list[Event]) -> None:
        for event in events:
            self.events.append(event)
            if isinstance(event, Send):
                self._take(self.driver.feed(self.chip.hear(event.data), self.now))


def bench(chip: R200, wanted: Profile = EU) -> Bench:
    return Bench(chip, prepare(build("r200"), wanted, {}, 115200))


def test_the_profile_is_written_before_the_driver_asks_for_tags() -> None:
    chip = R200()
    at = bench(chip)
    at.start()
    at.run(2.0)
    assert (chip.region, chip.power, chip.streaming) == (0x03, 2000, True)
    assert at.said("profile") == [None]
    assert any(isinstance(event, TagsPresent) and event.codes for event in at.events)


def test_a_reader_that_lost_its_power_is_set_again_when_its_port_opens_again() -> None:
    chip = R200()
    at = bench(chip)
    at.start()
    at.run(2.0)
    chip.power_off()
    at.start()
    at.run(2.0)
    assert (chip.region, chip.streaming) == (0x03, True)


def test_a_reader_whose_region_is_not_proven_is_not_told_to_transmit() -> None:
    chip = R200(stuck={"region"})
    at = bench(chip)
    at.start()
    at.run(5.0)
    assert not chip.streaming
    assert all(data[2] != STREAM for data in chip.heard)
    assert "EU was written, CN900 is read back" in str(at.said("profile")[0])


def test_it_is_tried_again_and_begins_once_it_is_right() -> None:
    chip = R200(stuck={"region"})
    at = bench(chip)
    at.start()
    at.run(2.0)
    chip.stuck = set()
    at.run(AGAIN_S + 2.0)
    assert (chip.region, chip.streaming) == (0x03, True)
    assert at.said("profile")[-1] is None


def test_a_power_that_is_not_taken_is_told_and_the_driver_begins_all_the_same() -> None:
    chip = R200(stuck={"power"})
    at = bench(chip)
    at.start()
    at.run(2.0)
    assert chip.streaming
    assert "power_dbm: 20.0 was written, 26.0 is read back" in str(at.said("profile")[0])


def test_a_silent_reader_is_told_once_asked_again_and_told_to_be_back() -> None:
    chip = R200(mute=True)
    at = bench(chip)
    at.start()
    at.run(15.0)
    assert at.said("silent") == [True]
    chip.mute = False
    at.run(SILENT_S + 3.0)
    assert at.said("silent") == [True, False]
    assert chip.streaming


def test_tags_that_come_while_the_reader_is_being_set_are_passed_on() -> None:
    chip = R200(streaming=True, deaf_for=1)
    at = bench(chip)
    at.start()
    at.run(0.5)
    assert at.codes() == {"E28011704000021D35AE4008"}


def test_a_reader_that_keeps_its_settings_is_left_alone_at_the_start() -> None:
    keeps = profile("uhfreader18", {"power_dbm": 26})
    driver = build("uhfreader18")
    assert prepare(driver, keeps, {}, 57600) is driver
    assert prepare(driver, None, {}, 57600) is driver


def test_one_that_falls_back_to_low_power_is_set_although_its_kind_keeps_it() -> None:
    wanted = profile("uhfreader18", {"power_dbm": 26}, forgets=True)
    chip = UhfReader18(power=5)
    at = Bench(chip, prepare(build("uhfreader18"), wanted, {}, 57600))
    at.start()
    at.run(1.0)
    assert chip.power == 26


def test_a_module_without_any_memory_is_set_wholly() -> None:
    wanted = profile("m6e", {"region": "EU", "power_dbm": 20, "protocol": "gen2"})
    chip = M6e()
    at = Bench(chip, prepare(build("m6e"), wanted, {}, 115200))
    at.start()
    at.run(3.0)
    assert (chip.region, chip.power, chip.protocol) == (0x08, 2000, 5)
    assert at.said("profile") == [None]


def test_the_prepared_driver_says_when_it_wants_to_be_asked() -> None:
    at = bench(R200(mute=True))
    at.start()
    assert at.driver.due_at is not None
    at.run(20.0)
    assert at.driver.due_at is not None and at.driver.due_at > at.now
