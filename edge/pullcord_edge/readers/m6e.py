"""ThingMagic M6E Nano, M5e, M7E (UHF): FF, length, op, status (answers), data, CRC.

A host frame has no status; both are told apart by the CRC.
"""

from .crc import thingmagic
from .dialogue import Ask, Dialogue
from .event import CardRead, Event, Fact, Noise, Status, TagsPresent
from .framer import Framer, Skip, Step, Take, skip_to
from .presence import Rounds

#: The most data of an answer and of a command.
MOST_DATA = 250
LONGEST = MOST_DATA + 7
READ_SINGLE, READ_MULTIPLE, GET_BUFFER = 0x21, 0x22, 0x29
NO_TAG = 0x0400
ERRORS = {
    0x0100: "wrong message length",
    0x0101: "unknown command: the module is still in its boot loader",
    0x0105: "wrong parameter",
    0x010B: "wrong region",
    0x0400: "no tag",
    0x0401: "no protocol set",
    0x0405: "no region set",
    0x0503: "antenna not connected",
    0x0504: "too hot",
    0x0505: "high return loss: antenna missing or wrong",
}
REGIONS = {
    "IN": 0x04,
    "JP": 0x05,
    "CN": 0x06,
    "EU": 0x08,
    "KR": 0x09,
    "AU": 0x0B,
    "NZ": 0x0C,
    "NA": 0x0D,
    "open": 0xFF,
}
#: Metadata of a tag record, in this order, each with its flag, name and size.
METADATA = (
    (0x0001, "read_count", 1),
    (0x0002, "rssi_dbm", 1),
    (0x0004, "antenna", 1),
    (0x0008, "frequency_khz", 3),
    (0x0010, "timestamp_ms", 4),
    (0x0020, "phase", 2),
    (0x0040, "protocol", 1),
)
EMBEDDED, GPIO = 0x0080, 0x0100


def frame(op: int, data: bytes = b"") -> bytes:
    """A host frame."""
    body = bytes([len(data), op]) + data
    return b"\xff" + body + thingmagic(body).to_bytes(2, "big")


def scan(buffer: bytearray, start: int) -> Step:
    """The next frame of either direction."""
    if buffer[start] != 0xFF:
        return Skip(skip_to(buffer, start, len(buffer), b"\xff"))
    have = len(buffer) - start
    if have < 2:
        return None
    size = buffer[start + 1]
    if size > MOST_DATA:
        return Skip(1)
    if have < size + 5:
        return None
    if _crc_holds(buffer, start, size + 5):
        op = buffer[start + 2]
        return Take(size + 5, (Status({"command": f"{op:02X}", "from": "host"}),))
    if have < size + 7:
        return None
    if _crc_holds(buffer, start, size + 7):
        answer = bytes(buffer[start + 2 : start + size + 5])
        return Take(
            size + 7, tuple(mean(answer[0], int.from_bytes(answer[1:3], "big"), answer[3:]))
        )
    return Skip(skip_to(buffer, start, start + size + 7, b"\xff"), "crc")


def _crc_holds(buffer: bytearray, start: int, size: int) -> bool:
    end = start + size
    return thingmagic(bytes(buffer[start + 1 : end - 2])) == int.from_bytes(
        buffer[end - 2 : end], "big"
    )


def mean(op: int, status: int, data: bytes) -> list[Event]:
    """What a good answer says."""
    command = f"{op:02X}"
    if status == NO_TAG:
        answer = Status({"command": command, "text": ERRORS[NO_TAG]})
        # While reading without end it only says that a cycle is over.
        return [answer] if op == READ_MULTIPLE else [TagsPresent(frozenset()), answer]
    if status:
        text = ERRORS.get(status, "error")
        return [Status({"command": command, "error": f"{status:04X}", "text": text})]
    if op == READ_MULTIPLE and len(data) > 8 and data[0] & 0x10:
        return _mean_streamed(data)
    if op == GET_BUFFER and len(data) >= 4:
        return _mean_buffered(data)
    if op == READ_SINGLE and len(data) in (10, 14):
        return [CardRead(data[:-2].hex().upper())]
    return [Status(_facts(op, data))]


def _mean_streamed(data: bytes) -> list[Event]:
    """Flags, search flags (2), metadata flags (2), kind (1 a tag, 2 statistics), one record."""
    if data[5] != 0x01:
        return [Status({"command": "22", "text": "statistics"})]
    event, _ = _read_record(data, 6, int.from_bytes(data[3:5], "big"))
    return [event]


def _mean_buffered(data: bytes) -> list[Event]:
    """Metadata flags (2), options, count, records."""
    out: list[Event] = []
    at = 4
    for _ in range(data[3]):
        event, at = _read_record(data, at, int.from_bytes(data[:2], "big"))
        out.append(event)
        if at >= len(data):
            break
    codes = frozenset(event.code for event in out if isinstance(event, CardRead))
    return [*out, TagsPresent(codes)]


def _read_record(data: bytes, at: int, flags: int) -> tuple[Event, int]:
    """One tag: metadata, embedded data, GPIO, length in bits, PC (and XPC), EPC, CRC; and its end."""
    facts: dict[str, Fact] = {}
    for flag, name, size in METADATA:
        if flags & flag:
            signed = name == "rssi_dbm"
            facts[name] = int.from_bytes(data[at : at + size], "big", signed=signed)
            at += size
    if flags & EMBEDDED:
        at += 2 + (int.from_bytes(data[at : at + 2], "big") + 7) // 8
    if flags & GPIO:
        at += 1
    end = at + 2 + int.from_bytes(data[at : at + 2], "big") // 8
    body = data[at + 2 : end]
    if end > len(data) or len(body) < 4:
        return Noise(data, "framing: a record that does not fit its frame"), len(data)
    pc_size = _pc_size(body)
    epc = body[pc_size:-2]
    if not epc:
        return Noise(data, "empty: a tag with an empty EPC"), end
    facts |= {"pc": body[:pc_size].hex().upper(), "crc": body[-2:].hex().upper()}
    return CardRead(epc.hex().upper(), facts=facts), end


def _pc_size(body: bytes) -> int:
    """2; 4 where the PC says that an XPC word follows, 6 where that says that another does."""
    if not body[0] & 0x02:
        return 2
    return 6 if len(body) > 2 and body[2] & 0x80 else 4


def _facts(op: int, data: bytes) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"command": f"{op:02X}"}
    match op:
        case 0x03 if len(data) >= 16:
            facts |= {"hardware": data[4:8].hex(), "firmware": data[12:16].hex()}
        case 0x62 | 0x64 if len(data) >= 3:
            facts["power_dbm"] = int.from_bytes(data[1:3], "big") / 100
        case 0x63 if len(data) == 2:
            facts["protocol"] = int.from_bytes(data, "big")
        case 0x67 if data:
            names = {code: name for name, code in REGIONS.items()}
            facts["region"] = names.get(data[-1], f"{data[-1]:02X}")
        case 0x68 if data:
            facts["power_mode"] = data[0]
    return facts


#: Read Gen2 tags without end, 1000 ms a cycle, each tag with all metadata.
STREAM = bytes.fromhex("00000122000005072210001B03E801FF")
STOP = bytes.fromhex("000002")
#: The module says that it lives once a second.
ROUND_S = 1.5


def m6e(*, region: str = "", power_dbm: float = 0.0, listen: bool = False) -> Rounds:
    """A driver that sets region, protocol, antenna and power (all lost at power-off) and streams."""
    framer = Framer(scan, longest=LONGEST)
    if listen:
        return Rounds(Dialogue(framer), every_s=ROUND_S, alive="22")
    setup = [Ask(frame(0x2F, STOP) + frame(0x03), "03", timeout_s=2.0)]
    if region:
        setup.append(Ask(frame(0x97, bytes([REGIONS[region]])), "97"))
    setup += [
        Ask(frame(0x93, b"\x00\x05"), "93"),
        Ask(frame(0x91, b"\x02\x01\x01"), "91"),
        Ask(frame(0x9A, b"\x01\x0c\x00"), "9A"),
    ]
    if power_dbm:
        setup.append(Ask(frame(0x92, round(power_dbm * 100).to_bytes(2, "big")), "92"))
    stream = Ask(frame(0x2F, STREAM), "22", timeout_s=5.0, stream=True)
    return Rounds(Dialogue(framer, setup=tuple(setup), poll=stream), every_s=ROUND_S, alive="22")
