"""An M6E Nano: without power it knows nothing, and begins in its boot loader."""

from dataclasses import dataclass

from .chip import Chip


def crc(data: bytes) -> bytes:
    """The maker's own: polynomial 1021, start FFFF, four bits at a time, the data shifted in from below."""
    value = 0xFFFF
    for byte in data:
        for nibble in (byte >> 4, byte & 15):
            top = value >> 12
            value = (value << 4 | nibble) & 0xFFFF
            feedback = 0
            for bit in range(4):
                if top >> bit & 1:
                    feedback ^= 0x1021 << bit
            value ^= feedback & 0xFFFF
    return value.to_bytes(2, "big")


@dataclass
class M6e(Chip):
    """FF …; `booted`: the firmware runs."""

    baud: int = 115200
    booted: bool = False
    region: int = 0
    protocol: int = 0
    power: int = 500

    def answer(self, data: bytes) -> bytes:
        out = b""
        while len(data) >= 5 and data[0] == 0xFF:
            size = data[1] + 5
            frame, data = data[:size], data[size:]
            if crc(frame[1:-2]) == frame[-2:]:
                out += self._obey(frame[2], frame[3:-2])
        return out

    def _obey(self, op: int, data: bytes) -> bytes:
        if op == 0x03:
            return self._say(op, data=bytes.fromhex("0710230001000000201407011020070300000010"))
        if op == 0x04 and not self.booted:
            self.booted = True
            return self._say(op)
        if not self.booted or op == 0x04:
            return self._say(op, 0x0101)
        name = {0x97: "region", 0x93: "protocol", 0x92: "power"}.get(op, "")
        if name in self.refuses:
            return self._say(op, 0x0105)
        if name in self.stuck:
            return self._say(op)
        match op:
            case 0x2F:
                return self._say(op)
            case 0x67:
                return self._say(op, data=bytes([self.region]))
            case 0x63:
                return self._say(op, data=self.protocol.to_bytes(2, "big"))
            case 0x62:
                told = (self.power, 2700, 0)
                return self._say(op, data=b"\x01" + b"".join(n.to_bytes(2, "big") for n in told))
            case 0x97:
                self.region = data[0]
            case 0x93:
                self.protocol = int.from_bytes(data, "big")
            case 0x92:
                self.power = int.from_bytes(data, "big")
            case _:
                return self._say(op, 0x0101)
        return self._say(op)

    @staticmethod
    def _say(op: int, status: int = 0, data: bytes = b"") -> bytes:
        body = bytes([len(data), op]) + status.to_bytes(2, "big") + data
        return b"\xff" + body + crc(body)
