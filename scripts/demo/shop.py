"""The demo's machine shop as its people know it: loops, cards and codes, and who scans what where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pullcord_server.domain.code import printed_code
from pullcord_server.domain.plant import Kind, Loop, Plant
from pullcord_server.domain.plant_file import parse_plant

PLANT_FILE = Path(__file__).parent / "plant.toml"
LINE, SHOP, DOCK = "assy1-post", "shop", "dock"
#: Station → its readers, each with driver and role. Posts read tags, hand scanners the printed code.
READERS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    LINE: {"post": ("rdm6300", "withdrawal")},
    SHOP: {
        "post": ("rdm6300", "withdrawal"),
        "store": ("line", "dispatch"),
        "arrival": ("line", "arrival"),
        "start": ("line", "start"),
        "finish": ("line", "finish"),
    },
    DOCK: {"dock": ("line", "arrival")},
}
SENSORS: Mapping[str, Mapping[str, int]] = {LINE: {"bin-1": 17, "bin-2": 27}}
CORDS: Mapping[str, str] = {LINE: "material", SHOP: "maintenance"}
MAKES = (Kind.PRODUCTION, Kind.SIGNAL)


@dataclass(frozen=True, slots=True)
class Shop:
    """The plant file with a tag for each card."""

    plant: Plant
    tags: Mapping[str, str]

    @classmethod
    def read(cls) -> "Shop":
        """From the demo's plant file."""
        plant = parse_plant(PLANT_FILE.read_text(encoding="utf-8"), str(PLANT_FILE))
        cards = (f"{i}-{n:03d}" for i, loop in plant.loops.items() for n in cards_of(loop))
        return cls(plant, {c: f"{0x0A00B40000 + n:010X}" for n, c in enumerate(cards, 1)})

    def loop_of(self, card: str) -> Loop:
        """KeyError: there is no such card."""
        _ = self.tags[card]
        return self.plant.loops[card.rpartition("-")[0]]

    def maker(self, loop: Loop) -> Loop | None:
        """The loop whose cards are on the full boxes that a card of `loop` fetches."""
        return next(
            (x for x in self._makers() if (x.item, x.source) == (loop.item, loop.source)), None
        )

    def _makers(self) -> Iterable[Loop]:
        return (x for x in self.plant.loops.values() if x.kind in MAKES)

    def inputs(self, process: str) -> list[Loop]:
        """What a process uses up."""
        loops = self.plant.loops.values()
        return [x for x in loops if x.consumer == process and x.kind not in MAKES]

    def sensor_of(self, card: str) -> str | None:
        """The switch under this card's own bin."""
        return next((b.sensor for b in self.plant.bins if b.card == card), None)

    def step(self, what: str, card: str) -> tuple[str, str]:
        """Where a card is scanned, and the line that its station is told."""
        loop = self.loop_of(card)
        sensor = self.sensor_of(card)
        if sensor is not None:
            return LINE, f"level {sensor} {'empty' if what == 'post' else 'full'}"
        at_line = loop.place == "assembly-1"
        if what == "post" and loop.kind in MAKES:
            what = "store"
        elif what == "arrival" and (at_line or loop.kind is Kind.SUPPLIER):
            what = "dock"
        station = DOCK if what == "dock" else LINE if at_line and what == "post" else SHOP
        driver, _ = READERS[station][what]
        code = self.tags[card] if driver == "rdm6300" else printed_code(card, 1)
        return station, f"drop {what} {code}"


def cards_of(loop: Loop) -> range:
    """The numbers of a loop's cards."""
    return range(1, loop.cards + 1)


def plant_text(shop: Shop) -> str:
    """The plant file with its tags."""
    tags = [f'[[tag]]\ncode = "{code}"\ncard = "{card}"\n' for card, code in shop.tags.items()]
    return PLANT_FILE.read_text(encoding="utf-8") + "\n" + "\n".join(tags)


def server_text(url: str) -> str:
    """server.toml: everything on this machine alone."""
    return (
        'site = "demo"\ndatabase = "sqlite:///pullcord.db"\nbroker = "embedded"\n'
        f'http = "{url.removeprefix("http://")}"\naccess = "open"\n'
        'decisions_copy = "decisions.jsonl"\n'
    )


def station_text(station: str, broker_port: int) -> str:
    """A station's file: its readers and switches, a stack light, a cord."""
    parts = [
        f'site = "demo"\nstation = "{station}"\n',
        f'[broker]\nurl = "mqtt://127.0.0.1:{broker_port}"\n',
        f'[journal]\npath = "{station}.db"\n',
    ]
    for name, (driver, role) in READERS[station].items():
        parts.append(
            f'[[reader]]\nname = "{name}"\ndriver = "{driver}"\nport = "/dev/{name}"\nrole = "{role}"\n'
        )
    for name, pin in SENSORS.get(station, {}).items():
        parts.append(
            f'[[sensor]]\nname = "{name}"\ndriver = "switch"\npin = {pin}\n'
            'empty_when = "open"\nsettle = "1s"\n'
        )
    if station in CORDS:
        parts.append(
            '[[light]]\nname = "stack"\n'
            "pins = { red = 5, amber = 6, green = 13, blue = 19, white = 26 }\n"
        )
        parts.append(f'[[button]]\nname = "cord"\npin = 21\ncall = "{CORDS[station]}"\n')
    return "\n".join(parts)
