"""Every cell of the published table through the whole desk: pages in, rows of the database out."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from pullcord_server.desk.action.card import bind, unbind
from pullcord_server.desk.action.undo import undo
from pullcord_server.desk.release import release
from pullcord_server.desk.turn import Turn
from pullcord_server.domain.card import Event, OrderState, State
from pullcord_server.domain.code import printed_code
from pullcord_server.domain.plant import Kind
from support.desk import MINUTE, Server, new_database, new_postgres
from support.post import Post
from support.postgres import Postgres
from support.published import (
    BY_CARD,
    IN_HOUSE,
    ORACLE,
    PROFILES,
    Open,
    columns,
    expected_orders,
    scans_of,
)

#: Longer than any window in which the same scan again is a repeat.
LATER = 30 * MINUTE
SCANS = (Event.WITHDRAWAL, Event.START, Event.FINISH, Event.DISPATCH, Event.ARRIVAL)
LEVELS = (Event.LEVEL_EMPTY, Event.LEVEL_FULL)
STEP = 10_000


@dataclass(frozen=True, slots=True)
class Node:
    """Where a card is, and which scans it took within the last minutes."""

    state: State
    taken: frozenset[Event] = frozenset()


@dataclass(slots=True)
class Case:
    """A cell, the usual way to it, and the card that goes there.

    `later`: its scan was taken on the way, and is no repeat any more when it comes again.
    """

    column: str
    event: Event
    cell_of: State
    cell: dict[str, Any]
    path: list[Event]
    loop: str
    later: bool
    card: str = ""
    code: str = ""
    entry: str = ""
    was: dict[str, Any] = field(default_factory=dict)
    before: dict[str, dict[str, Any]] = field(default_factory=dict)


def result(cell: dict[str, Any], waits: bool) -> dict[str, Any]:
    """What a cell says to a loop whose release waits, or does not."""
    return {**cell, **cell["waits"]} if waits and "waits" in cell else cell


def moves(profile: str, kind: Kind, node: Node, waits: bool) -> Iterator[tuple[Event, Node]]:
    """What may happen to a card next, on the way to a cell."""
    for event in SCANS:
        column = f"{event}_again" if event in node.taken else event.value
        cell = ORACLE[profile][kind][node.state][column]
        if cell["verdict"] == "accepted" and not (waits and _opens_at_once(cell)):
            yield event, Node(State(result(cell, waits)["to"]), node.taken | {event})
    cell = ORACLE[profile][kind][node.state]["release"]
    if cell["to"] != node.state:
        yield Event.RELEASE, Node(State(cell["to"]), node.taken)


def _opens_at_once(cell: dict[str, Any]) -> bool:
    """Cells of the table that say nothing of loops whose release waits."""
    return "waits" not in cell and "open+release" in cell["order"]


def way(profile: str, kind: Kind, state: State, event: Event, again: bool, waits: bool) -> Any:
    """The shortest way to a cell by scans seconds apart, or None."""
    reached: dict[Node, list[Event]] = {Node(State.FULL): []}
    queue = deque(reached)
    while queue:
        node = queue.popleft()
        if node.state is state and (event in node.taken) is again:
            return reached[node]
        for step, following in moves(profile, kind, node, waits):
            if following not in reached:
                reached[following] = [*reached[node], step]
                queue.append(following)
    return None


def cases(profile: str, kind: Kind) -> list[Case]:
    """Every cell that a card can come to."""
    found = []
    for state in State:
        for column, event, again in columns():
            cell = ORACLE[profile][kind][state][column]
            if cell.get("unreachable"):
                continue
            for waits, loop in ((False, "AT-ONCE"), (True, "WAITS")):
                if waits and (kind not in BY_CARD or _opens_at_once(cell)):
                    continue
                path, later = way(profile, kind, state, event, again, waits), False
                if path is None and not again:
                    path, later = way(profile, kind, state, event, True, waits), True
                if path is not None:
                    told = result(cell, waits)
                    found.append(Case(column, event, state, told, path, loop, later))
    return found


def plant(kind: Kind, profile: str, cards: int) -> str:
    """One loop that releases at once and one that waits, a bin for every card, one post for everything."""
    place = "works" if kind in IN_HOUSE else "line"
    strict = "true" if profile.startswith("strict") else "false"
    loops = {"AT-ONCE": "", "WAITS": ""}
    match kind:
        case Kind.WITHDRAWAL:
            loops["WAITS"] = 'release = "times"\nrelease_times = ["23:00"]'
        case Kind.PRODUCTION:
            loops["WAITS"] = 'release = "heijunka"'
        case Kind.SIGNAL:
            loops = {"AT-ONCE": f"lot = {cards}\nreorder_point = 0"}
        case Kind.SUPPLIER:
            loops = {"AT-ONCE": 'cycle = [1, 1, 1]\nslots = ["23:00"]'}
    text = """
site = "s1"
[[process]]
id = "works"
pacemaker = true
[[process]]
id = "line"
[[supplier]]
id = "outside"
name = "Outside"
[[station]]
id = "post"
processes = ["works", "line", "outside"]
"""
    source = "outside" if kind is Kind.SUPPLIER else "works"
    for loop, keys in loops.items():
        text += f"""
[[item]]
id = "{loop}-goods"
name = "goods"
[[loop]]
id = "{loop}"
kind = "{kind}"
item = "{loop}-goods"
source = "{source}"
consumer = "{place}"
quantity = 20
cards = {cards}
lead_time = "45m"
scans = {list(scans_of(kind, profile))}
strict = {strict}
{keys}
"""
        for number in range(1, cards + 1):
            card = f"{loop}-{number:03d}"
            text += f'[[tag]]\ncode = "{loop}#{number}"\ncard = "{card}"\n'
            text += (
                f'[[bin]]\nstation = "post"\nsensor = "{card}"\nloop = "{loop}"\ncard = "{card}"\n'
            )
    return text


@dataclass(slots=True)
class Rows:
    """What the database says of every card at one moment."""

    cards: dict[str, dict[str, Any]]
    portions: dict[str, dict[str, dict[str, Any]]]
    orders: dict[str, dict[str, Any]]
    facts: dict[str, dict[str, Any]]
    findings: dict[str, list[str]]

    @classmethod
    def of(cls, server: Server) -> "Rows":
        """Read once."""
        shares: dict[str, dict[str, dict[str, Any]]] = {}
        for row in server.rows("portion"):
            shares.setdefault(row["card"], {})[row["order"]] = row
        found: dict[str, list[str]] = {}
        for row in server.rows("finding"):
            found.setdefault(row["entry"], []).append(row["type"])
        return cls(
            {r["id"]: r for r in server.rows("card")},
            shares,
            {r["id"]: r for r in server.rows("replenishment_order")},
            {f"{r['journal']}.{r['seq']}": r for r in server.rows("fact")},
            found,
        )


def happen(server: Server, post: Post, case: Case, event: Event) -> None:
    """One thing happens to the card of a case."""
    match event:
        case Event.RELEASE:
            _release(server, case)
        case Event.LEVEL_EMPTY | Event.LEVEL_FULL:
            case.entry = post.level(case.card, event is Event.LEVEL_EMPTY)
        case _:
            case.entry = post.scan(event.value, case.code)


def _release(server: Server, case: Case) -> None:
    def do(turn: Turn) -> str:
        known = turn.book.card(case.card)
        assert known is not None and turn.floor.plant is not None
        return release(turn, turn.floor.plant.loops[case.loop], [known], "lead", "early", None).id

    case.entry = server.act(do)


def play(server: Server, post: Post, every: list[Case], pause: int) -> None:
    """Each case goes its way, all at one pace; then, after a pause, its cell happens."""
    longest = max(len(c.path) for c in every)
    for moment in range(longest + 1):
        server.set(server.now + STEP)
        for case in every:
            step = moment - (longest - len(case.path))
            if 0 <= step < len(case.path) and case.path[step] is not Event.RELEASE:
                happen(server, post, case, case.path[step])
        post.send()
        for case in every:
            step = moment - (longest - len(case.path))
            if 0 <= step < len(case.path) and case.path[step] is Event.RELEASE:
                happen(server, post, case, Event.RELEASE)
    server.set(server.now + pause)
    rows = Rows.of(server)
    for case in every:
        case.was, case.before = rows.cards[case.card], rows.portions.get(case.card, {})
        happen(server, post, case, case.event)
    post.send()


def assert_rows(rows: Rows, kind: Kind, case: Case) -> None:
    """Fact, card, orders and findings say what the cell says."""
    told = f"{case.column} of {case.card} after {[e.value for e in case.path]}"
    if case.event is not Event.RELEASE:
        row = rows.facts[case.entry]
        assert row["verdict"] == case.cell["verdict"], told
        assert row["findings"] == case.cell.get("finding", ""), told
    card = rows.cards[case.card]
    assert card["state"] == case.cell["to"], told
    found = rows.findings.get(case.entry, [])
    assert found == ([case.cell["finding"]] if "finding" in case.cell else []), told
    before = [r for r in case.before.values() if r["state"] != "closed"]
    open_ = Open(before[0]["order"], OrderState(before[0]["state"])) if before else None
    expected = expected_orders(case.cell["order"], open_, case.entry, kind)
    assert card["order"] == (expected.open.order if expected.open else None), told
    after = rows.portions.get(case.card, {})
    touched = {o for o, r in after.items() if r != case.before.get(o)}
    assert touched == expected.touched.keys(), told
    for order, (state, closed_by) in expected.touched.items():
        for row in (after[order], rows.orders[order]):
            assert (row["state"], row["closed_by"]) == (state, closed_by), told
            assert row["quantity"] == 20, told
        assert (after[order]["due_at"] is None) == (state is OrderState.OPEN), told


def take_back(server: Server, every: list[Case]) -> None:
    """An undo of each cell leaves its card as it was before, and its orders as well."""
    moved = [
        case
        for case in every
        if case.event in SCANS
        and case.cell["verdict"] == "accepted"
        and case.cell["order"] != "none"
    ]

    def do(turn: Turn) -> None:
        for case in moved:
            undo(turn, case.card, "lead", "by mistake", case.entry)

    server.act(do)
    rows = Rows.of(server)
    for case in moved:
        told = f"{case.column} of {case.card} after {[e.value for e in case.path]}, taken back"
        for column in ("state", "life", "order", "actual"):
            assert rows.cards[case.card][column] == case.was[column], told
        for order, row in rows.portions.get(case.card, {}).items():
            if order in case.before:
                assert row == case.before[order], told
            else:
                assert row["state"] == "withdrawn" or row["closed_at"] is not None, told


def judge_table(engine: Engine, profile: str, kind: Kind) -> int:
    """How many cells were tried."""
    every = cases(profile, kind)
    counts: dict[str, int] = {}
    for case in every:
        number = counts[case.loop] = counts.get(case.loop, 0) + 1
        case.card, case.code = f"{case.loop}-{number:03d}", f"{case.loop}#{number}"
    server = Server(engine)
    server.apply(plant(kind, profile, max(counts.values()) + 2))
    server.set("06:00")
    post = Post(server, "post", online=False)
    for later, pause in ((False, STEP), (True, LATER)):
        some = [case for case in every if case.later is later]
        play(server, post, some, pause)
        assert server.tally.late_folds == 0, "everything came in order"
        rows = Rows.of(server)
        for case in some:
            assert_rows(rows, kind, case)
        take_back(server, some)
        server.tally.late_folds = 0
    assert server.tally.failed_turns == 0
    return len(every)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("profile", PROFILES)
def test_every_cell_a_card_can_come_to_is_what_the_desk_writes(
    profile: str, kind: Kind, tmp_path: Path
) -> None:
    assert judge_table(new_database(tmp_path / "pullcord.db"), profile, kind) > 20


@pytest.mark.parametrize("profile", ["tolerant", "strict_two_scans"])
def test_the_same_cells_on_postgresql(profile: str, postgres: Postgres) -> None:
    assert judge_table(new_postgres(postgres.create()), profile, Kind.WITHDRAWAL) > 40


def test_no_cell_is_left_out_but_repeats_of_scans_that_a_loop_never_takes() -> None:
    for profile in PROFILES:
        for kind in Kind:
            tried = {(c.column, c.cell_of) for c in cases(profile, kind)}
            foreign = () if kind in IN_HOUSE else ("start_again", "finish_again")
            for state in State:
                for column, _, _ in columns():
                    unreachable = ORACLE[profile][kind][state][column].get("unreachable", False)
                    left_out = unreachable or column in foreign
                    assert ((column, state) in tried) is not left_out, (
                        profile,
                        kind,
                        column,
                        state,
                    )


def test_the_ways_to_cells_come_by_every_state_of_a_withdrawal_loop() -> None:
    for profile in PROFILES:
        reached = {(c.loop, c.cell["to"]) for c in cases(profile, Kind.WITHDRAWAL)}
        assert {("AT-ONCE", s) for s in ("full", "released", "in_transit")} <= reached
        assert {("WAITS", s) for s in ("full", "empty", "in_transit")} <= reached


def test_codes_without_a_card_are_told_apart_and_found(tmp_path: Path) -> None:
    server = Server(new_database(tmp_path / "pullcord.db"))
    server.apply(plant(Kind.WITHDRAWAL, "tolerant", 2))
    server.set("06:00")
    server.act(lambda turn: bind(turn, "SPARE", "AT-ONCE-002", "lead"))
    server.set("06:01")
    server.act(lambda turn: unbind(turn, "SPARE", "lead"))
    post = Post(server, "post")
    good = printed_code("AT-ONCE-001", 1)
    overlays = {row["when"]: row["result"] for row in ORACLE["overlays"]}
    for when, code in (
        ("check character wrong", good[:-1] + ("A" if good[-1] != "A" else "B")),
        ("code not known", "FFFFFFFFFF"),
        ("tag known, no card bound", "SPARE"),
    ):
        entry = post.scan("withdrawal", code)
        row = server.fact(entry)
        assert (row["verdict"], row["findings"]) == (
            overlays[when]["verdict"],
            overlays[when]["finding"],
        )
        assert server.findings(entry=entry) == [overlays[when]["finding"]]
        assert server.verdicts()[-1].verdict == overlays[when]["verdict"]
        assert row["card"] is None
    assert server.rows("replenishment_order") == []
    assert server.fact(post.scan("withdrawal", good))["verdict"] == "accepted"
