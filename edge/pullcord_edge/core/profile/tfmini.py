"""TFmini-S, TFmini Plus, TF-Luna: what is set is echoed; rate and kind of output are seen in the stream.

No command reads a setting. The reader's echo carries the value it took, and afterwards its stream
shows the rate, and text from binary frames; centimetres from millimetres it does not show.
"""

import re
from collections.abc import Callable, Sequence

from pullcord_edge.readers import tfmini
from pullcord_edge.readers.framer import Skip, Step, Take

from .family import Family
from .knob import Flag, Knob, Number, Register, Value, Word, Writer
from .step import Answer, Ask, Refused, Watch

FORMATS = Word({"cm": 0x01, "text": 0x02, "mm": 0x06})
_BINARY, _TEXT, _NOTHING = 1, 2, 0
_LINE = re.compile(rb"-?\d+\.\d+\r\n")
_WATCH_S = 1.0
_BINARY_SCAN = tfmini.scanner("cm", judge_strength=False)


def scan(buffer: bytearray, start: int) -> Step:
    """Frames, answers, and the lines of the text output."""
    if buffer[start] in b"-0123456789\r\n":
        end = buffer.find(b"\n", start, start + 12)
        if end < 0:
            return None if len(buffer) - start < 12 else Skip(1)
        size = end + 1 - start
        return Take(size) if _LINE.fullmatch(buffer, start, end + 1) else Skip(size)
    return _BINARY_SCAN(buffer, start)


def _see(frames: Sequence[bytes], seconds: float) -> bytes:
    """What the stream shows: frames a second (2 bytes), and their kind."""
    measured = [frame for frame in frames if frame[:2] == b"\x59\x59"]
    lines = [frame for frame in frames if _LINE.fullmatch(frame)]
    kind = _BINARY if len(measured) > len(lines) else _TEXT if lines else _NOTHING
    rate = round((len(measured) + len(lines)) / seconds) if seconds else 0
    return min(rate, 0xFFFF).to_bytes(2, "big") + bytes([kind])


def _take_echo(sent: bytes) -> Callable[[bytes], Answer | Refused | None]:
    """The same command with the same value; the value is what the reader took."""

    def take(frame: bytes) -> Answer | Refused | None:
        if frame[:1] != b"\x5a" or frame[2] != sent[2]:
            return None
        if frame[3:-1] != sent[3:-1]:
            return Refused(f"answered {frame.hex().upper()}")
        return Answer(frame[3:-1])

    return take


def _take_status(code: int) -> Callable[[bytes], Answer | Refused | None]:
    def take(frame: bytes) -> Answer | Refused | None:
        if frame[:1] != b"\x5a" or frame[2] != code:
            return None
        return Answer() if frame[3] == 0 else Refused(f"status {frame[3]:02X}")

    return take


def _take_version(frame: bytes) -> Answer | None:
    return Answer(frame[3:6]) if frame[:3] == b"\x5a\x07\x01" else None


def _set(code: int, data: bytes) -> tuple[Ask, ...]:
    sent = tfmini.command(code, data)
    return (Ask(sent, _take_echo(sent)),)


_STREAM = Register("the stream", Watch(_WATCH_S, _see))


def _get_rate(content: bytes) -> Value:
    return int.from_bytes(content[:2], "big")


def _get_format(content: bytes) -> Value | None:
    """Text is seen; cm and mm look the same, so neither can be told."""
    return "text" if content[2] == _TEXT else None


def _get_output(content: bytes) -> Value | None:
    """What is seen is on; nothing may be off, or a rate of 0."""
    return None if content[2] == _NOTHING else True


KNOBS = (
    Knob(
        "output",
        "whether it sends at all",
        Flag(),
        _STREAM,
        Writer("output", lambda content: _set(0x07, content[4:5])),
        get=_get_output,
        put=lambda content, value: content[:4].ljust(4, b"\x00") + bytes([int(bool(value))]),
    ),
    Knob(
        "rate_hz",
        "measurements a second; 0: only when asked",
        Number(0, 1000),
        _STREAM,
        Writer("rate", lambda content: _set(0x03, content[1::-1])),
        get=_get_rate,
        put=lambda content, value: int(value).to_bytes(2, "big") + content[2:],
        slack=0.25,
    ),
    Knob(
        "format",
        "what it counts in; the station's option variant must say the same",
        FORMATS,
        _STREAM,
        Writer("format", lambda content: _set(0x05, content[3:4])),
        get=_get_format,
        put=lambda content, value: content[:3] + bytes([FORMATS.codes[str(value)]]) + content[4:],
        option="variant",
    ),
)


def family() -> Family:
    """The sensors that speak 5A; the first TFmini (42 57) does not."""
    return Family(
        name="tfmini",
        scan=scan,
        longest=32,
        knobs=KNOBS,
        probe=Ask(tfmini.command(0x01), _take_version, tries=2),
        identify=lambda data: "firmware " + ".".join(str(part) for part in reversed(data)),
        bauds=(115200, 9600, 57600, 460800, 921600),
        set_baud=lambda baud: tfmini.command(0x06, baud.to_bytes(4, "little")),
        save=Ask(tfmini.command(0x11), _take_status(0x11), timeout_s=1.0),
    )
