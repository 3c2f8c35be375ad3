"""ThingMagic M6E Nano, M5e, M7E: everything is lost at power-off, so it is written at every start."""

from collections.abc import Callable

from pullcord_edge.readers import m6e

from .family import Family
from .knob import Knob, Number, Register, Value, Word, Writer
from .step import Answer, Ask, Refused, answer_of

REGIONS = Word(m6e.REGIONS)
PROTOCOLS = Word({"none": 0, "gen2": 5})
_BOOT = 0x04


def _take(op: int, least: int = 0) -> Callable[[bytes], Answer | Refused | None]:
    def take(frame: bytes) -> Answer | Refused | None:
        if len(frame) != frame[1] + 7 or frame[2] != op:
            return None
        status = int.from_bytes(frame[3:5], "big")
        if status:
            return Refused(m6e.ERRORS.get(status, f"status {status:04X}"))
        return answer_of(frame[5:-2], least)

    return take


def _ask(op: int, data: bytes = b"", least: int = 0) -> Ask:
    return Ask(m6e.frame(op, data), _take(op, least), 1.0)


def _place(name: str, read: Ask, write: int, part: slice) -> tuple[Register, Writer]:
    return Register(name, read), Writer(name, lambda content: (_ask(write, content[part]),))


def _dbm(content: bytes, at: int) -> float:
    return int.from_bytes(content[at : at + 2], "big") / 100


def _check_power(content: bytes, value: Value) -> str | None:
    """The answer to 62 tells the most and the least that this module can."""
    if len(content) < 7:
        return None
    least, most = _dbm(content, 5), _dbm(content, 3)
    if least <= float(value) <= most:
        return None
    return f"this module can do {least:g} to {most:g} dBm"


KNOBS = (
    Knob(
        "region",
        "the radio law of the country where it stands",
        REGIONS,
        *_place("region", _ask(0x67, least=1), 0x97, slice(-1, None)),
        get=lambda content: REGIONS.name(content[-1]) if content[-1] else "none",
        put=lambda content, value: content[:-1] + bytes([REGIONS.codes[str(value)]]),
        law=True,
    ),
    Knob(
        "protocol",
        "the tags' protocol",
        PROTOCOLS,
        *_place("protocol", _ask(0x63, least=2), 0x93, slice(0, 2)),
        get=lambda content: PROTOCOLS.name(int.from_bytes(content[:2], "big")),
        put=lambda _content, value: PROTOCOLS.codes[str(value)].to_bytes(2, "big"),
    ),
    Knob(
        "power_dbm",
        "RF power",
        Number(0, 31.5, 0.1),
        *_place("power", _ask(0x62, b"\x01", least=3), 0x92, slice(1, 3)),
        get=lambda content: _dbm(content, 1),
        put=lambda content, value: (
            content[:1] + round(float(value) * 100).to_bytes(2, "big") + content[3:]
        ),
        check=_check_power,
    ),
)


def family() -> Family:
    """M6E and its relatives. The speed is left alone: a module that lost power is back at 115200."""
    return Family(
        name="m6e",
        scan=m6e.scan,
        longest=m6e.LONGEST,
        knobs=KNOBS,
        probe=Ask(m6e.frame(0x03), _take(0x03), tries=2),
        identify=lambda data: f"hardware {data[4:8].hex()}, firmware {data[12:16].hex()}",
        bauds=(115200, 9600, 230400, 460800, 921600),
        hush=m6e.frame(0x2F, m6e.STOP) + m6e.frame(_BOOT),
        hush_s=0.8,
        forgets=True,
    )
