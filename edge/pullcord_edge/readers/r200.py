"""R200, YRM100, M100 (JRD): UHF modules. Framed by length, in two dresses: BB … 7E and AA … DD.

start, type (00 host, 01 answer, 02 notice), command, length (2), data, low byte of the sum, end.
"""

from .crc import genibus, low_sum
from .dialogue import Ask, Dialogue
from .event import CardRead, Event, Fact, Noise, Status, TagsPresent
from .framer import Framer, Scan, Skip, Step, Take, skip_to
from .presence import Rounds

ENDS = {0xBB: 0x7E, 0xAA: 0xDD}
#: The dresses by name; the first of two is the one that is spoken.
DRESSES = {"auto": b"\xbb\xaa", "bb-7e": b"\xbb", "aa-dd": b"\xaa"}
#: The longest data: 255 bytes of a user memory read, PC, EPC of 62 bytes, and a little more.
MOST_DATA = 400
REGIONS = {0x01: "CN900", 0x02: "US", 0x03: "EU", 0x04: "CN800", 0x06: "KR"}
ERRORS = {
    0x09: "read failed",
    0x10: "write failed",
    0x12: "kill failed",
    0x13: "lock failed",
    0x15: "no tag",
    0x16: "wrong password",
    0x17: "wrong command",
    0x20: "frequency hopping failed",
}
NO_TAG = 0x15


def frame(command: int, data: bytes = b"", start: int = 0xBB) -> bytes:
    """A host frame."""
    body = bytes([0x00, command]) + len(data).to_bytes(2, "big") + data
    return bytes([start]) + body + bytes([low_sum(body), ENDS[start]])


def scanner(starts: bytes) -> Scan:
    """A scan for the dresses that begin with one of `starts`."""

    def scan(buffer: bytearray, start: int) -> Step:
        if buffer[start] not in starts:
            return Skip(skip_to(buffer, start, len(buffer), starts))
        have = len(buffer) - start
        if have > 1 and buffer[start + 1] > 0x02:
            return Skip(1)
        if have < 5:
            return None
        size = buffer[start + 3] << 8 | buffer[start + 4]
        if size > MOST_DATA:
            return Skip(1)
        if have < size + 7:
            return None
        body = bytes(buffer[start + 1 : start + 5 + size])
        if low_sum(body) != buffer[start + 5 + size]:
            return Skip(skip_to(buffer, start, start + size + 7, starts), "checksum")
        if buffer[start + 6 + size] != ENDS[buffer[start]]:
            return Skip(skip_to(buffer, start, start + size + 7, starts))
        return Take(size + 7, tuple(mean(body[0], body[1], body[4:])))

    return scan


def mean(kind: int, command: int, data: bytes) -> list[Event]:
    """What a good frame says."""
    if kind == 0x00:
        return [Status({"command": f"{command:02X}", "from": "host"})]
    if kind == 0x02 and command in (0x22, 0x27):
        return _mean_notice(data)
    facts: dict[str, Fact] = {"command": f"{command:02X}"}
    match command:
        case 0xFF:
            return _mean_error(facts, data)
        case 0x03 if data:
            facts["info"] = data[1:].decode("latin-1")
        case 0x08 if data:
            facts["region"] = REGIONS.get(data[0], f"{data[0]:02X}")
        case 0xB7 if len(data) == 2:
            facts["power_dbm"] = int.from_bytes(data, "big") / 100
        case 0xAA if data:
            facts["channel"] = data[0]
    return [Status(facts)]


def _mean_error(facts: dict[str, Fact], data: bytes) -> list[Event]:
    code = data[0] if data else 0
    if code == NO_TAG:
        return [TagsPresent(frozenset())]
    return [Status({**facts, "error": f"{code:02X}", "text": ERRORS.get(code, "tag error")})]


def _mean_notice(data: bytes) -> list[Event]:
    """RSSI, PC, EPC, CRC. The tag's own CRC is a second check where the PC tells the same length."""
    if len(data) < 5:
        return [Noise(data, "framing: a notice too short for a tag")]
    pc, epc, crc = data[1:3], data[3:-2], data[-2:]
    if not epc:
        return [Noise(data, "empty: a tag with an empty EPC")]
    crc_good = genibus(pc + epc) == int.from_bytes(crc, "big")
    if not crc_good and (pc[0] >> 3) * 2 == len(epc):
        return [Noise(data, "crc: the tag's own")]
    facts: dict[str, Fact] = {
        "rssi_dbm": int.from_bytes(data[:1], "big", signed=True),
        "pc": pc.hex().upper(),
        "crc": crc.hex().upper(),
    }
    if not crc_good:
        facts["crc_good"] = False
    return [CardRead(epc.hex().upper(), facts=facts)]


def r200(
    *,
    starts: bytes = b"\xbb\xaa",
    listen: bool = False,
    region: str = "",
    power_dbm: float = 0.0,
) -> Rounds:
    """A driver that polls without end and asks again when the count has run out (it ends silently).

    `region` and `power_dbm`, where set, are written at every start: modules may forget them.
    """
    framer = Framer(scanner(starts), longest=MOST_DATA + 7)
    if listen:
        return Rounds(Dialogue(framer))
    start = starts[0]
    setup = [Ask(frame(0x28, start=start) + frame(0x03, b"\x00", start), "03")]
    if region:
        code = next(code for code, name in REGIONS.items() if name == region)
        setup.append(Ask(frame(0x07, bytes([code]), start), "07"))
    if power_dbm:
        power = round(power_dbm * 100).to_bytes(2, "big")
        setup.append(Ask(frame(0xB6, power, start), "B6"))
    poll = Ask(frame(0x27, b"\x22\xff\xff", start), "27", timeout_s=2.0, stream=True)
    return Rounds(Dialogue(framer, setup=tuple(setup), poll=poll))
