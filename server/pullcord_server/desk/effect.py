"""What a decision does beside cards: plant, tags, loops, orders, calls, findings, tasks."""

import json

from sqlalchemy import select, update

from pullcord_server.domain.card import Card, Event, Fact, State
from pullcord_server.domain.plant import Loop, Plant
from pullcord_server.domain.plant_file import parse_plant
from pullcord_server.storage.card_json import load_card
from pullcord_server.storage.model import (
    CallRow,
    FactRow,
    FindingRow,
    OrderRow,
    PlantRow,
    TagRow,
    TaskRow,
)
from pullcord_server.storage.rows import Row, insert, table_of, upsert
from pullcord_server.storage.shelf import Known

from .floor import Binding, reach
from .late import mark_late
from .loops import keep_loop, loop_row
from .turn import Copied, Turn

FACT, ORDER = table_of(FactRow), table_of(OrderRow)
TASK, FINDING = table_of(TaskRow), table_of(FindingRow)
_SCANS = {
    e.value for e in (Event.WITHDRAWAL, Event.START, Event.FINISH, Event.DISPATCH, Event.ARRIVAL)
}


def carry_out(turn: Turn, made: Copied) -> None:
    """Everything in a decision's body that is not a card's."""
    body = made.body
    if "plant" in body:
        _plant(turn, made, body["plant"])
    for tag in body.get("tags", ()):
        bind(turn, tag["code"], tag["card"], made.at, made.id)
    for loop, values in body.get("loops", {}).items():
        keep_loop(turn, loop_row(turn, loop) | values)
    for order, values in body.get("orders", {}).items():
        turn.book.flush()
        run = turn.book.connection
        run.execute(update(ORDER).where(ORDER.c.id == order).values(**values))
    for loop, more in body.get("more", {}).items():
        change_number(turn, made, turn.floor.loop_at(loop, made.at), more)
    if "call" in body:
        keep_call(turn, body["call"])
    for finding in body.get("findings", ()):
        turn.book.resolve(finding, made.at, made.by, made.reason or "")
    for task in body.get("tasks", ()):
        _done(turn, made, task)
    for row in body.get("found", ()):
        turn.find(
            row["type"],
            made.id,
            made.at,
            station=row.get("station"),
            card=row.get("card"),
            loop=row.get("loop"),
        )


def keep_call(turn: Turn, values: Row) -> None:
    """An andon call as it is now."""
    upsert(turn.book.connection, CallRow, [{**values, "body": json.dumps(values["body"])}])
    turn.stations.add(values["station"])


def _done(turn: Turn, made: Copied, task: str) -> None:
    found = turn.book.connection.execute(
        update(TASK)
        .where(TASK.c.id == task, TASK.c.done_at.is_(None))
        .values(done_at=made.at, done_by=made.by)
        .returning(TASK.c.station)
    ).scalar()
    if found is not None:
        turn.stations.add(found)


def bind(turn: Turn, code: str, card: str | None, at: int, decision: str) -> None:
    """From now on a code means `card`; what was dropped with it before is judged at last (DESIGN 3.1)."""
    history = turn.floor.tags.get(code, [])
    if not history and card is not None:
        since = 0
    else:
        since = at
    row = {"code": code, "card": card, "since": since, "decision": decision}
    insert(turn.book.connection, TagRow, [row])
    turn.floor.bind(code, Binding(since, card))
    turn.tags_changed = True
    if card is not None:
        _heal(turn, code, card)


def _heal(turn: Turn, code: str, card: str) -> None:
    """Facts of an unbound code since the reach of its binding belong to the card."""
    known = turn.book.card(card)
    if known is None:
        return
    turn.book.flush()
    since = reach(turn.floor.tags[code])
    query = select(FACT).where(FACT.c.code == code, FACT.c.at >= since, FACT.c.card.is_(None))
    for row in turn.book.connection.execute(query.where(FACT.c.type.in_(_SCANS))).all():
        turn.book.connection.execute(
            update(FACT)
            .where(FACT.c.journal == row.journal, FACT.c.seq == row.seq)
            .values(card=card, event=row.type, verdict=None, after=None, findings="")
        )
        entry = f"{row.journal}.{row.seq}"
        for type_ in row.findings.split(",") if row.findings else ():
            turn.book.resolve(f"{entry}.{type_}", turn.now, "pullcord", f"bound to {card}")
        fact = Fact(row.journal, row.seq, row.at, row.station, Event(row.type))
        mark_late(turn, known, fact.key)


def _plant(turn: Turn, made: Copied, text: str) -> None:
    """A plant version: valid from now on, the first for all time before it."""
    plant = parse_plant(text, issued=None)
    before = turn.floor.plant
    insert(turn.book.connection, PlantRow, [{"number": made.number, "at": made.at, "text": text}])
    turn.floor.plants.append((made.at, plant))
    turn.plant_changed = True
    for loop in plant.loops.values():
        _issue_cards(turn, made, loop, before)
    for code, card in plant.tags.items():
        if before is None or before.tags.get(code) != card:
            bind(turn, code, card, made.at, made.id)
    for code in before.tags if before is not None else ():
        if code not in plant.tags:
            bind(turn, code, None, made.at, made.id)


def _issue_cards(turn: Turn, made: Copied, loop: Loop, before: Plant | None) -> None:
    """Cards of a new loop circulate at once; those that a later file adds begin with their first scan."""
    row = loop_row(turn, loop.id)
    old = before.loops.get(loop.id) if before is not None else None
    if old is None and row["next_number"] == 1:
        if not loop.start_full:
            turn.touch(loop)
            return
        start = Card(state=State.FULL, actual=loop.quantity)
        _issue(turn, made, loop, range(1, loop.cards + 1), start)
        keep_loop(turn, row | {"next_number": loop.cards + 1, "cards": loop.cards})
        return
    more = loop.cards - (old.cards if old is not None else loop.cards)
    change_number(turn, made, loop, more)


def change_number(turn: Turn, made: Copied, loop: Loop, more: int) -> None:
    """The loop's number of cards rises (taken-back ones first, then new cards) or falls at the next drops."""
    if more == 0:
        return
    row = loop_row(turn, loop.id)
    row["cards"] += more
    if more < 0:
        row["to_take_out"] -= more
    else:
        kept = min(more, row["to_take_out"])
        row["to_take_out"] -= kept
        surplus = sum(k.card.life == "surplus" for k in turn.book.cards_of(loop.id))
        new = max(more - kept - surplus, 0)
        start = load_card('{"state":"empty","life":"new","filled":false}')
        first = row["next_number"]
        _issue(turn, made, loop, range(first, first + new), start)
        row["next_number"] = first + new
    keep_loop(turn, row)


def _issue(turn: Turn, made: Copied, loop: Loop, numbers: range, start: Card) -> None:
    for number in numbers:
        card = card_name(loop.id, number)
        if turn.book.card(card) is None:
            turn.book.issue(Known(card, loop.id, number, start, start, issued_by=made.id))


def card_name(loop: str, number: int) -> str:
    """`<loop>-<three digits>`."""
    return f"{loop}-{number:03d}"
