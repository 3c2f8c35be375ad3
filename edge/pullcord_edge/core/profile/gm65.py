"""GM65, GM861 and their like: settings live in zones of a byte and are kept once they are saved."""

from collections.abc import Callable

from pullcord_edge.readers import gm65

from .family import Family
from .knob import Flag, Knob, Number, Register, Value, Word, Writer, bits, with_bits
from .step import Answer, Ask

MODES = Word({"manual": 0, "command": 1, "continuous": 2, "sensing": 3})
OUTPUTS = Word({"serial": 0, "keyboard": 1, "both": 2, "usb-serial": 3})
LIGHTS = Word({"off": 0, "normal": 1, "on": 2})
CODES = Word({"none": 0, "all": 1, "default": 2})
SUFFIXES = Word({"cr": 0, "crlf": 1, "tab": 2, "none": 3})
_READ, _WRITE, _SAVE = 0x07, 0x08, 0x09
_BAUD_ZONE = 0x002A
#: An answer does not say to which question.
_SETTLE_S = 0.05


def _take(size: int | None) -> Callable[[bytes], Answer | None]:
    """The data of an answer; of exactly `size` bytes where that is given."""

    def take(frame: bytes) -> Answer | None:
        if frame[:3] != b"\x02\x00\x00" or size not in (None, frame[3]):
            return None
        return Answer(frame[4:-2])

    return take


def _zone(address: int) -> tuple[Register, Writer]:
    name = f"zone {address:04X}"
    read = Ask(gm65.command(_READ, address, b"\x01"), _take(1), settle_s=_SETTLE_S)

    def write(content: bytes) -> tuple[Ask, ...]:
        command = gm65.command(_WRITE, address, content)
        return (Ask(command, _take(None), settle_s=_SETTLE_S),)

    return Register(name, read), Writer(name, write)


def _word(name: str, about: str, kind: Word, address: int, shift: int, size: int) -> Knob:
    register, writer = _zone(address)
    return Knob(
        name,
        about,
        kind,
        register,
        writer,
        get=lambda content: kind.name(bits(content, 0, shift, size)),
        put=lambda content, value: with_bits(content, 0, shift, size, kind.codes[str(value)]),
    )


def _flag(name: str, about: str, address: int, bit: int) -> Knob:
    register, writer = _zone(address)
    return Knob(
        name,
        about,
        Flag(),
        register,
        writer,
        get=lambda content: bool(bits(content, 0, bit, 1)),
        put=lambda content, value: with_bits(content, 0, bit, 1, int(bool(value))),
    )


def _suffix() -> Knob:
    """Zone 0060: bits 6 and 5 say which, bit 0 whether there is one at all."""
    register, writer = _zone(0x0060)

    def get(content: bytes) -> Value:
        return SUFFIXES.name(bits(content, 0, 5, 2)) if content[0] & 1 else "none"

    def put(content: bytes, value: Value) -> bytes:
        code = SUFFIXES.codes[str(value)]
        return with_bits(with_bits(content, 0, 5, 2, code), 0, 0, 1, int(value != "none"))

    return Knob("suffix", "what ends a code", SUFFIXES, register, writer, get, put)


def _any_zone(name: str) -> Knob | None:
    """`zone_0003`: a whole byte, for what has no name here."""
    digits = name.removeprefix("zone_")
    if digits == name or len(digits) != 4 or any(char not in "0123456789abcdef" for char in digits):
        return None
    register, writer = _zone(int(digits, 16))
    return Knob(
        name,
        "a zone as the manual lists it",
        Number(0, 255),
        register,
        writer,
        get=lambda content: content[0],
        put=lambda _content, value: bytes([int(value)]),
    )


def _set_baud(baud: int) -> bytes:
    code = next(code for code, each in gm65.BAUD_OF.items() if each == baud)
    return gm65.command(_WRITE, _BAUD_ZONE, code.to_bytes(2, "little"))


KNOBS = (
    _word("mode", "when it scans", MODES, 0x0000, 0, 2),
    _word("aim", "the aiming light", LIGHTS, 0x0000, 4, 2),
    _word("light", "the light it reads by", LIGHTS, 0x0000, 2, 2),
    _flag("beep", "whether it beeps by itself at a read", 0x0000, 6),
    _word("output", "where codes go", OUTPUTS, 0x000D, 0, 2),
    _word("codes", "which symbologies it reads", CODES, 0x002C, 1, 2),
    _suffix(),
    _flag("protocol", "codes in frames 03, length, text", 0x0060, 7),
    _flag("aim_id", "the AIM identifier in front of each code", 0x00D0, 7),
)


def family() -> Family:
    """GM65 and GM861."""
    return Family(
        name="gm65",
        scan=gm65.scan,
        longest=gm65.LONGEST,
        finish=gm65.finish,
        gap_s=0.3,
        knobs=KNOBS,
        probe=Ask(gm65.command(_READ, _BAUD_ZONE, b"\x02"), _take(2), tries=2),
        bauds=(9600, 115200, 57600, 38400, 19200, 4800),
        set_baud=_set_baud,
        save=Ask(gm65.command(_SAVE, 0x0000, b"\x00"), _take(None), timeout_s=1.0),
        spare=_any_zone,
        spare_about="zone_0003 = 0x… (any zone, as a byte)",
    )
