"""A GM65: zones of a byte, the answers of its manual, and a flash that is written when asked."""

from binascii import crc_hqx
from dataclasses import dataclass, field

from .chip import Chip

BAUDS = {b"\x39\x01": 9600, b"\x9c\x00": 19200, b"\x1a\x00": 115200}
_DONE = bytes.fromhex("02000001003331")


@dataclass
class Gm65(Chip):
    """As it comes from the factory: codes to USB, no suffix."""

    zones: dict[int, int] = field(
        default_factory=lambda: {0x00: 0xD6, 0x0D: 0x01, 0x2C: 0x02, 0x60: 0x00, 0xD0: 0x00}
    )
    flash: dict[int, int] = field(default_factory=dict)

    def answer(self, data: bytes) -> bytes:
        if data[:2] != b"\x7e\x00":
            return b""
        kind, size, address = data[2], data[3], data[4] << 8 | data[5]
        body, check = data[6:-2], data[-2:]
        if check != b"\xab\xcd" and check != crc_hqx(data[2:-2], 0).to_bytes(2, "big"):
            return b""
        if kind == 0x07:
            return self._say(self._read(address, body[0]))
        if kind == 0x08:
            return self._write(address, body[:size])
        self.stores += 1
        self.flash = dict(self.zones)
        return _DONE

    def _read(self, address: int, size: int) -> bytes:
        if address == 0x2A:
            return next(code for code, baud in BAUDS.items() if baud == self.baud)
        return bytes(self.zones.get(address + each, 0) for each in range(size))

    def _write(self, address: int, body: bytes) -> bytes:
        if address == 0x2A:
            answer = self._say(body)
            self.baud = BAUDS[body]
            return answer
        if f"{address:04X}" not in self.stuck:
            self.zones[address] = body[0]
        return _DONE

    @staticmethod
    def _say(data: bytes) -> bytes:
        body = bytes([0x00, len(data)]) + data
        return b"\x02\x00" + body + crc_hqx(body, 0).to_bytes(2, "big")
