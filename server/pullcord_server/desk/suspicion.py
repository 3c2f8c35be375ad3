"""What audits settle by the server's clock: findings and tasks, each by a decision, so that a restore repeats them."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from pullcord_server.storage.book import FINDING
from pullcord_server.storage.model import TaskRow
from pullcord_server.storage.rows import Row, table_of

from .decide import Settled, decide
from .turn import Turn

TASK = table_of(TaskRow)
PULLCORD = "pullcord"
#: Each reason of a withdrawn finding begins so.
SUPERSEDED = "superseded"


def suspect(turn: Turn, findings: Sequence[Row]) -> None:
    """Record findings (`id`, `type`, `at` and where). What stands, or what a person resolved, is left alone."""
    if not findings:
        return
    turn.book.flush()
    ids = [f["id"] for f in findings]
    query = select(FINDING.c.id, FINDING.c.resolved_by).where(FINDING.c.id.in_(ids))
    known = {r.id: r.resolved_by for r in turn.book.connection.execute(query)}
    new = [f for f in findings if known.get(f["id"], PULLCORD) == PULLCORD]
    if new:
        decide(turn, Settled("audit", PULLCORD, other={"found": new}))


def clear(turn: Turn, findings: Iterable[str], why: str) -> None:
    """Resolve those of the findings that still stand, visibly."""
    ids = list(findings)
    if not ids:
        return
    turn.book.flush()
    query = select(FINDING.c.id).where(FINDING.c.id.in_(ids), FINDING.c.resolved_at.is_(None))
    standing = sorted(turn.book.connection.execute(query).scalars())
    if standing:
        reason = f"{SUPERSEDED}: {why}"
        decide(turn, Settled("audit", PULLCORD, reason, other={"findings": standing}))


def ask(turn: Turn, tasks: Sequence[Row]) -> None:
    """Leave tasks to people; one that is there is asked anew as it is now."""
    if tasks:
        decide(turn, Settled("audit", PULLCORD, other={"asks": list(tasks)}))


def answer(turn: Turn, tasks: Iterable[str], why: str) -> None:
    """Take back those of the tasks that nobody has done yet."""
    ids = list(tasks)
    if not ids:
        return
    turn.book.flush()
    query = select(TASK.c.id).where(TASK.c.id.in_(ids), TASK.c.done_at.is_(None))
    standing = sorted(turn.book.connection.execute(query).scalars())
    if standing:
        decide(turn, Settled("audit", PULLCORD, why, other={"tasks": standing}))
