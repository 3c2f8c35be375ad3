"""Business events on their way out: a cursor over their table, so that one may repeat and none is missing."""

import logging
import threading
import time
from concurrent.futures import wait
from typing import Any

from sqlalchemy import Engine, Row, select
from sqlalchemy.exc import DBAPIError

from pullcord_server.storage.book import EVENT
from pullcord_server.storage.engine import IMMEDIATE
from pullcord_server.storage.rows import parts
from pullcord_wire.codec import encode
from pullcord_wire.message import JSON, Event
from pullcord_wire.topic import events_topic

from .event_data import read_data
from .outlet import Link
from .tally import Tally

log = logging.getLogger("pullcord.events")
_AT_ONCE = 500
#: Marks are written together, so long after the first of them: each takes the database's only writer's place.
MARK_S = 1.0
#: So long after a turn its events are read: those of the turns behind it go with them, and what is said to posts goes first.
GATHER_S = 0.03


class EventSender:
    """Sends what waits in the table, in order, and marks it after the broker's PUBACK; it may be sent again before."""

    def __init__(self, engine: Engine, link: Link, site: str, tally: Tally) -> None:
        self._engine = engine
        self._link = link
        self._site = site
        self._tally = tally
        self._wake = threading.Event()
        self._hurry = threading.Event()
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
        self._hurry.set()
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
            self._hurry.set()
            return self._idle.wait_for(lambda: self._done >= asked, timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            if self._wake.wait(1.0):
                self._hurry.wait(GATHER_S)
            self._hurry.clear()
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
                data = read_data(connection, rows)
            if not rows:
                return True
            events = [self._event(r, data[r.number]) for r in rows]
            fates = [
                self._link.publish(events_topic(self._site, e.type), encode(e)) for e in events
            ]
            wait(fates, timeout=10)
            sent = [r.number for r, f in zip(rows, fates, strict=True) if f.done() and f.result()]
            if sent:
                self._note(sent)
            if len(sent) < len(rows):
                return False
            if len(rows) < _AT_ONCE:
                return True
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

    def _event(self, row: Row[Any], data: JSON) -> Event:
        return Event(
            id=row.id,
            source=f"/pullcord/{self._site}",
            type=row.type,
            at=row.at,
            subject=row.subject,
            data=data,
            refill=row.refill,
        )
