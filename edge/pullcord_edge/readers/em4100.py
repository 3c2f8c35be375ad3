"""EM4100 as a demodulator gives it: a stream of bits, one byte (0 or 1) each, repeated without pause.

Nine ones, ten rows of four bits and even parity, four column parities, a stop bit 0.
"""

from .event import CardRead
from .framer import Framer, Skip, Step, Take
from .rdm6300 import printed

HEADER = b"\x01" * 9
SIZE = 64


def scan(buffer: bytearray, start: int) -> Step:
    """The next frame of a bit stream."""
    header = buffer.find(HEADER, start)
    if header != start:
        return _skip_to_header(buffer, start, header)
    bits = bytes(buffer[start : start + SIZE])
    if any(bit > 1 for bit in bits):
        return Skip(next(at for at, bit in enumerate(bits) if bit > 1) + 1)
    if len(bits) < SIZE:
        return None
    code = read_bits(bits)
    return Skip(1, "parity") if code is None else Take(SIZE, (CardRead(code, facts=printed(code)),))


def read_bits(bits: bytes) -> str | None:
    """The ten digits of 64 bits that begin with the header; None where a parity or the stop fails."""
    rows = [bits[9 + 5 * row : 14 + 5 * row] for row in range(10)]
    columns = [sum(row[column] for row in rows) + bits[59 + column] for column in range(4)]
    if any(sum(row) & 1 for row in rows) or any(total & 1 for total in columns) or bits[63]:
        return None
    return "".join(f"{row[0] << 3 | row[1] << 2 | row[2] << 1 | row[3]:X}" for row in rows)


def _skip_to_header(buffer: bytearray, start: int, header: int) -> Step:
    if header > start:
        return Skip(header - start)
    ones = len(buffer) - len(buffer.rstrip(b"\x01"))
    rest = len(buffer) - start - min(ones, len(HEADER) - 1)
    return Skip(rest) if rest > 0 else None


def em4100() -> Framer:
    """A driver for raw EM4100 bits."""
    return Framer(scan, longest=SIZE, gap_s=0.1)
