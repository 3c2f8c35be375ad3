"""Business events on their way out: a cursor over their table, so that one may repeat and none is missing."""

import json
import logging
import threading
import time
from concurrent.futures import wait
from typing import Any

from sqlalchemy import Connection, Engine, Row, select
from sqlalchemy.exc import DBAPIError

from pullcord_server.storage.book import ALIAS, CARD, EVENT, ORDER
from pullcord_server.storage.engine import IMMEDIATE
from pullcord_server.storage.model import CallRow
from pullcord_server.storage.rows import parts, table_of
from pullcord_wire.codec import encode
from pullcord_wire.instant import format_instant
from pullcord_wire.message import JSON, Event
from pullcord_wire.topic import events_topic

from .outlet import Link
from .tally import Tally

log = logging.getLogger("pullcord.events")
CALL = table_of(CallRow)
_AT_ONCE = 500
#: Marks are written together, so long after the first of them: each takes the database's only writer's place.
MARK_S = 1.0


class EventSender:
    """Sends what waits in the table, in order, and marks it after the broker's PUBACK; it may be sent again before."""

    def __init__(self, engine: Engine, link: Link, site: str, tally: Tally) -> None:
        self._engine = engine
        self._link = link
        self._site = site
        self._tally = tally
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._idle = threading.Condition()
        self._asked = 0
        self._done = 0
        self._unmarked: set[int] = set()
        self._mark_at = 0.0
        self.active = False
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)

    def start(self) -> None:
        """Begin to send while this server decides."""
        self._thread.start()

    def stop(self, timeout_s: float = 3.0) -> None:
        """End after the batch that is on its way."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout_s)

    def wake(self) -> None:
        """There may be something to send."""
        self.active = True
        with self._idle:
            self._asked += 1
        self._wake.set()

    def rest(self) -> None:
        """Another server sends from now on."""
        self.active = False

    def drained(self, timeout_s: float) -> bool:
        """Wait until all that was committed before this call is out."""
        with self._idle:
            asked = self._asked
            return self._idle.wait_for(lambda: self._done >= asked, timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(1.0)
            self._wake.clear()
            with self._idle:
                asked = self._asked
            try:
                complete = not self.active or self._send_all()
                if self._unmarked and time.monotonic() >= self._mark_at:
                    self._mark()
            except DBAPIError as error:
                log.error("business events wait: %s", error.orig)
                complete = False
            if complete:
                with self._idle:
                    self._done = asked
                    self._idle.notify_all()
            else:
                self._stop.wait(0.3)
                self._wake.set()
        self._mark_last()

    def _mark_last(self) -> None:
        """The end: what is not marked now is sent again."""
        try:
            self._mark()
        except DBAPIError as error:
            log.warning("events that were sent will be sent again: %s", error.orig)

    def _send_all(self) -> bool:
        """Whether nothing is left to send."""
        while not self._stop.is_set():
            with self._engine.connect() as connection:
                query = (
                    select(EVENT)
                    .where(EVENT.c.sent.is_(False), EVENT.c.waits_for.is_(None))
                    .order_by(EVENT.c.number)
                    .limit(_AT_ONCE + len(self._unmarked))
                )
                found = connection.execute(query)
                rows = [row for row in found if row.number not in self._unmarked]
                events = [self._event(connection, r) for r in rows]
            if not rows:
                return True
            fates = [
                self._link.publish(events_topic(self._site, e.type), encode(e)) for e in events
            ]
            wait(fates, timeout=10)
            sent = [r.number for r, f in zip(rows, fates, strict=True) if f.done() and f.result()]
            if sent:
                self._note(sent)
            if len(sent) < len(rows):
                return False
        return False

    def _note(self, numbers: list[int]) -> None:
        """These are out."""
        if not self._unmarked:
            self._mark_at = time.monotonic() + MARK_S
        self._unmarked.update(numbers)
        self._tally.events_sent += len(numbers)
        if len(self._unmarked) >= _AT_ONCE:
            self._mark()

    def _mark(self) -> None:
        if not self._unmarked:
            return
        numbers = sorted(self._unmarked)
        connection = self._engine.connect().execution_options(**IMMEDIATE)
        with connection, connection.begin():
            for part in parts(numbers):
                marked = EVENT.update().where(EVENT.c.number.in_(part)).values(sent=True)
                connection.execute(marked)
        self._unmarked.clear()

    def _event(self, connection: Connection, row: Row[Any]) -> Event:
        return Event(
            id=row.id,
            source=f"/pullcord/{self._site}",
            type=row.type,
            at=row.at,
            subject=row.subject,
            data=json.loads(row.data) if row.data else self._data(connection, row),
            refill=row.refill,
        )

    def _data(self, connection: Connection, row: Row[Any]) -> JSON:
        """The subject as it is now: an event that had to wait tells the state that was reached."""
        if row.type.startswith("card."):
            found = connection.execute(select(CARD).where(CARD.c.id == row.subject)).one_or_none()
            return None if found is None else _card(found)
        if row.type.startswith("order."):
            alias = select(ALIAS.c.id).where(ALIAS.c.old == row.subject)
            now = connection.execute(alias).scalar() or row.subject
            order = connection.execute(select(ORDER).where(ORDER.c.id == now)).one_or_none()
            return None if order is None else _order(order)
        found = connection.execute(select(CALL).where(CALL.c.id == row.subject)).one_or_none()
        return None if found is None else _call(found)


def _card(row: Row[Any]) -> JSON:
    return {
        "card": row.id,
        "loop": row.loop,
        "state": row.state,
        "life": row.life,
        "order": row.order,
    }


def _order(row: Row[Any]) -> JSON:
    return {
        "order": row.id,
        "loop": row.loop,
        "item": row.item,
        "quantity": row.quantity,
        "source": row.source,
        "consumer": row.consumer,
        "state": row.state,
        "cards": json.loads(row.cards),
        "due_at": None if row.due_at is None else format_instant(row.due_at),
        "closed_by": row.closed_by,
        "replaces": row.replaces,
    }


def _call(row: Row[Any]) -> JSON:
    return {
        "call": row.id,
        "type": row.type,
        "state": row.state,
        "station": row.station,
        "loop": row.loop,
        "by": row.by,
        "cause": row.cause,
    }
