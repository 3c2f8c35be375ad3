"""PATLITE lights: PHE (RS-232C), NE-USB (one beacon, HID) and LR/LA-USB (a tower, interrupt OUT)."""

from collections.abc import Mapping

from .event import Noise, Status
from .framer import Framer, Scan, Skip, Step, Take

REPORT = 8
#: NE-USB: colour numbers; 0 off, F keep.
NE_COLOURS = {"off": 0, "red": 1, "green": 2, "amber": 3, "blue": 4, "white": 7}
#: LR-USB: the order of the nibbles.
LR_COLOURS = ("red", "amber", "green", "blue", "white")
KEEP_NE, KEEP_LR = 0xF, 0x8
#: PHE, command S: red, amber, green, two unused, buzzer.
PHE_LAMPS = ("red", "amber", "green")


def phe_command(code: str, data: str = "", device: str = "??") -> bytes:
    """A PHE command; `??` is any device. The next may go only after its answer, 06 or 15."""
    return f"@{device}{code}{data}!".encode("ascii")


def phe_lamps(lit: Mapping[str, bool]) -> bytes:
    """All lamps and the buzzer of a PHE at once; what is not named stays as it is."""
    digits = [{True: "1", False: "0", None: "9"}[lit.get(lamp)] for lamp in (*PHE_LAMPS, "buzzer")]
    return phe_command("S", "".join(digits[:3]) + "--" + digits[3])


def ne_report(colour: str, buzzer: bool | None = None) -> bytes:
    """A beacon shows one colour, steady; buzzer None: as it is; its count and volume are kept."""
    sound = 0xFF if buzzer is None else 0xF0 | int(buzzer)
    light = NE_COLOURS[colour] << 4 | int(colour != "off")
    return bytes([0x00, 0x00, sound, 0x0F, light, 0x00, 0x00, 0x00])


def ne_reset() -> bytes:
    """Everything off."""
    return bytes([0x00, 0x00, 0x00, 0x0F, 0x00, 0x00, 0x00, 0x00])


def lr_report(lit: Mapping[str, bool], buzzer: bool | None = None) -> bytes:
    """All lamps of a tower at once; a lamp that is not named stays as it is."""
    nibbles = [int(lit[lamp]) if lamp in lit else KEEP_LR for lamp in LR_COLOURS]
    sound, tones = (KEEP_LR, 0xFF) if buzzer is None else (int(buzzer), 0xF0 if buzzer else 0x00)
    red, amber, green, blue, white = nibbles
    lights = [red << 4 | amber, green << 4 | blue, white << 4]
    return bytes([0x00, 0x00, sound, tones, *lights, 0x00])


def scan_phe(buffer: bytearray, start: int) -> Step:
    """The next answer, or command."""
    match buffer[start]:
        case 0x06:
            return Take(1, (Status({"command": "ACK"}),))
        case 0x15:
            return Take(1, (Noise(b"\x15", "nak: the light refused the command"),))
        case 0x40:
            end = buffer.find(b"!", start)
            if end < 0:
                return None
            text = buffer[start + 1 : end].decode("latin-1")
            return Take(end + 1 - start, (Status({"from": "host", "text": text}),))
    return Skip(1)


def _report_scanner(fixed: tuple[tuple[int, int, int], ...]) -> Scan:
    """A scan for 8-byte reports whose bytes hold `fixed` values: (position, mask, value)."""

    def scan(buffer: bytearray, start: int) -> Step:
        report = bytes(buffer[start : start + REPORT])
        for position, mask, value in fixed:
            if position < len(report) and report[position] & mask != value:
                return Skip(1)
        if len(report) < REPORT:
            return None
        return Take(REPORT, (Status({"from": "host", "report": report.hex().upper()}),))

    return scan


def patlite_phe() -> Framer:
    """A driver for the PHE's line."""
    return Framer(scan_phe, longest=32, gap_s=0.5)


def patlite_ne() -> Framer:
    """A driver that understands the beacon's reports."""
    fixed = ((0, 0xFF, 0), (1, 0xF8, 0), (5, 0xFF, 0), (6, 0xFF, 0), (7, 0xFF, 0))
    return Framer(_report_scanner(fixed), longest=REPORT)


def patlite_lr() -> Framer:
    """A driver that understands the tower's reports."""
    fixed = ((0, 0xFF, 0), (1, 0xFF, 0), (2, 0xF0, 0), (6, 0x0F, 0), (7, 0xFF, 0))
    return Framer(_report_scanner(fixed), longest=REPORT)
