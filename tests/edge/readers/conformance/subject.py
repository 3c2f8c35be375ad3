"""The drivers under test: each with its good frames, its garbage, and what its checksum can promise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from hypothesis import strategies as st

from edge.readers.frame_case import LONG_AFTER, FrameCase, cases, decode
from pullcord_edge.readers.catalogue import CATALOGUE, Gives, build
from pullcord_edge.readers.event import Driver, Event, Noise, Send, TagsPresent

#: Drivers whose checksum or parity finds every single wrong bit.
CHECKED = frozenset(
    [
        "rdm6300",
        "em4100",
        "pn532",
        "r200",
        "uhfreader18",
        "m6e",
        "wiegand26",
        "wiegand34",
        "a02yyuw",
        "tfmini",
        "modbus",
    ]
)
#: Drivers whose frames are lines, records or bursts: what is cut is ended by silence alone.
ENDED_BY_SILENCE = frozenset(
    [
        "line",
        "gm65",
        "sics",
        "ad",
        "sbi",
        "ohaus",
        "cas",
        "maxbotix",
        "hid",
        "wiegand26",
        "wiegand34",
        "wiegand",
        "hx711",
        "patlite-phe",
        "patlite-ne",
        "patlite-lr",
        "scanner-config",
        "cd5220",
        "epson-dm-d",
    ]
)
#: Of a stream of words without frames no byte can be garbage.
UNFRAMED = frozenset(("hx711", "adafruit-tower"))
STARTS = {
    "rdm6300": b"\x02",
    "pn532": b"\x00",
    "r200": b"\xbb\xaa",
    "m6e": b"\xff",
    "hid-pos": b"\x02",
    "a02yyuw": b"\xff",
    "tfmini": b"\x59\x5a\x42",
    "patlite-phe": b"\x06\x15\x40",
    "patlite-ne": b"\x00",
    "patlite-lr": b"\x00",
    "modbus": bytes(range(248)),
    "scanner-config": bytes(range(0x80)),
    "gm65": b"\x02\x03\x7e",
    "cd5220": b"\x1b\x0c",
    "epson-dm-d": b"\x1b\x0c\x1f",
}
LINES = frozenset(["line", "gm65", "sics", "ad", "sbi", "ohaus", "cas", "maxbotix"])


@dataclass(frozen=True, slots=True)
class Subject:
    """A driver with options, and frames that are good under them."""

    name: str
    options: tuple[tuple[str, str], ...]
    frames: tuple[bytes, ...]

    def __str__(self) -> str:
        return "-".join([self.name, *(value for _, value in self.options)])

    def make(self) -> Driver:
        """A new driver."""
        return build(self.name, dict(self.options))

    @property
    def is_text(self) -> bool:
        """Whether its frames are lines."""
        return self.name in LINES or dict(self.options).get("variant") == "pix"

    @property
    def needs_silence(self) -> bool:
        """Whether a good frame is only understood, or a cut one only given up, after a silence."""
        return self.name in ENDED_BY_SILENCE or self.is_text

    def garbage(self) -> st.SearchStrategy[bytes]:
        """Bytes that are no frame and begin none."""
        if self.name == "em4100":
            return st.lists(st.sampled_from((0, 0, 1)), max_size=8).map(bytes)
        if self.name.startswith("wiegand"):
            return st.lists(st.sampled_from((0, 1)), max_size=20).map(bytes)
        if self.name == "hid":
            return st.lists(st.just(_bad_record(dict(self.options))), max_size=3).map(b"".join)
        if self.name in UNFRAMED:
            return st.just(b"")
        kept = sorted(set(range(256)) - set(STARTS.get(self.name, b"")))
        noise = st.lists(st.sampled_from(kept), max_size=24).map(bytes)
        if self.is_text:
            return noise.map(lambda data: data.translate(None, b"\r\n") + b"\r")
        return noise


def _bad_record(options: Mapping[str, str]) -> bytes:
    match options.get("format"):
        case "evdev-24":
            return bytes(16) + b"\x20\x00" + bytes(6)
        case "evdev-16":
            return bytes(8) + b"\x20\x00" + bytes(6)
    return b"\x00\x01" + bytes(6)


@cache
def subjects() -> tuple[Subject, ...]:
    """Every driver of the catalogue, once for each set of options that has good frames."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], list[bytes]] = {}
    for case in cases():
        if _is_good(case):
            key = (case.driver, tuple(sorted(case.options.items())))
            found.setdefault(key, []).append(case.data)
    found[("wiegand", ())] = [case.data for case in cases() if case.driver == "wiegand34"]
    return tuple(Subject(name, options, tuple(data)) for (name, options), data in found.items())


def _is_good(case: FrameCase) -> bool:
    if case.expect.get("noise"):
        return False
    if CATALOGUE[case.driver].gives is Gives.ANSWERS:
        return True
    return bool(case.expect.get("reads") or case.expect.get("values"))


def understood(events: Sequence[Event]) -> list[Event]:
    """The reads and values; of a line without either, what it says of itself."""
    return [event for event in events if not isinstance(event, Noise | Send | TagsPresent)]


def meaning(subject: Subject, frame: bytes) -> list[Event]:
    """What a good frame alone means."""
    return understood(decode(subject.make(), frame))


def feed_with_pauses(driver: Driver, chunks: Sequence[bytes]) -> list[Event]:
    """The chunks, each followed by a silence."""
    out: list[Event] = []
    for number, chunk in enumerate(chunks):
        out += driver.feed(chunk, number * 10.0)
        out += driver.tick(number * 10.0 + 5.0)
    return out


def feed_at_once(driver: Driver, chunks: Sequence[bytes]) -> list[Event]:
    """The chunks without a pause, then silence."""
    out: list[Event] = []
    for chunk in chunks:
        out += driver.feed(chunk, 0.0)
    return [*out, *driver.tick(LONG_AFTER)]


def is_part_of(wanted: Sequence[Event], events: Sequence[Event]) -> bool:
    """Whether the wanted events come in this order, others perhaps between."""
    rest: Iterator[Event] = iter(events)
    return all(any(event == want for event in rest) for want in wanted)


def held(thing: object, depth: int = 6) -> int:
    """How many bytes, characters and entries an object and its parts hold."""
    if isinstance(thing, bytes | bytearray | str):
        return len(thing)
    if isinstance(thing, list | set | tuple | frozenset):
        return len(thing) + sum(held(part, depth - 1) for part in thing) if depth else 0
    owner = getattr(thing, "__self__", None)
    parts = vars(thing).values() if hasattr(thing, "__dict__") and depth else ()
    return sum(held(part, depth - 1) for part in parts) + (held(owner, depth - 1) if owner else 0)
