"""A TFmini-S: streams by itself, echoes what it is told, tells nothing of its settings."""

from dataclasses import dataclass

from .chip import Chip


@dataclass
class TfMini(Chip):
    """100 frames a second in centimetres. `really`: the rate it runs at whatever it was told."""

    baud: int = 115200
    rate: int = 100
    output: int = 1
    format: int = 0x01
    really: int | None = None
    _owed: float = 0.0

    def answer(self, data: bytes) -> bytes:
        if data[:1] != b"\x5a" or sum(data[:-1]) & 0xFF != data[-1]:
            return b""
        code, value = data[2], data[3:-1]
        if code == 0x01:
            return self._say(code, b"\x07\x02\x01")
        if code == 0x11:
            self.stores += 1
            return self._say(code, b"\x00")
        match code:
            case 0x03:
                self.rate = int.from_bytes(value, "little")
            case 0x05 if "format" in self.refuses:
                return self._say(code, bytes([self.format]))
            case 0x05:
                self.format = value[0]
            case 0x06:
                self.baud = int.from_bytes(value, "little")
            case 0x07:
                self.output = value[0]
        return data

    def stream(self, seconds: float) -> bytes:
        rate = self.rate if self.really is None else self.really
        self._owed += rate * seconds * self.output
        count, self._owed = int(self._owed), self._owed % 1
        if self.format == 0x02:
            return b"1.23\r\n" * count
        frame = bytes.fromhex("5959E7004507180A")
        return (frame + bytes([sum(frame) & 0xFF])) * count

    @staticmethod
    def _say(code: int, data: bytes) -> bytes:
        body = bytes([0x5A, len(data) + 4, code]) + data
        return body + bytes([sum(body) & 0xFF])
