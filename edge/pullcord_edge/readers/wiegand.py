"""Wiegand 26 and 34: bits, one byte (0 or 1) each; silence ends a frame.

The first parity is even over the first half, the last is odd over the second half.
"""

from collections.abc import Mapping

from .event import CardRead, Event, Fact, Noise

LIMIT = 256
#: What a keypad sends in 8 bits: the complement of the key, then the key.
KEYS = "0123456789*#"


def is_good(bits: bytes) -> bool:
    """Whether both parities of a frame hold."""
    half = len(bits) // 2
    return sum(bits[:half]) % 2 == 0 and sum(bits[half:]) % 2 == 1


def to_code(bits: bytes) -> str:
    """Bits as hex digits, as many as they need."""
    return f"{to_number(bits):0{(len(bits) + 3) // 4}X}"


def to_number(bits: bytes) -> int:
    """Bits as an unsigned number, the first one highest."""
    return int("".join("1" if bit else "0" for bit in bits) or "0", 2)


def key_of(bits: bytes) -> str | None:
    """The key that a keypad's 4 or 8 bits mean."""
    if len(bits) not in (4, 8):
        return None
    low = to_number(bits[-4:])
    if len(bits) == 8 and to_number(bits[:4]) != low ^ 0xF:
        return None
    return KEYS[low] if low < len(KEYS) else None


class Wiegand:
    """A driver for D0/D1 bits. `lengths` have parities; a frame of `plain_bits` has none (0: not taken)."""

    def __init__(
        self,
        lengths: Mapping[int, int],
        *,
        plain_bits: int = 0,
        reverse_bytes: bool = False,
        gap_s: float = 0.025,
    ) -> None:
        self._lengths = lengths
        self._plain_bits = plain_bits
        self._reverse = reverse_bytes
        self._gap_s = gap_s
        self._bits = bytearray()
        self._last = 0.0

    @property
    def due_at(self) -> float | None:
        """When silence ends the frame."""
        return self._last + self._gap_s if self._bits else None

    def start(self, now: float) -> list[Event]:
        """Forget what was half read."""
        self._bits.clear()
        return []

    def feed(self, data: bytes, now: float) -> list[Event]:
        """Bits arrived; a silence before them ended the frame before."""
        out = self.tick(now)
        self._last = now
        self._bits += data
        while len(self._bits) > LIMIT:
            out.append(Noise(bytes(self._bits[:LIMIT]), "framing: bits without a pause"))
            del self._bits[:LIMIT]
        return out

    def tick(self, now: float) -> list[Event]:
        """A silence ends a frame."""
        due = self.due_at
        if due is None or now < due:
            return []
        bits = bytes(self._bits)
        self._bits.clear()
        return [self._read(bits)]

    def _read(self, bits: bytes) -> Event:
        if any(bit > 1 for bit in bits):
            return Noise(bits, "framing: a bit is neither 0 nor 1")
        if self._plain_bits and len(bits) == self._plain_bits:
            return self._card(bits)
        if len(bits) not in self._lengths:
            key = key_of(bits)
            what = f", key {key} of a keypad" if key else ""
            return Noise(bits, f"unsupported length: {len(bits)} bits{what}")
        if is_good(bits):
            return self._card(bits[1:-1], self._lengths[len(bits)])
        return Noise(bits, self._explain(bits))

    def _explain(self, bits: bytes) -> str:
        turned = bytes(1 - bit for bit in bits)
        if is_good(turned):
            code = self._card(turned[1:-1]).code
            return f"parity: both fail; with D0 and D1 swapped it would be {code}: check the wires"
        return "parity"

    def _card(self, data: bytes, facility_bits: int = 0) -> CardRead:
        if self._reverse and len(data) % 8 == 0:
            data = b"".join(data[at : at + 8] for at in range(len(data) - 8, -1, -8))
        facts: dict[str, Fact] = {}
        if facility_bits:
            facts["facility"] = to_number(data[:facility_bits])
            facts["card"] = to_number(data[facility_bits:])
        return CardRead(to_code(data), facts=facts)
