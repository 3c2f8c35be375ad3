"""UHFReader18, UHFReader288M (Chafon and others): each setting is kept as soon as it is written."""

from collections.abc import Callable

from pullcord_edge.readers import uhfreader18 as reader

from .family import Family
from .knob import Knob, Number, Register, Value, Word, Writer
from .step import Answer, Ask, Refused, answer_of

#: Region → the two bytes of the band (highest and lowest channel), every channel of the band.
BANDS = {
    "CN": b"\x13\x40",
    "US": b"\x31\x80",
    "KR": b"\x1f\xc0",
    "EU": b"\x4e\x00",
}
REGIONS = Word({name: number for number, name in enumerate(BANDS)})
MODES = Word({"answer": 0, "scan": 1, "trigger-low": 2, "trigger-high": 3})
BAUDS = {9600: 0, 19200: 1, 38400: 2, 57600: 5, 115200: 6}
#: Where the six bytes that command 35 takes stand in the answer to command 36.
_MODE, _MODE_END = 4, 10
_TIMEOUT_S = 1.0


def _take(command: int, sent: bytes, least: int) -> Callable[[bytes], Answer | Refused | None]:
    """The answer; our own bytes, which an RS-485 line may echo, are none where they differ from it."""
    done = sent[3:4] == b"\x00" and len(sent) == 6

    def take(frame: bytes) -> Answer | Refused | None:
        body = frame[:-2]
        if len(body) < 4 or body[2] != command or (frame == sent and not done):
            return None
        status = body[3]
        if status == 0:
            return answer_of(body[4:], least)
        return Refused(reader.ERRORS.get(status, f"status {status:02X}"))

    return take


class _Unit:
    """The reader at one address."""

    def __init__(self, address: int) -> None:
        self._address = address
        self.info = Register("information", self.ask(0x21, least=8))
        self.work = Register("work mode", self.ask(0x36, least=_MODE_END))

    def ask(self, command: int, data: bytes = b"", least: int = 0) -> Ask:
        """A question whose answer has at least so many bytes."""
        sent = reader.frame(command, data, self._address)
        return Ask(sent, _take(command, sent, least), _TIMEOUT_S)

    def writer(self, name: str, command: int, part: slice) -> Writer:
        """A command that takes this part of its register."""
        return Writer(name, lambda content: (self.ask(command, content[part]),))


def _power(unit: _Unit) -> Knob:
    return Knob(
        "power_dbm",
        "RF power",
        Number(0, 30),
        unit.info,
        unit.writer("power", 0x2F, slice(6, 7)),
        get=lambda content: content[6],
        put=lambda content, value: _replace(content, 6, bytes([int(value)])),
    )


def _region(unit: _Unit) -> Knob:
    def get(content: bytes) -> Value:
        band = content[4:6]
        name = reader.BANDS.get((band[0] >> 6) << 2 | band[1] >> 6, "unknown")
        whole = BANDS.get(name) == band
        return name if whole else f"{name}, channels {band[1] & 63} to {band[0] & 63}"

    return Knob(
        "region",
        "the radio law of the country where it stands; all channels of its band",
        REGIONS,
        unit.info,
        unit.writer("region", 0x22, slice(4, 6)),
        get=get,
        put=lambda content, value: _replace(content, 4, BANDS[str(value)]),
        law=True,
    )


def _scan_ms(unit: _Unit) -> Knob:
    return Knob(
        "scan_ms",
        "the longest time of one inventory",
        Number(300, 5000, 100),
        unit.info,
        unit.writer("scan time", 0x25, slice(7, 8)),
        get=lambda content: content[7] * 100,
        put=lambda content, value: _replace(content, 7, bytes([int(value) // 100])),
    )


def _mode(unit: _Unit) -> Knob:
    return Knob(
        "mode",
        "answer: it speaks when asked; scan: it sends what it sees unasked (option listen)",
        MODES,
        unit.work,
        unit.writer("work mode", 0x35, slice(_MODE, _MODE_END)),
        get=lambda content: MODES.name(content[_MODE]),
        put=lambda content, value: _replace(content, _MODE, bytes([MODES.codes[str(value)]])),
    )


def _replace(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


def family(address: int = 0x00) -> Family:
    """The reader at this address."""
    unit = _Unit(address)
    return Family(
        name="uhfreader18",
        scan=reader.Answer(reader.Model.AUTO).scan,
        longest=reader.LONGEST,
        knobs=(_region(unit), _power(unit), _scan_ms(unit), _mode(unit)),
        probe=unit.ask(0x21, least=8),
        identify=lambda data: f"type {data[2]:02X}, firmware {data[0]}.{data[1]}",
        bauds=(57600, 9600, 115200, 38400, 19200),
        set_baud=lambda baud: reader.frame(0x28, bytes([BAUDS[baud]]), address),
    )
