"""Scanners set by serial menu commands (Honeywell, Mindeo, Netum) or by MetroSelect codes."""

import re
from collections.abc import Callable

from pullcord_edge.readers import scanner_config

from .family import Family
from .knob import Codes, Knob, Register, Text, Writer
from .step import Answer, Ask, Refused

TAG = re.compile(r"[0-9]{4}|[0-9A-Z]{6}")
_ACK, _UNKNOWN, _BAD = 0x06, 0x05, 0x15
_REASONS = {_UNKNOWN: "it does not know this tag", _BAD: "the value is none it can have"}
#: Honeywell's codes of speeds, tag 232BAD.
_BAUDS = dict(enumerate((300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)))
_METRO_MODE = "999999"


def _take_menu(tag: str) -> Callable[[bytes], Answer | Refused | None]:
    """`tag`, value, 06. Behind a tag of digits stands a D."""

    def take(frame: bytes) -> Answer | Refused | None:
        text, answer = frame[:-1].decode("latin-1"), frame[-1]
        if not text.upper().startswith(tag) or answer not in (_ACK, *_REASONS):
            return None
        if answer != _ACK:
            return Refused(_REASONS[answer])
        value = text[len(tag) :]
        return Answer(value.removeprefix("D").encode() if tag.isdigit() else value.encode())

    return take


def _menu_knob(name: str) -> Knob | None:
    """Any tag, as the scanner's manual lists it; kept at once (`.`)."""
    tag = name.upper()
    if not TAG.fullmatch(tag):
        return None
    query = Ask(scanner_config.menu(f"{tag}?."), _take_menu(tag), 1.0)

    def make(content: bytes) -> tuple[Ask, ...]:
        between = "D" if tag.isdigit() else ""
        command = scanner_config.menu(f"{tag}{between}{content.decode('ascii')}.")
        return (Ask(command, _take_menu(tag), 1.0),)

    return Knob(
        name,
        "a tag as the manual lists it",
        Text(r"[ -~]*", "a text of printable characters"),
        Register(tag, query),
        Writer(tag, make),
        get=lambda content: content.decode("latin-1").upper(),
        put=lambda _content, value: str(value).encode(),
    )


def _set_baud(baud: int) -> bytes:
    code = next(code for code, each in _BAUDS.items() if each == baud)
    return scanner_config.menu(f"232BAD{code}.")


def menu_family() -> Family:
    """Scanners with a serial menu: each tag is asked, set and asked again."""
    ask = Ask(scanner_config.menu("232BAD?."), _take_any, 1.0, tries=2)
    return Family(
        name="scanner-config",
        scan=scanner_config.scan,
        longest=scanner_config.LONGEST,
        gap_s=0.5,
        knobs=(),
        probe=ask,
        bauds=(9600, 115200, 57600, 38400, 19200),
        set_baud=_set_baud,
        spare=_menu_knob,
        spare_about="any tag of the scanner's manual: 0401, SUFBK2, …",
    )


def _take_any(frame: bytes) -> Answer | None:
    """Whatever it says to it, it is a scanner that listens."""
    return Answer(frame) if frame[-1] in (_ACK, *_REASONS) else None


def _take_ack(frame: bytes) -> Answer | Refused | None:
    if len(frame) != 1 or frame[0] not in (_ACK, *_REASONS):
        return None
    return Answer() if frame[0] == _ACK else Refused("it does not know this code")


def _metro(code: str) -> Ask:
    return Ask(scanner_config.metro(code), _take_ack, 1.0, tries=1, settle_s=0.05)


def _write_codes(content: bytes) -> tuple[Ask, ...]:
    return tuple(_metro(code) for code in content.decode("ascii").split())


METRO_CODES = Knob(
    "codes",
    "the codes of the programming guide, in their order; each is acknowledged, none can be read",
    Codes(r"[0-9]{6}", "a code of six digits"),
    Register("codes"),
    Writer("codes", _write_codes),
    get=lambda _content: None,
    put=lambda _content, value: str(value).encode(),
)


def metro_family() -> Family:
    """MetroSelect scanners: 999999 enters and leaves the mode in which codes are taken."""
    return Family(
        name="metroselect",
        scan=scanner_config.scan,
        longest=scanner_config.LONGEST,
        gap_s=0.5,
        knobs=(METRO_CODES,),
        probe=_metro(_METRO_MODE),
        leave=_metro(_METRO_MODE),
        bauds=(9600, 115200, 57600, 38400, 19200),
    )
