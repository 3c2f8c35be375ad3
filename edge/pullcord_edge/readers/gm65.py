"""GM65, GM861 and their like: codes as text, answers to commands in between, codes in frames.

Text as of any line scanner; `02 00 00 n data crc` an answer; `03 00 00 n data crc` a heartbeat;
`03 lenHi lenLo text` a code in protocol mode; `7E 00 type n address data crc` a command.
"""

from .crc import xmodem
from .event import Event, Fact, Status
from .framer import Framer, Skip, Step, Take
from .line import SHORTEST_BY_SILENCE, read_codes

LONGEST = 8192
UNCHECKED = 0xABCD
BAUD_OF = {0x0139: 9600, 0x009C: 19200, 0x004E: 38400, 0x0034: 57600, 0x001A: 115200, 0x0271: 4800}


def command(kind: int, address: int, data: bytes) -> bytes:
    """A host frame: kind 07 reads `data` bytes, 08 writes, 09 saves."""
    body = bytes([kind, len(data)]) + address.to_bytes(2, "big") + data
    return b"\x7e\x00" + body + xmodem(body).to_bytes(2, "big")


def scan(buffer: bytearray, start: int) -> Step:
    """The next answer, framed code, or line of text."""
    following = bytes(buffer[start + 1 : start + 3])
    match buffer[start]:
        case 0x02:
            return _scan_answer(buffer, start) if b"\x00\x00".startswith(following) else Skip(1)
        case 0x03 if b"\x00\x00".startswith(following):
            return _scan_answer(buffer, start)
        case 0x03:
            return _scan_framed(buffer, start)
        case 0x0D | 0x0A:
            return Take(1)
        case 0x7E if following[:1] == b"\x00":
            return _scan_command(buffer, start)
    ends = [at for end in b"\r\n" if (at := buffer.find(end, start)) >= 0]
    if not ends:
        return None
    return Take(min(ends) + 1 - start, read_codes(bytes(buffer[start : min(ends)])))


def finish(buffer: bytearray, start: int) -> Step:
    """What silence makes of a text without an ending."""
    text = bytes(buffer[start:])
    if buffer[start] in b"\x02\x03" or len(text) < SHORTEST_BY_SILENCE:
        return None
    return Take(len(text), read_codes(text.removesuffix(b"\t")))


def _scan_answer(buffer: bytearray, start: int) -> Step:
    have = len(buffer) - start
    if have < 4 or have < buffer[start + 3] + 6:
        return None
    size = buffer[start + 3] + 6
    body = bytes(buffer[start + 2 : start + size - 2])
    if xmodem(body) != int.from_bytes(buffer[start + size - 2 : start + size], "big"):
        return Skip(1, "crc")
    kind = "heartbeat" if buffer[start] == 0x03 else "answer"
    data = body[2:]
    facts: dict[str, Fact] = {"command": kind, "data": data.hex().upper()}
    baud = BAUD_OF.get(int.from_bytes(data, "little")) if len(data) == 2 else None
    if baud:
        facts["baud"] = baud
    return Take(size, (Status(facts),))


def _scan_framed(buffer: bytearray, start: int) -> Step:
    if len(buffer) - start < 3:
        return None
    size = buffer[start + 1] << 8 | buffer[start + 2]
    if size > LONGEST - 3:
        return Skip(1)
    if len(buffer) - start < size + 3:
        return None
    return Take(size + 3, read_codes(bytes(buffer[start + 3 : start + 3 + size])))


def _scan_command(buffer: bytearray, start: int) -> Step:
    have = len(buffer) - start
    if have < 6:
        return None
    kind = buffer[start + 2]
    if kind not in (0x07, 0x08, 0x09):
        return Skip(1)
    size = (1 if kind == 0x07 else buffer[start + 3]) + 8
    if have < size:
        return None
    body = bytes(buffer[start + 2 : start + size - 2])
    if int.from_bytes(buffer[start + size - 2 : start + size], "big") not in (
        xmodem(body),
        UNCHECKED,
    ):
        return Skip(1, "crc")
    event: Event = Status({"command": f"{kind:02X}", "from": "host"})
    return Take(size, (event,))


def gm65() -> Framer:
    """A driver for the family."""
    return Framer(scan, longest=LONGEST, gap_s=0.3, finish=finish)
