"""An UHFReader18: takes what it is given at once, and keeps it."""

from dataclasses import dataclass

from .chip import Chip

BAUDS = {0: 9600, 1: 19200, 2: 38400, 5: 57600, 6: 115200}


def crc(data: bytes) -> bytes:
    """Polynomial 8408, start FFFF, low byte first."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0x8408 if value & 1 else value >> 1
    return value.to_bytes(2, "little")


@dataclass
class UhfReader18(Chip):
    """Set to the United States' band and to scan mode. `echoes`: on a line that gives back what is sent."""

    baud: int = 57600
    band: bytes = b"\x31\x80"
    power: int = 30
    scan: int = 10
    work: bytes = bytes.fromhex("010204020600")
    echoes: bool = False

    def answer(self, data: bytes) -> bytes:
        if len(data) != data[0] + 1 or crc(data[:-2]) != data[-2:]:
            return b""
        command, body = data[2], data[3:-2]
        return (data if self.echoes else b"") + self._obey(command, body)

    def _obey(self, command: int, body: bytes) -> bytes:
        name = {0x2F: "power", 0x22: "region", 0x25: "scan", 0x35: "work"}.get(command, "")
        if name in self.refuses:
            return self._say(command, 0xFE)
        if name in self.stuck:
            return self._say(command, 0x00)
        match command:
            case 0x21:
                told = b"\x00\x16\x0c\x03" + self.band + bytes([self.power, self.scan]) + bytes(4)
                return self._say(command, 0x00, told)
            case 0x36:
                return self._say(command, 0x00, b"\x00\x1e\x0a\x0f" + self.work + bytes(2))
            case 0x2F:
                self.power = body[0]
            case 0x22:
                self.band = body
            case 0x25:
                self.scan = body[0]
            case 0x35 if len(body) == 6:
                self.work = body
            case 0x35:
                return self._say(command, 0xFD)
            case 0x28:
                answer = self._say(command, 0x00)
                self.baud = BAUDS[body[0]]
                return answer
            case _:
                return self._say(command, 0xFE)
        return self._say(command, 0x00)

    @staticmethod
    def _say(command: int, status: int, data: bytes = b"") -> bytes:
        body = bytes([len(data) + 5, 0x00, command, status]) + data
        return body + crc(body)
