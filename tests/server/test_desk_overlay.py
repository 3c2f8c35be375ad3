"""Every row of the published overlays through the whole desk, for every kind of loop: decided by people, read at stations."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pullcord_server.desk.action import card, loop
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.card import Event
from pullcord_server.domain.code import printed_code
from pullcord_server.domain.plant import Kind
from server.test_desk_table import Rows, plant
from server.test_step import ABOUT_CODES, LEAVES
from support.desk import HOUR, MINUTE, Server, new_database
from support.post import Post
from support.published import IN_HOUSE, ORACLE

CARDS = 90
LOOP = "AT-ONCE"
BINS = re.compile(r"\[\[bin\]\]\n(?:.+\n){4}")
ELSEWHERE = """
[[process]]
id = "elsewhere"
[[station]]
id = "wrong"
process = "elsewhere"
"""
LEVELS = (Event.LEVEL_EMPTY, Event.LEVEL_FULL)
DROPS = (Event.WITHDRAWAL, Event.LEVEL_EMPTY)
PASSED_ON = (Event.FINISH, Event.ARRIVAL, Event.DISPATCH, Event.LEVEL_FULL)
READS = (Event.WITHDRAWAL, Event.START, Event.FINISH, Event.DISPATCH, Event.ARRIVAL)
ALL = (*READS, *LEVELS)
Act = Callable[[Turn, str], Any]


def change(**values: Any) -> Act:
    """What somebody settles about a card."""
    return lambda turn, name: card.change(turn, name, "lead", "so", **values)


def replaced(turn: Turn, name: str) -> None:
    card.change(turn, name, "lead", "so", life="lost")
    card.issue(turn, "lead", "so", replaces=name)


@dataclass(slots=True)
class Case:
    """A row's card, what was settled about it, and how it is read."""

    when: str
    event: Event
    act: Act | None = None
    station: str = "post"
    version: int | None = None
    dropped: bool = False
    card: str = ""
    entry: str = ""
    was: dict[str, Any] = field(default_factory=dict)


def cases(kind: Kind, strict: bool) -> Iterator[Case]:
    """Every row with each event that it names, where the loop's own card is concerned."""
    for event in ALL:
        yield Case("life = retired", event, change(life="retired"))
        yield Case("life = lost, and a replacement was issued", event, replaced)
        blocked = "flag blocked, card full" if event in DROPS else "flag blocked"
        yield Case(blocked, event, change(blocked=True))
        yield Case("flag blocked", event, change(blocked=True), dropped=True)
    for event in READS:
        old = "printed version older than the newest version that was ever scanned"
        yield Case(old, event, version=1)
        wrong = "reader's station does not serve the loop"
        need = event is Event.WITHDRAWAL and not strict
        yield Case(f"{wrong}, tolerant, card full" if need else wrong, event, station="wrong")
        yield Case(wrong, event, station="wrong", dropped=True)
    for event in PASSED_ON:
        yield Case("flag hold", event, change(hold=True))
        yield Case("flag hold", event, change(hold=True), dropped=True)
    for event in DROPS:
        yield Case("flag hold, card full", event, change(hold=True))
    for event in LEAVES[_as(kind)]:
        yield Case("life = lost, no replacement", event, change(life="lost"))


def _as(kind: Kind) -> Kind:
    return kind if kind in IN_HOUSE else Kind.WITHDRAWAL


@dataclass(slots=True)
class Stage:
    """A loop of one kind, its post, and one in the wrong place."""

    server: Server
    kind: Kind
    profile: str
    posts: dict[str, Post]

    @classmethod
    def of(cls, path: Path, kind: Kind, profile: str) -> "Stage":
        """Everything full."""
        server = Server(new_database(path))
        text = plant(kind, profile, CARDS) + ELSEWHERE
        server.apply(text.replace(f"lot = {CARDS}", f"lot = {CARDS // 3}"))
        server.set("06:00")
        posts = {name: Post(server, name, online=False) for name in ("post", "wrong")}
        return cls(server, kind, profile, posts)

    def read(self, case: Case, event: Event) -> None:
        """The card, or its bin, at the station."""
        post = self.posts[case.station]
        if event in LEVELS:
            case.entry = post.level(case.card, event is Event.LEVEL_EMPTY)
        else:
            case.entry = post.scan(event.value, printed_code(case.card, case.version or 2))

    def send(self) -> None:
        """Everything that was read arrives."""
        for post in self.posts.values():
            post.send()

    def judge(self, every: list[Case]) -> None:
        """Each case's event happens, and its row is what the overlay says."""
        self.server.set(self.server.now + HOUR)
        before = Rows.of(self.server)
        for case in every:
            case.was = before.cards[case.card]
            self.read(case, case.event)
        self.send()
        after = Rows.of(self.server)
        for case in every:
            self.compare(case, before, after)

    def compare(self, case: Case, before: Rows, after: Rows) -> None:
        """Verdict, findings, life, state, orders."""
        (row,) = [r for r in ORACLE["overlays"] if r["when"] == case.when]
        result, now = row["result"], after.cards[case.card]
        told = f"{case.event} of {case.card}: {case.when}"
        to = result["to"]
        opened = before.portions.get(case.card, {})
        if to.startswith("by table"):
            left = case.was["state"] if to == "by table" else LEAVES[_as(self.kind)][case.event]
            to = ORACLE[self.profile][self.kind][left][case.event]["to"]
        else:
            to = case.was["state"] if to == "same" else to
            assert after.portions.get(case.card, {}) == opened, told
        assert now["state"] == to, told
        assert now["life"] == result.get("life", case.was["life"]), told
        fact = after.facts[case.entry]
        if case.event not in LEVELS or "finding" in result:
            assert fact["verdict"] == result["verdict"], told
        found = [result["finding"]] if "finding" in result else []
        assert after.findings.get(case.entry, []) == found, told


@pytest.mark.parametrize("profile", ["tolerant", "strict"])
@pytest.mark.parametrize("kind", Kind)
def test_every_overlay_is_what_the_desk_writes(kind: Kind, profile: str, tmp_path: Path) -> None:
    stage = Stage.of(tmp_path / "pullcord.db", kind, profile)
    every = list(cases(kind, profile == "strict"))
    for number, case in enumerate(every, 1):
        case.card = f"{LOOP}-{number:03d}"
    for case in every:
        if case.dropped or case.version is not None:
            one = Case(case.when, Event.WITHDRAWAL, card=case.card)
            stage.read(one, Event.WITHDRAWAL)
    stage.send()
    stage.server.set(stage.server.now + 1)

    def settle(turn: Turn) -> None:
        for case in every:
            if case.act is not None:
                case.act(turn, case.card)

    stage.server.act(settle)
    stage.judge(every)
    assert stage.server.rows("call", type="quality"), "goods on hold that are used call the source"
    lost = {f["card"]: f["resolved_by"] for f in stage.server.rows("finding", type="lost")}
    found = [c.card for c in every if c.when == "life = lost, no replacement"]
    assert {lost[c] for c in found} == {"pullcord"}
    assert stage.server.tally.failed_turns == 0


@pytest.mark.parametrize("kind", Kind)
def test_cards_that_are_too_many_or_too_few_are_what_the_desk_writes(
    kind: Kind, tmp_path: Path
) -> None:
    stage = Stage.of(tmp_path / "pullcord.db", kind, "tolerant")

    def number(cards: int) -> None:
        stage.server.set(stage.server.now + 1)
        stage.server.act(lambda turn: loop.change(turn, LOOP, "planner", "so", cards=cards))

    number(CARDS - 2 - len(READS))
    names = iter(f"{LOOP}-{n:03d}" for n in range(1, CARDS))
    drops = [Case("marked to retire", e, card=next(names)) for e in DROPS]
    drops += [Case("marked to retire", Event.WITHDRAWAL, card=next(names)) for _ in READS]
    stage.judge(drops)
    again = [Case("life = surplus, loop has its number", e) for e in READS]
    for one, dropped in zip(again, drops[2:], strict=True):
        one.card = dropped.card
    stage.judge(again)
    usual = [e for e in LEAVES[_as(kind)] if e not in LEVELS]
    number(CARDS - 2 - len(READS) + len(drops) + len(usual))
    short = "life = surplus or new, loop is short of cards"
    used = [Case(short, e, card=d.card) for e, d in zip(usual, drops, strict=False)]
    new = [Case(short, e, card=f"{LOOP}-{CARDS + n:03d}") for n, e in enumerate(usual, 1)]
    stage.judge([*used, *new])


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("named", ["express", "emergency"])
def test_cards_of_one_turn_are_what_the_desk_writes(kind: Kind, named: str, tmp_path: Path) -> None:
    stage = Stage.of(tmp_path / "pullcord.db", kind, "tolerant")
    server = stage.server

    def issue(ms: int) -> str:
        until = server.now + ms
        made = server.act(
            lambda turn: card.issue(turn, "lead", "so", loop=LOOP, kind=named, expires_at=until)
        )
        return made.id

    turned, late = issue(3 * HOUR), issue(MINUTE)
    server.set(server.now + MINUTE)
    end = Event.FINISH if kind in IN_HOUSE else Event.ARRIVAL
    for event in (Event.START if kind in IN_HOUSE else Event.DISPATCH, end):
        stage.read(Case("", event, card=turned), event)
    stage.send()
    done = "express or emergency, its turn is done"
    expired = "express or emergency, expired before its turn"
    stage.judge(
        [
            Case(done, Event.WITHDRAWAL, card=turned),
            Case(expired, Event.WITHDRAWAL, card=late),
        ]
    )


def test_every_published_overlay_is_tried() -> None:
    tried = {c.when for k in Kind for s in (False, True) for c in cases(k, s)}
    tried |= {"marked to retire", "life = surplus, loop has its number"}
    tried |= {"life = surplus or new, loop is short of cards"}
    tried |= {r["when"] for r in ORACLE["overlays"] if r["when"].startswith("express")}
    assert {row["when"] for row in ORACLE["overlays"]} == tried | ABOUT_CODES


@pytest.mark.parametrize("kind", Kind)
def test_every_step_is_served_where_the_published_places_say(kind: Kind, tmp_path: Path) -> None:
    server = Server(new_database(tmp_path / "pullcord.db"))
    source = "outside" if kind is Kind.SUPPLIER else "works"
    text = BINS.sub("", plant(kind, "tolerant", 6))
    posts = f'process = "{source}"\n[[station]]\nid = "line"\nprocess = "line"'
    server.apply(text.replace('processes = ["works", "line", "outside"]', posts))
    server.set("06:00")
    at_source, at_line = Post(server, "post"), Post(server, "line")
    steps = ("start", "finish") if kind in IN_HOUSE else ("dispatch", "arrival")
    number = 0
    for step in ("withdrawal", *steps):
        here = kind in IN_HOUSE or step == "dispatch"
        for post, right in ((at_source, here), (at_line, not here)):
            number += 1
            verdict = server.fact(post.scan(step, f"{LOOP}#{number}"))["verdict"]
            assert (verdict != "misplaced") is right, (step, post.station)
