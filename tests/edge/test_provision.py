"""A reader's settings are read, compared, written and read back; whatever goes wrong is told."""

import pytest

from pullcord_edge.core.profile.profile import Profile
from pullcord_edge.core.profile.script import Outcome
from support.provisioning import Run, profile, provision
from support.silicon.chip import Chip
from support.silicon.gm65 import Gm65
from support.silicon.m6e import M6e
from support.silicon.r200 import R200
from support.silicon.scanner import Honeywell, MetroSelect
from support.silicon.tfmini import TfMini
from support.silicon.uhfreader18 import UhfReader18

GM65 = profile("gm65", {"output": "serial", "suffix": "cr", "aim_id": True, "mode": "continuous"})
R200_EU = profile("r200", {"region": "EU", "power_dbm": 20, "session": "S0", "q": 3})
UHF_EU = profile("uhfreader18", {"region": "EU", "power_dbm": 26, "mode": "answer", "scan_ms": 500})
M6E_EU = profile("m6e", {"region": "EU", "power_dbm": 20, "protocol": "gen2"})
TFMINI = profile("tfmini", {"rate_hz": 10, "format": "mm"})
HONEYWELL = profile("scanner-config", {"SUFBK2": "990D", "AIMENA": "1", "0401": "01"})
METRO = profile("metroselect", {"codes": ["316411", "415540"]})

#: A fresh reader of each family, and a profile that it does not yet follow.
FRESH = {
    "gm65": (Gm65, GM65),
    "r200": (R200, R200_EU),
    "uhfreader18": (UhfReader18, UHF_EU),
    "m6e": (M6e, M6E_EU),
    "tfmini": (TfMini, TFMINI),
    "honeywell": (Honeywell, HONEYWELL),
    "metroselect": (MetroSelect, METRO),
}
each_family = pytest.mark.parametrize("name", FRESH)


def fresh(name: str) -> tuple[Chip, Profile]:
    make, wanted = FRESH[name]
    return make(), wanted


def _stored(chip: Chip) -> dict[str, object]:
    """What the reader holds; that it was spoken to, booted and streamed is no setting."""
    return {
        name: value
        for name, value in vars(chip).items()
        if name not in ("heard", "booted", "_owed")
    }


def error(run: Run) -> str:
    assert run.report.error is not None, run.report
    return run.report.error


@each_family
def test_a_fresh_reader_holds_its_profile_afterwards(name: str) -> None:
    chip, wanted = fresh(name)
    run = provision(chip, wanted)
    assert run.report.error is None
    assert not run.report.differing
    assert Outcome.WRITTEN in run.outcomes.values() or name == "metroselect"


@each_family
def test_bytes_that_come_one_by_one_mean_the_same(name: str) -> None:
    whole, one = fresh(name), fresh(name)
    assert provision(*whole).outcomes == provision(*one, piece=1).outcomes


@pytest.mark.parametrize("name", [name for name in FRESH if name not in ("tfmini", "metroselect")])
def test_a_reader_that_holds_its_profile_is_not_written_again(name: str) -> None:
    chip, wanted = fresh(name)
    provision(chip, wanted)
    stores, asked = chip.stores, len(chip.heard)
    run = provision(chip, wanted)
    assert set(run.outcomes.values()) == {Outcome.SAME}
    assert chip.stores == stores
    assert len(chip.heard) - asked < asked


@each_family
def test_a_dry_run_tells_the_difference_and_writes_nothing(name: str) -> None:
    chip, wanted = fresh(name)
    run = provision(chip, wanted, write=False)
    assert run.report.error is None
    assert Outcome.DIFFERS in run.outcomes.values()
    as_it_came, _ = fresh(name)
    assert _stored(chip) == _stored(as_it_came)


@each_family
def test_a_silent_reader_is_told_with_every_speed_that_was_tried(name: str) -> None:
    chip, wanted = fresh(name)
    chip.mute = True
    run = provision(chip, wanted)
    assert run.report.baud is None
    assert error(run).startswith("silent at ")
    assert "9600" in error(run) and "115200" in error(run)


@each_family
def test_one_question_that_is_lost_is_asked_again(name: str) -> None:
    chip, wanted = fresh(name)
    chip.deaf_for = 1
    if name == "metroselect":
        # Its one question switches a mode over: asked twice, it would leave it again.
        assert provision(chip, wanted).report.baud is None
    else:
        assert provision(chip, wanted).report.error is None


@pytest.mark.parametrize(
    ("name", "stuck", "setting"),
    [
        ("gm65", "000D", "output"),
        ("r200", "region", "region"),
        ("r200", "power", "power_dbm"),
        ("uhfreader18", "region", "region"),
        ("uhfreader18", "work", "mode"),
        ("m6e", "power", "power_dbm"),
        ("honeywell", "AIMENA", "AIMENA"),
    ],
)
def test_a_reader_that_says_done_and_does_not_is_caught(
    name: str, stuck: str, setting: str
) -> None:
    chip, wanted = fresh(name)
    chip.stuck = {stuck}
    run = provision(chip, wanted)
    assert f"{setting}: " in error(run)
    assert "is read back" in error(run)
    assert run.outcomes[setting] is Outcome.WRONG
    assert not run.report.saved


@pytest.mark.parametrize(
    ("name", "refused", "words"),
    [
        ("r200", "region", "region: the reader refused: wrong command"),
        ("uhfreader18", "power", "power: the reader refused: command refused"),
        ("m6e", "region", "region: the reader refused: wrong parameter"),
        ("tfmini", "format", "format: the reader refused: answered 5A"),
        ("honeywell", "SUFBK2", "SUFBK2: the reader refused: the value is none it can have"),
    ],
)
def test_a_refusal_is_told_in_the_readers_words(name: str, refused: str, words: str) -> None:
    chip, wanted = fresh(name)
    chip.refuses = {refused}
    run = provision(chip, wanted)
    assert words in error(run)
    assert run.report.differing


def test_a_region_that_is_not_proven_is_unlawful_and_a_power_is_not() -> None:
    chip = R200(stuck={"region"})
    assert provision(chip, R200_EU).report.unlawful
    chip = R200(stuck={"power"})
    assert not provision(chip, R200_EU).report.unlawful


def test_answers_that_come_twice_are_not_taken_for_the_next_ones() -> None:
    chip = Gm65(late=50)
    run = provision(chip, GM65)
    assert run.report.error is None
    assert chip.zones[0x60] & 0x61 == 0x01


def test_a_late_answer_to_a_repeated_question_is_waited_out() -> None:
    chip = Gm65(deaf_for=1, late=1)
    assert provision(chip, GM65).report.error is None
    assert chip.zones[0x0D] == 0x00


def test_the_other_bits_of_a_zone_stay_as_they_are() -> None:
    chip = Gm65(zones={0x00: 0b1101_0110, 0x60: 0b0001_1110})
    run = provision(chip, profile("gm65", {"mode": "command", "suffix": "crlf"}))
    assert run.report.error is None
    assert chip.zones[0x00] == 0b1101_0101
    assert chip.zones[0x60] == 0b0011_1111


def test_several_settings_of_one_zone_are_one_write() -> None:
    chip = Gm65()
    settings = {"mode": "sensing", "light": "off", "beep": False}
    assert provision(chip, profile("gm65", settings)).report.error is None
    writes = [data for data in chip.heard if data[2] == 0x08]
    assert len(writes) == 1
    assert chip.zones[0x00] == 0b1001_0011


def test_a_zone_without_a_name_is_written_as_a_byte() -> None:
    chip = Gm65()
    run = provision(chip, profile("gm65", {"zone_0003": 0x81}))
    assert (run.report.error, chip.zones[0x0003]) == (None, 0x81)


def test_what_is_written_is_saved_unless_the_reader_forgets_anyway() -> None:
    chip = Gm65()
    assert provision(chip, GM65).report.saved
    assert chip.flash == chip.zones
    chip = Gm65()
    wanted = profile("gm65", {"suffix": "cr"}, forgets=True)
    assert not provision(chip, wanted).report.saved
    assert chip.stores == 0


def test_a_code_scanned_meanwhile_is_passed_on() -> None:
    chip = Gm65(chatter=b"BH-A1-003\r")
    run = provision(chip, GM65)
    assert run.report.error is None
    assert set(run.codes) == {"BH-A1-003"}


def test_a_streaming_reader_is_stopped_first_and_its_tags_are_passed_on() -> None:
    chip = R200(streaming=True)
    run = provision(chip, R200_EU)
    assert run.report.error is None
    assert not chip.streaming


@pytest.mark.parametrize(
    ("name", "here", "there"),
    [
        ("gm65", 9600, 115200),
        ("r200", 115200, 57600),
        ("uhfreader18", 57600, 115200),
        ("tfmini", 115200, 9600),
        ("honeywell", 9600, 115200),
    ],
)
def test_a_reader_at_its_fresh_speed_is_found_and_brought_to_the_stations(
    name: str, here: int, there: int
) -> None:
    chip, wanted = fresh(name)
    settings = {**wanted.settings, "baud": there}
    run = provision(chip, profile(wanted.driver, settings), baud=there)
    assert run.report.error is None
    assert (run.report.was_baud, run.report.baud, chip.baud) == (here, there, there)


def test_a_speed_that_nobody_wants_changed_is_told_with_both_fixes() -> None:
    chip = Gm65(baud=115200)
    run = provision(chip, GM65, baud=9600)
    assert "it speaks 115200 baud, the station opens its port with 9600" in error(run)
    assert "baud = 115200" in error(run) and "baud = 9600" in error(run)
    assert chip.zones[0x0D] == 0x01


class StubbornSpeed(Gm65):
    """Takes another speed only after its power was off."""

    def answer(self, data: bytes) -> bytes:
        before = self.baud
        said = super().answer(data)
        self.baud = before
        return said


def test_a_reader_that_keeps_its_speed_is_told_to_be_switched_off_and_on() -> None:
    run = provision(StubbornSpeed(), profile("gm65", {"suffix": "cr", "baud": 115200}))
    assert "it still speaks 9600 baud, not 115200" in error(run)


class LostSpeed(Gm65):
    """Falls silent when its speed is changed."""

    def answer(self, data: bytes) -> bytes:
        if data[2:6] == b"\x08\x02\x00\x2a":
            self.mute = True
            return b""
        return super().answer(data)


def test_a_reader_that_is_lost_by_a_change_of_speed_is_told() -> None:
    run = provision(LostSpeed(), profile("gm65", {"suffix": "cr", "baud": 115200}))
    assert "silent since its speed was to change from 9600 to 115200 baud" in error(run)


def test_a_profile_for_another_model_writes_nothing() -> None:
    chip = R200(model=b"YRM200 V2")
    run = provision(chip, profile("r200", {"region": "EU"}, identity="M100"))
    assert 'it says "YRM200 V2", the profile is for "M100"' in error(run)
    assert chip.region == 0x01


def test_a_power_beyond_the_module_is_refused_before_anything_is_written() -> None:
    chip = M6e()
    run = provision(chip, profile("m6e", {"region": "EU", "power_dbm": 30}))
    assert "power_dbm = 30.0: this module can do 0 to 27 dBm; nothing was written" in error(run)
    assert chip.region == 0


def test_a_module_in_its_boot_loader_is_started() -> None:
    chip = M6e(booted=False)
    assert provision(chip, M6E_EU).report.error is None
    assert chip.booted


def test_a_rate_that_the_sensor_does_not_keep_is_seen_in_its_stream() -> None:
    run = provision(TfMini(really=100), TFMINI)
    assert "rate_hz: 10 was written, 100 is read back" in error(run)


def test_what_a_sensor_cannot_tell_is_acknowledged() -> None:
    run = provision(TfMini(), TFMINI)
    assert run.outcomes == {"rate_hz": Outcome.WRITTEN, "format": Outcome.ACKNOWLEDGED}


def test_a_sensor_left_in_its_text_format_is_brought_back() -> None:
    chip = TfMini(format=0x02)
    run = provision(chip, profile("tfmini", {"format": "cm"}))
    assert run.report.error is None
    assert run.report.lines[0].before == "text"
    assert chip.format == 0x01


def test_a_sensor_that_was_switched_off_is_switched_on() -> None:
    chip = TfMini(output=0)
    run = provision(chip, profile("tfmini", {"output": True, "rate_hz": 100}))
    assert run.report.error is None
    assert chip.output == 1


def test_the_work_mode_is_written_with_all_its_bytes() -> None:
    chip = UhfReader18()
    provision(chip, UHF_EU)
    assert chip.work == bytes.fromhex("000204020600")
    assert chip.band == b"\x4e\x00"


def test_an_echo_on_the_line_is_not_taken_for_the_answer() -> None:
    chip = UhfReader18(echoes=True)
    assert provision(chip, UHF_EU).report.error is None


def test_a_band_that_is_not_whole_is_shown_with_its_channels() -> None:
    run = provision(UhfReader18(band=b"\x45\x02"), UHF_EU, write=False)
    assert run.report.lines[0].before == "EU, channels 2 to 5"


def test_metroselect_is_left_out_of_its_mode_whatever_happens() -> None:
    chip = MetroSelect()
    assert provision(chip, METRO).report.error is None
    assert chip.codes == ["316411", "415540"]
    assert not chip.inside
    run = provision(chip, profile("metroselect", {"codes": ["000000"]}))
    assert "the reader refused: it does not know this code" in error(run)
    assert not chip.inside


def test_a_tag_of_digits_has_a_d_before_its_value() -> None:
    chip = Honeywell()
    provision(chip, profile("scanner-config", {"0401": "01"}))
    assert b"\x16M\r0401D01." in chip.heard
    assert chip.tags["0401"] == "01"


def test_a_tag_that_the_scanner_does_not_know_is_told() -> None:
    run = provision(Honeywell(), profile("scanner-config", {"XYZABC": "1"}))
    assert "XYZABC cannot be read: it does not know this tag" in error(run)


class Babble(R200):
    """Answers with something else's bytes."""

    def answer(self, data: bytes) -> bytes:
        return bytes(range(256))


def test_a_reader_of_another_kind_is_silent_to_this_one() -> None:
    run = provision(Babble(), R200_EU)
    assert error(run).startswith("silent at ")


class Short(R200):
    """Answers a query with nothing in it."""

    def _obey(self, command: int, data: bytes) -> bytes:
        return self._say(command, b"") if command == 0xB7 else super()._obey(command, data)


def test_an_answer_that_is_too_short_is_told() -> None:
    run = provision(Short(), R200_EU)
    assert "power cannot be read: the answer is too short: empty" in error(run)
