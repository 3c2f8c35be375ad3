"""What an event does to a card: the complete transition table, as text rows read once at import.

A row is `state | events | to | order | verdict`, where `dispatch*` stands for the event and the
same event again, `=` for the same state, `-` for nothing, `!x` for finding x, `~x+y` for inferred
x and y, `?to+order` for what is done instead where the release waits. Later rows replace earlier
ones.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from pullcord_wire.message import Verdict

from .card import Event, State
from .finding import FINDINGS
from .plant import Kind, Scans


class Op(StrEnum):
    """What a transition does to the order of the card."""

    OPEN = "open"
    RELEASE = "release"
    START = "start"
    DISPATCH = "dispatch"
    CLOSE = "close"
    CLOSE_INFERRED = "close_inferred"
    CANCEL = "cancel"
    OPEN_LOT = "open_lot"
    OPEN_OR_JOIN_DELIVERY = "open_or_join_delivery"
    LOT_START = "lot_start"
    CARD_CLOSE = "card_close"
    CARD_CLOSE_INFERRED = "card_close_inferred"
    CARD_DISPATCH = "card_dispatch"
    CARD_LEAVE = "card_leave"
    UNSTART = "unstart"
    UNDISPATCH = "undispatch"
    REOPEN = "reopen"
    CARD_REOPEN = "card_reopen"
    CARD_UNDISPATCH = "card_undispatch"


@dataclass(frozen=True, slots=True)
class Cell:
    """One transition: state after, operations on the order, what the worker is told, what is found.

    `inferred`: steps taken to have happened. `waits`: the state and operations instead, where the
    loop's release is not at once. `undone`: an undo that is granted (it has no verdict of its own).
    """

    to: State
    order: tuple[Op, ...] = ()
    verdict: Verdict | None = None
    finding: str | None = None
    inferred: tuple[str, ...] = ()
    waits: "Cell | None" = None
    undone: bool = False


Where: TypeAlias = tuple[State, Event, bool]
Rows: TypeAlias = dict[Where, Cell]

#: Events of which a second one within a window is another column of the table.
REPEATABLE = (Event.WITHDRAWAL, Event.START, Event.FINISH, Event.DISPATCH, Event.ARRIVAL)

EVERY_KIND = """
full       | release level_full     | =          | -                           | -
empty      | withdrawal             | =          | -                           | duplicate !repeated
empty      | withdrawal_again       | =          | -                           | duplicate
empty      | release                | released   | release                     | -
empty      | level_empty            | =          | -                           | -
empty      | level_full             | =          | -                           | - !bin_card_disagree
empty      | undo                   | full       | cancel                      | undone
released   | withdrawal             | =          | -                           | duplicate !repeated
released   | withdrawal_again       | =          | -                           | duplicate
released   | release level_empty    | =          | -                           | -
released   | undo                   | full       | cancel                      | undone
in_process | withdrawal_again       | =          | -                           | duplicate
in_process | release level_empty    | =          | -                           | -
in_transit | withdrawal_again       | =          | -                           | duplicate
in_transit | release level_empty    | =          | -                           | -
"""

MOVED = """
full       | start* finish*         | =          | -                           | not_in_state !wrong_step
full       | arrival_again          | =          | -                           | duplicate
empty      | start* finish*         | =          | -                           | not_in_state !wrong_step
empty      | arrival_again          | =          | -                           | duplicate
released   | start* finish*         | =          | -                           | not_in_state !wrong_step
released   | arrival_again          | =          | -                           | duplicate
in_process | *                      | =          | -                           | not_in_state !impossible_state
in_transit | start* finish*         | =          | -                           | not_in_state !wrong_step
in_transit | dispatch               | =          | -                           | duplicate !repeated
in_transit | dispatch_again         | =          | -                           | duplicate
"""

MADE = """
full       | start_again            | =          | -                           | duplicate
full       | finish arrival         | =          | -                           | duplicate !overproduction
full       | finish_again           | =          | -                           | duplicate
full       | arrival_again          | =          | -                           | duplicate
empty      | dispatch               | =          | -                           | duplicate !repeated
empty      | finish_again           | =          | -                           | duplicate
empty      | dispatch_again         | =          | -                           | duplicate
empty      | arrival_again          | =          | -                           | duplicate
released   | finish_again           | =          | -                           | duplicate
released   | dispatch_again         | =          | -                           | duplicate
released   | arrival_again          | =          | -                           | duplicate
in_process | start                  | =          | -                           | duplicate !repeated
in_process | start_again            | =          | -                           | duplicate
in_process | dispatch_again         | =          | -                           | duplicate
in_process | undo                   | released   | unstart                     | undone
in_transit | *                      | =          | -                           | not_in_state !impossible_state
"""

WITHDRAWAL = """
full       | withdrawal*            | released   | open+release                | accepted ?empty+open
full       | dispatch               | in_transit | open+release+dispatch       | accepted !withdrawal_missed ~withdrawal
full       | dispatch_again         | =          | -                           | duplicate
full       | arrival                | =          | -                           | accepted !withdrawal_missed
full       | level_empty            | released   | open+release                | -
full       | undo                   | in_transit | reopen                      | undone
empty      | dispatch*              | in_transit | release+dispatch            | accepted
empty      | arrival                | full       | release+dispatch+close      | accepted !dispatch_missed ~release+dispatch
released   | dispatch*              | in_transit | dispatch                    | accepted
released   | arrival                | full       | dispatch+close              | accepted !dispatch_missed ~dispatch
released   | level_full             | full       | dispatch+close              | - ~dispatch
in_transit | withdrawal             | released   | close_inferred+open+release | accepted !arrival_missed ~arrival
in_transit | arrival*               | full       | close                       | accepted
in_transit | level_full             | full       | close                       | -
in_transit | undo                   | released   | undispatch                  | undone
"""

PRODUCTION = """
full       | withdrawal* dispatch*  | released   | open+release                | accepted ?empty+open
full       | start                  | in_process | open+release+start          | accepted !withdrawal_missed ~withdrawal
full       | level_empty            | released   | open+release                | -
full       | undo                   | in_process | reopen                      | undone
empty      | start*                 | in_process | release+start               | accepted !out_of_sequence
empty      | finish arrival         | full       | release+start+close         | accepted !made_without_release
released   | start*                 | in_process | start                       | accepted
released   | finish arrival         | full       | start+close                 | accepted !start_missed ~start
released   | dispatch               | released   | close_inferred+open+release | accepted !finish_missed ~start+finish
released   | level_full             | full       | start+close                 | - ~start
in_process | withdrawal dispatch    | released   | close_inferred+open+release | accepted !finish_missed ~finish
in_process | finish* arrival*       | full       | close                       | accepted
in_process | level_full             | full       | close                       | -
"""

SIGNAL = """
full       | withdrawal* dispatch*  | empty      | -                           | accepted
full       | start                  | =          | -                           | not_in_state !start_without_order
full       | level_empty            | empty      | -                           | -
full       | undo                   | in_process | card_reopen                 | undone
empty      | start*                 | =          | -                           | not_in_state !start_without_order
empty      | finish arrival         | full       | -                           | accepted !made_without_release
empty      | release                | released   | open_lot                    | -
empty      | undo                   | full       | -                           | undone
released   | start*                 | in_process | lot_start                   | accepted
released   | finish arrival         | full       | lot_start+card_close        | accepted !start_missed ~start
released   | dispatch               | empty      | card_close_inferred         | accepted !finish_missed ~start+finish
released   | level_full             | full       | lot_start+card_close        | - ~start
released   | undo                   | full       | card_leave                  | undone
in_process | withdrawal dispatch    | empty      | card_close_inferred         | accepted !finish_missed ~finish
in_process | start                  | =          | -                           | duplicate
in_process | finish* arrival*       | full       | card_close                  | accepted
in_process | level_full             | full       | card_close                  | -
"""

SUPPLIER = """
full       | withdrawal*            | empty      | -                           | accepted
full       | dispatch*              | =          | -                           | not_in_state !over_delivery
full       | arrival                | =          | -                           | accepted !over_delivery
full       | level_empty            | empty      | -                           | -
full       | undo                   | in_transit | card_reopen                 | undone
empty      | dispatch*              | =          | -                           | not_in_state !over_delivery
empty      | arrival                | full       | -                           | accepted !over_delivery
empty      | release                | released   | open_or_join_delivery       | -
empty      | undo                   | full       | -                           | undone
released   | dispatch*              | in_transit | card_dispatch               | accepted
released   | arrival                | full       | card_dispatch+card_close    | accepted !dispatch_missed ~dispatch
released   | level_full             | full       | card_dispatch+card_close    | - ~dispatch
released   | undo                   | full       | card_leave                  | undone
in_transit | withdrawal             | empty      | card_close_inferred         | accepted !arrival_missed ~arrival
in_transit | arrival*               | full       | card_close                  | accepted
in_transit | level_full             | full       | card_close                  | -
in_transit | undo                   | released   | card_undispatch             | undone
"""

#: Loops that do not scan the first step (start or dispatch): it is no finding when it is missing,
#: and a card dropped again was delivered meanwhile.
TWO_SCANS: Mapping[Kind, str] = {
    Kind.WITHDRAWAL: """
full       | undo                   | released   | reopen                      | undone
released   | withdrawal             | released   | close_inferred+open+release | accepted !arrival_missed ~arrival
released   | arrival                | full       | dispatch+close              | accepted
""",
    Kind.PRODUCTION: """
full       | undo                   | released   | reopen                      | undone
released   | withdrawal             | released   | close_inferred+open+release | accepted !finish_missed ~finish
released   | finish arrival         | full       | start+close                 | accepted
""",
    Kind.SIGNAL: """
full       | undo                   | released   | card_reopen                 | undone
released   | withdrawal             | empty      | card_close_inferred         | accepted !finish_missed ~finish
released   | finish arrival         | full       | lot_start+card_close        | accepted
""",
    Kind.SUPPLIER: """
full       | undo                   | released   | card_reopen                 | undone
released   | withdrawal             | empty      | card_close_inferred         | accepted !arrival_missed ~arrival
released   | arrival                | full       | card_dispatch+card_close    | accepted
""",
}

#: Loops that scan no step but the drop, over those of two scans: nothing is missed.
ONE_SCAN: Mapping[Kind, str] = {
    Kind.WITHDRAWAL: """
released   | withdrawal             | released   | close_inferred+open+release | accepted ~arrival
in_transit | withdrawal             | released   | close_inferred+open+release | accepted ~arrival
""",
    Kind.PRODUCTION: """
released   | withdrawal             | released   | close_inferred+open+release | accepted ~finish
in_process | withdrawal             | released   | close_inferred+open+release | accepted ~finish
""",
    Kind.SIGNAL: """
released   | withdrawal             | empty      | card_close_inferred         | accepted ~finish
in_process | withdrawal             | empty      | card_close_inferred         | accepted ~finish
""",
    Kind.SUPPLIER: """
released   | withdrawal             | empty      | card_close_inferred         | accepted ~arrival
in_transit | withdrawal             | empty      | card_close_inferred         | accepted ~arrival
""",
}

BASE: Mapping[Kind, tuple[str, ...]] = {
    Kind.WITHDRAWAL: (EVERY_KIND, MOVED, WITHDRAWAL),
    Kind.PRODUCTION: (EVERY_KIND, MADE, PRODUCTION),
    Kind.SIGNAL: (EVERY_KIND, MADE, SIGNAL),
    Kind.SUPPLIER: (EVERY_KIND, MOVED, SUPPLIER),
}


def cell(kind: Kind, scans: Scans, strict: bool, state: State, event: Event, again: bool) -> Cell:
    """The transition of a card in `state`; `again`: the same event within its window before.

    KeyError for a strict loop of one scan, which no plant has.
    """
    return _TABLE[kind, scans, strict, state, event, again]


def _rows(text: str) -> Rows:
    """The cells of a block of rows."""
    rows: Rows = {}
    for line in text.strip().splitlines():
        state_text, events, to, order, says = (column.strip() for column in line.split("|"))
        state = State(state_text)
        row = _cell(state, to, order, says)
        for event, again in _columns(events):
            rows[state, event, again] = row
    return rows


def _columns(events: str) -> Iterator[tuple[Event, bool]]:
    for name in events.split():
        if name == "*":
            yield from ((event, again) for event in Event for again in (False, True))
        elif name.endswith("_again"):
            yield Event(name.removesuffix("_again")), True
        else:
            event = Event(name.removesuffix("*"))
            yield event, False
            if name.endswith("*") or event not in REPEATABLE:
                yield event, True


def _cell(state: State, to: str, order: str, says: str) -> Cell:
    verdict, *marks = says.split()
    row = Cell(
        to=state if to == "=" else State(to),
        order=_ops(order),
        verdict=None if verdict in ("-", "undone") else Verdict(verdict),
        undone=verdict == "undone",
    )
    for mark in marks:
        row = _marked(row, mark[0], mark[1:])
    return row


def _marked(row: Cell, sign: str, text: str) -> Cell:
    match sign:
        case "!" if text in FINDINGS:
            return replace(row, finding=text)
        case "~":
            return replace(row, inferred=tuple(text.split("+")))
        case "?":
            to, order = text.split("+", 1)
            return replace(row, waits=replace(row, to=State(to), order=_ops(order)))
        case _:
            raise ValueError(f"the transition table has a mark it does not know: {sign}{text}")


def _ops(text: str) -> tuple[Op, ...]:
    return () if text == "-" else tuple(Op(op) for op in text.split("+"))


def _strict(rows: Rows) -> Rows:
    """A strict loop refuses what a tolerant one accepts with a finding, and finds the same."""
    return {
        where: Cell(where[0], verdict=Verdict.NOT_IN_STATE, finding=row.finding)
        if row.verdict is Verdict.ACCEPTED and row.finding is not None
        else row
        for where, row in rows.items()
    }


def _profiles(kind: Kind) -> Iterator[tuple[Scans, bool, Rows]]:
    full: Rows = {}
    for block in BASE[kind]:
        full |= _rows(block)
    two = full | _rows(TWO_SCANS[kind])
    yield Scans.FULL, False, full
    yield Scans.FULL, True, _strict(full)
    yield Scans.TWO, False, two
    yield Scans.TWO, True, _strict(two)
    yield Scans.ONE, False, two | _rows(ONE_SCAN[kind])


_TABLE: Mapping[tuple[Kind, Scans, bool, State, Event, bool], Cell] = {
    (kind, scans, strict, *where): row
    for kind in Kind
    for scans, strict, rows in _profiles(kind)
    for where, row in rows.items()
}
