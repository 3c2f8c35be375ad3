"""The catalogue's drivers of tags and printed codes."""

from collections.abc import Callable, Mapping

from . import (
    em4100,
    gm65,
    hid,
    hid_pos,
    hid_record,
    line,
    m6e,
    pn532,
    r200,
    rdm6300,
    uhfreader18,
    wiegand,
)
from .event import Driver
from .option import Option, check_power
from .spec import NOTE_MODEL, NOTE_VARIANT, NOTES, DriverSpec, Gives, Serial, Source, Values
from .text_line import Ending

_LISTEN = Option("listen", False, "true: ask nothing, only understand what comes")
_POWER = Option(
    "power_dbm",
    0.0,
    "RF power written at every start; 0: as the reader has it",
    check=check_power,
)
_PAUSE = Option("pause_s", 0.1, "seconds between an answer and the next question")
_SUFFIX = Option(
    "suffix", "auto", "what ends a code; auto: CR, LF, CR LF or silence", tuple(Ending)
)
_PREFIX = Option("prefix", "", "text before every code; a line without it is noise")
_GAP = Option("gap_s", 0.3, "seconds of silence that end a code where no suffix is set")
_SWAPPED = Option("reverse_bytes", False, "true: the reader sends the card's bytes the other way")
_WIEGAND_GAP = Option("gap_s", 0.025, "seconds of silence that end a frame")


def _line(values: Values) -> Driver:
    return line.LineScanner(
        Ending(str(values["suffix"])), str(values["prefix"]), float(values["gap_s"])
    )


def _wiegand(facility_bits: Mapping[int, int]) -> Callable[[Values], Driver]:
    return lambda values: wiegand.Wiegand(
        facility_bits,
        plain_bits=int(values.get("plain_bits", 0)),
        reverse_bytes=bool(values["reverse_bytes"]),
        gap_s=float(values["gap_s"]),
    )


def _hid(values: Values) -> Driver:
    return hid.HidKeyboard(
        hid_record.Format(str(values["format"])),
        hid.Separator(str(values["variant"])),
        hid.Suffix(str(values["suffix"])),
        float(values["gap_s"]),
    )


def _pn532(values: Values) -> Driver:
    return pn532.pn532(
        listen=bool(values["listen"]),
        max_tags=int(values["max_tags"]),
        pause_s=float(values["pause_s"]),
    )


def _r200(values: Values) -> Driver:
    return r200.r200(
        starts=r200.DRESSES[str(values["variant"])],
        listen=bool(values["listen"]),
        region=str(values["region"]),
        power_dbm=float(values["power_dbm"]),
    )


def _uhfreader18(values: Values) -> Driver:
    return uhfreader18.uhfreader18(
        model=uhfreader18.Model(str(values["model"])),
        address=int(values["address"]),
        listen=bool(values["listen"]),
        power_dbm=round(float(values["power_dbm"])),
        pause_s=float(values["pause_s"]),
    )


def _m6e(values: Values) -> Driver:
    return m6e.m6e(
        region=str(values["region"]),
        power_dbm=float(values["power_dbm"]),
        listen=bool(values["listen"]),
    )


READERS = (
    DriverSpec(
        "rdm6300",
        "RDM6300, RDM630, ID-2/12/20(LA) and clones: 125 kHz EM4100 cards",
        lambda _: rdm6300.rdm6300(),
        Source.SERIAL,
        Gives.READS,
        options=NOTES,
        serial=Serial(9600),
        confirm=True,
        repeats=True,
    ),
    DriverSpec(
        "em4100",
        "EM4100 as demodulated bits",
        lambda _: em4100.em4100(),
        Source.BITS,
        Gives.READS,
        options=NOTES,
        repeats=True,
    ),
    DriverSpec(
        "line",
        "Scanners that send a line of text (serial, USB CDC, socket)",
        _line,
        Source.SERIAL,
        Gives.READS,
        options=(_SUFFIX, _PREFIX, _GAP, *NOTES),
        serial=Serial(9600),
    ),
    DriverSpec(
        "gm65",
        "GM65, GM861: code scanners, as text or in protocol mode",
        lambda _: gm65.gm65(),
        Source.SERIAL,
        Gives.READS,
        options=NOTES,
        serial=Serial(9600),
        probe=gm65.command(0x07, 0x002A, b"\x02"),
    ),
    DriverSpec(
        "pn532",
        "PN532 over HSU: 13.56 MHz cards",
        _pn532,
        Source.SERIAL,
        Gives.READS,
        options=(
            _LISTEN,
            Option("max_tags", 1, "how many cards at once, 1 or 2", check=pn532.check_max_tags),
            _PAUSE,
            *NOTES,
        ),
        serial=Serial(115200),
        repeats=True,
        probe=pn532.GET_FIRMWARE,
    ),
    DriverSpec(
        "r200",
        "R200, YRM100, M100: UHF tags",
        _r200,
        Source.SERIAL,
        Gives.READS,
        options=(
            _LISTEN,
            Option("variant", "auto", "the first and last byte of a frame", tuple(r200.DRESSES)),
            Option("region", "", "region written at every start", ("", *r200.REGIONS.values())),
            _POWER,
            NOTE_MODEL,
        ),
        serial=Serial(115200),
        repeats=True,
        absence_s=3.0,
        probe=r200.frame(0x03, b"\x00"),
    ),
    DriverSpec(
        "uhfreader18",
        "UHFReader18, UHFReader288M (Chafon and others): UHF tags",
        _uhfreader18,
        Source.SERIAL,
        Gives.READS,
        options=(
            Option("model", "auto", "how an answer lays out a tag", tuple(uhfreader18.Model)),
            Option("address", 0, "the reader's address", check=uhfreader18.check_address),
            _LISTEN,
            _POWER,
            _PAUSE,
            NOTE_VARIANT,
        ),
        serial=Serial(57600),
        repeats=True,
        absence_s=3.0,
        probe=uhfreader18.frame(0x21),
    ),
    DriverSpec(
        "m6e",
        "ThingMagic M6E Nano, M5e, M7E: UHF tags",
        _m6e,
        Source.SERIAL,
        Gives.READS,
        options=(
            Option("region", "", "region written at every start", ("", *m6e.REGIONS)),
            _POWER,
            _LISTEN,
            *NOTES,
        ),
        serial=Serial(115200),
        repeats=True,
        absence_s=3.0,
        probe=m6e.frame(0x03),
    ),
    DriverSpec(
        "wiegand26",
        "Wiegand 26 on D0 and D1",
        _wiegand({26: 8}),
        Source.BITS,
        Gives.READS,
        options=(_SWAPPED, _WIEGAND_GAP, *NOTES),
    ),
    DriverSpec(
        "wiegand34",
        "Wiegand 34 on D0 and D1",
        _wiegand({34: 16}),
        Source.BITS,
        Gives.READS,
        options=(_SWAPPED, _WIEGAND_GAP, *NOTES),
    ),
    DriverSpec(
        "wiegand",
        "Wiegand 26 or 34 on D0 and D1, by the number of bits",
        _wiegand({26: 8, 34: 16}),
        Source.BITS,
        Gives.READS,
        options=(
            Option("plain_bits", 0, "take frames of so many bits without parity; 0: none"),
            _SWAPPED,
            _WIEGAND_GAP,
            *NOTES,
        ),
    ),
    DriverSpec(
        "hid",
        "USB keyboards: scanners and pads that type",
        _hid,
        Source.HID,
        Gives.READS,
        options=(
            Option(
                "format", hid_record.Format.BOOT.value, "how keys come", tuple(hid_record.Format)
            ),
            Option("variant", "standard", "how FNC1 is typed", tuple(hid.Separator)),
            Option("suffix", "enter", "the key that ends a code", tuple(hid.Suffix)),
            Option("gap_s", 0.1, "seconds of silence that end a code without that key"),
            NOTE_MODEL,
        ),
    ),
    DriverSpec(
        "hid-pos",
        "USB scanners in HID POS mode",
        lambda values: hid_pos.hid_pos(hid_pos.Format(str(values["format"]))),
        Source.HID,
        Gives.READS,
        options=(
            Option(
                "format",
                hid_pos.Format.WITH_ID.value,
                "whether the report id stands in front",
                tuple(hid_pos.Format),
            ),
            *NOTES,
        ),
    ),
)
