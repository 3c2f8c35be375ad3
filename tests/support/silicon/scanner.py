"""A Honeywell with its serial menu, and a MetroSelect scanner with its mode for codes."""

from dataclasses import dataclass, field

from .chip import Chip

_BAUDS = {"5": 9600, "9": 115200}


@dataclass
class Honeywell(Chip):
    """Tags and their values, kept at a full stop."""

    tags: dict[str, str] = field(
        default_factory=lambda: {"SUFBK2": "", "AIMENA": "0", "0401": "02", "TRGMOD": "0"}
    )

    def answer(self, data: bytes) -> bytes:
        if data[:3] != b"\x16M\r" or data[-1:] not in (b".", b"!"):
            return b""
        text, end = data[3:-1].decode().upper(), data[-1:]
        tag = text[:4] if text[:4] in self.tags else text[:6]
        value = text[len(tag) :]
        if tag == "232BAD":
            return self._speed(value, end)
        if tag not in self.tags:
            return text.encode() + b"\x05" + end
        between = "D" if tag.isdigit() else ""
        if value == "?":
            return f"{tag}{between}{self.tags[tag]}".encode() + b"\x06" + end
        if tag in self.refuses:
            return text.encode() + b"\x15" + end
        if tag not in self.stuck:
            self.tags[tag] = value.removeprefix(between)
            self.stores += end == b"."
        return text.encode() + b"\x06" + end

    def _speed(self, value: str, end: bytes) -> bytes:
        if value == "?":
            code = next(code for code, baud in _BAUDS.items() if baud == self.baud)
            return b"232BAD" + code.encode() + b"\x06" + end
        self.baud = _BAUDS[value]
        return b""


@dataclass
class MetroSelect(Chip):
    """Codes count between two 999999."""

    inside: bool = False
    codes: list[str] = field(default_factory=list)
    known: frozenset[str] = frozenset({"316411", "415540"})

    def answer(self, data: bytes) -> bytes:
        if data[:1] != b"\x02" or data[-1:] != b"\x03":
            return b""
        code = data[1:-1].decode()
        if code == "999999":
            self.inside = not self.inside
            return b"\x06"
        if not self.inside:
            return b""
        if code not in self.known:
            return b"\x05"
        self.codes.append(code)
        return b"\x06"
