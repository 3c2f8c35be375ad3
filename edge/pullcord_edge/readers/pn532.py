"""PN532 over HSU (a serial line): its frames, what its answers mean, and how it is asked for cards."""

from .crc import low_sum
from .dialogue import Ask, Dialogue
from .event import CardRead, Event, Fact, Noise, Status, TagsPresent
from .framer import Framer, Skip, Step, Take, skip_to
from .option import Value

FROM_HOST = 0xD4
ACK = bytes.fromhex("0000FF00FF00")
#: The longest answer that a question of ours can have is an extended frame of 265 bytes.
LONGEST = 280
WAKE = b"\x55\x55" + bytes(14)


def frame(body: bytes) -> bytes:
    """A normal frame to the chip around `body`, which begins behind the D4."""
    payload = bytes([FROM_HOST]) + body
    size = len(payload)
    head = bytes([0x00, 0x00, 0xFF, size, -size & 0xFF])
    return head + payload + bytes([-sum(payload) & 0xFF, 0x00])


def scan(buffer: bytearray, start: int) -> Step:
    """The next frame of an HSU stream: zeros (any number are legal), then FF and a length."""
    if buffer[start] != 0x00:
        return Skip(skip_to(buffer, start, len(buffer), b"\x00"))
    zeros = start
    while zeros < len(buffer) and buffer[zeros] == 0x00:
        zeros += 1
    if zeros < len(buffer) and buffer[zeros] != 0xFF:
        return Take(zeros - start)
    if zeros == len(buffer) and zeros - start == 1:
        return None
    if zeros - start > 1:
        return Take(zeros - start - 1)
    return _scan_length(buffer, start)


def _scan_length(buffer: bytearray, start: int) -> Step:
    if len(buffer) - start < 4:
        return None
    size, check = buffer[start + 2], buffer[start + 3]
    match size, check:
        case 0x00, 0xFF:
            return Take(4, (Status({"command": "ACK"}),))
        case 0xFF, 0x00:
            return Take(4, (Noise(bytes(buffer[start : start + 4]), "nak"),))
        case 0xFF, 0xFF:
            return _scan_extended(buffer, start)
    if size == 0 or (size + check) & 0xFF:
        return Skip(2, "checksum: the length")
    return _scan_payload(buffer, start, start + 4, size)


def _scan_extended(buffer: bytearray, start: int) -> Step:
    if len(buffer) - start < 7:
        return None
    high, low, check = buffer[start + 4 : start + 7]
    size = high << 8 | low
    if (high + low + check) & 0xFF or not 0 < size <= 265:
        return Skip(2, "checksum: the length")
    return _scan_payload(buffer, start, start + 7, size)


def _scan_payload(buffer: bytearray, start: int, at: int, size: int) -> Step:
    end = at + size + 1
    if len(buffer) < end:
        return None
    payload = bytes(buffer[at : end - 1])
    if low_sum(payload) + buffer[end - 1] & 0xFF:
        return Skip(skip_to(buffer, start, end, b"\x00"), "checksum")
    return Take(end - start, tuple(mean(payload)))


def mean(payload: bytes) -> list[Event]:
    """What a good payload says."""
    match payload[0]:
        case 0x7F:
            return [Noise(payload, "error frame: the chip refused a command")]
        case 0xD4:
            return [Status({"command": payload[1:2].hex().upper(), "from": "host"})]
        case 0xD5 if len(payload) >= 2:
            return _mean_answer(payload[1], payload[2:])
    return [Noise(payload, "framing: neither a question nor an answer")]


def _mean_answer(code: int, data: bytes) -> list[Event]:
    command = f"{code:02X}"
    match code:
        case 0x4B:
            return _mean_targets(data)
        case 0x61:
            return _mean_autopoll(data)
        case 0x03 if len(data) >= 4:
            firmware = f"{data[1]}.{data[2]}"
            return [Status({"command": command, "ic": f"{data[0]:02X}", "firmware": firmware})]
        case 0x41 | 0x43 | 0x45 | 0x53 | 0x55 if data and data[0] & 0x3F:
            return [Status({"command": command, "error": f"{data[0] & 0x3F:02X}"})]
    return [Status({"command": command})]


def _mean_targets(data: bytes) -> list[Event]:
    if not data:
        return [Noise(data, "framing: an answer without a count")]
    cards: list[CardRead] = []
    rest = data[1:]
    for _ in range(data[0]):
        card, rest = _read_target(rest[1:])
        if card is None:
            return [Noise(data, "framing: a target that does not fit its answer")]
        cards.append(card)
    return [*cards, _presence(cards)]


def _presence(cards: list[CardRead]) -> TagsPresent:
    """The cards of a look; a number made up for this visit is none of them."""
    return TagsPresent(frozenset(card.code for card in cards if "random" not in card.facts))


def _mean_autopoll(data: bytes) -> list[Event]:
    """InAutoPoll: count, then type, length and target data for each."""
    cards: list[CardRead] = []
    rest = data[1:]
    while len(rest) >= 2:
        kind, size = rest[0], rest[1]
        if kind in (0x00, 0x10, 0x20, 0x40):
            card, _ = _read_target(rest[3 : 2 + size])
            if card is not None:
                cards.append(card)
        rest = rest[2 + size :]
    return [*cards, _presence(cards)]


def _read_target(data: bytes) -> tuple[CardRead | None, bytes]:
    """One ISO 14443 A target (behind its number) and what follows it."""
    if len(data) < 4 or data[3] not in (4, 7, 10) or len(data) < 4 + data[3]:
        return None, b""
    uid, sak, rest = data[4 : 4 + data[3]], data[2], data[4 + data[3] :]
    facts: dict[str, Fact] = {"atqa": data[:2].hex().upper(), "sak": f"{sak:02X}"}
    if sak & 0x20 and rest:
        facts["ats"] = rest[: rest[0]].hex().upper()
        rest = rest[max(rest[0], 1) :]
    if len(uid) == 4 and uid[0] == 0x08:
        facts["random"] = True  # new at each entry into the field: never to be bound
    return CardRead(uid.hex().upper(), facts=facts), rest


def check_max_tags(count: Value) -> None:
    """The chip takes 1 or 2 targets. Raises ValueError."""
    if count not in (1, 2):
        raise ValueError(f"{count} is out of range, the chip takes 1 or 2")


GET_FIRMWARE = WAKE + frame(b"\x02")
SAM_CONFIGURATION = WAKE + frame(b"\x14\x01\x14\x01")
#: Without a cap on the retries the chip answers nothing but an ACK until a card comes.
CAP_RETRIES = frame(b"\x32\x05\xff\x01\x02")


def pn532(*, listen: bool = False, max_tags: int = 1, pause_s: float = 0.1) -> Dialogue:
    """A driver that wakes the chip and asks for cards again and again; `listen`: it only parses."""
    framer = Framer(scan, longest=LONGEST, filler=b"\x00")
    if listen:
        return Dialogue(framer)
    return Dialogue(
        framer,
        setup=(Ask(SAM_CONFIGURATION, "15"), Ask(CAP_RETRIES, "33"), Ask(frame(b"\x02"), "03")),
        poll=Ask(frame(bytes([0x4A, max_tags, 0x00])), "4B"),
        pause_s=pause_s,
        abort=ACK,
    )
