"""A plant's day as it happens: loops of every kind, stations that drop out for hours, people who do what they do.

`plan` draws it from a seed, knowing nothing of any server; `Floor` plays it on a desk through real pages.
"""

import heapq
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pullcord_server.desk.action import card as cards
from pullcord_server.desk.action import loop as loops
from pullcord_server.desk.action import order as orders
from pullcord_server.desk.inbox import PageIn
from pullcord_server.desk.refusal import Refused
from pullcord_server.desk.turn import Turn
from pullcord_wire.message import Ack
from support.desk import SITE, Server
from support.post import Post
from support.reference_model import MINUTE, Rule, Said, Seen

HOUR = 60 * MINUTE
TICK = 50_000
LEAD = 10 * MINUTE
SHOWN = MINUTE
WRONG = ("withdrawal", "start", "finish", "dispatch", "arrival")
Action = Callable[[Turn], Any]

#: Kind, table, keys beside the common ones, whether the release waits.
SORTS: tuple[tuple[str, str, str, bool], ...] = (
    ("withdrawal", "tolerant", "", False),
    ("withdrawal", "tolerant_two_scans", "", False),
    ("withdrawal", "strict", "", False),
    ("withdrawal", "tolerant_one_scan", "", False),
    ("withdrawal", "tolerant", 'release = "count"\nrelease_count = 3', True),
    ("withdrawal", "tolerant_two_scans", 'release = "times"\nrelease_times = {times}', True),
    ("production", "tolerant", "", False),
    ("production", "tolerant_two_scans", 'release = "heijunka"', True),
    ("production", "strict", "", False),
    ("production", "tolerant_one_scan", "", False),
    ("signal", "tolerant", "lot = 3\nreorder_point = 0", False),
    ("signal", "tolerant_two_scans", "lot = 3\nreorder_point = {low}", False),
    ("signal", "strict_two_scans", "lot = 2\nreorder_point = 0", False),
    ("supplier", "tolerant", "cycle = [1, 2, 1]\nslots = {slots}", False),
    ("supplier", "tolerant_two_scans", "cycle = [1, 2, 1]\nslots = {slots}", False),
    ("supplier", "strict", "cycle = [1, 2, 1]\nslots = {slots}", False),
)
STEPS = {"start": ("start", "finish"), "dispatch": ("dispatch", "arrival")}


def scans_of(kind: str, profile: str) -> tuple[str, ...]:
    """The scans of a loop that a table judges."""
    first, last = STEPS["start" if kind in ("production", "signal") else "dispatch"]
    if profile.endswith("two_scans"):
        return ("withdrawal", last)
    return ("withdrawal",) if profile.endswith("one_scan") else ("withdrawal", first, last)


def printed(card: str, version: int) -> str:
    """The code on a print: ISO 7064 Mod 37,36 over the letters and digits before its check character."""
    signs, check = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 36
    for sign in f"PC{card}{version}".replace("-", ""):
        check = (check + signs.index(sign)) % 36 or 36
        check = check * 2 % 37
    return f"PC-{card}-{version}-{signs[(1 - check) % 36]}"


@dataclass(frozen=True, slots=True)
class Read:
    """A card under a reader, or (`of` set) the button that takes the read before it back."""

    at: int
    station: str
    event: str
    code: str
    card: str | None
    version: int | None = None
    undo: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody does to a card, or to a loop, on a page."""

    at: int
    what: str
    card: str = ""
    loop: str = ""


@dataclass(slots=True)
class Plan:
    """A plant, and its day. `outages`: station → when it is cut off."""

    began: int
    span: int
    rules: dict[str, Rule] = field(default_factory=dict)
    stations: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tagged: set[str] = field(default_factory=set)
    text: str = ""
    moves: list[Read | Wish] = field(default_factory=list)
    outages: dict[str, tuple[int, int]] = field(default_factory=dict)

    def has(self, card: str) -> bool:
        """Whether the card came with its loop."""
        loop, _, number = card.rpartition("-")
        return int(number) <= self.rules[loop].cards

    def reads(self) -> int:
        """How many entries the stations write."""
        return sum(isinstance(m, Read) for m in self.moves)


def plan(
    seed: int, began: int, span: int, loops_: int, cards_: int, scans: int, stations: int
) -> Plan:
    """A day of about `scans` scans from `began` on; a quarter of the stations is cut off for a part of it."""
    dice = random.Random(seed)
    made = Plan(began, span)
    _build(made, dice, loops_, cards_, stations)
    _draw(made, dice, scans)
    for station in made.stations:
        if dice.random() < 0.25:
            first = began + dice.randrange(span // 2)
            made.outages[station] = (first, first + dice.randrange(span // 8, span // 2))
    return made


# -- the plant


def _build(made: Plan, dice: random.Random, count: int, cards_: int, stations: int) -> None:
    places = [f"P{n:03d}" for n in range(stations // 2)]
    outside = [f"S{n:02d}" for n in range(max(stations // 20, 1))]
    parts = [f'site = "{SITE}"\n']
    parts += [f'[[process]]\nid = "{p}"\n' for p in places]
    parts[1] += "pacemaker = true\n"
    parts += [f'[[supplier]]\nid = "{s}"\nname = "{s}"\n' for s in outside]
    for number, place in enumerate(places):
        served = (place, outside[number]) if number < len(outside) else (place,)
        for side in "AB":
            made.stations[f"{place}-{side}"] = served
            names = ", ".join(f'"{p}"' for p in served)
            parts.append(
                f'[[station]]\nid = "{place}-{side}"\nprocesses = [{names}]\nlights = ["stack"]\n'
            )
    for number in range(count):
        sort = SORTS[number % len(SORTS)]
        own = cards_ + (number % 5) - 2
        source, consumer = dice.sample(places, 2)
        if sort[0] == "supplier":
            source = dice.choice(outside)
        if "heijunka" in sort[2]:
            source = places[0]
        parts.append(_loop(made, f"L{number:04d}", sort, source, consumer, own, number % 2 == 0))
    made.text = "\n".join(parts)


def _loop(
    made: Plan,
    id_: str,
    sort: tuple[str, str, str, bool],
    source: str,
    consumer: str,
    own: int,
    tagged: bool,
) -> str:
    kind, profile, keys, waits = sort
    if kind in ("production", "signal"):
        consumer = source
    hours = [made.began + made.span * share // 8 // MINUTE * MINUTE for share in (3, 6)]
    clock = [f"{at // HOUR % 24:02d}:{at // MINUTE % 60:02d}" for at in hours]
    low = own - 4
    more = keys.format(times=clock, slots=clock, low=low).replace("'", '"')
    lot = int(more.split()[2]) if kind == "signal" else None
    rule = Rule(
        id_, kind, source, consumer, 20, own, profile, waits, LEAD // 2,
        lot=lot,
        reorder_point=None if lot is None else (low if "{low}" in keys else 0),
        count=3 if "count" in keys else None,
        hours=tuple(hours) if "times" in keys or kind == "supplier" else (),
    )  # fmt: skip
    made.rules[id_] = rule
    demand = 'demand = "60/h"\n' if id_.endswith("0") else ""
    scans = ", ".join(f'"{s}"' for s in scans_of(kind, profile))
    text = (
        f'[[item]]\nid = "I{id_}"\nname = "Part {id_}"\n'
        f'[[loop]]\nid = "{id_}"\nkind = "{kind}"\nitem = "I{id_}"\nsource = "{source}"\n'
        f'consumer = "{consumer}"\nquantity = 20\ncards = {own}\nlead_time = "10m"\n'
        f"scans = [{scans}]\nstrict = {str(rule.strict).lower()}\n{demand}{more}\n"
    )
    if not tagged:
        return text
    made.tagged.add(id_)
    names = (f"{id_}-{n:03d}" for n in range(1, own + 1))
    return text + "".join(f'[[tag]]\ncode = "T{name}"\ncard = "{name}"\n' for name in names)


# -- the day


def _draw(made: Plan, dice: random.Random, scans: int) -> None:
    each = max(scans // len(made.rules), 5)
    moves: list[Read | Wish] = []
    for rule in made.rules.values():
        mine = _Loop(made, dice, rule)
        moves += mine.day(each)
    made.moves = sorted(moves, key=lambda m: m.at)


@dataclass(slots=True)
class _Loop:
    """What happens to the cards of one loop."""

    made: Plan
    dice: random.Random
    rule: Rule
    moves: list[Read | Wish] = field(default_factory=list)
    versions: dict[str, tuple[int, int]] = field(default_factory=dict)
    count: int = 0

    def day(self, most: int) -> list[Read | Wish]:
        """About `most` reads of a few cards that go round, and what people do to some of them."""
        active = [f"{self.rule.id}-{n:03d}" for n in range(1, max(most // 5, 2) + 1)]
        self._wishes(active)
        clocks = [(self._later(0, self.made.span // 3), c, 0) for c in active]
        heapq.heapify(clocks)
        while clocks and self.count < most:
            at, card, step = heapq.heappop(clocks)
            if at < self.made.began + self.made.span:
                heapq.heappush(clocks, self._step(at, card, step))
        return self.moves

    def _later(self, least: int, most: int) -> int:
        return self.made.began + least + self.dice.randrange(max(most, 1))

    def _step(self, at: int, card: str, step: int) -> tuple[int, str, int]:
        """One step of the card's way, or what goes wrong there."""
        scans = scans_of(self.rule.kind, self.rule.profile)
        event = scans[step % len(scans)]
        station, dice = self._station(event), self.dice
        roll = dice.random()
        if roll < 0.05:  # nobody scans it
            return at + dice.randrange(MINUTE, 8 * MINUTE), card, step + 1
        if roll < 0.09:
            self._read(at, dice.choice(list(self.made.stations)), event, card)
            if roll < 0.07:
                return at + dice.randrange(MINUTE, 10 * MINUTE), card, step
        elif roll < 0.11:
            self._read(at, station, dice.choice(WRONG), card)
        else:
            self._read(at, station, event, card)
        if roll > 0.90:
            at = self._again(at, station, event, card, roll)
        pause = dice.randrange(MINUTE + 1, 12 * MINUTE)
        return at + pause, card, step + 1

    def _again(self, at: int, station: str, event: str, card: str, roll: float) -> int:
        """The same read once more: at once, after a while, at another reader, or taken back."""
        dice = self.dice
        if roll > 0.98:
            self._read(at + dice.randrange(2_000, 20_000), station, event, card, undo=True)
            return at + MINUTE
        if roll > 0.96:
            later = at + dice.randrange(TICK + 1, SHOWN)
            other = station[:-1] + ("B" if station.endswith("A") else "A")
            self._read(later, other, event, card)
            return later + MINUTE
        if roll > 0.93:
            later = at + dice.randrange(1_000, 20_000)
        else:
            later = at + dice.randrange(2 * MINUTE, 8 * MINUTE)
        self._read(later, station, event, card)
        return later + MINUTE

    def _station(self, event: str) -> str:
        place = self.rule.place(event)
        return self.dice.choice([s for s, served in _served(self.made, place)])

    def _read(self, at: int, station: str, event: str, card: str, *, undo: bool = False) -> None:
        code, version, meant = self._code(at, card)
        self.moves.append(Read(at, station, event, code, meant, version, undo))
        self.count += 1

    def _code(self, at: int, card: str) -> tuple[str, int | None, str | None]:
        """What the reader reads: a tag, a print (the old one, too), or something that is no card."""
        roll = self.dice.random()
        if roll < 0.01:
            return "FFFF0001", None, None
        since, version = self.versions.get(card, (0, 1))
        number = version if since <= at and self.dice.random() < 0.6 else 1
        if self.rule.id in self.made.tagged and number == 1 and int(card[-3:]) <= self.rule.cards:
            return f"T{card}", None, card
        code = printed(card, number)
        if roll < 0.02:
            return code[:-1] + ("A" if code[-1] != "A" else "B"), None, None
        return code, number, card

    def _wishes(self, active: list[str]) -> None:
        dice, span = self.dice, self.made.span
        first, second = self._later(span // 8, span // 2), self._later(span // 2, span // 3)
        card, roll = dice.choice(active), dice.random()
        if roll < 0.2:
            self.moves += [Wish(first, "block", card), Wish(second, "unblock", card)]
        elif roll < 0.4:
            self.moves.append(Wish(first, "lost", card))
        elif roll < 0.55:
            self.moves += [Wish(first, "lost", card), Wish(second, "replace", card)]
            self._replacement(second)
        elif roll < 0.75:
            self.moves.append(Wish(first, "print", card))
            self.versions[card] = (first, 2)
        elif roll < 0.9:
            self.moves.append(Wish(first, "close", card))
        if self.rule.waits and not self.rule.count and not self.rule.hours:
            hours = range(self.made.began + HOUR // 2, self.made.began + span, HOUR // 2)
            self.moves += [Wish(at, "release", loop=self.rule.id) for at in hours]

    def _replacement(self, since: int) -> None:
        card = f"{self.rule.id}-{self.rule.cards + 1:03d}"
        for number in range(4):
            at = since + (number + 1) * 6 * MINUTE
            if at < self.made.began + self.made.span:
                scans = scans_of(self.rule.kind, self.rule.profile)
                event = scans[number % len(scans)]
                self._read(at, self._station(event), event, card)


def _served(made: Plan, place: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from ((s, p) for s, p in made.stations.items() if place in p)


# -- the floor


@dataclass(slots=True)
class Floor:
    """The day on a desk. `moment` counts everything that the server was told, one after the other."""

    made: Plan
    server: Server
    moment: int = 0
    posts: dict[str, Post] = field(default_factory=dict)
    seen: dict[str, list[Seen]] = field(default_factory=dict)
    strangers: dict[str, str] = field(default_factory=dict)
    known: dict[int, int] = field(default_factory=dict)
    sent: dict[str, tuple[int, int]] = field(default_factory=dict)
    reads: dict[str, tuple[Read, str | None]] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)
    old: list[PageIn] = field(default_factory=list)
    ticks: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def open(cls, made: Plan, server: Server) -> "Floor":
        """The plant is applied, and it is morning."""
        server.apply(made.text)
        server.set(made.began)
        floor = cls(made, server)
        floor.posts = {s: Post(server, s, online=False) for s in made.stations}
        return floor

    def play(self) -> None:
        """From the first minute to the last, and until every station has told everything."""
        moves = iter([*self.made.moves, None])
        move = next(moves)
        for tick in range(self.made.began + TICK, self.made.began + self.made.span + HOUR, TICK):
            self._tell(partial(self.server.set, tick))
            self.ticks.append((tick, self.moment))
            while move is not None and move.at < tick:
                if isinstance(move, Read):
                    self._write(move)
                else:
                    self._wish(move)
                move = next(moves)
            self._exchange(tick)
        assert move is None, "the day was too short"
        assert all(post.drained for post in self.posts.values())

    def _write(self, read: Read) -> None:
        post, of = self.posts[read.station], None
        if read.undo:
            of = self.last[read.station]
            entry = post.undo(of, read.at)
        else:
            entry = post.scan(read.event, read.code, read.at)
            self.last[read.station] = entry
        self.reads[entry] = (read, of)

    def _exchange(self, now: int) -> None:
        """Who has a link sends; who comes back sends what waited, alone."""
        ready: list[Post] = []
        back: list[Post] = []
        for name, post in self.posts.items():
            first, last = self.made.outages.get(name, (0, 0))
            if post.drained or first <= now < last:
                continue
            waits = len(post.journals[0].entries) - post.journals[0].told
            (back if last and last <= now and waits > 20 else ready).append(post)
        self._send(ready)
        for post in back:
            while not post.drained:
                self._send([post])

    def _send(self, posts: list[Post]) -> None:
        if not posts:
            return
        pages = [post.page() for post in posts]
        again = [page for page in self.old[-1:] if self.moment % 7 == 0]
        told = self._tell(lambda: self.server.land(*again, *pages))
        for page in pages:
            for entry in page.page.entries:
                self.sent[f"{page.page.journal}.{entry.seq}"] = (self.moment, self.server.now)
        self.old = pages
        self._hear(told)

    def _hear(self, told: list[tuple[str, Ack]]) -> None:
        for station, ack in told:
            self.posts[station].hear(ack)

    def _tell(self, act: Callable[[], Any]) -> Any:
        """Everything that the server decides meanwhile is known from this moment on."""
        self.moment += 1
        before = len(self.server.copy.lines)
        try:
            return act()
        except Refused:
            return None
        finally:
            for line in self.server.copy.lines[before:]:
                self.known[line["number"]] = self.moment

    def _wish(self, wish: Wish) -> None:
        self._tell(lambda: self.server.act(_ACTIONS[wish.what](wish)))

    # -- what the model is told

    def moment_of(self, instant: int) -> int:
        """When the server's time passed an instant."""
        return next(moment for tick, moment in self.ticks if tick >= instant)

    def stories(self) -> dict[str, list[Seen | Said]]:
        """Card → everything that was seen of it and settled about it."""
        found: dict[str, list[Seen | Said]] = {}
        issued = {c for line in self.server.copy.lines for c in line["body"].get("issue", ())}
        for entry, (read, of) in self.reads.items():
            card = read.card if of is None else self.reads[of][0].card
            if card is None or not (card in issued or self.made.has(card)):
                continue
            moment, now = self.sent[entry]
            journal, _, seq = entry.rpartition(".")
            event = "undo" if of else read.event
            found.setdefault(card, []).append(
                Seen(
                    journal, int(seq), read.at, read.station, self.made.stations[read.station],
                    event, moment, now - read.at <= SHOWN, None if of else read.version, of,
                )
            )  # fmt: skip
        for line in self.server.copy.lines:
            for card, values in line["body"].get("cards", {}).items():
                if values["what"] == "ruling" and values.get("reason") == "shown":
                    continue
                found.setdefault(card, []).append(self._said(line, values))
        return found

    def _said(self, line: Mapping[str, Any], values: Mapping[str, Any]) -> Said:
        return Said(
            line["number"], line["id"], line["at"], values["what"], self.known[line["number"]],
            values.get("entry"), values.get("verdict"), values.get("order"),
        )  # fmt: skip


def _change(**values: Any) -> Callable[[Wish], Action]:
    return lambda wish: lambda turn: cards.change(turn, wish.card, "lead", "so", **values)


def _close(wish: Wish) -> Action:
    def do(turn: Turn) -> Any:
        known = turn.book.card(wish.card)
        if known is None or known.card.portion is None:
            return None
        return orders.close(turn, [known.card.portion.order], "lead", "by hand")

    return do


def _replace(wish: Wish) -> Action:
    def do(turn: Turn) -> Any:
        known = turn.book.card(wish.card)
        if known is None or known.card.life != "lost":
            return None
        return cards.issue(turn, "lead", "never found", replaces=wish.card)

    return do


_ACTIONS: Mapping[str, Callable[[Wish], Action]] = {
    "block": _change(blocked=True),
    "unblock": _change(blocked=False),
    "lost": _change(life="lost"),
    "replace": _replace,
    "close": _close,
    "print": lambda wish: lambda turn: cards.print_card(turn, wish.card, "lead", "torn"),
    "release": lambda wish: lambda turn: loops.release_now(turn, wish.loop, "lead", "levelled"),
}
