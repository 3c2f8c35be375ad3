"""R200, YRM100, M100: whether they keep anything is not stated, so it is written at every start."""

from collections.abc import Callable

from pullcord_edge.readers import r200

from .family import Family
from .knob import Flag, Kind, Knob, Number, Register, Value, Word, Writer, bits, with_bits
from .step import Answer, Ask, Refused, answer_of

REGIONS = Word({name: code for code, name in r200.REGIONS.items()})
SESSIONS = Word({"S0": 0, "S1": 1, "S2": 2, "S3": 3})
TARGETS = Word({"A": 0, "B": 1})
_ERROR = 0xFF


def _take(command: int, least: int = 1) -> Callable[[bytes], Answer | Refused | None]:
    def take(frame: bytes) -> Answer | Refused | None:
        if frame[1] != 0x01:
            return None
        if frame[2] == command:
            return answer_of(frame[5:-2], least)
        if frame[2] == _ERROR and frame[5] != r200.NO_TAG:
            return Refused(r200.ERRORS.get(frame[5], f"error {frame[5]:02X}"))
        return None

    return take


def _take_done(command: int) -> Callable[[bytes], Answer | Refused | None]:
    """The answer to a command that sets something: 00 is done."""
    take = _take(command)

    def take_done(frame: bytes) -> Answer | Refused | None:
        reply = take(frame)
        if isinstance(reply, Answer) and reply.data[:1] != b"\x00":
            return Refused(f"status {reply.data.hex().upper()}")
        return reply

    return take_done


def _place(start: int, name: str, read: int, write: int, least: int = 1) -> tuple[Register, Writer]:
    ask = Ask(r200.frame(read, start=start), _take(read, least))

    def make(content: bytes) -> tuple[Ask, ...]:
        return (Ask(r200.frame(write, content, start), _take_done(write)),)

    return Register(name, ask), Writer(name, make)


def _region(start: int) -> Knob:
    return Knob(
        "region",
        "the radio law of the country where it stands",
        REGIONS,
        *_place(start, "region", 0x08, 0x07),
        get=lambda content: REGIONS.name(content[0]),
        put=lambda _content, value: bytes([REGIONS.codes[str(value)]]),
        law=True,
    )


def _power(start: int) -> Knob:
    return Knob(
        "power_dbm",
        "RF power",
        Number(0, 30, 0.5),
        *_place(start, "power", 0xB7, 0xB6, 2),
        get=lambda content: int.from_bytes(content[:2], "big") / 100,
        put=lambda _content, value: round(float(value) * 100).to_bytes(2, "big"),
    )


def _query(start: int, name: str, about: str, kind: Kind, at: int, shift: int, size: int) -> Knob:
    def get(content: bytes) -> Value:
        code = bits(content, at, shift, size)
        return kind.name(code) if isinstance(kind, Word) else code

    def put(content: bytes, value: Value) -> bytes:
        code = kind.codes[str(value)] if isinstance(kind, Word) else int(value)
        return with_bits(content, at, shift, size, code)

    return Knob(name, about, kind, *_place(start, "query", 0x0D, 0x0E, 2), get=get, put=put)


def _hopping(start: int) -> Knob:
    """Frequency hopping can be set, but no command reads it."""
    _, writer = _place(start, "hopping", 0x00, 0xAD)
    return Knob(
        "hopping",
        "frequency hopping by itself",
        Flag(),
        Register("hopping", blank=b"\x00"),
        writer,
        get=lambda _content: None,
        put=lambda _content, value: b"\xff" if value else b"\x00",
    )


def family(start: int = 0xBB) -> Family:
    """The modules whose frames begin with `start`."""
    return Family(
        name="r200",
        scan=r200.scanner(bytes([start])),
        longest=r200.MOST_DATA + 7,
        knobs=(
            _region(start),
            _power(start),
            _hopping(start),
            _query(start, "session", "the Gen2 session", SESSIONS, 0, 0, 2),
            _query(start, "target", "the Gen2 target", TARGETS, 1, 7, 1),
            _query(start, "q", "the Gen2 Q: 2 to the Q slots a round", Number(0, 15), 1, 3, 4),
        ),
        probe=Ask(r200.frame(0x03, b"\x00", start), _take(0x03), tries=2),
        identify=lambda data: data[1:].decode("latin-1"),
        bauds=(115200, 57600, 38400, 19200, 9600),
        hush=r200.frame(0x28, start=start),
        set_baud=lambda baud: r200.frame(0x11, (baud // 100).to_bytes(2, "big"), start),
        forgets=True,
    )
