"""A plant with every kind of loop, and random days on it: moves that make sense in any order, so that any may be left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from support.desk import HOUR, MINUTE, SITE, tag

Move = tuple[Any, ...]
BACKUP: Move = ("backup",)

#: Evenings before clocks change: in Berlin in autumn and spring, in New York in autumn and spring.
BEGINS = (1_792_864_800_000, 1_806_170_400_000, 1_793_476_800_000, 1_804_968_000_000)
WAITS = (1, 1_000, 20_000, 61_000, 121_000, 6 * MINUTE, 25 * MINUTE, HOUR, 3 * HOUR, 9 * HOUR)

_HEAD = f"""
site = "{SITE}"
timezone = "Europe/Berlin"
[calendar]
shifts = [["06:00", "14:00"], ["22:00", "06:00"]]
breaks = [["10:00", "10:15"], ["02:15", "02:45"]]
[[process]]
id = "assembly"
pacemaker = true
[[process]]
id = "machining"
[process.calendar]
shifts = [["22:00", "06:00"]]
[[process]]
id = "press"
[[process]]
id = "elsewhere"
[[supplier]]
id = "seals-ltd"
name = "Seals Ltd"
[supplier.calendar]
timezone = "America/New_York"
days = [0, 1, 2, 3, 4, 5, 6]
[[station]]
id = "post"
process = "assembly"
lights = ["stack"]
[[station]]
id = "dock"
process = "assembly"
[[station]]
id = "cell"
processes = ["assembly", "machining"]
lights = ["stack"]
[[station]]
id = "store"
process = "machining"
lights = ["stack"]
[[station]]
id = "press"
process = "press"
lights = ["stack"]
[[station]]
id = "gate"
process = "seals-ltd"
[[station]]
id = "wrong"
process = "elsewhere"
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A loop of the plant: its kind, its cards, the steps of its floor with the station of each."""

    id: str
    kind: str
    cards: int
    steps: dict[str, str]
    keys: str
    item: str = ""
    bins: tuple[tuple[str, str, int | None], ...] = ()

    def text(self) -> str:
        """Its tables of plant.toml."""
        source = {"production": "machining", "signal": "press", "supplier": "seals-ltd"}
        item = self.item or self.id.lower()
        consumer = 'consumer = "assembly"' if self.kind in ("withdrawal", "supplier") else ""
        lines = [
            f'[[loop]]\nid = "{self.id}"\nkind = "{self.kind}"\nitem = "{item}"',
            f'source = "{source.get(self.kind, "machining")}"\n{consumer}\nquantity = 20',
            f'cards = {self.cards}\nlead_time = "40m"\nscans = {list(self.steps)}\n{self.keys}',
        ]
        for number in range(1, self.cards + 1):
            code, card = tag(self.id, number), f"{self.id}-{number:03d}"
            lines.append(f'[[tag]]\ncode = "{code}"\ncard = "{card}"')
        for station, sensor, card_ in self.bins:
            bound = "" if card_ is None else f'\ncard = "{self.id}-{card_:03d}"'
            lines.append(
                f'[[bin]]\nstation = "{station}"\nsensor = "{sensor}"\nloop = "{self.id}"{bound}'
            )
        return "\n".join(lines) + "\n"


_MOVED = {"withdrawal": "post", "dispatch": "store", "arrival": "dock"}
_TWO = {"withdrawal": "post", "arrival": "dock"}
_MADE = {"withdrawal": "store", "start": "store", "finish": "store"}
_PRESSED = {"withdrawal": "press", "start": "press", "finish": "press"}
_BOUGHT = {"withdrawal": "post", "dispatch": "gate", "arrival": "dock"}
PARTS = {
    p.id: p
    for p in (
        Part("BH", "withdrawal", 4, _TWO, 'demand = "60/h"'),
        Part("GK", "withdrawal", 3, _MOVED, 'strict = true\ndemand = "30/h"'),
        Part("GZ", "withdrawal", 2, _TWO, 'strict = true\ndrop_at = "first-piece"\ndemand = "9/h"'),
        Part("OS", "withdrawal", 3, {"withdrawal": "post"}, 'demand = "20/h"\nstart = "empty"'),
        Part("CO", "withdrawal", 4, _TWO, 'release = "count"\nrelease_count = 2'),
        Part(
            "TI",
            "withdrawal",
            3,
            _MOVED,
            'release = "times"\nrelease_times = ["01:30", "02:30", "08:00", "18:00"]',
        ),
        Part("XW", "withdrawal", 3, _MOVED, "", "valve"),
        Part(
            "XP",
            "production",
            3,
            {"dispatch": "store", "start": "store", "finish": "store"},
            "",
            "valve",
        ),
        Part("PR", "production", 3, _MADE, 'demand = "30/h"'),
        Part("PS", "production", 3, _MADE, "strict = true"),
        Part("PO", "production", 2, {"withdrawal": "store"}, ""),
        Part("SG", "signal", 5, _PRESSED, "lot = 3\nreorder_point = 1"),
        Part(
            "ST", "signal", 4, {"withdrawal": "press", "finish": "press"}, "lot = 2\nstrict = true"
        ),
        Part("TR", "signal", 1, _PRESSED, "reorder_point = 3"),
        Part(
            "SB",
            "supplier",
            4,
            _BOUGHT,
            'cycle = [1, 3, 2]\nslots = ["01:30", "09:00", "17:00"]\ncut_off = "30m"',
        ),
        Part(
            "SO",
            "supplier",
            3,
            _TWO,
            'cycle_start = "2026-10-24"\ncycle = [2, 1, 1]\nslots = ["02:30"]\nstrict = true',
        ),
        Part("BC", "withdrawal", 2, _TWO, "", "", (("cell", "bc-1", 1), ("cell", "bc-2", 2))),
        Part("BL", "withdrawal", 3, _TWO, "", "", (("cell", "bl-1", None), ("cell", "bl-2", None))),
        Part("RK", "withdrawal", 3, _TWO, "", "", (("cell", "rack", None),)),
    )
}
STATIONS = ("post", "dock", "cell", "store", "press", "gate", "wrong")
#: Loops that are worth having together on one day.
BOUND = {"XW": "XP", "XP": "XW"}


def plant(parts: Sequence[str]) -> str:
    """plant.toml with these loops."""
    own = [PARTS[p] for p in parts]
    items = dict.fromkeys(p.item or p.id.lower() for p in own)
    return (
        _HEAD + "".join(f'[[item]]\nid = "{i}"\n' for i in items) + "".join(p.text() for p in own)
    )


@dataclass(frozen=True, slots=True)
class Story:
    """A plant and what happened on it."""

    begins: int
    parts: tuple[str, ...]
    moves: tuple[Move, ...]


def random_story(chance: Random, length: int) -> Story:
    """Some loops of the plant and what happens to them: mostly scans, some outages, some decisions."""
    parts = set(chance.sample(sorted(PARTS), chance.randint(2, 6)))
    parts |= {BOUND[p] for p in parts & BOUND.keys()}
    own = tuple(sorted(parts))
    teller = _Teller(chance, [PARTS[p] for p in own])
    moves = [teller.move() for _ in range(length - 1)]
    moves.insert(chance.randint(0, length - 1), BACKUP)
    return Story(chance.choice(BEGINS), own, tuple(moves))


@dataclass(slots=True)
class _Teller:
    """Draws one move after the other; days differ in how much of what happens on them."""

    chance: Random
    parts: list[Part]
    steady: float = 0.0
    hands: float = 0.0

    def __post_init__(self) -> None:
        self.steady = self.chance.choice((0.5, 0.8, 0.95))
        self.hands = self.chance.choice((0.03, 0.1, 0.3))

    def move(self) -> Move:
        """What happens next."""
        kind = self.chance.random()
        if kind < 0.25:
            return ("wait", self.chance.choice(WAITS) + self.chance.randint(0, 2) * 1_000)
        if kind < 0.25 + 0.5 * self.hands:
            return self._link()
        if kind < 0.25 + 1.5 * self.hands:
            return self.chance.choice(_BY_HAND)(self)
        return self._sensor() if self.chance.random() < 0.2 else self._scan()

    def part(self) -> Part:
        return self.chance.choice(self.parts)

    def card(self) -> str:
        part = self.part()
        return f"{part.id}-{self.number(part):03d}"

    def number(self, part: Part) -> int:
        """Mostly a card of the plant, sometimes one that people may have issued."""
        return self.chance.randint(1, part.cards + (self.chance.random() < 0.2))

    def _scan(self) -> Move:
        part = self.part()
        event = self.chance.choice([*part.steps, "withdrawal"])
        station = part.steps.get(event, "store")
        if self.chance.random() > self.steady:
            event = self.chance.choice(("withdrawal", "start", "finish", "dispatch", "arrival"))
            station = self.chance.choice(STATIONS)
        number = self.number(part)
        if self.chance.random() < 0.1:
            version = self.chance.choice((1, 1, 2, 3))
            return ("printed", station, event, f"{part.id}-{number:03d}", version)
        return ("scan", station, event, part.id, number)

    def _sensor(self) -> Move:
        sensed = [p for p in self.parts if p.bins]
        if not sensed:
            return ("undo", self.chance.choice(STATIONS), self.chance.randint(1, 2))
        part = self.chance.choice(sensed)
        station, sensor, _ = self.chance.choice(part.bins)
        if sensor == "rack":
            return (
                "hang",
                station,
                sensor,
                self.chance.choice(("read", "removed")),
                tag(part.id, self.number(part)),
            )
        return ("level", station, sensor, self.chance.random() < 0.5)

    def _link(self) -> Move:
        station = self.chance.choice(STATIONS)
        what = self.chance.choice(("offline", "offline", "online", "restart", "repeat", "reopen"))
        return ("reopen",) if what == "reopen" else (what, station)


def _change(what: str) -> Callable[[_Teller], Move]:
    return lambda t: ("change", t.card(), what, t.chance.random() < 0.6)


def _life(t: _Teller) -> Move:
    life = t.chance.choice(("lost", "circulating", "circulating", "retired"))
    return ("change", t.card(), "life", life)


def _order(t: _Teller) -> Move:
    return ("order", t.card(), t.chance.choice(("start", "finish", "dispatch", "arrival")))


def _short(t: _Teller) -> Move:
    event = t.chance.choice(("finish", "arrival"))
    return ("portion", t.card(), event, t.chance.choice((1, 15, 20, 25)))


def _number(t: _Teller) -> Move:
    part = t.part()
    return ("number", part.id, max(part.cards + t.chance.randint(-1, 1), 1))


def _code(t: _Teller) -> Move:
    return ("code", t.chance.choice(STATIONS), "withdrawal", t.chance.choice(("SPARE", "NOBODY")))


def _confirm(t: _Teller) -> Move:
    return ("confirm", t.card(), t.chance.choice((MINUTE, HOUR)))


_BY_HAND: tuple[Callable[[_Teller], Move], ...] = (
    _change("blocked"),
    _change("hold"),
    _life,
    _life,
    _order,
    _order,
    _short,
    _number,
    _code,
    lambda t: ("undo", t.chance.choice(STATIONS), t.chance.randint(1, 2)),
    lambda t: ("take_back", t.card()),
    lambda t: ("scrap", t.card()),
    lambda t: ("close", t.card()),
    _confirm,
    lambda t: ("replace", t.card()),
    lambda t: ("print", t.card()),
    lambda t: ("issue", t.part().id, t.chance.choice((MINUTE, HOUR))),
    lambda t: ("issue_emergency", t.part().id, t.chance.choice((MINUTE, HOUR))),
    lambda t: ("release", t.part().id),
    lambda t: ("empty", t.part().id),
    lambda t: ("in_service", t.part().id, t.chance.random() < 0.6),
    lambda t: ("trial", t.part().id),
    lambda t: ("trial_end", t.part().id, t.chance.randint(1, 2), t.chance.random() < 0.5),
    lambda t: ("bind", t.chance.choice(("SPARE", "NOBODY")), t.card()),
    lambda t: ("unbind", "SPARE"),
    lambda t: ("collect", t.chance.choice(STATIONS)),
    lambda t: ("done",),
    lambda t: ("resolve",),
    lambda t: ("press", t.chance.choice(STATIONS)),
    lambda t: ("call", t.chance.choice(STATIONS)),
    lambda t: ("redefine", t.part().id, t.chance.choice(("30m", "50m"))),
)
