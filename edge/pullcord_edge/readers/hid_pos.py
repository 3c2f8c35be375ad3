"""HID POS scanners: one report of 63 bytes (64 with its id) is one code.

length, 00, three AIM characters, 56 bytes of text with zero padding, a symbology number, a flag
(1: the code goes on in the next report). The length counts the text alone.
"""

from enum import StrEnum

from .event import Event, Noise
from .framer import Framer, Skip, Step, Take
from .line import split_aim, to_read, to_text

SIZE = 63
TEXT = slice(5, 61)
MOST_TEXT = 56
REPORT_ID = 0x02
#: What may be put together of continued reports.
LIMIT = 8192


class Format(StrEnum):
    """Whether the report id 02 stands in front (hidraw, hidapi) or was removed (WebHID)."""

    WITH_ID = "report-id-02"
    WITHOUT_ID = "no-report-id"


class Reports:
    """Scans reports and holds a code that goes on in the next one."""

    def __init__(self, layout: Format) -> None:
        self._head = 1 if layout is Format.WITH_ID else 0
        self.size = SIZE + self._head
        self._held = b""

    def scan(self, buffer: bytearray, start: int) -> Step:
        """The next report."""
        if self._head and buffer[start] != REPORT_ID:
            return Skip(1)
        first = start + self._head
        if first < len(buffer) and not 0 < buffer[first] <= MOST_TEXT:
            return Skip(1)
        if len(buffer) - start < self.size:
            return None
        report = bytes(buffer[first : first + SIZE])
        if not _is_report(report):
            return Skip(1)
        return Take(self.size, tuple(self._mean(report)))

    def _mean(self, report: bytes) -> list[Event]:
        text = self._held + report[TEXT][: report[0]]
        self._held = b""
        if len(text) > LIMIT:
            return [Noise(text, "framing: too long for a code")]
        if report[62] & 1:
            self._held = text
            return []
        symbology, _ = split_aim(report[2:5].decode("latin-1"))
        return [to_read(symbology, to_text(text))]


def _is_report(report: bytes) -> bool:
    """Whether the length agrees with the padding, and the AIM characters are such or zeros."""
    aim = report[2:5]
    named = aim == bytes(3) or split_aim(aim.decode("latin-1"))[0] is not None
    text = report[TEXT]
    padded = not any(text[report[0] :]) and text[report[0] - 1] != 0
    return report[1] == 0 and named and padded and report[62] <= 1


def hid_pos(layout: Format = Format.WITH_ID) -> Framer:
    """A driver for HID POS reports."""
    reports = Reports(layout)
    return Framer(reports.scan, longest=reports.size)
