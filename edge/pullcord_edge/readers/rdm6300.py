"""RDM6300, RDM630, ID-2/12/20(LA) and their clones: 125 kHz readers that only send.

`02`, ten hex digits, checksum, `03`. The checksum is the XOR of the five bytes, as two hex digits
(14 bytes; the ID series puts CR LF before `03`: 16) or, by a clone, as one raw byte (13 bytes).
"""

from .event import CardRead
from .framer import Framer, Skip, Step, Take, skip_to

STX, ETX = 0x02, 0x03
HEX = frozenset(b"0123456789ABCDEFabcdef")
LONGEST = 16


def xor(data: bytes) -> int:
    """The readers' checksum."""
    value = 0
    for byte in data:
        value ^= byte
    return value


def printed(code: str) -> dict[str, str]:
    """What is usually printed on a card of this code: ten decimal digits; facility, number."""
    low = bytes.fromhex(code)[1:]
    number = int.from_bytes(low, "big")
    return {"8h10d": f"{number:010}", "w26": f"{low[1]:03},{number & 0xFFFF:05}"}


def scan(buffer: bytearray, start: int) -> Step:
    """The next frame of an RDM6300 stream."""
    if buffer[start] != STX:
        return Skip(skip_to(buffer, start, len(buffer), b"\x02"))
    have = len(buffer) - start
    digits = bytes(buffer[start + 1 : start + 11])
    if any(byte not in HEX for byte in digits):
        return _resync(buffer, start)
    if have < 13:
        return None
    if buffer[start + 12] == ETX:
        return _take(buffer, start, 13, digits, buffer[start + 11])
    check = bytes(buffer[start + 11 : start + 13])
    if any(byte not in HEX for byte in check):
        return _resync(buffer, start)
    end = start + 13
    while end < len(buffer) and end < start + 15 and buffer[end] in b"\r\n":
        end += 1
    if end == len(buffer):
        return None
    if buffer[end] != ETX:
        return _resync(buffer, start)
    return _take(buffer, start, end + 1 - start, digits, int(check, 16))


def _take(buffer: bytearray, start: int, size: int, digits: bytes, check: int) -> Step:
    code = digits.decode("ascii").upper()
    if xor(bytes.fromhex(code)) != check:
        return Skip(skip_to(buffer, start, start + size, b"\x02"), "checksum")
    return Take(size, (CardRead(code, facts=printed(code)),))


def _resync(buffer: bytearray, start: int) -> Skip:
    return Skip(skip_to(buffer, start, min(len(buffer), start + LONGEST), b"\x02"))


def rdm6300() -> Framer:
    """A driver for the whole family; the three lengths are told apart by their bytes."""
    return Framer(scan, longest=LONGEST)
