"""What a decision does on the floor: tasks that are left, posts that were emptied, audits, sensors of loops."""

import json

from pullcord_server.storage.model import AuditRow, BinSignalRow, CollectionRow, TaskRow
from pullcord_server.storage.rows import table_of, upsert

from .plan_effect import keep_plan
from .turn import Copied, Turn

COLLECTION = table_of(CollectionRow)


def keep_floor(turn: Turn, made: Copied) -> None:
    """Each as its row."""
    body, run = made.body, turn.book.connection
    for task in body.get("asks", ()):
        orders = task.get("orders")
        row = {"done_at": None, "done_by": None, **task}
        row["orders"] = None if orders is None else json.dumps(orders)
        upsert(run, TaskRow, [row])
        if task["station"] is not None:
            turn.stations.add(task["station"])
    if "collected" in body:
        row = {"id": made.id, "at": made.at, "by": made.by, **body["collected"]}
        row["cards"] = None if row["cards"] is None else json.dumps(row["cards"])
        upsert(run, CollectionRow, [row])
    for collected, read in body.get("recounted", {}).items():
        run.execute(COLLECTION.update().where(COLLECTION.c.id == collected).values(read=read))
    if "audit" in body:
        lists = {k: json.dumps(body["audit"][k]) for k in ("expected", "found", "unknown")}
        upsert(run, AuditRow, [{**body["audit"], **lists}])
    if "bin" in body:
        upsert(run, BinSignalRow, [{"decision": made.id, **body["bin"]}])
    keep_plan(turn, made)
