"""What a decision does beside cards: plant, tags, loops, orders, calls, findings, tasks."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, update

from pullcord_server.domain.card import Card, Life, State
from pullcord_server.domain.plant import Loop
from pullcord_server.storage.model import (
    CallRow,
    CardRow,
    FactRow,
    PlantRow,
    TagRow,
    TaskRow,
)
from pullcord_server.storage.rows import Row, insert, parts, table_of, upsert
from pullcord_server.storage.shelf import Known

from .floor import Binding, Version, stored_plant
from .floor_effect import keep_floor
from .heal import heal_bound
from .late import mark_late
from .loops import NUMBER_AT, keep_loop, loop_row
from .turn import Copied, Turn

CARD, FACT, TASK = table_of(CardRow), table_of(FactRow), table_of(TaskRow)


def counted(turn: Turn, other: Mapping[str, Any]) -> dict[str, Any]:
    """The effects of a decision with what reads other cards settled: how many new cards a number needs."""
    made = {k: v for k, v in other.items() if k != "more"}
    more = dict(other.get("more", {}))
    before = turn.floor.plant
    if "plant" in other and before is not None:
        after = stored_plant(other["plant"])
        for loop in after.loops.values():
            if loop.id in before.loops and loop_row(turn, loop.id)["next_number"] > 1:
                more[loop.id] = loop.cards - before.loops[loop.id].cards
    numbers = {loop: _counted(turn, loop, count) for loop, count in more.items() if count}
    return made | {"numbers": numbers} if numbers else made


def _counted(turn: Turn, loop: str, more: int) -> dict[str, int]:
    """The loop's number of cards rises (taken-back ones first, then new cards) or falls at the next drops."""
    row = loop_row(turn, loop)
    take_out, new = row["to_take_out"], 0
    if more < 0:
        take_out -= more
    else:
        kept = min(more, take_out)
        take_out -= kept
        surplus = sum(k.card.life is Life.SURPLUS for k in turn.book.cards_of(loop))
        new = max(more - kept - surplus, 0)
    return {
        "cards": row["cards"] + more,
        "to_take_out": take_out,
        "next_number": row["next_number"] + new,
        "new": new,
    }


def newest_of_tags(turn: Turn, other: Mapping[str, Any]) -> int:
    """When the newest fact of the codes was that a decision binds or unbinds; -1 where there is none."""
    codes = [tag["code"] for tag in other.get("tags", ())]
    before = turn.floor.plant
    if "plant" in other and before is not None:
        after = stored_plant(other["plant"])
        changed = before.tags.items() ^ after.tags.items()
        codes += [code for code, _ in changed]
    if not codes:
        return -1
    turn.book.flush()
    run = turn.book.connection.execute
    newest = [
        run(select(func.max(FACT.c.at)).where(FACT.c.code.in_(part))).scalar()
        for part in parts(codes)
    ]
    return max((at for at in newest if at is not None), default=-1)


def carry_out(turn: Turn, made: Copied) -> None:
    """Everything in a decision's body that is not a card's."""
    body = made.body
    if "plant" in body:
        _plant(turn, made, body["plant"])
    if "tags" in body:
        bind(turn, made, {tag["code"]: tag["card"] for tag in body["tags"]})
    for loop, values in body.get("loops", {}).items():
        _keep_loop(turn, loop, values)
    for loop, numbers in body.get("numbers", {}).items():
        _set_number(turn, made, loop, numbers)
    if "call" in body:
        keep_call(turn, body["call"])
    for finding in body.get("findings", ()):
        known = body.get("known", {}).get(finding, {})
        turn.book.settle(finding, made.at, made.by, made.reason or "", known)
    for task in body.get("tasks", ()):
        _done(turn, made, task)
    for row in body.get("found", ()):
        turn.find(
            row["type"],
            row.get("entry", made.id),
            row.get("at", made.at),
            station=row.get("station"),
            card=row.get("card"),
            loop=row.get("loop"),
            id_=row.get("id"),
        )
    keep_floor(turn, made)


def _keep_loop(turn: Turn, loop: str, values: Row) -> None:
    """What is settled about a loop; `body` is added to."""
    row = loop_row(turn, loop)
    if "body" in values:
        added = json.loads(row["body"]) | json.loads(values["body"])
        values = values | {"body": json.dumps(added)}
    keep_loop(turn, row | values)


def _set_number(turn: Turn, made: Copied, loop: str, numbers: dict[str, int]) -> None:
    """The loop's new number of cards, counted when it was decided."""
    next_number = numbers["next_number"]
    start = Card(state=State.EMPTY, life=Life.NEW, filled=False)
    issued = range(next_number - numbers["new"], next_number)
    _issue(turn, made, turn.floor.loop_at(loop, made.at), issued, start)
    settled = {k: numbers[k] for k in ("cards", "to_take_out", "next_number")}
    _keep_loop(turn, loop, settled | {"body": json.dumps({NUMBER_AT: made.at})})


def keep_call(turn: Turn, values: Row) -> None:
    """An andon call as it is now."""
    upsert(turn.book.connection, CallRow, [{**values, "body": json.dumps(values["body"])}])
    turn.stations.add(values["station"])


def _done(turn: Turn, made: Copied, task: str) -> None:
    """A task is done; one that a refill will bring is done already when it comes."""
    turn.book.flush()
    found = turn.book.connection.execute(
        update(TASK)
        .where(TASK.c.id == task, TASK.c.done_at.is_(None))
        .values(done_at=made.at, done_by=made.by)
        .returning(TASK.c.station)
    ).scalar()
    if found is not None:
        turn.stations.add(found)
        return
    awaited = {
        "id": task,
        "type": task.rpartition(".")[2],
        "station": None,
        "card": None,
        "loop": None,
        "at": made.at,
        "done_at": made.at,
        "done_by": made.by,
        "reason": None,
    }
    upsert(turn.book.connection, TaskRow, [awaited], ignore=True)


def bind(turn: Turn, made: Copied, codes: Mapping[str, str | None]) -> None:
    """From now on each code means its card; what was dropped with it before is judged at last (DESIGN 3.1)."""
    rows: list[Row] = []
    for code, card in codes.items():
        since = made.at if card is None or turn.floor.is_tag(code) else 0
        rows.append({"code": code, "card": card, "since": since, "decision": made.id})
        turn.floor.bind(code, Binding(since, card))
    insert(turn.book.connection, TagRow, rows)
    turn.tags_changed = turn.tags_changed or bool(rows)
    heal_bound(turn, {code: card for code, card in codes.items() if card is not None})


def _plant(turn: Turn, made: Copied, text: str) -> None:
    """A plant version: valid from now on, the first for all time before it."""
    plant = stored_plant(text)
    before = turn.floor.plant
    insert(turn.book.connection, PlantRow, [{"number": made.number, "at": made.at, "text": text}])
    turn.floor.plants.append(Version(made.at, None, plant))
    turn.plant_changed = True
    for loop in plant.loops.values():
        _begin_loop(turn, made, loop)
    had = {} if before is None else before.tags
    bound: dict[str, str | None] = {c: card for c, card in plant.tags.items() if had.get(c) != card}
    bind(turn, made, bound | {code: None for code in had if code not in plant.tags})
    if before is not None:
        _judge_anew(turn, made.at)


def _judge_anew(turn: Turn, at: int) -> None:
    """Cards whose newest facts lie behind a plant version are folded again by it."""
    turn.book.flush()
    for card in turn.book.connection.execute(
        select(CARD.c.id).where(CARD.c.key_at >= at)
    ).scalars():
        known = turn.book.card(card)
        if known is not None:
            mark_late(turn, known, (at, 0, "", 0), known.key)


def _begin_loop(turn: Turn, made: Copied, loop: Loop) -> None:
    """Cards of a new loop circulate at once; those that a later number adds begin with their first scan."""
    row = loop_row(turn, loop.id)
    if row["next_number"] > 1:
        return
    turn.touch(loop)
    if loop.start_full:
        start = Card(state=State.FULL, actual=loop.quantity)
        _issue(turn, made, loop, range(1, loop.cards + 1), start)
        keep_loop(turn, row | {"next_number": loop.cards + 1, "cards": loop.cards})


def _issue(turn: Turn, made: Copied, loop: Loop, numbers: range, start: Card) -> None:
    names = {card_name(loop.id, number): number for number in numbers}
    turn.book.preload(names)
    for card, number in names.items():
        if card not in turn.book.shelf.cards:
            turn.issue(Known(card, loop.id, number, start, start, issued_by=made.id))


def card_name(loop: str, number: int) -> str:
    """`<loop>-<three digits>`."""
    return f"{loop}-{number:03d}"
