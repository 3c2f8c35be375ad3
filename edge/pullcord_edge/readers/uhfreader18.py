"""UHFReader18 and UHFReader288M (Chafon and others): UHF readers.

length (without itself), address, command, status, data, CRC low, CRC high. The two models lay out
a tag differently; which one it is shows only where one layout fits and the other does not.
"""

from enum import StrEnum

from .crc import mcrf4xx
from .dialogue import Ask, Dialogue
from .event import CardRead, Event, Fact, Noise, Status, TagsPresent
from .framer import Framer, Skip, Step, Take
from .option import Value
from .presence import Rounds


class Model(StrEnum):
    """18: count, (length, EPC)…; 288M: antenna, count, (length, EPC, RSSI)…; auto: what fits."""

    AUTO = "auto"
    UHF18 = "18"
    UHF288M = "288m"


LONGEST = 256
#: A bad frame of one of these is told as a bad CRC; anything else was hardly a frame.
COMMANDS = frozenset(
    (*range(0x01, 0x12), *range(0x15, 0x1C), 0x21, 0x22, 0x24, 0x25, 0x28, 0x2F)
) | (
    frozenset((*range(0x33, 0x38), 0x3B, *range(0x3F, 0x42), 0x4C, *range(0x50, 0x56), 0x65, 0x66))
    | frozenset((0x6A, *range(0x6E, 0x7A), 0x92, 0x93, 0xEE))
)
INVENTORY, SINGLE, PUSHED = 0x01, 0x0F, 0xEE
MORE_FOLLOWS, BUFFER_FULL, NO_TAG, HEARTBEAT = 0x03, 0x04, 0xFB, 0x28
ERRORS = {
    0xF8: "antenna fault",
    0xF9: "command failed",
    0xFA: "poor link to the tag",
    0xFC: "the tag returned an error",
    0xFD: "wrong command length",
    0xFE: "command refused",
    0xFF: "wrong parameter",
}
BANDS = {0b0000: "user", 0b0001: "CN", 0b0010: "US", 0b0011: "KR", 0b0100: "EU"}


def frame(command: int, data: bytes = b"", address: int = 0x00) -> bytes:
    """A host frame."""
    body = bytes([len(data) + 4, address, command]) + data
    return body + mcrf4xx(body).to_bytes(2, "little")


class Answer:
    """Scans answers and keeps the tags of an inventory until its last frame."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._seen: set[str] = set()

    def scan(self, buffer: bytearray, start: int) -> Step:
        """The next frame; a length and the CRC are all there is to find it by."""
        size = buffer[start]
        if size < 4:
            return Skip(1)
        if len(buffer) - start < size + 1:
            return None
        body = bytes(buffer[start : start + size - 1])
        if mcrf4xx(body) != buffer[start + size - 1] | buffer[start + size] << 8:
            return Skip(1, "crc" if buffer[start + 2] in COMMANDS else "framing")
        return Take(size + 1, tuple(self._mean(body)))

    def _mean(self, body: bytes) -> list[Event]:
        command = body[2]
        if len(body) == 3:
            return [Status({"command": f"{command:02X}", "from": "host"})]
        status, data = body[3], body[4:]
        if command in (INVENTORY, SINGLE) and status == NO_TAG:
            return [self._round_is_over()]
        if command in (INVENTORY, SINGLE) and 0x01 <= status <= BUFFER_FULL:
            return self._mean_tags(data, status)
        if command == PUSHED and status == 0x00:
            return self._mean_pushed(data)
        return [Status(_facts(command, status, data))]

    def _mean_tags(self, data: bytes, status: int) -> list[Event]:
        cards = self._read_tags(data)
        if cards is None:
            return [
                Noise(data, "framing: the tags do not fit the frame; is the option model right?")
            ]
        good = [card for card in cards if card.code]
        self._seen |= {card.code for card in good}
        out: list[Event] = [*good]
        if len(good) < len(cards):
            out.append(Noise(data, "empty: a tag with an empty EPC"))
        if status != MORE_FOLLOWS:
            out.append(self._round_is_over())
        return out

    def _round_is_over(self) -> TagsPresent:
        seen, self._seen = frozenset(self._seen), set()
        return TagsPresent(seen)

    def _read_tags(self, data: bytes) -> list[CardRead] | None:
        if self._model is Model.UHF288M:
            return _read_288m(data)
        cards = _read_18(data)
        if cards is None and self._model is Model.AUTO:
            return _read_288m(data)
        return cards

    def _mean_pushed(self, data: bytes) -> list[Event]:
        """A reader in scan mode: the bare EPC (even), or antenna, length, EPC, RSSI (odd)."""
        is_288m = self._model is Model.UHF288M or (self._model is Model.AUTO and len(data) % 2)
        if is_288m:
            cards = _read_288m(data[:1] + b"\x01" + data[1:])
            if cards is None:
                return [Noise(data, "framing: no tag; is the option model right?")]
            return [card if card.code else _empty(data) for card in cards]
        return [CardRead(data.hex().upper()) if data else _empty(data)]


def _empty(data: bytes) -> Noise:
    return Noise(data, "empty: a tag with an empty EPC")


def _read_18(data: bytes) -> list[CardRead] | None:
    cards, at = [], 1
    for _ in range(data[0] if data else 0):
        if at >= len(data) or at + data[at] >= len(data):
            return None
        cards.append(CardRead(data[at + 1 : at + 1 + data[at]].hex().upper()))
        at += 1 + data[at]
    return cards if at == max(len(data), 1) else None


def _read_288m(data: bytes) -> list[CardRead] | None:
    if len(data) < 2:
        return None if data else []
    cards, at = [], 2
    for _ in range(data[1]):
        if at >= len(data) or at + data[at] + 1 >= len(data):
            return None
        epc, rssi = data[at + 1 : at + 1 + data[at]], data[at + 1 + data[at]]
        facts: dict[str, Fact] = {"rssi_raw": rssi, "antenna": data[0]}
        cards.append(CardRead(epc.hex().upper(), facts=facts))
        at += 2 + data[at]
    return cards if at == len(data) else None


def _facts(command: int, status: int, data: bytes) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"command": f"{command:02X}", "status": f"{status:02X}"}
    if status in ERRORS:
        return {**facts, "error": f"{status:02X}", "text": ERRORS[status]}
    if command == 0x21 and status == 0 and len(data) >= 8:
        facts |= {
            "firmware": f"{data[0]}.{data[1]}",
            "type": f"{data[2]:02X}",
            "band": BANDS.get((data[4] >> 6) << 2 | data[5] >> 6, "unknown"),
            "power_dbm": data[6],
            "scan_ms": data[7] * 100,
        }
    elif command == 0x36 and status == 0 and len(data) >= 5:
        facts["read_mode"] = data[4]
    elif command == PUSHED and status == HEARTBEAT:
        facts["heartbeat"] = True
    return facts


def check_address(address: Value) -> None:
    """An address is a byte; FF is every reader. Raises ValueError."""
    if not isinstance(address, int) or address > 0xFF:
        raise ValueError(f"{address} is out of range, an address is 0 to 255")


def uhfreader18(
    *,
    model: Model = Model.AUTO,
    address: int = 0,
    listen: bool = False,
    power_dbm: int = 0,
    pause_s: float = 0.1,
) -> Dialogue | Rounds:
    """A driver that takes one inventory after the other; `listen`: for readers in scan mode.

    In scan mode a reader says nothing while it sees nothing, so silence is an empty round.

    `power_dbm`, where set, is written at every start: some readers forget it. An inventory may
    take its scan time, 25.5 s at most; a command during it is lost, so the time-out is longer than
    what readers are set to.
    """
    framer = Framer(Answer(model).scan, longest=LONGEST)
    if listen:
        return Rounds(Dialogue(framer), silence_is_empty=True)
    setup = [Ask(frame(0x21, address=address), "21", timeout_s=3.0)]
    if power_dbm:
        setup.append(Ask(frame(0x2F, bytes([power_dbm]), address), "2F"))
    poll = Ask(frame(INVENTORY, address=address), "01", timeout_s=5.0)
    return Dialogue(framer, setup=tuple(setup), poll=poll, pause_s=pause_s)
