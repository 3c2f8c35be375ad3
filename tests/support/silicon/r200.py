"""An R200 in Europe's nightmare: fresh from the maker it stands in China's band, and forgets all."""

from dataclasses import dataclass

from .chip import Chip


@dataclass
class R200(Chip):
    """BB … 7E; streams notices until it is told to stop."""

    baud: int = 115200
    region: int = 0x01
    power: int = 2600
    query: bytes = b"\x10\x20"
    hopping: bool = False
    streaming: bool = False
    model: bytes = b"M100 V1.00"

    def power_off(self) -> None:
        """Everything is as it came from the maker."""
        self.region, self.power, self.query, self.hopping = 0x01, 2600, b"\x10\x20", False
        self.streaming = False

    def answer(self, data: bytes) -> bytes:
        out = b""
        while len(data) >= 7 and data[0] == 0xBB:
            size = data[3] << 8 | data[4]
            frame, data = data[: size + 7], data[size + 7 :]
            if sum(frame[1:-2]) & 0xFF == frame[-2]:
                out += self._obey(frame[2], frame[5:-2])
        return out

    def _obey(self, command: int, data: bytes) -> bytes:
        name = {0x07: "region", 0xB6: "power", 0x0E: "query", 0xAD: "hopping"}.get(command, "")
        if name in self.refuses:
            return self._say(0xFF, b"\x17")
        if name in self.stuck:
            return self._say(command, b"\x00")
        match command:
            case 0x27:
                self.streaming = True
                return b""
            case 0x28:
                self.streaming = False
                return self._say(command, b"\x00")
            case 0x03:
                return self._say(command, b"\x00" + self.model)
            case 0x08:
                return self._say(command, bytes([self.region]))
            case 0xB7:
                return self._say(command, self.power.to_bytes(2, "big"))
            case 0x0D:
                return self._say(command, self.query)
            case 0x11:
                self.baud = int.from_bytes(data, "big") * 100
                return b""
            case 0x07:
                self.region = data[0]
            case 0xB6:
                self.power = int.from_bytes(data, "big")
            case 0x0E:
                self.query = data
            case 0xAD:
                self.hopping = data == b"\xff"
            case _:
                return self._say(0xFF, b"\x17")
        return self._say(command, b"\x00")

    def stream(self, seconds: float) -> bytes:
        notice = bytes.fromhex("BB02220011D63400E28011704000021D35AE4008D444C47E")
        return notice * round(seconds * 20) if self.streaming else b""

    @staticmethod
    def _say(command: int, data: bytes) -> bytes:
        body = bytes([0x01, command]) + len(data).to_bytes(2, "big") + data
        return b"\xbb" + body + bytes([sum(body) & 0xFF, 0x7E])
